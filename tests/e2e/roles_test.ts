/**
 * What a token lets its bearer do: the same by TCP, by `/mqtt` with the
 * embedded broker, and by `/mqtt` with an external one.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { IPublishPacket } from "mqtt-packet";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { startMosquitto } from "../support/mosquitto.ts";
import { connectPacket, encode, publishPacket, RawMqtt } from "../support/raw_mqtt.ts";
import { testWith } from "../support/tools.ts";
import { WsPeer } from "../support/ws_peer.ts";

const ROLES = ["viewer", "operator", "admin", "node"] as const;
type Role = typeof ROLES[number];

const TOKENS = Object.fromEntries(
  ROLES.map((role) => [role, `a-token-of-the-${role}-1234`]),
) as Record<Role, string>;

const CONFIG = `
rules:
  # A rule does not make settings a matter of operators.
  - { filter: "home/:gateway/mode", channel: ":gateway", command: "home/:gateway/commands/MQTTtoSYS/config" }
  - { filter: "heating/:room", channel: ":room", command: "heating/:room/wanted" }
tokens:
${
  ROLES.map((role) =>
    `  - { name: "${role === "node" ? "n1" : role}", role: ${role}, token: "${TOKENS[role]}" }`
  ).join("\n")
}
`;

/** Who may publish there. The node is called n1. */
const PUBLISH: [topic: string, may: Role[]][] = [
  ["devices/n1/temperature", ["admin", "node"]],
  ["devices/n2/temperature", ["admin"]],
  ["devices/n1/setpoint/set", ["admin", "operator", "node"]],
  ["devices/n2/setpoint/set", ["admin", "operator"]],
  ["edgewire/v1/n1/status", ["admin", "node"]],
  ["edgewire/v1/n1/set", ["admin", "node"]],
  ["edgewire/v1/n2/status", ["admin"]],
  ["homeassistant/sensor/n1/t/config", ["admin", "node"]],
  ["homeassistant/sensor/n2/t/config", ["admin"]],
  ["anything/else", ["admin"]],
  ["heating/hall/wanted", ["admin", "operator"]],
  ["home/OpenMQTTGateway/commands/MQTTtoSYS/config", ["admin"]],
  ["home/OpenMQTTGateway/commands/MQTTtoBT/config", ["admin"]],
  ["zigbee2mqtt/bridge/request/permit_join", ["admin"]],
];

/** Who may subscribe to it. */
const SUBSCRIBE: [filter: string, may: Role[]][] = [
  ["#", ["admin", "operator", "viewer"]],
  ["devices/+/temperature", ["admin", "operator", "viewer"]],
  ["devices/n1/+/set", ["admin", "operator", "viewer", "node"]],
  ["devices/n2/+/set", ["admin", "operator", "viewer"]],
  ["edgewire/v1/n1/set", ["admin", "node"]],
  ["edgewire/v1/n2/set", ["admin"]],
  ["edgewire/v1/+/set", ["admin"]],
  ["edgewire/v1/n1/status", ["admin", "operator", "viewer", "node"]],
  ["home/+/BTtoMQTT/#", ["admin", "operator", "viewer"]],
  ["home/+/commands/MQTTtoSYS/#", ["admin"]],
  ["+/+/SYStoMQTT", ["admin"]],
  ["zigbee2mqtt/bridge/#", ["admin", "operator", "viewer"]],
  ["zigbee2mqtt/bridge/request/#", ["admin"]],
  ["+/bridge/response/backup", ["admin"]],
];

/** Who hears a message there, having subscribed to everything they may. */
const HEARD: [topic: string, by: Role[]][] = [
  ["devices/n1/temperature", ["admin", "operator", "viewer"]],
  ["devices/n1/setpoint/set", ["admin", "operator", "viewer", "node"]],
  ["devices/n2/setpoint/set", ["admin", "operator", "viewer"]],
  ["edgewire/v1/n1/set", ["admin", "node"]],
  ["edgewire/v1/n2/set", ["admin"]],
  ["edgewire/v1/n2/set/result", ["admin"]],
  ["home/OpenMQTTGateway/BTtoMQTT/A4C1388D18B2", ["admin", "operator", "viewer"]],
  ["home/OpenMQTTGateway/commands/MQTTtoSYS/config", ["admin"]],
  ["home/OpenMQTTGateway/SYStoMQTT", ["admin"]],
  ["zigbee2mqtt/bridge/devices", ["admin", "operator", "viewer"]],
  ["zigbee2mqtt/bridge/request/device/remove", ["admin"]],
  ["zigbee2mqtt/bridge/response/backup", ["admin"]],
  ["zigbee2mqtt/bridge/info", ["admin"]],
];

/** Settings that a broker may keep, and something that all hear. */
const RETAINED = HEARD.filter(([, by]) => by.length === 1).map(([topic]) => topic);
const LAST_RETAINED = "zz/last";

interface Way {
  name: string;
  version: number;
  open(): Promise<RawMqtt>;
}

async function login(way: Way, role: Role, more: object = {}): Promise<RawMqtt> {
  const peer = await way.open();
  const credentials = { username: role, password: TOKENS[role] };
  const version = { protocolVersion: way.version };
  const clientId = `${role}-${crypto.randomUUID()}`;
  await peer.send(connectPacket(clientId, { ...credentials, ...version, ...more }));
  return peer;
}

async function connected(way: Way, role: Role): Promise<RawMqtt> {
  const peer = await login(way, role);
  const { returnCode, reasonCode } = await peer.packet("connack");
  assert.equal(returnCode ?? reasonCode, 0, `${role} cannot connect`);
  return peer;
}

/** Whether a QoS 1 publish is acknowledged, rather than the connection ended. */
async function published(way: Way, role: Role, topic: string): Promise<boolean> {
  using peer = await connected(way, role);
  const options = { qos: 1, messageId: 5 };
  await peer.send(publishPacket(topic, "1", options).slice(), new Uint8Array(0));
  return await Promise.race([
    peer.packet("puback").then(() => true, () => false),
    peer.ended.then(() => false),
  ]);
}

/** Version 5 has a length of properties that 3.1.1 has not. */
function publish5(topic: string): Uint8Array {
  return encode({
    cmd: "publish",
    topic,
    payload: "1",
    qos: 1,
    messageId: 5,
    dup: false,
    retain: false,
  }, 5);
}

async function published5(way: Way, role: Role, topic: string): Promise<boolean> {
  using peer = await connected(way, role);
  await peer.send(publish5(topic));
  return await Promise.race([
    peer.packet("puback").then(() => true, () => false),
    peer.ended.then(() => false),
  ]);
}

/** SUBACK's code for each filter, all asked for in one SUBSCRIBE. */
async function subscribe(peer: RawMqtt, way: Way, filters: string[]): Promise<number[]> {
  const subscriptions = filters.map((topic) => ({ topic, qos: 1 }));
  await peer.send(encode({ cmd: "subscribe", messageId: 3, subscriptions }, way.version));
  const { granted } = await peer.packet("suback");
  return granted as number[];
}

async function check(t: Deno.TestContext, way: Way) {
  const refusal = way.version === 5 ? 0x87 : 0x80;
  await t.step(`${way.name}: publish`, async () => {
    for (const role of ROLES) {
      for (const [topic, may] of PUBLISH) {
        const did = way.version === 5
          ? await published5(way, role, topic)
          : await published(way, role, topic);
        assert.equal(did, may.includes(role), `${role} publishes on ${topic}`);
      }
    }
  });

  await t.step(`${way.name}: subscribe, refusals said in SUBACK`, async () => {
    for (const role of ROLES) {
      using peer = await connected(way, role);
      const granted = await subscribe(peer, way, SUBSCRIBE.map(([filter]) => filter));
      const expected = SUBSCRIBE.map(([, may]) => may.includes(role) ? 1 : refusal);
      assert.deepEqual(granted, expected, role);
    }
  });

  await t.step(`${way.name}: hear`, async () => {
    using admin = await connected(way, "admin");
    for (const role of ROLES) {
      using peer = await connected(way, role);
      await subscribe(peer, way, ["#", "devices/n1/#", "edgewire/v1/n1/#"]);
      for (const [topic] of HEARD) {
        await admin.send(
          way.version === 5 ? publish5(topic) : publishPacket(topic, "1", { qos: 1, messageId: 5 }),
        );
      }
      // What comes last is for every role.
      const last = "devices/n1/last/set";
      await admin.send(
        way.version === 5 ? publish5(last) : publishPacket(last, "1", { qos: 1, messageId: 5 }),
      );
      await peer.packet("publish", ({ topic }) => topic === last);
      const heard = new Set(
        peer.packets.filter((p) => p.cmd === "publish")
          .map((packet) => (packet as IPublishPacket).topic),
      );
      for (const [topic, by] of HEARD) {
        assert.equal(heard.has(topic), by.includes(role), `${role} hears ${topic}`);
      }
    }
  });

  await t.step(`${way.name}: hear what was retained`, async () => {
    using admin = await connected(way, "admin");
    let id = 10;
    const retain = async (payload: string) => {
      for (const topic of [...RETAINED, LAST_RETAINED]) {
        const more = { qos: 1, dup: false, retain: true, messageId: ++id } as const;
        await admin.send(encode({ cmd: "publish", topic, payload, ...more }, way.version));
        await admin.packet("puback", ({ messageId }) => messageId === id);
      }
    };
    await retain("1");
    for (const role of ["admin", "operator", "viewer"] as const) {
      using peer = await connected(way, role);
      await subscribe(peer, way, ["#"]);
      // What this brings comes after what the first brings.
      await subscribe(peer, way, [LAST_RETAINED]);
      const topics = () =>
        peer.packets.flatMap((packet) => packet.cmd === "publish" ? [packet.topic] : []);
      await eventually(
        "both subscriptions are answered",
        () => topics().filter((topic) => topic === LAST_RETAINED).length === 2,
      );
      const heard = new Set(topics());
      for (const topic of RETAINED) {
        assert.equal(heard.has(topic), role === "admin", `${role} hears ${topic}`);
      }
    }
    await retain("");
  });

  await t.step(`${way.name}: no or wrong token, and a will that is not allowed`, async () => {
    for (const more of [{ password: "wrong" }, { username: undefined, password: undefined }]) {
      using peer = await login(way, "viewer", more);
      const { returnCode, reasonCode } = await peer.packet("connack");
      assert.notEqual(returnCode ?? reasonCode, 0);
      await peer.gone();
    }
    const will = { topic: "devices/n2/alive", payload: "0", qos: 1, retain: false };
    using node = await login(way, "node", { will });
    const { returnCode, reasonCode } = await node.packet("connack");
    assert.equal(returnCode ?? reasonCode, way.version === 5 ? 0x87 : 5);
    await node.gone();
  });
}

Deno.test("roles over MQTT with the embedded broker", async (t) => {
  await using gateway = await GatewayProcess.start({
    args: ["--no-access-open-loopback"],
    config: CONFIG,
  });
  await check(t, { name: "TCP", version: 4, open: () => RawMqtt.tcp(gateway.mqttPort) });
  const open = () => RawMqtt.webSocket(gateway.ws("/mqtt"));
  await check(t, { name: "/mqtt", version: 4, open });

  await t.step("/mqtt: the token of the HTTP request counts as well", async () => {
    using peer = await RawMqtt.webSocket(gateway.ws("/mqtt"), {
      headers: { authorization: `Bearer ${TOKENS.viewer}` },
    });
    await peer.send(connectPacket("by-header"));
    assert.equal((await peer.packet("connack")).returnCode, 0);
    await peer.send(publishPacket("devices/n1/setpoint/set", "1", { qos: 1, messageId: 5 }));
    await peer.gone();
  });

  await t.step("/ws: operators command devices, no settings", async () => {
    const way = { name: "TCP", version: 4, open: () => RawMqtt.tcp(gateway.mqttPort) };
    assert.ok(await published(way, "admin", "heating/hall"));
    assert.ok(await published(way, "admin", "home/OpenMQTTGateway/mode"));
    const headers = { authorization: `Bearer ${TOKENS.operator}` };
    await using browser = await WsPeer.open(gateway.ws("/ws"), { headers });
    const command = async (channel: string, topic: string) => {
      browser.send({ type: "subscribe", channel });
      await browser.next("snapshot", (one) => one.channel === channel);
      browser.send({ type: "command", id: topic, channel, topic, value: 1 });
      return (await browser.next("ack", ({ id }) => id === topic)).stage;
    };
    assert.equal(await command("hall", "heating/hall"), "accepted");
    assert.equal(await command("OpenMQTTGateway", "home/OpenMQTTGateway/mode"), "failed");
  });
});

testWith(["mosquitto"], "roles over /mqtt with an external broker", async (t) => {
  await using broker = await startMosquitto({ password: { user: "gateway", pass: "its own" } });
  await using gateway = await GatewayProcess.start({
    args: ["--no-access-open-loopback", "--broker", broker.url]
      .concat(["--broker-username", "gateway", "--broker-password", "its own"]),
    config: CONFIG,
  });
  for (const version of [4, 5]) {
    const open = () => RawMqtt.webSocket(gateway.ws("/mqtt"), { version });
    await check(t, { name: `/mqtt to Mosquitto, MQTT ${version}`, version, open });
  }
});

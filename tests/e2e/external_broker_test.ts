/**
 * `--broker`: the gateway as a client of somebody else's broker, by every way
 * there is to reach one.
 *
 * @module
 */
import assert from "node:assert/strict";
import { makeCertificates } from "../support/certificates.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { type Mosquitto, startMosquitto } from "../support/mosquitto.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { WsPeer } from "../support/ws_peer.ts";

const { test, testWith } = sideBySide();

/** Waits for the gateway's word that it is connected. @returns The MQTT version. */
async function connected(gateway: GatewayProcess): Promise<string> {
  const [, version] = await gateway.process.waitForLine(/^broker: connected to .*, MQTT (\d)/);
  return version!;
}

/** A message goes in by the broker, a command comes out by it. */
async function checkBothWays(gateway: GatewayProcess, peer: MqttPeer) {
  await peer.publish("devices/both/n", 1);
  await eventually(
    "the channel",
    async () => (await fetch(new URL("/api/channels/both", gateway.url))).ok,
  );
  await using watcher = await WsPeer.open(gateway.ws("/ws/both"));
  await watcher.next("snapshot", ({ values }) => values[0]?.value === 1);
  await peer.publish("devices/both/n", 2);
  await watcher.next("data", ({ value }) => value === 2);
  await peer.subscribe("devices/both/n/set");
  const command = { type: "command", channel: "both", topic: "devices/both/n", value: 3 };
  watcher.send({ ...command, id: crypto.randomUUID() });
  await watcher.next("ack", ({ stage }) => stage === "delivered");
  await peer.message(({ topic, text }) => topic === "devices/both/n/set" && text === "3");
  await peer.publish("devices/both/n", 3);
  await watcher.next("ack", ({ stage }) => stage === "observed");
}

testWith(["mosquitto"], "external broker: mqtt:// and ws://, with user and password", async () => {
  const password = { user: "edge", pass: "pa:ss wörd" };
  await using broker = await startMosquitto({ websockets: true, password });
  await using peer = await MqttPeer.connect(broker.url, {
    username: password.user,
    password: password.pass,
  });
  // By options, over MQTT.
  {
    await using gateway = await GatewayProcess.start({
      args: ["--broker", broker.url, "--broker-username", password.user]
        .concat(["--broker-password", password.pass]),
    });
    assert.equal(await connected(gateway), "5");
    await checkBothWays(gateway, peer);
    // Clients of /mqtt need not know the broker's password.
    await using web = await MqttPeer.connect(gateway.ws("/mqtt").href, { protocolVersion: 5 });
    await checkBothWays(gateway, web);
  }

  // In the address, over WebSocket, kept out of the output.
  {
    const url = new URL(broker.wsUrl);
    url.username = password.user;
    url.password = encodeURIComponent(password.pass);
    await using gateway = await GatewayProcess.start({ args: ["--broker", url.href] });
    assert.equal(await connected(gateway), "5");
    await checkBothWays(gateway, peer);
    await using web = await MqttPeer.connect(gateway.ws("/mqtt").href);
    await checkBothWays(gateway, web);
    assert.doesNotMatch(gateway.process.output, /pa(:|%3A)ss/);
  }

  // A wrong password is said where one looks.
  {
    await using gateway = await GatewayProcess.start({
      args: ["--broker", broker.url, "--broker-username", "edge", "--broker-password", "wrong"],
    });
    await gateway.process.waitForLine(/broker: .*[Nn]ot authorized/);
    const response = await fetch(new URL("/healthz", gateway.url));
    assert.equal(response.status, 503);
    assert.match((await response.json()).broker.reason, /[Nn]ot authorized/);
  }
});

testWith(
  ["mosquitto", "openssl"],
  "external broker: mqtts:// and wss:// with a CA file",
  async () => {
    const { ca, cert, key } = await makeCertificates();
    await using broker = await startMosquitto({ websockets: true, tls: { cert, key } });
    const file = await Deno.makeTempFile({ prefix: "edgewire-ca-" });
    try {
      await Deno.writeTextFile(file, ca);
      const local = (url: string) => url.replace("127.0.0.1", "localhost");
      await using peer = await MqttPeer.connect(local(broker.url), {
        ca: [ca] as unknown as string[],
      });
      for (const url of [local(broker.url), local(broker.wsUrl)]) {
        await using gateway = await GatewayProcess.start({
          args: ["--broker", url, "--broker-ca", file],
        });
        await connected(gateway);
        await checkBothWays(gateway, peer);
        await using web = await MqttPeer.connect(gateway.ws("/mqtt").href);
        await checkBothWays(gateway, web);
      }
      // An unknown authority is refused.
      {
        await using gateway = await GatewayProcess.start({
          args: ["--broker", local(broker.url)],
        });
        await gateway.process.waitForLine(/^broker: .*certificate/i);
        assert.equal((await fetch(new URL("/healthz", gateway.url))).status, 503);
      }
    } finally {
      await Deno.remove(file);
    }
  },
);

test("external broker: one that speaks 3.1.1 alone, by TCP and by WebSocket", async () => {
  await using other = await GatewayProcess.start();
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${other.mqttPort}`);
  for (const url of [`mqtt://127.0.0.1:${other.mqttPort}`, other.ws("/mqtt").href]) {
    await using gateway = await GatewayProcess.start({ args: ["--broker", url] });
    assert.equal(await connected(gateway), "4");
    await checkBothWays(gateway, peer);

    // The gateway hears its own commands, but they are nobody's answer.
    await using watcher = await WsPeer.open(gateway.ws("/ws/both"));
    const command = { type: "command", channel: "both", topic: "devices/both/n", id: "own" };
    watcher.send({ ...command, value: 9 });
    await watcher.next("ack", ({ stage }) => stage === "delivered");
    await peer.publish("devices/both/m", 1);
    await watcher.next("data", ({ topic }) => topic === "devices/both/m");
    assert.ok(!watcher.messages.some((m) => m.type === "ack" && m.stage === "observed"));
  }
});

testWith(["mosquitto"], "external broker: relays and retained messages", async () => {
  await using broker = await startMosquitto();
  for (const version of [5, 4]) {
    await using older = version === 4 ? await GatewayProcess.start() : null;
    const url = older === null ? broker.url : `mqtt://127.0.0.1:${older.mqttPort}`;
    await using peer = await MqttPeer.connect(url);
    await using gateway = await GatewayProcess.start({
      args: ["--broker", url],
      config: 'relays: [{ filter: "raw/:name", to: "stamped/:name" }]',
    });
    await connected(gateway);
    await peer.subscribe("stamped/#");
    await peer.publish("raw/a", 7);
    const { text } = await peer.message(({ topic }) => topic === "stamped/a");
    const relayed = JSON.parse(text);
    assert.equal(relayed.message, 7);
    assert.ok(Math.abs(relayed.timestamp - Date.now()) < 5000);
    await peer.publish("raw/b", 8);
    await peer.message(({ topic }) => topic === "stamped/b");
    // What comes behind it is there: so is whatever came back to the gateway.
    await peer.publish("fence/n", 1);
    await eventually(
      "the fence",
      async () => (await fetch(new URL("/api/channels/fence", gateway.url))).ok,
    );
    const room = await gateway.json("/api/channels/stamped") as { seq: number };
    assert.equal(room.seq, 2, "each relayed message is one update");
  }
});

async function seqOf(gateway: GatewayProcess, channel: string): Promise<number> {
  return (await gateway.json(`/api/channels/${channel}`) as { seq?: number }).seq ?? 0;
}

/** Starts one with a fixed client id and waits for its connection. */
async function startNamed(broker: Mosquitto): Promise<GatewayProcess> {
  const gateway = await GatewayProcess.start({
    args: ["--broker", broker.url, "--broker-client-id", "edgewire-test"],
  });
  await connected(gateway);
  return gateway;
}

testWith(
  ["mosquitto"],
  "external broker: what came while the gateway was away arrives",
  async () => {
    await using broker = await startMosquitto();
    await using peer = await MqttPeer.connect(broker.url);
    {
      await using gateway = await startNamed(broker);
      await peer.publish("away/n", 0);
      await eventually("the first", async () => await seqOf(gateway, "away") === 1);
    }
    for (let i = 1; i <= 50; i++) await peer.publish("away/n", i);
    await using gateway = await startNamed(broker);
    await eventually("the rest", async () => await seqOf(gateway, "away") === 50);
    const { series } = await gateway.json("/api/channels/away/history") as {
      series: { points: [number, number][] }[];
    };
    assert.deepEqual(
      series[0]!.points.map(([, value]) => value),
      [...Array(50).keys()].map((i) => i + 1),
    );
  },
);

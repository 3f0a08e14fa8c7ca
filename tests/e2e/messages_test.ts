/** What a WebSocket client is told: every message type of the contract, field by field. */
import assert from "node:assert/strict";
import type { Data } from "../../gateway/sessions/messages.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { sharedGateway } from "../support/shared_gateway.ts";
import { testWith } from "../support/tools.ts";
import { WsPeer } from "../support/ws_peer.ts";

const CONFIG = `
rules:
  - filter: lab/:room/+/state
    channel: ":room"
    command: lab/:room/+/order
describe:
  - topic: devices/desk/lamp
    unit: lm
    control: { type: number, min: 0, max: 900, step: 10 }
`;

/** For tests with channels of their own. */
const shared = sharedGateway({ config: "relays: [{ filter: in/x, to: out/x }]" });

function connect({ mqttPort }: GatewayProcess): Promise<MqttPeer> {
  return MqttPeer.connect(`mqtt://127.0.0.1:${mqttPort}`);
}

function keys(message: object) {
  return Object.keys(message).sort();
}

function isTime(time: number) {
  assert.ok(Math.abs(time - Date.now()) < 5000, `${time} is not about now`);
}

/** The text of the first frame with this word in it. */
function frameText(peer: WsPeer, word: string): Promise<string> {
  return new Promise((resolve) => {
    peer.socket.addEventListener("message", ({ data }) => {
      if (data.includes(word)) resolve(data);
    });
  });
}

Deno.test("messages have the fields of the contract", async (t) => {
  await using gateway = await GatewayProcess.start({ config: CONFIG });
  await using mqtt = await connect(gateway);

  await t.step("welcome, status and channels at /ws", async () => {
    await using peer = await WsPeer.open(gateway.ws("/ws"));
    const channels = await peer.next("channels");
    const [welcome, status] = peer.messages;
    assert.deepEqual(
      keys(welcome!),
      ["channels", "epoch", "idleTimeout", "member", "mqtt", "role", "session", "time", "type"],
    );
    assert.ok(welcome?.type === "welcome");
    assert.equal(welcome.role, "admin");
    isTime(welcome.time);
    assert.deepEqual(status, { type: "status", broker: "connected", uplink: "off" });
    assert.deepEqual(channels, { type: "channels", added: [], removed: [] });
    await mqtt.publish("greenhouse/roof", 1);
    assert.deepEqual(await peer.next("channels"), {
      type: "channels",
      added: ["greenhouse"],
      removed: [],
    });
  });

  await t.step("snapshot, describe, presence, then data", async () => {
    await mqtt.publish("devices/desk/lamp", 300);
    await using peer = await WsPeer.open(gateway.ws("/ws/desk"));
    const snapshot = await peer.next("snapshot");
    assert.deepEqual(keys(snapshot), ["channel", "epoch", "seq", "type", "values"]);
    assert.equal(snapshot.channel, "desk");
    const [value] = snapshot.values;
    assert.deepEqual(
      keys(value!),
      ["device", "id", "seq", "time", "topic", "unit", "value"],
    );
    assert.equal(snapshot.values.length, 1);
    assert.deepEqual(await peer.next("describe"), {
      type: "describe",
      channel: "desk",
      topics: [{
        topic: "devices/desk/lamp",
        unit: "lm",
        control: { type: "number", min: 0, max: 900, step: 10 },
      }],
    });
    const presence = await peer.next("presence");
    assert.deepEqual(keys(presence), ["channel", "count", "members", "type"]);
    assert.deepEqual(keys(presence.members[0]!), ["member", "role", "since"]);
    await mqtt.publish("devices/desk/lamp", 310);
    const data = await peer.next("data");
    const { time, id, ...rest } = data;
    assert.deepEqual(rest, {
      type: "data",
      channel: "desk",
      seq: snapshot.seq + 1,
      topic: "devices/desk/lamp",
      value: 310,
      unit: "lm",
      device: "desk",
    });
    isTime(time);
    assert.match(id, /^\S+$/);
    assert.notEqual(id, value!.id);
  });

  await t.step("pong answers ping with its id", async () => {
    await using peer = await WsPeer.open(gateway.ws("/ws"));
    for (const id of [7, "seven"]) {
      peer.send({ type: "ping", id });
      const pong = await peer.next("pong");
      assert.deepEqual(keys(pong), ["id", "time", "type"]);
      assert.equal(pong.id, id);
      isTime(pong.time);
    }
  });

  await t.step("the value of a payload: JSON, text, bytes, nothing", async () => {
    await mqtt.publish("forms/x", "first");
    await using peer = await WsPeer.open(gateway.ws("/ws/forms"));
    const cases: [string | Uint8Array, unknown][] = [
      ['{"value":7}', { value: 7 }],
      ["21.50", 21.5],
      ["[1,[2]]", [1, [2]]],
      ["null", null],
      ['"quoted"', "quoted"],
      ["on", "on"],
      ["21,5 °C \u2028 \"'\\", "21,5 °C \u2028 \"'\\"],
      ["", ""],
      ["{broken", "{broken"],
      [new Uint8Array([0xff, 0, 1]), { base64: "/wAB" }],
      ['{"a":\n 1}', { a: 1 }],
    ];
    for (const [payload, expected] of cases) {
      await mqtt.publish("forms/x", payload);
      assert.deepEqual((await peer.next("data")).value, expected);
    }
  });

  await t.step("a number keeps all its digits", async () => {
    await mqtt.publish("digits/x", 0);
    await using peer = await WsPeer.open(gateway.ws("/ws/digits"));
    await peer.next("snapshot");
    const text = frameText(peer, "digits/x");
    await mqtt.publish("digits/x", '{"value":123456789012345678901234567890.10}');
    assert.ok((await text).includes('"value":{"value":123456789012345678901234567890.10}'));
  });

  await t.step("a channel is the first level, the device, or what a rule says", async () => {
    await using peer = await WsPeer.open(gateway.ws("/ws"));
    await peer.next("channels");
    const places = {
      "weather/roof/wind": "weather",
      "devices/pump/rpm": "pump",
      "devices/valve/a/b/changed": "valve",
      "lab/attic/lamp/state": "attic",
      "lab/attic/lamp/other": "lab",
      "single": "single",
    };
    for (const [topic, channel] of Object.entries(places)) {
      await mqtt.publish(topic, 1);
      const added = await peer.next("channels");
      assert.deepEqual(added.added, [channel], topic);
      peer.send({ type: "subscribe", channel });
      assert.equal((await peer.next("snapshot")).values[0]!.topic, topic);
    }
  });

  await t.step("commands and node status make no channel", async () => {
    const before = await gateway.json("/api/channels");
    for (
      const topic of [
        "devices/new/lamp/set",
        "edgewire/v1/new/set",
        "homeassistant/device/new/config",
        "lab/cellar/lamp/order",
      ]
    ) await mqtt.publish(topic, { state: "online" });
    const after = await gateway.json("/api/channels");
    assert.deepEqual(after, before);
  });
});

Deno.test("welcome says where who publishes needs a token", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "edgewire-tokens-" });
  const start = (...args: string[]) => GatewayProcess.start({ args, dataDir });
  const welcome = async (gateway: GatewayProcess, headers: Record<string, string> = {}) => {
    const tokens = await Deno.readTextFile(`${dataDir}/tokens.json`).catch(() => "{}");
    const { viewer } = JSON.parse(tokens);
    const url = gateway.ws(viewer === undefined ? "/ws" : `/ws?token=${viewer}`);
    await using peer = await WsPeer.open(url, { headers });
    const { token, mqtt } = await peer.next("welcome");
    return [token, mqtt?.host];
  };
  const behindProxy = { "x-forwarded-for": "192.0.2.7" };
  try {
    assert.deepEqual(await welcome(await shared()), [undefined, "127.0.0.1"]);
    {
      await using closed = await start("--no-access-open-loopback");
      assert.deepEqual(await welcome(closed), [true, "127.0.0.1"]);
    }
    await using everywhere = await start("--mqtt-host", "0.0.0.0");
    assert.deepEqual(await welcome(everywhere), [undefined, undefined]);
    assert.deepEqual(await welcome(everywhere, behindProxy), [true, undefined]);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("one client watches several channels, on one connection or on several", async () => {
  const gateway = await shared();
  await using mqtt = await connect(gateway);
  for (const channel of ["a", "b", "c"]) await mqtt.publish(`${channel}/x`, 0);
  await using many = await WsPeer.open(gateway.ws("/ws"));
  await using one = await WsPeer.open(gateway.ws("/ws/c"));
  for (const channel of ["a", "b"]) {
    many.send({ type: "subscribe", channel });
    await many.next("snapshot", (snapshot) => snapshot.channel === channel);
  }
  await one.next("snapshot");
  for (const channel of ["c", "b", "a", "c"]) await mqtt.publish(`${channel}/x`, channel);
  await many.next("data", ({ channel }) => channel === "a");
  await one.next("data");
  await one.next("data");
  const seen = (peer: WsPeer) =>
    peer.messages.filter(({ type }) => type === "data").map((data) => (data as Data).channel);
  assert.deepEqual(seen(many), ["b", "a"]);
  assert.deepEqual(seen(one), ["c", "c"]);
});

Deno.test("an unsubscribed channel says nothing more, and can be subscribed to again", async () => {
  const gateway = await shared();
  await using mqtt = await connect(gateway);
  for (const channel of ["left", "kept"]) await mqtt.publish(`${channel}/x`, 0);
  await using peer = await WsPeer.open(gateway.ws("/ws"));
  for (const channel of ["left", "kept"]) peer.send({ type: "subscribe", channel });
  await peer.next("snapshot", ({ channel }) => channel === "kept");
  peer.send({ type: "unsubscribe", channel: "left" });
  peer.send({ type: "ping", id: 1 });
  await peer.next("pong");
  const before = peer.messages.length;
  await mqtt.publish("left/x", 1);
  await mqtt.publish("kept/x", 1);
  await peer.next("data", ({ channel }) => channel === "kept");
  const channels = peer.messages.slice(before).map((m) => "channel" in m ? m.channel : "");
  assert.ok(!channels.includes("left"), "a message of the channel that was left");
  peer.send({ type: "subscribe", channel: "left" });
  assert.equal((await peer.next("snapshot")).values[0]!.value, 1);
  await mqtt.publish("left/x", 2);
  assert.equal((await peer.next("data")).value, 2);
});

Deno.test("subscribing and leaving quickly ends subscribed, without a hole", async () => {
  const gateway = await shared();
  await using mqtt = await connect(gateway);
  await mqtt.publish("quick/x", -1);
  await using peer = await WsPeer.open(gateway.ws("/ws"));
  const publishing = (async () => {
    for (let n = 0; n < 200; n++) await mqtt.publish("quick/x", n);
  })();
  for (let i = 0; i < 40; i++) {
    peer.send({ type: "subscribe", channel: "quick" });
    peer.send({ type: "unsubscribe", channel: "quick" });
  }
  peer.send({ type: "ping", id: "last" });
  await peer.next("pong");
  peer.send({ type: "subscribe", channel: "quick" });
  let { seq } = await peer.next("snapshot");
  await publishing;
  await mqtt.publish("quick/x", "end");
  const from = peer.messages.findLastIndex(({ type }) => type === "snapshot");
  await peer.next("data", ({ value }) => value === "end");
  for (const message of peer.messages.slice(from + 1)) {
    if (message.type === "data" || message.type === "event") assert.equal(message.seq, ++seq);
    assert.notEqual(message.type, "gap");
  }
});

Deno.test("bursts come as arrays to edgewire.v1, and one by one to others", async () => {
  const gateway = await shared();
  await using mqtt = await connect(gateway);
  await mqtt.publish("burst/x", -1);
  await using arrays = await WsPeer.open(gateway.ws("/ws/burst"));
  await using plain = await WsPeer.open(gateway.ws("/ws/burst"), { v1: false });
  assert.equal(arrays.socket.protocol, "edgewire.v1");
  assert.equal(plain.socket.protocol, "");
  for (const peer of [arrays, plain]) await peer.next("snapshot");
  const count = 300;
  for (let n = 0; n < count; n++) mqtt.client.publish("burst/x", String(n));
  for (const peer of [arrays, plain]) {
    await peer.next("data", ({ value }) => value === count - 1);
    const values = peer.messages.filter((m) => m.type === "data").map((m) => (m as Data).value);
    assert.deepEqual(values, Array.from({ length: count }, (_, n) => n));
  }
  assert.ok(Math.max(...arrays.frameSizes) > 1, "no array frame");
  assert.equal(Math.max(...plain.frameSizes), 1);
});

Deno.test("all updates of one PUBLISH share its id; others have another", async () => {
  const gateway = await shared();
  await using mqtt = await connect(gateway);
  await mqtt.publish("in/x", 0);
  await mqtt.subscribe("out/#");
  await using first = await WsPeer.open(gateway.ws("/ws/in"));
  await using second = await WsPeer.open(gateway.ws("/ws/in"), { v1: false });
  await using relayed = await WsPeer.open(gateway.ws("/ws/out"));
  for (const peer of [first, second, relayed]) await peer.next("snapshot");
  await mqtt.publish("in/x", 1);
  const { id } = await first.next("data");
  assert.equal((await second.next("data")).id, id);
  assert.notEqual((await relayed.next("data")).id, id);
});

Deno.test("a relay republishes with the gateway's time, and never in a loop", async () => {
  await using gateway = await GatewayProcess.start({
    config: `
relays:
  - { filter: "in/:name", to: "stamped/:name" }
  - { filter: "stamped/:name", to: "in/:name" }
  - { filter: "#", to: "all/copy" }
`,
  });
  await using mqtt = await connect(gateway);
  await mqtt.subscribe("#");
  await mqtt.publish("in/x", '{"a":12345678901234567890}');
  const { text } = await mqtt.message(({ topic }) => topic === "stamped/x");
  assert.match(text, /^\{"timestamp":[\d.]+,"message":\{"a":12345678901234567890\}\}$/);
  isTime(JSON.parse(text).timestamp);
  await mqtt.publish("in/y", "word");
  const copy = await mqtt.message(({ topic, text }) => topic === "all/copy" && /word/.test(text));
  assert.equal(JSON.parse(copy.text).message, "word");
  await mqtt.publish("end/x", 1);
  await mqtt.message(({ topic, text }) => topic === "all/copy" && /"message":1\}/.test(text));
  await mqtt.message(({ topic }) => topic === "end/x");
  const topics = mqtt.received.map(({ topic }) => topic).sort();
  assert.deepEqual(topics, [
    "all/copy",
    "all/copy",
    "all/copy",
    "end/x",
    "in/x",
    "in/y",
    "stamped/x",
    "stamped/y",
  ]);
});

testWith(
  ["mosquitto_pub"],
  "what mosquitto_pub says is seen, as text and from a file",
  async () => {
    const gateway = await shared();
    const publish = async (...args: string[]) => {
      const command = new Deno.Command("mosquitto_pub", {
        args: ["-p", String(gateway.mqttPort), "-t", "shed/door", ...args],
      });
      assert.ok((await command.output()).success);
    };
    await publish("-m", "open");
    await using peer = await WsPeer.open(gateway.ws("/ws/shed"));
    assert.equal((await peer.next("snapshot")).values[0]!.value, "open");
    await publish("-m", '{"value": 7}', "-q", "1", "-r");
    assert.deepEqual((await peer.next("data")).value, { value: 7 });
  },
);

/** Commands on their way to devices, stage by stage, with devices of every kind. */
import assert from "node:assert/strict";
import { ChamberNode } from "../../firmware/simulated/chamber_node.ts";
import type { Ack, Update } from "../../gateway/sessions/messages.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { metric } from "../support/metrics.ts";
import { Mosquitto } from "../support/mosquitto.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { WsPeer } from "../support/ws_peer.ts";
import { sideBySide } from "../support/side_by_side.ts";

const { test, testWith } = sideBySide();

const TIMEOUT_MS = 400;
const TOPIC = "devices/valve/opening";
const VIEWER = "token-of-the-viewer-of-this-test";
const OPERATOR = "token-of-the-operator-in-this-test";

const CONFIG = `
command: { timeoutSeconds: ${TIMEOUT_MS / 1000} }
access: { openLoopback: false }
rules:
  - { filter: "lab/:room/+/state", channel: ":room", command: "lab/:room/+/order" }
  - { filter: "lab/:room/+/seen", channel: ":room" }
relays:
  - { filter: hand/opening, to: ${TOPIC} }
tokens:
  - { name: watcher, role: viewer, token: ${VIEWER} }
  - { name: worker, role: operator, token: ${OPERATOR} }
  - { name: nodes, role: admin, token: ${OPERATOR}-admin }
`;

type Answer = (payload: string) => void;

/** A gateway with the device `valve`, whose behaviour the test decides. */
class Bench implements AsyncDisposable {
  readonly gateway: GatewayProcess;
  readonly device: MqttPeer;
  /** Everything that was published on command topics. */
  readonly commands: MqttPeer;
  answer: Answer = () => {};

  private constructor(gateway: GatewayProcess, device: MqttPeer, commands: MqttPeer) {
    this.gateway = gateway;
    this.device = device;
    this.commands = commands;
    device.client.on("message", (topic, payload) => {
      if (topic.endsWith("/set")) this.answer(payload.toString());
    });
  }

  static async start(): Promise<Bench> {
    const gateway = await GatewayProcess.start({ config: CONFIG });
    const connect = () =>
      MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`, {
        username: "any",
        password: `${OPERATOR}-admin`,
      });
    const bench = new Bench(gateway, await connect(), await connect());
    await bench.device.subscribe("devices/valve/+/set");
    for (const filter of ["devices/+/+/set", "lab/+/+/order"]) {
      await bench.commands.subscribe(filter);
    }
    await bench.device.publish(TOPIC, 10);
    return bench;
  }

  open(options: { token?: string; session?: string; path?: string } = {}): Promise<WsPeer> {
    const url = this.gateway.ws(options.path ?? "/ws/valve");
    url.searchParams.set("token", options.token ?? OPERATOR);
    if (options.session !== undefined) url.searchParams.set("session", options.session);
    return WsPeer.open(url);
  }

  /** The device says something, and waits for nothing. */
  say(topic: string, text: string) {
    this.device.client.publish(topic, text, { qos: 1 });
  }

  get published(): string[] {
    return this.commands.received.map(({ topic, text }) => `${topic} ${text}`);
  }

  async [Symbol.asyncDispose]() {
    await this.device[Symbol.asyncDispose]();
    await this.commands[Symbol.asyncDispose]();
    await this.gateway[Symbol.asyncDispose]();
  }
}

function send(peer: WsPeer, id: string, value: unknown, topic = TOPIC, channel = "valve") {
  peer.send({ type: "command", id, channel, topic, value });
}

/** Waits for the end of a command. @returns All its acks. */
async function acks(peer: WsPeer, id: string): Promise<Ack[]> {
  await peer.next("ack", (ack) => ack.id === id && /observed|failed/.test(ack.stage));
  return peer.messages.filter((m) => m.type === "ack" && m.id === id) as Ack[];
}

function stages(list: Ack[]): string[] {
  return list.map(({ stage, reason }) => reason === undefined ? stage : `${stage}: ${reason}`);
}

const SILENT = ["accepted", "delivered", "failed: timeout: the device did not answer"];

Deno.test("commands", async (t) => {
  await using bench = await Bench.start();
  const { device } = bench;
  let count = 0;
  const step = (name: string, run: (peer: WsPeer, id: string) => Promise<void>) =>
    t.step(name, async () => {
      bench.answer = () => {};
      bench.commands.received.length = 0;
      await using peer = await bench.open();
      await peer.next("presence");
      await run(peer, `c${++count}`);
    });

  await step("accepted, delivered, observed", async (peer, id) => {
    bench.answer = (payload) => bench.say(TOPIC, payload);
    send(peer, id, 42);
    const all = await acks(peer, id);
    assert.deepEqual(stages(all), ["accepted", "delivered", "observed"]);
    for (const ack of all) assert.ok(Math.abs(ack.time - Date.now()) < 5000);
    await bench.commands.message(() => true);
    assert.deepEqual(bench.published, [`${TOPIC}/set 42`]);
  });

  await step("a value is published as JSON, text as it is, base64 as bytes", async (peer, id) => {
    bench.answer = (payload) => bench.say(TOPIC, payload);
    const values = [true, "on", { a: 1 }, null, { base64: "aGk=" }];
    for (const [i, value] of values.entries()) {
      send(peer, `${id}-${i}`, value);
      await acks(peer, `${id}-${i}`);
    }
    await bench.commands.message(({ text }) => text === "hi");
    const payloads = bench.commands.received.map(({ text }) => text);
    assert.deepEqual(payloads, ["true", "on", '{"a":1}', "null", "hi"]);
  });

  await step("a device that clamps is observed with its real value", async (peer, id) => {
    bench.answer = () => bench.say(TOPIC, "100");
    send(peer, id, 900);
    assert.equal((await acks(peer, id)).at(-1)!.stage, "observed");
    const state = peer.messages.findIndex((m) => m.type === "data" && m.value === 100);
    const observed = peer.messages.findIndex((m) => m.type === "ack" && m.stage === "observed");
    assert.ok(state >= 0 && state < observed, "the state comes before the answer that it is");
  });

  await step("a device that is silent fails by timeout", async (peer, id) => {
    const start = performance.now();
    send(peer, id, 1);
    assert.deepEqual(stages(await acks(peer, id)), SILENT);
    const took = performance.now() - start;
    assert.ok(took >= TIMEOUT_MS * 0.9 && took < TIMEOUT_MS + 500, `after ${took} ms`);
  });

  await step("a device that is late stays failed, and its value is shown", async (peer, id) => {
    const asked = Promise.withResolvers<void>();
    bench.answer = () => asked.resolve();
    send(peer, id, 33);
    await asked.promise;
    assert.deepEqual(stages(await acks(peer, id)), SILENT);
    await device.publish(TOPIC, 33);
    assert.equal((await peer.next("data")).value, 33);
    peer.send({ type: "ping", id: "after" });
    await peer.next("pong");
    assert.deepEqual(stages(await acksSoFar(peer, id)), SILENT);
  });

  await step("our own relay onto the state topic is not an answer", async (peer, id) => {
    bench.answer = () => bench.say("hand/opening", "5");
    send(peer, id, 5);
    const relayed = await peer.next("data");
    assert.equal((relayed.value as { message: number }).message, 5);
    assert.deepEqual(stages(await acks(peer, id)), SILENT);
  });

  await step("a message on another topic is not an answer", async (peer, id) => {
    bench.answer = () => bench.say("devices/valve/flow", "5");
    send(peer, id, 5);
    await peer.next("data");
    assert.deepEqual(stages(await acks(peer, id)), SILENT);
  });

  await step("a command for .../changed is answered on the state topic", async (peer, id) => {
    bench.answer = (payload) => bench.say(TOPIC, payload);
    send(peer, id, 6, `${TOPIC}/changed`);
    assert.equal((await acks(peer, id)).at(-1)!.stage, "observed");
    assert.deepEqual(bench.published, [`${TOPIC}/set 6`]);
  });

  await step("a rule of the configuration says where commands go", async (_, id) => {
    await device.publish("lab/attic/lamp/state", "off");
    await using peer = await bench.open({ path: "/ws/attic" });
    await device.subscribe("lab/attic/lamp/order");
    device.client.once("message", () => bench.say("lab/attic/lamp/state", "on"));
    send(peer, id, "on", "lab/attic/lamp/state", "attic");
    assert.equal((await acks(peer, id)).at(-1)!.stage, "observed");
    assert.deepEqual(bench.published, ["lab/attic/lamp/order on"]);
  });

  await step("what is refused says why, and publishes nothing", async (peer, id) => {
    const refusals = [
      ["valve", "devices/other/opening", "the topic is not of this channel"],
      ["attic", "lab/attic/lamp/seen", "the topic takes no commands"],
      ["valve", "devices/valve/opening/set", "the topic is not of this channel"],
      ["valve", "devices/valve/+", "not a topic: empty, or with a wildcard"],
      ["valve", "devices/valve/#", "not a topic: empty, or with a wildcard"],
      ["valve", "devices/valve/a\0", "not a topic: empty, or with a wildcard"],
      ["valve", "", "not a topic: empty, or with a wildcard"],
    ] as const;
    for (const [i, [channel, topic, reason]] of refusals.entries()) {
      send(peer, `${id}-${i}`, 1, topic, channel);
      assert.deepEqual(stages(await acks(peer, `${id}-${i}`)), [`failed: ${reason}`], topic);
    }
    assert.deepEqual(await nothingPublished(bench, peer), []);
  });

  await step("a viewer may not command", async (operator, id) => {
    await using peer = await bench.open({ token: VIEWER });
    assert.equal((await peer.next("welcome")).role, "viewer");
    send(peer, id, 1);
    assert.deepEqual(stages(await acks(peer, id)), [
      "failed: not allowed: a viewer may not command",
    ]);
    assert.deepEqual(await nothingPublished(bench, operator), []);
  });

  await step("a node that is offline gets no command", async (peer, id) => {
    const status = "edgewire/v1/valve/status";
    await device.publish(status, { state: "offline" }, { retain: true });
    send(peer, id, 1);
    const [failed, ...more] = stages(await acks(peer, id));
    assert.match(failed ?? "", /^failed: node offline: valve(?: \(.+\))?$/);
    assert.deepEqual(more, []);
    await device.publish(status, { state: "online" }, { retain: true });
    bench.answer = (payload) => bench.say(TOPIC, payload);
    send(peer, `${id}-online`, 2);
    assert.equal((await acks(peer, `${id}-online`)).at(-1)!.stage, "observed");
    assert.deepEqual(bench.published, [`${TOPIC}/set 2`]);
  });

  await step("the same id twice is published once", async (peer, id) => {
    bench.answer = (payload) => bench.say(TOPIC, payload);
    send(peer, id, 1);
    send(peer, id, 2);
    await acks(peer, id);
    send(peer, id, 3);
    await peer.next("ack", ({ stage }) => stage === "observed");
    assert.deepEqual(await nothingPublished(bench, peer), [`${TOPIC}/set 1`]);
  });

  await step("the same id after a reconnect goes on with its command", async (_, id) => {
    const asked = Promise.withResolvers<void>();
    bench.answer = () => asked.resolve();
    const first = await bench.open();
    const { session } = await first.next("welcome");
    send(first, id, 8);
    await asked.promise;
    await first[Symbol.asyncDispose]();
    await using second = await bench.open({ session });
    assert.equal((await second.next("welcome")).session, session);
    send(second, id, 8);
    assert.equal((await second.next("ack")).stage, "delivered");
    await device.publish(TOPIC, 8);
    assert.equal((await second.next("ack")).stage, "observed");
    assert.deepEqual(bench.published, [`${TOPIC}/set 8`]);
  });

  await step("ids of different clients do not collide", async (peer, id) => {
    bench.answer = (payload) => bench.say(TOPIC, payload);
    send(peer, id, 1);
    await acks(peer, id);
    await using other = await bench.open({ session: "made-up" });
    send(other, id, 2);
    assert.deepEqual(stages(await acks(other, id)), ["accepted", "delivered", "observed"]);
    await bench.commands.message(({ text }) => text === "2");
    assert.deepEqual(bench.published, [`${TOPIC}/set 1`, `${TOPIC}/set 2`]);
  });

  await step("a slider: the latest wins, the others are told", async (peer, id) => {
    bench.answer = (payload) => bench.say(TOPIC, payload);
    const moves = 50;
    for (let i = 0; i < moves; i++) send(peer, `${id}-${i}`, i);
    await acks(peer, `${id}-${moves - 1}`);
    const ends = [];
    for (let i = 0; i < moves; i++) {
      const end = peer.messages.findLast((m) => m.type === "ack" && m.id === `${id}-${i}`) as Ack;
      ends.push(end.stage === "failed" ? end.reason : end.stage);
    }
    assert.equal(ends[0], "observed");
    assert.equal(ends.at(-1), "observed");
    const superseded = ends.filter((end) => end === "superseded by a later command").length;
    const observed = ends.filter((end) => end === "observed").length;
    assert.equal(superseded + observed, moves);
    assert.ok(superseded > 0, "nothing was coalesced");
    await bench.commands.message(({ text }) => text === String(moves - 1));
    assert.equal(bench.published.length, observed);
  });

  await step("a field that is wrong is an error with the id", async (peer, id) => {
    peer.send({ type: "command", id, channel: "valve", topic: 7, value: 1 });
    const error = await peer.next("error");
    assert.deepEqual([error.code, error.id], ["bad_message", id]);
    peer.send({ type: "command", id: `${id}-b`, channel: "valve", topic: TOPIC });
    assert.equal((await peer.next("error")).id, `${id}-b`);
    assert.deepEqual(await nothingPublished(bench, peer), []);
  });
});

function acksSoFar(peer: WsPeer, id: string): Ack[] {
  return peer.messages.filter((m) => m.type === "ack" && m.id === id) as Ack[];
}

/** Lets a command through that can be told apart. @returns What was published before it. */
async function nothingPublished(bench: Bench, peer: WsPeer): Promise<string[]> {
  bench.answer = (payload) => bench.say(TOPIC, payload);
  const marker = crypto.randomUUID();
  send(peer, marker, marker);
  await bench.commands.message(({ text }) => text === marker);
  return bench.published.filter((line) => !line.includes(marker));
}

testWith(
  ["mosquitto"],
  "a retained state that is replayed is no answer, and no update",
  async () => {
    await using broker = await Mosquitto.start({ persistence: true });
    await using device = await MqttPeer.connect(broker.url, { reconnectPeriod: 50 });
    await device.publish(TOPIC, 10, { retain: true });
    await using gateway = await GatewayProcess.start({
      args: ["--broker", broker.url, "--command-timeout-seconds", "3"],
    });
    await using peer = await WsPeer.open(gateway.ws("/ws"));
    await peer.next("channels", ({ added }) => added.includes("valve"));
    peer.send({ type: "subscribe", channel: "valve" });
    await peer.next("presence");
    send(peer, "a", 5);
    await peer.next("ack", ({ stage }) => stage === "delivered");
    const replays = () => metric(gateway.url, 'edgewire_dropped_total{cause="unchanged_retained"}');
    const before = await replays();
    await broker.restart();
    await peer.next("status", (status) => status.broker === "connected");
    await eventually("the replay", async () => await replays() > before);
    assert.ok(!peer.messages.some(({ type }) => type === "data"), "it made an update");
    const end = await peer.next("ack");
    assert.equal(end.reason, "timeout: the device did not answer");
  },
);

test("the simulated chamber follows its commands, and clamps", async () => {
  await using gateway = await GatewayProcess.start();
  await using chamber = new ChamberNode({
    name: "chamber",
    broker: `mqtt://127.0.0.1:${gateway.mqttPort}`,
    period_ms: 50,
  }, 1);
  await chamber.ready;
  await using peer = await WsPeer.open(gateway.ws("/ws/chamber"));
  const topic = "devices/chamber/setpoint";
  send(peer, "in range", 31.5, topic, "chamber");
  assert.deepEqual(stages(await acks(peer, "in range")), ["accepted", "delivered", "observed"]);
  const state = () =>
    peer.messages.findLast((message) => message.type === "data" && message.topic === topic);
  assert.equal((state() as Update).value, 31.5);
  send(peer, "too hot", 5000, topic, "chamber");
  assert.equal((await acks(peer, "too hot")).at(-1)!.stage, "observed");
  assert.equal((state() as Update).value, 60);
  send(peer, "power", "on", "devices/chamber/power", "chamber");
  assert.equal((await acks(peer, "power")).at(-1)!.stage, "observed");
});

test("opening pages and sockets publishes nothing", async () => {
  await using gateway = await GatewayProcess.start();
  await using mqtt = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await mqtt.publish(TOPIC, 1);
  await mqtt.subscribe("#");
  assert.equal((await (await fetch(gateway.url)).text()).slice(0, 9), "<!doctype");
  for (const path of ["/ws", "/ws/valve", "/ws/none", "/ws/valve?since=x:1"]) {
    await using peer = await WsPeer.open(gateway.ws(path), { v1: false });
    await peer.next("welcome");
    if (path === "/ws") {
      peer.send({ type: "subscribe", channel: "valve" });
      await peer.next("presence");
      peer.send({ type: "unsubscribe", channel: "valve" });
    }
  }
  await mqtt.publish("end", 1);
  await mqtt.message(({ topic }) => topic === "end");
  assert.deepEqual(mqtt.received.map(({ topic }) => topic), ["end"]);
});

import assert from "node:assert/strict";
import { Policy } from "../../gateway/access/policy.ts";
import { TokenBook } from "../../gateway/access/tokens.ts";
import type { IncomingMessage, SessionEvent } from "../../gateway/broker/broker.ts";
import { EmbeddedBroker } from "../../gateway/broker/embedded.ts";
import { CutProxy } from "../support/cut_proxy.ts";
import { eventually } from "../support/eventually.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { sideBySide } from "../support/side_by_side.ts";

const { test } = sideBySide();

/** An embedded broker on a free port, and what it told. */
class Bench implements AsyncDisposable {
  readonly messages: IncomingMessage[] = [];
  readonly sessions: SessionEvent[] = [];
  broker!: EmbeddedBroker;
  port = 0;

  static async start(): Promise<Bench> {
    const bench = new Bench();
    bench.broker = await EmbeddedBroker.create({
      policy: new Policy(() => false),
      tokens: new TokenBook({}, []),
      openLoopback: true,
      limits: { packetBytes: 1 << 20, backlogBytes: 4 << 20, clients: 100 },
      counters: { droppedForSlowClients: 0, closedForBacklog: 0, tooMany: 0, refused: 0 },
      sink: (message) => bench.messages.push(message),
      onSession: (event) => bench.sessions.push(event),
      log: () => {},
    });
    bench.port = bench.broker.listen("127.0.0.1", 0).port;
    return bench;
  }

  connect(clientId: string, more: Record<string, unknown> = {}, port = this.port) {
    return MqttPeer.connect(`mqtt://127.0.0.1:${port}`, { clientId, ...more });
  }

  /** How a session ended. */
  closed(client: string): Promise<SessionEvent> {
    return eventually(
      `${client} closed`,
      () => this.sessions.find((event) => event.client === client && event.state === "closed"),
    );
  }

  message(topic: string): Promise<IncomingMessage> {
    return eventually(topic, () => this.messages.find((message) => message.topic === topic));
  }

  async [Symbol.asyncDispose]() {
    await this.broker.close();
  }
}

const will = (topic: string, qos: 0 | 1 | 2 = 1) => ({
  will: { topic, payload: new TextEncoder().encode("gone") as never, qos, retain: false },
});

test("sessions: who came, how long he may be silent, how he went", async () => {
  await using bench = await Bench.start();
  const polite = await bench.connect("polite", { keepalive: 30 });
  assert.deepEqual(bench.sessions, [{ client: "polite", state: "open", keepalive: 30 }]);
  await polite.client.endAsync();
  assert.equal((await bench.closed("polite")).how, "disconnect");

  const rude = await bench.connect("rude");
  rude.client.stream.destroy();
  assert.equal((await bench.closed("rude")).how, "connection lost");
  await rude[Symbol.asyncDispose]();

  const first = await bench.connect("twice");
  await using _second = await bench.connect("twice");
  assert.equal((await bench.closed("twice")).how, "taken over");
  assert.equal(bench.sessions.at(-1)!.state, "open");
  await first[Symbol.asyncDispose]();
});

test("sessions: pings are told, and a silent peer ends by its keepalive", async () => {
  await using bench = await Bench.start();
  using proxy = new CutProxy(bench.port);
  await using peer = await bench.connect("cut", { keepalive: 1, ...will("cut/will") }, proxy.port);
  await eventually("a ping", () => bench.sessions.some(({ state }) => state === "alive"));
  proxy.cut();
  assert.equal((await bench.closed("cut")).how, "keepalive");
  assert.equal((await bench.message("cut/will")).will, true);
  peer.client.stream.destroy();
});

test("a message carries who published it, and whether it is a last will", async () => {
  await using bench = await Bench.start();
  for (const qos of [0, 1, 2] as const) {
    const topic = `will/${qos}`;
    const peer = await bench.connect(`c${qos}`, will(topic, qos));
    await peer.publish(`own/${qos}`, "gone", { qos });
    const own = await bench.message(`own/${qos}`);
    assert.deepEqual([own.client, own.will], [`c${qos}`, false]);
    peer.client.stream.destroy();
    const last = await bench.message(topic);
    assert.deepEqual([last.client, last.will], [`c${qos}`, true]);
    await peer[Symbol.asyncDispose]();
  }
});

test("hears: only while somebody subscribes, also one who is away", async () => {
  await using bench = await Bench.start();
  const { broker } = bench;
  const topic = "edgewire/v1/readings/desk/temperature";
  assert.equal(broker.hears(topic), false);
  const peer = await bench.connect("p");
  await peer.subscribe("edgewire/v1/readings/+/temperature");
  assert.equal(broker.hears(topic), true);
  assert.equal(broker.hears("edgewire/v1/readings/desk/humidity"), false);
  await peer.client.unsubscribeAsync("edgewire/v1/readings/+/temperature");
  assert.equal(broker.hears(topic), false);
  await peer.subscribe("#");
  assert.equal(broker.hears(topic), true);
  await peer[Symbol.asyncDispose]();
  await eventually("the subscription to end", () => !broker.hears(topic));

  const stays = await bench.connect("stays", { clean: false });
  await stays.subscribe("edgewire/v1/readings/#");
  await stays[Symbol.asyncDispose]();
  await bench.closed("stays");
  assert.equal(broker.hears(topic), true, "it is kept for who comes back");
  const clean = await bench.connect("stays", { clean: true });
  assert.equal(broker.hears(topic), false);
  await clean[Symbol.asyncDispose]();
});

Deno.test("hears costs little", async () => {
  await using bench = await Bench.start();
  await using peer = await bench.connect("p");
  for (let i = 0; i < 20; i++) await peer.subscribe(`other/${i}/+/x`);
  const topics = Array.from({ length: 1000 }, (_, i) => `edgewire/v1/readings/d${i}/t`);
  const begin = performance.now();
  for (let round = 0; round < 200; round++) {
    for (const topic of topics) bench.broker.hears(topic);
  }
  const each = (performance.now() - begin) / 200_000 * 1000;
  assert.ok(each < 5, `${each} µs`);
});

/**
 * Messages that come before what they need is there: they wait, and with them all that their client
 * sent after them.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { IncomingMessage } from "../../gateway/broker/broker.ts";
import { EmbeddedBroker } from "../../gateway/broker/embedded.ts";
import { ExternalBroker } from "../../gateway/broker/external.ts";
import { eventually } from "../support/eventually.ts";
import { startMosquitto } from "../support/mosquitto.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import {
  connectPacket,
  encode,
  join,
  publishPacket,
  RawMqtt,
  subscribePacket,
} from "../support/raw_mqtt.ts";
import { testWith } from "../support/tools.ts";
import { parts, serveMqtt } from "./brokers.ts";
import { RecordingTaps } from "./recording_taps.ts";

/** What messages on topics with "slow" need. */
class Need {
  readonly #there = Promise.withResolvers<void>();
  #isThere = false;
  asked = 0;

  readonly ready = (topic: string): Promise<void> | null => {
    if (this.#isThere || !topic.includes("slow")) return null;
    this.asked++;
    return this.#there.promise;
  };

  come() {
    this.#isThere = true;
    this.#there.resolve();
  }

  fail() {
    this.#there.reject(new Error("not found"));
  }
}

/** An embedded broker, what its messages need, and what came. */
class Bench implements AsyncDisposable {
  readonly need = new Need();
  readonly taps = new RecordingTaps();
  readonly messages: IncomingMessage[] = [];
  broker!: EmbeddedBroker;
  #port = 0;
  #server!: ReturnType<typeof serveMqtt>;
  #closed: Promise<void> | undefined;

  static async start(): Promise<Bench> {
    const bench = new Bench();
    bench.broker = await EmbeddedBroker.create({
      ...parts(bench.taps, bench.messages),
      openLoopback: true,
      ready: bench.need.ready,
    });
    bench.#port = bench.broker.listen("127.0.0.1", 0).port;
    bench.#server = serveMqtt(bench.broker, bench.taps);
    return bench;
  }

  get topics(): string[] {
    return this.messages.map(({ topic }) => topic);
  }

  /** A client whose CONNECT was answered. */
  async connect(clientId: string, kind: "tcp" | "ws" = "tcp", more: object = {}) {
    const client = kind === "tcp"
      ? await RawMqtt.tcp(this.#port)
      : await RawMqtt.webSocket(this.#server.url);
    await client.send(connectPacket(clientId, more));
    await client.packet("connack");
    return client;
  }

  close(): Promise<void> {
    return this.#closed ??= this.broker.close();
  }

  async [Symbol.asyncDispose]() {
    await this.close();
    await this.#server[Symbol.asyncDispose]();
  }
}

const publish = (topic: string, qos: 0 | 1 | 2, messageId = 0) =>
  publishPacket(topic, "x", { qos, ...(qos === 0 ? {} : { messageId }) });

function acks(client: RawMqtt): string[] {
  return client.packets
    .filter(({ cmd }) => cmd === "puback" || cmd === "pubrec")
    .map(({ cmd, messageId }) => `${cmd} ${messageId}`);
}

/** The broker has gone around so many times, serving another client. */
async function turns(other: RawMqtt, count: number) {
  for (let i = 0; i < count; i++) {
    const before = other.packets.length;
    await other.send(encode({ cmd: "pingreq" }));
    await eventually("PINGRESP", () => other.packets.length > before);
  }
}

for (const kind of ["tcp", "ws"] as const) {
  Deno.test(`what waits keeps its order and is acknowledged afterwards: ${kind}`, async () => {
    await using bench = await Bench.start();
    using other = await bench.connect("other");
    using client = await bench.connect("client", kind);
    // In one piece, and in pieces.
    await client.send(join(publish("slow/1", 1, 1), publish("fast/2", 1, 2), publish("slow/3", 0)));
    await client.send(publish("fast/4", 0), publish("slow/5", 2, 5));
    await eventually("it waits", () => bench.need.asked > 0);
    await other.send(publish("other", 1, 1));
    await other.packet("puback");
    await turns(other, 10);
    assert.deepEqual(bench.topics, ["other"], "others do not wait");
    assert.deepEqual(acks(client), []);

    bench.need.come();
    await eventually("all", () => bench.messages.length === 6 && acks(client).length === 3);
    assert.deepEqual(bench.topics.slice(1), ["slow/1", "fast/2", "slow/3", "fast/4", "slow/5"]);
    assert.deepEqual(acks(client), ["puback 1", "puback 2", "pubrec 5"]);
    await client.send(publish("slow/6", 1, 6));
    await client.packet("puback", ({ messageId }) => messageId === 6);
  });
}

Deno.test("while a message waits little more is read of its client", async () => {
  const count = 60;
  await using bench = await Bench.start();
  using other = await bench.connect("other");
  using client = await bench.connect("client");
  const payload = "x".repeat(10_000);
  const sent: Promise<void>[] = [];
  for (let i = 0; i < count; i++) {
    sent.push(client.send(publishPacket(`slow/${i}`, payload)));
    // Each comes by itself.
    await turns(other, 1);
  }
  const tap = await bench.taps.tap(({ names }) => names.includes("client"));
  const read = tap.bytes("received").length;
  assert.ok(read < 200_000, `${read} bytes were read`);
  bench.need.come();
  await Promise.all(sent);
  await eventually("all", () => bench.messages.length === count);
  bench.topics.forEach((topic, i) => assert.equal(topic, `slow/${i}`));
});

Deno.test("what cannot be had is no reason to keep the message back", async () => {
  await using bench = await Bench.start();
  using client = await bench.connect("client");
  await client.send(publish("slow/1", 1, 1), publish("fast", 0));
  await eventually("it waits", () => bench.need.asked > 0);
  bench.need.fail();
  await client.packet("puback");
  await eventually("both", () => bench.messages.length === 2);
});

Deno.test("a client that goes meanwhile: its message is taken, and then its will as a will", async () => {
  await using bench = await Bench.start();
  using subscriber = await bench.connect("subscriber");
  await subscriber.send(subscribePacket("#"));
  await subscriber.packet("suback");
  const will = { topic: "gone", payload: "x" as unknown as Uint8Array, qos: 0, retain: false };
  const client = await bench.connect("client", "tcp", { will });
  await client.send(publish("slow/1", 0));
  await eventually("it waits", () => bench.need.asked > 0);
  client.close();
  await turns(subscriber, 10);
  bench.need.come();
  await eventually("both", () => bench.messages.length === 2);
  assert.deepEqual(bench.messages.map(({ topic, will }) => [topic, will]), [
    ["slow/1", false],
    ["gone", true],
  ]);
  await subscriber.packet("publish", ({ topic }: { topic?: string }) => topic === "gone");
});

Deno.test("a client that says goodbye right behind its message", async () => {
  await using bench = await Bench.start();
  using other = await bench.connect("other");
  using client = await bench.connect("client");
  await client.send(join(publish("slow/1", 0), encode({ cmd: "disconnect" })));
  await eventually("it waits", () => bench.need.asked > 0);
  await turns(other, 10);
  bench.need.come();
  await eventually("the message", () => bench.messages.length === 1);
  assert.equal(bench.messages[0]!.client, "client");
});

Deno.test("at its end the broker takes nothing more of what waits", async () => {
  await using bench = await Bench.start();
  using client = await bench.connect("client");
  await client.send(publish("slow/1", 1, 1));
  await eventually("it waits", () => bench.need.asked > 0);
  await bench.close();
  await client.gone();
  bench.need.come();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(bench.messages, []);
  assert.deepEqual(acks(client), []);
});

testWith(["mosquitto"], "external broker: the same", async () => {
  await using mosquitto = await startMosquitto();
  const need = new Need();
  const taps = new RecordingTaps();
  const messages: IncomingMessage[] = [];
  const broker = await ExternalBroker.connect({
    ...parts(taps, messages),
    url: mosquitto.url,
    clientId: "gateway",
    subscribe: ["in/#"],
    ready: need.ready,
    onState: () => {},
  });
  await eventually("the broker", () => broker.state.connected);
  await using peer = await MqttPeer.connect(mosquitto.url);
  await peer.publish("in/slow/1", 1, { qos: 1 });
  await peer.publish("in/fast/2", 2, { qos: 1 });
  await eventually("it waits", () => need.asked > 0);
  const tap = taps.taps[0]!;
  const heard = tap.bytes("sent").length;
  // Mosquitto has handed on what came before.
  await peer.publish("other", 1, { qos: 1 });
  assert.equal(messages.length, 0);
  assert.equal(tap.bytes("sent").length, heard, "no PUBACK");
  need.come();
  await eventually("both", () => messages.length === 2);
  await eventually("two PUBACKs", () => tap.bytes("sent").length === heard + 8);
  assert.deepEqual(messages.map(({ topic }) => topic), ["in/slow/1", "in/fast/2"]);
  await broker.close();
});

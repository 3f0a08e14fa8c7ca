/**
 * When a publisher is answered: only when its message is on disk.
 *
 * @module
 */
import assert from "node:assert/strict";
import mqtt, { type Packet } from "mqtt-packet";
import type { IncomingMessage } from "../../gateway/broker/broker.ts";
import { EmbeddedBroker } from "../../gateway/broker/embedded.ts";
import { ExternalBroker } from "../../gateway/broker/external.ts";
import { eventually } from "../support/eventually.ts";
import { startMosquitto } from "../support/mosquitto.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import {
  connectPacket,
  encode,
  publishPacket,
  RawMqtt,
  subscribePacket,
} from "../support/raw_mqtt.ts";
import { testWith } from "../support/tools.ts";
import { parts, serveMqtt } from "./brokers.ts";
import { ByteProxy } from "./byte_peers.ts";
import { Disk } from "./disk.ts";
import { type RecordingTap, RecordingTaps } from "./recording_taps.ts";

/** An embedded broker, the disk it waits for, and what came. */
class Bench implements AsyncDisposable {
  readonly disk = new Disk();
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
      durable: bench.disk.durable,
    });
    bench.#port = bench.broker.listen("127.0.0.1", 0).port;
    bench.#server = serveMqtt(bench.broker, bench.taps);
    return bench;
  }

  /** A client whose CONNECT was answered. */
  async connect(clientId: string, kind: "tcp" | "ws" = "tcp"): Promise<RawMqtt> {
    const client = kind === "tcp"
      ? await RawMqtt.tcp(this.#port)
      : await RawMqtt.webSocket(this.#server.url);
    await client.send(connectPacket(clientId));
    await client.packet("connack");
    return client;
  }

  message(topic: string): Promise<IncomingMessage> {
    return eventually(topic, () => this.messages.find((message) => message.topic === topic));
  }

  close(): Promise<void> {
    return this.#closed ??= this.broker.close();
  }

  async [Symbol.asyncDispose]() {
    // Else the end waits for the acknowledgements that a test left.
    this.disk.off = true;
    await this.close();
    await this.#server[Symbol.asyncDispose]();
  }
}

const publish = (topic: string, qos: 0 | 1 | 2, messageId = 0) =>
  publishPacket(topic, "x", { qos, ...(qos === 0 ? {} : { messageId }) });

/** Its acknowledgements, as far as they came. */
function acks(client: RawMqtt): string[] {
  return client.packets
    .filter(({ cmd }) => cmd === "puback" || cmd === "pubrec")
    .map(({ cmd, messageId }) => `${cmd} ${messageId}`);
}

/** Waits until everything that the broker answered before has come. */
async function pinged(client: RawMqtt) {
  const isPing = ({ cmd }: Packet) => cmd === "pingresp";
  const before = client.packets.filter(isPing).length;
  await client.send(encode({ cmd: "pingreq" }));
  await eventually("PINGRESP", () => client.packets.filter(isPing).length > before);
}

for (const kind of ["tcp", "ws"] as const) {
  Deno.test(`PUBACK and PUBREC come when it is on disk, all else at once: ${kind}`, async () => {
    await using bench = await Bench.start();
    using subscriber = await bench.connect("subscriber");
    await subscriber.send(subscribePacket("a/#"));
    using client = await bench.connect("client", kind);
    await client.send(publish("a/1", 1, 1), subscribePacket("a/#"), publish("a/2", 2, 2));
    await client.packet("suback");
    await client.send(publish("a/0", 0), publish("a/3", 1, 3));
    for (const topic of ["a/0", "a/1", "a/2", "a/3"]) {
      await bench.message(topic);
      await subscriber.packet("publish", (packet) => packet.topic === topic);
    }
    await client.packet("publish", (packet) => packet.topic === "a/3");
    await pinged(client);
    assert.deepEqual(acks(client), []);

    const tap = await bench.taps.tap(({ names }) => names.includes("client"));
    const heard = tap.bytes("sent").length;
    bench.disk.sync();
    await eventually("all", () => acks(client).length === 3);
    assert.deepEqual(acks(client).toSorted(), ["puback 1", "puback 3", "pubrec 2"]);
    assert.equal(tap.bytes("sent").length, heard + 12, "the tap hears them when they are sent");
    await client.send(encode({ cmd: "pubrel", messageId: 2 }));
    await client.packet("pubcomp");
  });
}

Deno.test("PUBACKs keep their order, and many wait for one commit", async () => {
  await using bench = await Bench.start();
  using client = await bench.connect("client");
  const ids = Array.from({ length: 500 }, (_, i) => i + 1);
  const half = (from: number) =>
    ids.slice(from, from + 250).map((id) => publish("a", 1, id)) as Uint8Array[];
  await client.send(...half(0));
  await eventually("half of them", () => bench.messages.length === 250);
  await pinged(client);
  assert.ok(bench.disk.asked < 250, `asked ${bench.disk.asked} times for 250 messages`);
  const first = bench.disk.commit();
  await client.send(...half(250));
  await eventually("all", () => bench.messages.length === 500);
  await pinged(client);
  bench.disk.sync();
  await pinged(client);
  assert.deepEqual(acks(client), [], "those before have not been committed");
  first.resolve(true);
  await eventually("all", () => acks(client).length === 500);
  assert.deepEqual(acks(client), ids.map((id) => `puback ${id}`));
});

Deno.test("where nothing waits for a disk, acknowledgements come at once", async () => {
  await using bench = await Bench.start();
  bench.disk.off = true;
  using client = await bench.connect("client");
  await client.send(publish("a", 1, 1), publish("a", 2, 2));
  await eventually("both", () => acks(client).length === 2);
});

Deno.test("what cannot be stored is acknowledged too", async () => {
  await using bench = await Bench.start();
  using client = await bench.connect("client");
  await client.send(publish("a", 1, 1));
  await bench.message("a");
  await pinged(client);
  assert.deepEqual(acks(client), []);
  bench.disk.commit().reject(new Error("the disk is full"));
  await client.packet("puback");
});

Deno.test("a client that leaves before its PUBACK: others get the message, it may repeat it", async () => {
  await using bench = await Bench.start();
  using subscriber = await bench.connect("subscriber");
  await subscriber.send(subscribePacket("a", 1));
  await subscriber.packet("suback");
  for (const goodbye of [true, false]) {
    const client = await bench.connect("client");
    await client.send(publish("a", 1, 9), ...(goodbye ? [encode({ cmd: "disconnect" })] : []));
    await eventually("the message", () => subscriber.packets.length > (goodbye ? 2 : 3));
    client.close();
    const tap = await bench.taps.tap(({ names }) => names.includes("client"));
    await tap.end();
    bench.disk.sync();
    assert.equal(tap.bytes("sent").length, 4, "CONNACK alone");
  }
  using again = await bench.connect("client");
  await again.send(publishPacket("a", "x", { qos: 1, messageId: 9, dup: true }));
  await eventually("the message again", () => bench.messages.length === 3);
  await pinged(again);
  assert.deepEqual(acks(again), []);
  bench.disk.sync();
  await again.packet("puback", ({ messageId }) => messageId === 9);
});

Deno.test("the broker's end waits for what is being written, not for ever", async (t) => {
  for (const stalls of [false, true]) {
    await t.step(stalls ? "a disk that stalls" : "a disk that works", async () => {
      await using bench = await Bench.start();
      using client = await bench.connect("client");
      await client.send(publish("a", 1, 1));
      await bench.message("a");
      await pinged(client);
      const closed = bench.close();
      if (!stalls) bench.disk.sync();
      await closed;
      await client.gone();
      assert.deepEqual(acks(client), stalls ? [] : ["puback 1"]);
    });
  }
});

/** The gateway's side of an external broker. */
async function connectExternal(url: string, disk: Disk, taps = new RecordingTaps()) {
  const messages: IncomingMessage[] = [];
  let connects = 0;
  const broker = await ExternalBroker.connect({
    ...parts(taps, messages),
    url,
    clientId: "gateway",
    subscribe: ["in/#"],
    durable: disk.durable,
    onState: () => connects += Number(broker.state.connected),
  });
  const connected = (count: number) => eventually("the broker", () => connects >= count);
  await connected(1);
  const [tap] = taps.taps;
  return { broker, messages, connected, tap: tap! };
}

/** Which packets went to the broker. */
function commands(tap: RecordingTap): string[] {
  const found: string[] = [];
  const parser = mqtt.parser({ protocolVersion: 5 } as never);
  parser.on("packet", ({ cmd }: Packet) => found.push(cmd));
  parser.parse(tap.bytes("sent") as never);
  return found;
}

testWith(["mosquitto"], "external broker: our PUBACK comes when it is on disk", async (t) => {
  await using mosquitto = await startMosquitto({ websockets: true });
  for (const url of [mosquitto.url, mosquitto.wsUrl]) {
    await t.step(url.slice(0, 5), async () => {
      const disk = new Disk();
      const { broker, messages, tap } = await connectExternal(url, disk);
      await using peer = await MqttPeer.connect(mosquitto.url);
      await peer.publish("in/x", 1, { qos: 1 });
      await eventually("the message", () => messages.length === 1);
      await broker.publish("out/x", new Uint8Array(1), { qos: 1 });
      const before = ["connect", "subscribe", "publish"];
      assert.deepEqual(commands(tap), before, "our own publish is not held");
      disk.sync();
      await eventually("PUBACK", () => commands(tap).length > before.length);

      await peer.publish("in/x", 2, { qos: 1 });
      await eventually("the message", () => messages.length === 2);
      assert.deepEqual(commands(tap), [...before, "puback"]);
      const closed = broker.close();
      // Time to say DISCONNECT too early.
      await peer.publish("other", 1, { qos: 1 });
      disk.sync();
      await closed;
      assert.deepEqual(commands(tap), [...before, "puback", "puback", "disconnect"]);
    });
  }
});

testWith(["mosquitto"], "external broker: what is not on disk it sends again", async () => {
  await using mosquitto = await startMosquitto();
  await using proxy = new ByteProxy("mqtt", mosquitto.port);
  const disk = new Disk();
  const { broker, messages, connected } = await connectExternal(proxy.url, disk);
  await using peer = await MqttPeer.connect(mosquitto.url);
  await peer.publish("in/x", "kept", { qos: 1 });
  await eventually("the message", () => messages.length === 1);
  disk.sync();
  await peer.publish("in/x", "lost", { qos: 1 });
  await eventually("the message", () => messages.length === 2);
  proxy.disconnect();
  await connected(2);
  await eventually("it again", () => messages.length === 3);
  await peer.publish("in/x", "new", { qos: 1 });
  await eventually("a new one", () => messages.length === 4);
  const texts = messages.map(({ payload }) => new TextDecoder().decode(payload));
  assert.deepEqual(texts, ["kept", "lost", "lost", "new"]);
  disk.off = true;
  await broker.close();
});

testWith(
  ["mosquitto"],
  "external broker: a slow disk does not make it hold messages back",
  async () => {
    // More than Mosquitto leaves unacknowledged and keeps, where it is not told otherwise.
    const count = 3000;
    await using mosquitto = await startMosquitto();
    const disk = new Disk();
    const { broker, messages } = await connectExternal(mosquitto.url, disk);
    await using peer = await MqttPeer.connect(mosquitto.url);
    await Promise.all(
      Array.from({ length: count }, (_, i) => peer.publish("in/x", i, { qos: 1 })),
    );
    await eventually("all of them", () => messages.length === count);
    disk.off = true;
    await broker.close();
  },
);

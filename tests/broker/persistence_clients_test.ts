/** Clients of the embedded broker whose sessions and wills last, where aedes alone would mix them up. */
import assert from "node:assert/strict";
import { EmbeddedBroker } from "../../gateway/broker/embedded.ts";
import { SPACES } from "../../gateway/broker/persistence_disk.ts";
import { eventually } from "../support/eventually.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { connectPacket, encode, RawMqtt, subscribePacket } from "../support/raw_mqtt.ts";
import { parts } from "./brokers.ts";
import { MapOnDisk } from "./map_on_disk.ts";
import { RecordingTaps } from "./recording_taps.ts";

/** A broker whose commits take no time. */
class Bench implements AsyncDisposable {
  readonly map = new MapOnDisk();
  readonly log: string[] = [];
  broker!: EmbeddedBroker;
  port = 0;

  static async start(): Promise<Bench> {
    const bench = new Bench();
    bench.broker = await EmbeddedBroker.create({
      ...parts(new RecordingTaps(), []),
      limits: { packetBytes: 1 << 20, backlogBytes: 4 << 20, clients: 10 },
      openLoopback: true,
      durable: () => null,
      disk: bench.map,
      log: (line) => bench.log.push(line),
    });
    bench.port = bench.broker.listen("127.0.0.1", 0).port;
    return bench;
  }

  async connect(clientId: string, more: object = {}): Promise<RawMqtt> {
    const client = await RawMqtt.tcp(this.port);
    await client.send(connectPacket(clientId, { clean: false, ...more }));
    await client.packet("connack");
    return client;
  }

  peer(clientId: string): Promise<MqttPeer> {
    return MqttPeer.connect(`mqtt://127.0.0.1:${this.port}`, { clientId, clean: false });
  }

  async [Symbol.asyncDispose]() {
    await this.broker.close();
  }
}

for (const clean of [true, false]) {
  const kind = clean ? "a clean session" : "a session that lasts";
  Deno.test(`a connection that is taken over leaves the will of the next on disk: ${kind}`, async () => {
    await using bench = await Bench.start();
    await using watcher = await bench.peer("watcher");
    await watcher.subscribe("w");
    const will = (payload: string) => ({ topic: "w", payload, qos: 1, retain: false });
    using first = await bench.connect("device", { clean, will: will("first") });
    using second = await bench.connect("device", { clean, will: will("second") });
    await first.gone();
    await watcher.message(({ text }) => text === "first");
    // Behind all that the end of the first one brought.
    await watcher.publish("w", "later");
    await watcher.message(({ text }) => text === "later");
    const [record] = [...bench.map.spaces.get(SPACES.wills)?.values() ?? []];
    assert.match(new TextDecoder().decode(record), /second$/);
    await second.send(encode({ cmd: "disconnect" }));
    await second.gone();
    await eventually("no will", () => bench.map.keys(SPACES.wills).length === 0);
  });
}

Deno.test("a retained message of QoS 2 reaches a session that lasts, and does not end it", async () => {
  await using bench = await Bench.start();
  await using publisher = await bench.peer("publisher");
  await publisher.publish("r", "kept", { qos: 2, retain: true });
  await using subscriber = await bench.peer("subscriber");
  await subscriber.subscribe("r", 2);
  assert.equal((await subscriber.message(() => true)).text, "kept");
  await publisher.publish("r", "live", { qos: 2 });
  await subscriber.message(({ text }) => text === "live");
  assert.deepEqual(bench.log, []);
});

Deno.test("the identifier of a retained message is none of those that wait", async () => {
  await using bench = await Bench.start();
  await using publisher = await bench.peer("publisher");
  await publisher.publish("r", "kept", { qos: 1, retain: true });
  // Where aedes begins to count with each connection.
  const { random } = Math;
  Math.random = () => 65_534 / 65_535;
  try {
    using first = await bench.connect("s");
    await first.send(subscribePacket("q", 1));
    await first.packet("suback");
    for (const text of ["1", "2", "3"]) await publisher.publish("q", text);
    const isPublish = ({ cmd }: { cmd: string }) => cmd === "publish";
    await eventually("all", () => first.packets.filter(isPublish).length === 3);
    const waiting = first.packets.filter(isPublish).map(({ messageId }) => messageId);
    assert.deepEqual(waiting, [65_534, 65_535, 1]);
    first.close();
    using second = await bench.connect("s");
    await eventually("again", () => second.packets.filter(isPublish).length === 3);
    await second.send(subscribePacket("r", 1));
    await eventually("the retained one", () => second.packets.filter(isPublish).length === 4);
    assert.equal(second.packets.findLast(isPublish)!.messageId, 2);
  } finally {
    Math.random = random;
  }
});

import assert from "node:assert/strict";
import mqtt, { type Packet } from "mqtt-packet";
import {
  HEAD_BYTES,
  MqttFramer,
  MqttLink,
  type MqttPacket,
  MqttType,
} from "../../../gateway/recorder/packets/mqtt_framer.ts";
import { Random } from "../../traces/support/random.ts";

/** The library's types demand fields that it fills in itself. */
const make = (packet: object, protocolVersion = 4): Uint8Array =>
  Uint8Array.from(mqtt.generate(packet as Packet, { protocolVersion }));
const connect = (protocolVersion: number) =>
  make(
    { cmd: "connect", protocolId: "MQTT", protocolVersion, clientId: "c", clean: true },
    protocolVersion,
  );
const publish = (more: object = {}, version = 4) =>
  make({ cmd: "publish", topic: "a/b", payload: "21.5", qos: 0, retain: false, ...more }, version);

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

type Copy = Omit<MqttPacket, "end" | "head"> & { end: number; payload: string; bytes: number };

/** Feeds chunks; `end` counts from the first one's beginning. */
function feed(framer: MqttFramer, chunks: readonly Uint8Array[]) {
  const packets: Copy[] = [];
  const lost: string[] = [];
  let before = 0;
  for (const chunk of chunks) {
    const reason = framer.feed(chunk, ({ head, ...packet }) => {
      const payload = new TextDecoder().decode(head.subarray(packet.payloadStart || head.length));
      packets.push({ ...packet, end: before + packet.end, payload, bytes: head.length });
    });
    if (reason !== undefined) lost.push(reason);
    before += chunk.length;
  }
  return { packets, lost };
}

const SESSION = [
  connect(5),
  publish({ qos: 1, messageId: 7, retain: true, properties: { topicAlias: 3 } }, 5),
  make({ cmd: "pingreq" }),
  publish({ topic: "", properties: { topicAlias: 3, userProperties: { a: "b" } } }, 5),
  publish({ payload: "x".repeat(300), qos: 2, messageId: 8, dup: true }, 5),
  make({ cmd: "subscribe", messageId: 9, subscriptions: [{ topic: "#", qos: 0 }] }, 5),
  make({ cmd: "disconnect", reasonCode: 0 }, 5),
];
const STREAM = join(...SESSION);

Deno.test("packets of a session, however it is cut", () => {
  const whole = feed(new MqttFramer(), [STREAM]);
  assert.deepEqual(whole.lost, []);
  assert.deepEqual(whole.packets.map(({ length }) => length), SESSION.map(({ length }) => length));
  assert.deepEqual(whole.packets.map(({ type }) => type), [1, 3, 12, 3, 3, 8, 14]);
  const last = whole.packets.at(-1)!;
  assert.deepEqual([last.offset + last.length, last.end], [STREAM.length, STREAM.length]);
  assert.deepEqual(
    whole.packets.filter(({ type }) => type === MqttType.Publish)
      .map((p) => [p.topic, p.qos, p.retain, p.dup, p.packetId, p.payloadLength, p.payload]),
    [
      ["a/b", 1, true, false, 7, 4, "21.5"],
      ["a/b", 0, false, false, 0, 4, "21.5"],
      ["a/b", 2, false, true, 8, 300, "x".repeat(300)],
    ],
  );
  for (let cut = 0; cut <= STREAM.length; cut++) {
    assert.deepEqual(
      feed(new MqttFramer(), [STREAM.subarray(0, cut), STREAM.subarray(cut)]),
      whole,
    );
  }
  const single = Array.from(STREAM, (byte) => Uint8Array.of(byte));
  assert.deepEqual(feed(new MqttFramer(), single), whole);
});

Deno.test("versions without properties: payload right behind topic and packet id", () => {
  for (const version of [3, 4] as const) {
    const framer = new MqttFramer(new MqttLink(version));
    const { packets } = feed(framer, [publish({ qos: 1, messageId: 258 })]);
    const [{ topic, packetId, payload, payloadStart }] = packets as [Copy];
    assert.deepEqual([topic, packetId, payload, payloadStart], ["a/b", 258, "21.5", 9]);
  }
});

Deno.test("the version comes from CONNECT of the other direction, or from CONNACK", () => {
  const link = new MqttLink();
  feed(new MqttFramer(link), [connect(5)]);
  assert.equal(link.version, 5);
  const server = new MqttFramer(link);
  assert.equal(feed(server, [publish({}, 5)]).packets[0]!.payload, "21.5");

  const late = new MqttLink();
  feed(new MqttFramer(late), [make({ cmd: "connack", reasonCode: 0, sessionPresent: false }, 5)]);
  assert.equal(late.version, 5);
  const old = new MqttLink();
  feed(new MqttFramer(old), [make({ cmd: "connack", returnCode: 0, sessionPresent: false })]);
  assert.equal(old.version, 4);
  const bridge = new MqttLink();
  feed(new MqttFramer(bridge), [connect(4).with(8, 0x84)]);
  assert.equal(bridge.version, 4);
});

Deno.test("of a long PUBLISH the beginning is kept, of one that is wanted all", () => {
  const long = publish({ payload: "p".repeat(20_000) });
  const chunks = Array.from({ length: 21 }, (_, at) => long.subarray(at * 1000, at * 1000 + 1000));
  const [packet] = feed(new MqttFramer(), chunks).packets as [Copy];
  assert.deepEqual([packet.bytes, packet.whole], [HEAD_BYTES, false]);
  assert.deepEqual([packet.topic, packet.payloadLength], ["a/b", 20_000]);
  const wanted = feed(new MqttFramer(new MqttLink(), { keep: long.length }), chunks).packets;
  assert.deepEqual([wanted[0]!.whole, wanted[0]!.payload.length], [true, 20_000]);
  const longer = feed(new MqttFramer(new MqttLink(), { keep: long.length - 1 }), chunks).packets;
  assert.equal(longer[0]!.whole, false);
  const farTopic = feed(
    new MqttFramer(),
    [publish({ topic: "t".repeat(9000) })]
      .flatMap((bytes) => [bytes.subarray(0, 10), bytes.subarray(10)]),
  ).packets;
  assert.equal(farTopic[0]!.topic, undefined, "a topic that is not in the beginning");
});

Deno.test("begins in the middle: with the rest of a packet, at an offset", () => {
  const framer = new MqttFramer(new MqttLink(4));
  const rest = publish().subarray(4);
  framer.start(rest.length, 1000);
  const { packets } = feed(framer, [rest.subarray(0, 2), join(rest.subarray(2), publish())]);
  assert.deepEqual(packets.map(({ offset }) => offset), [1000 + rest.length]);
  assert.equal(framer.offset, 1000 + rest.length + publish().length);
});

Deno.test("what is no MQTT is said once, and ends it", () => {
  const bad: [Uint8Array, RegExp][] = [
    [Uint8Array.of(0x00, 0), /type 0/],
    [Uint8Array.of(0x36, 0), /QoS 3/],
    [Uint8Array.of(0xf0, 0), /type 15/],
    [Uint8Array.of(0x80, 0), /type 8 with flags 0/],
    [Uint8Array.of(0xc1, 0), /type 12 with flags 1/],
    [Uint8Array.of(0x30, 0x80, 0x80, 0x80, 0x80, 1), /over four bytes/],
  ];
  for (const [bytes, reason] of bad) {
    const framer = new MqttFramer(new MqttLink(4));
    const { packets, lost } = feed(framer, [join(publish(), bytes), publish(), publish()]);
    assert.equal(packets.length, 1);
    assert.equal(lost.length, 1);
    assert.match(lost[0]!, reason);
    assert.equal(framer.lost, lost[0]);
    framer.start();
    assert.equal(feed(framer, [publish()]).packets.length, 1, "begins anew");
  }
});

Deno.test("any bytes, in any pieces: no exception, the same as in one piece", () => {
  const random = new Random(7);
  for (let round = 0; round < 2000; round++) {
    const bytes = random.below(2) === 0 ? STREAM.slice() : random.bytes(1 + random.below(300));
    if (bytes.length === STREAM.length) bytes[random.below(bytes.length)] = random.below(256);
    const whole = feed(new MqttFramer(), [bytes]);
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length;) {
      const step = 1 + random.below(40);
      chunks.push(bytes.subarray(at, at += step));
    }
    assert.deepEqual(feed(new MqttFramer(), chunks), whole);
  }
});

import assert from "node:assert/strict";
import { PacketScanner, PacketTooBig } from "../../gateway/broker/packet_scanner.ts";
import { PacketSplitter } from "../../gateway/broker/packet_splitter.ts";
import {
  connectPacket,
  encode,
  join,
  publishPacket,
  subscribePacket,
} from "../support/raw_mqtt.ts";

/** Lengths on both sides of one, two and three bytes of remaining length. */
const PACKETS = [
  connectPacket("a client"),
  encode({ cmd: "pingreq" }),
  publishPacket("a", "x".repeat(124)),
  publishPacket("a", "x".repeat(125)),
  subscribePacket("a/#"),
  publishPacket("a", "x".repeat(16_380)),
  publishPacket("a", "x".repeat(16_381)),
  publishPacket("a", ""),
  encode({ cmd: "disconnect" }),
];
const STREAM = join(...PACKETS);
const LIMIT = 100_000;

Deno.test("PacketSplitter gives the same packets wherever the stream is cut", () => {
  // Every place near the edges of packets, and a sample of those within.
  const ends = PACKETS.map((_, i) => join(...PACKETS.slice(0, i + 1)).length);
  for (let cut = 0; cut <= STREAM.length; cut++) {
    if (cut % 97 !== 0 && !ends.some((end) => Math.abs(end - cut) < 8)) continue;
    const splitter = new PacketSplitter(LIMIT);
    const packets = [
      ...splitter.split(STREAM.slice(0, cut)),
      ...splitter.split(STREAM.slice(cut)),
    ];
    assert.deepEqual(packets.map((packet) => packet.length), PACKETS.map((p) => p.length));
    assert.deepEqual(new Uint8Array(join(...packets)), STREAM, `cut at ${cut}`);
  }
});

Deno.test("PacketSplitter takes a stream byte by byte, in reused memory", () => {
  const splitter = new PacketSplitter(LIMIT);
  const packets: Uint8Array[] = [];
  const byte = new Uint8Array(1);
  for (const value of STREAM) {
    byte[0] = value;
    packets.push(...splitter.split(byte).map((packet) => packet.slice()));
  }
  assert.deepEqual(packets.map((packet) => new Uint8Array(packet)), PACKETS);
});

Deno.test("PacketScanner says where packets end, within a chunk and over chunks", () => {
  const scanner = new PacketScanner(LIMIT);
  const ends: number[] = [];
  scanner.scan(join(PACKETS[1]!, PACKETS[2]!).subarray(0, 3), (end) => ends.push(end));
  assert.deepEqual(ends, [2]);
  scanner.scan(join(PACKETS[1]!, PACKETS[2]!).subarray(3), (end) => ends.push(end));
  assert.deepEqual(ends, [2, PACKETS[2]!.length - 1]);
});

Deno.test("PacketScanner refuses by the header alone", () => {
  const scan = (limit: number, ...bytes: number[]) =>
    new PacketScanner(limit).scan(Uint8Array.from(bytes));
  scan(16_384, 0x30, 0x80, 0x80, 0x01);
  assert.throws(() => scan(16_383, 0x30, 0x80, 0x80, 0x01), PacketTooBig);
  scan(268_435_455, 0x30, 0xff, 0xff, 0xff, 0x7f);
  // Table 2.4 of MQTT 3.1.1: four bytes at most.
  assert.throws(() => scan(Infinity, 0x30, 0xff, 0xff, 0xff, 0xff), PacketTooBig);
});

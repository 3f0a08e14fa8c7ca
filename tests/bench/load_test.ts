import assert from "node:assert/strict";
import { clientFrame, OPCODE, StampScanner, walkFrames } from "./frames.ts";
import { sumCounter } from "./gateway.ts";
import { Histogram } from "./histogram.ts";
import { AckCounter, connect, publish } from "./mqtt_packets.ts";
import {
  MARKER,
  PAYLOAD_LENGTH,
  stampedPayload,
  stampSeq,
  stampTime,
  writeStamp,
} from "./stamp.ts";

/** An unmasked frame, as a server sends it. */
function serverFrame(opcode: number, length: number): Uint8Array {
  if (length < 126) return new Uint8Array([0x80 | opcode, length, ...new Uint8Array(length)]);
  const head = length < 65_536
    ? [126, length >> 8, length & 255]
    : [127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255];
  return new Uint8Array([0x80 | opcode, ...head, ...new Uint8Array(length)]);
}

Deno.test("walkFrames takes whole frames only, wherever the bytes are cut", () => {
  const lengths = [0, 5, 125, 126, 300, 70_000];
  const frames = lengths.map((length) => serverFrame(OPCODE.text, length));
  const bytes = new Uint8Array(frames.reduce((sum, frame) => sum + frame.length, 0));
  frames.reduce((at, frame) => (bytes.set(frame, at), at + frame.length), 0);
  const cuts = [...Array(700).keys(), bytes.length - 1, bytes.length];
  for (const cut of cuts) {
    const seen: number[] = [];
    const rest = walkFrames(bytes, cut, (_, start, end) => seen.push(end - start));
    assert.deepEqual(seen, lengths.slice(0, seen.length));
    const whole = frames.slice(0, seen.length).reduce((sum, frame) => sum + frame.length, 0);
    assert.equal(rest, whole);
    const next = frames[seen.length];
    assert.ok(next === undefined || cut - rest < next.length);
  }
});

Deno.test("StampScanner finds every stamp, also when their distance changes", () => {
  const gaps = [3, 200, 200, 201, 201, 90, 200];
  const bytes = new Uint8Array(2_000);
  const offsets = gaps.map((_, i) => gaps.slice(0, i + 1).reduce((sum, gap) => sum + gap));
  for (const offset of offsets) bytes[offset] = MARKER;
  const scanner = new StampScanner(MARKER);
  for (let round = 0; round < 2; round++) {
    const found: number[] = [];
    for (let at = scanner.first(bytes, 0, 1_500); at >= 0;) {
      found.push(at);
      at = scanner.next(bytes, at, 1_500);
    }
    assert.deepEqual(found, offsets);
  }
});

Deno.test("a stamp reads back as written, inside 100 bytes of JSON", () => {
  const payload = stampedPayload();
  writeStamp(payload, payload.indexOf(MARKER), 1_795_170_921_240_134, 12_345_678);
  assert.equal(payload.length, PAYLOAD_LENGTH);
  assert.equal(JSON.parse(new TextDecoder().decode(payload)).t, "~179517092124013412345678");
  assert.equal(stampTime(payload, payload.indexOf(MARKER)), 1_795_170_921_240_134);
  assert.equal(stampSeq(payload, payload.indexOf(MARKER)), 12_345_678);
});

Deno.test("AckCounter counts answers that come byte by byte", () => {
  const acks = new AckCounter();
  const answers = [0x20, 2, 0, 0, 0x40, 2, 0, 1, 0xd0, 0, 0x40, 2, 0xff, 0xff, 0xd0, 0];
  for (const byte of answers) acks.feed(new Uint8Array([byte]));
  assert.deepEqual([acks.connacks, acks.connectCode, acks.pubacks, acks.pingresps], [1, 0, 2, 2]);
  assert.throws(() => acks.feed(new Uint8Array([0x30, 2, 0, 0])), /Unexpected MQTT packet/);
});

Deno.test("packets and frames have the bytes of the standards", () => {
  assert.deepEqual(
    [...connect("a")],
    [0x10, 13, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 0, 0, 1, 0x61],
  );
  assert.deepEqual([...publish("t", new Uint8Array([7]))], [0x30, 4, 0, 1, 0x74, 7]);
  assert.deepEqual([...publish("t", new Uint8Array([7]), 258)], [0x32, 6, 0, 1, 0x74, 1, 2, 7]);
  assert.deepEqual([...publish("t", new Uint8Array(200)).subarray(0, 3)], [0x30, 0xcb, 1]);
  assert.deepEqual(
    [...clientFrame(OPCODE.text, new Uint8Array([7]))],
    [0x81, 0x81, 0, 0, 0, 0, 7],
  );
});

Deno.test("sumCounter sums over labels and leaves other metrics out", () => {
  const text = '# TYPE a_total counter\na_total{x="1"} 3\na_total{x="2"} 4\na_total_created 9\n';
  assert.equal(sumCounter(text, "a_total"), 7);
  assert.equal(sumCounter("a_total 5\n", "a_total"), 5);
  assert.equal(sumCounter(text, "b_total"), undefined);
});

Deno.test("Histogram gives quantiles within its step", () => {
  const histogram = new Histogram();
  assert.ok(Number.isNaN(histogram.quantile(0.5)));
  for (let micros = 0; micros < 100_000; micros += 10) histogram.add(micros);
  assert.ok(Math.abs(histogram.quantile(0.5) - 50) < 0.05);
  assert.ok(Math.abs(histogram.quantile(0.99) - 99) < 0.05);
  histogram.add(1e9);
  assert.ok(histogram.quantile(1) >= 3_999);
});

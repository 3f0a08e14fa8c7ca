import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { CaptureFrame, type CaptureInterface } from "../../../traces/files/capture_frame.ts";
import type { PcapngWriter } from "../../../traces/files/pcapng_writer.ts";
import { BlockStream } from "../../../traces/live/block_stream.ts";
import { WireMerge } from "../../../traces/live/wire_merge.ts";
import { newSection } from "./fake_gateway.ts";
import { readCapture } from "./read_capture.ts";

const LO: CaptureInterface = {
  id: 0,
  section: 1,
  implied: false,
  linkType: 1,
  snapLength: 262144,
  name: "lo",
  label: "lo",
  comments: [],
  pseudoHeaderLength: 0,
  timeDigits: 9,
  options: [],
};

function frameAt(time: bigint, source = LO): CaptureFrame {
  const frame = new CaptureFrame();
  frame.interface = source;
  frame.linkType = source.linkType;
  frame.seconds = Number(time / 1_000_000_000n);
  frame.nanoseconds = Number(time % 1_000_000_000n);
  frame.data = Uint8Array.of(9, 9, 1, 2, 3, 9);
  frame.start = 2;
  frame.capturedLength = 3;
  frame.length = 60;
  return frame;
}

/** A merge that is fed, and the file that comes out of it. */
class Run {
  readonly merge = new WireMerge();
  readonly #blocks = new BlockStream((block) => this.merge.block(block));
  readonly #out: number[] = [];

  gateway(bytes: Uint8Array<ArrayBuffer>) {
    this.#blocks.push(bytes);
  }

  take(now_ms: number): number {
    const bytes = this.merge.take(now_ms);
    for (const byte of bytes) this.#out.push(byte);
    return bytes.length;
  }

  read() {
    this.take(Infinity);
    return readCapture(Uint8Array.from(this.#out));
  }
}

/** Nanoseconds. */
const NOW = BigInt(Date.now()) * 1_000_000n;
const NOW_MS = Number(NOW / 1_000_000n);

function room(writer: PcapngWriter, time: bigint, text = "x"): Uint8Array<ArrayBuffer> {
  writer.packet({ interface: 0, time, data: new TextEncoder().encode(text), comment: "edgewire" });
  return writer.take();
}

for (const bigEndian of [false, true]) {
  Deno.test(`merge: by time, to the nanosecond; ${bigEndian ? "big" : "little"}-endian`, async () => {
    const run = new Run();
    const writer = newSection(bigEndian);
    run.gateway(writer.take());
    run.merge.frame(frameAt(NOW + 3n), "any");
    run.gateway(room(writer, NOW + 2n));
    run.merge.frame(frameAt(NOW + 1n), "any");
    run.gateway(room(writer, NOW + 4n));
    const file = await run.read();
    assert.equal(file.end, "complete");
    assert.equal(file.sections, 1);
    assert.deepEqual(file.interfaces, ["room", "mqtt", "wire:lo"]);
    assert.deepEqual(
      file.frames.map(({ interface: name, time }) => [name, Number(time - NOW)]),
      [["wire:lo", 1], ["room", 2], ["wire:lo", 3], ["room", 4]],
    );
    assert.deepEqual(file.frames[0]!.data, Uint8Array.of(1, 2, 3));
    assert.equal(file.frames[0]!.length, 60);
    assert.deepEqual(file.frames.map(({ comments }) => comments.length), [0, 1, 0, 1]);
  });
}

Deno.test("merge: what Node's HTTP client gives is left as it is", async () => {
  const run = new Run();
  const writer = newSection();
  const pieces = [writer.take(), room(writer, NOW), room(writer, NOW + 1n)];
  const given = Buffer.concat(pieces);
  const before = Uint8Array.from(given);
  run.merge.frame(frameAt(NOW), "any");
  run.gateway(given as Uint8Array<ArrayBuffer>);
  assert.deepEqual(Uint8Array.from(given), before);
  const { end, frames } = await run.read();
  assert.deepEqual([end, frames.length], ["complete", 2]);
});

Deno.test("merge: the gateway may describe interfaces after the wire's began", async () => {
  const run = new Run();
  const writer = newSection();
  run.gateway(writer.take());
  run.merge.frame(frameAt(NOW), "any");
  const late = writer.interface({ linkType: 252, name: "late", resolution: 6 });
  writer.packet({ interface: late, time: NOW / 1000n + 1n, data: Uint8Array.of(7) });
  writer.statistics({ interface: late, time: NOW / 1000n + 2n, received: 1n });
  run.gateway(writer.take());
  const file = await run.read();
  assert.deepEqual(file.interfaces, ["room", "mqtt", "wire:lo", "late"]);
  assert.deepEqual(file.frames.map(({ interface: name }) => name), ["wire:lo", "late"]);
  assert.deepEqual(file.statistics, [["late", 1n, undefined]]);
});

Deno.test("merge: packets wait for earlier ones, but not for ever", () => {
  const run = new Run();
  const writer = newSection();
  run.gateway(writer.take());
  assert.ok(run.take(NOW_MS) > 0, "what is no packet goes at once");
  run.gateway(room(writer, NOW));
  assert.equal(run.take(NOW_MS + 200), 0, "held");
  assert.ok(run.take(NOW_MS + 600) > 0, "released");
  // A clock that is wrong by an hour holds nothing up.
  run.gateway(room(writer, NOW + 3_600_000_000_000n));
  assert.equal(run.take(Date.now() + 100), 0);
  assert.ok(run.take(Date.now() + 600) > 0);
});

Deno.test("merge: what waits is bounded; what finds no room is counted", async () => {
  const run = new Run();
  run.gateway(newSection().take());
  for (let n = 0; n < 60_000; n++) run.merge.frame(frameAt(NOW + BigInt(n)), "any");
  run.take(0);
  assert.equal(run.merge.takeLost(), 20_000);
  const before = await run.read();
  assert.equal(before.frames.length, 40_000);
  assert.ok(before.frames.every(({ time }, n) => time === NOW + BigInt(n)));
});

Deno.test("merge: packets of the wire without a name; longer than pipes take", async () => {
  const run = new Run();
  run.gateway(newSection().take());
  const { name: _name, ...nameless } = LO;
  const frame = frameAt(NOW, { ...nameless, label: "unknown", implied: true });
  frame.data = new Uint8Array(300_000);
  frame.start = 0;
  frame.capturedLength = frame.length = 300_000;
  run.merge.frame(frame, "any");
  const { interfaces, frames: [only] } = await run.read();
  assert.equal(interfaces[2], "wire:any");
  assert.deepEqual([only!.data.length, only!.length], [262_000, 300_000]);
});

Deno.test("merge: secrets come ahead of the packets that wait", async () => {
  const run = new Run();
  const writer = newSection();
  run.merge.secrets(new TextEncoder().encode("too early, no section"));
  run.gateway(writer.take());
  run.merge.frame(frameAt(NOW), "any");
  run.merge.secrets(new TextEncoder().encode("CLIENT_RANDOM 00 11\n"));
  const file = await run.read();
  assert.deepEqual(file.secrets, [["CLIENT_RANDOM 00 11\n", 0]]);
});

Deno.test("merge: a new section of the gateway describes the wire anew", async () => {
  const run = new Run();
  const writer = newSection();
  run.gateway(writer.take());
  run.merge.frame(frameAt(NOW + 5n), "any");
  run.gateway(newSection().take());
  run.merge.frame(frameAt(NOW + 1n), "any");
  const file = await run.read();
  assert.equal(file.end, "complete");
  assert.deepEqual(file.frames.map(({ section, id }) => [section, id]), [[1, 2], [2, 2]]);
});

/**
 * pcapng files that try to fill the memory: blocks of each type without end, and blocks with
 * millions of records. Each is a check of its own, by what it says.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type CaptureEnd, CaptureReader } from "../../../traces/files/capture_reader.ts";
import { DecodePipeline } from "../../../traces/command/decode_pipeline.ts";
import { parseDecodeOptions } from "../../../traces/command/decode_options.ts";
import { ByteWriter } from "../../../traces/report/byte_writer.ts";
import { SMALL_LIMITS } from "../../../traces/flows/decoder_limits.ts";
import { liveMemory } from "../../support/live_memory.ts";
import { join } from "./samples.ts";

/** Blocks that show whether each leaves something behind. */
const BLOCKS = 100_000;
/** Bytes of heap that so many blocks may hold: 20 for each would be a leak. */
const MOST_HEAP = 2e6;
/** Bytes of buffers: the reader's window and chunks under way. All blocks would be more. */
const MOST_BUFFERS = 4e6;
/** Bytes of heap that what a section may describe holds, or that one block makes and drops. */
const MOST_BOUNDED_HEAP = 120e6;
/** Records of a block that show the same. */
const NAMES = 100_000;
/** Chunks of 64 KiB between two looks at the memory. */
const CHUNKS = 24;

/** A block of 32-bit numbers. */
function block(type: number, ...body: number[]): Uint8Array {
  const length = 12 + 4 * body.length;
  return new Uint8Array(Uint32Array.of(type, length, ...body, length).buffer);
}

export const SECTION = block(0x0a0d0d0a, 0x1a2b3c4d, 1, 0xffff_ffff, 0xffff_ffff);
/** Link type 147 (DLT_USER0): shown as data. */
export const INTERFACE = block(1, 147, 0);

/** `head`, then `part` again and again. */
function repeated(head: Uint8Array, part: Uint8Array, times: number): ReadableStream<Uint8Array> {
  const each = Math.max(1, Math.floor(65_536 / part.length));
  const many = join(...new Array<Uint8Array>(each).fill(part));
  let left = times;
  return new ReadableStream({
    start: (controller) => controller.enqueue(head),
    pull(controller) {
      const count = Math.min(left, each);
      if (count > 0) controller.enqueue(many.slice(0, count * part.length));
      left -= count;
      if (left === 0) controller.close();
    },
  }, { highWaterMark: 0 });
}

/** A block of `type` with `fixed`, then `part` so many times. */
export function large(type: number, fixed: number[], part: Uint8Array, times: number): Uint8Array {
  const length = 12 + 4 * fixed.length + part.length * times;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  [type, length, ...fixed].forEach((value, i) => view.setUint32(4 * i, value, true));
  let at = 8 + 4 * fixed.length;
  if (times > 0) bytes.set(part, at);
  for (let done = part.length; done < part.length * times;) {
    const count = Math.min(done, part.length * times - done);
    bytes.copyWithin(at + done, at, at + count);
    done += count;
  }
  at = length - 4;
  view.setUint32(at, length, true);
  return bytes;
}

interface Decoded {
  readonly end: CaptureEnd;
  /** Bytes of heap that the capture's reader and decoder held, at most. */
  readonly held: number;
  /** The same with garbage: what one block makes and drops shows here. */
  readonly used: number;
  /** Bytes of buffers that they held, at most. */
  readonly buffers: number;
}

/**
 * Decodes as uploads are, with a summary.
 *
 * @param lookAtName The name, by number, at which to look at the memory; a look else comes between
 * blocks.
 */
async function decode(
  input: Uint8Array | ReadableStream<Uint8Array>,
  lookAtName = 0,
): Promise<Decoded> {
  const options = parseDecodeOptions(["-", "--summary", "--format", "json"]);
  const before = liveMemory();
  const writer = new ByteWriter(1024);
  const pipeline = new DecodePipeline(options, writer, { limits: SMALL_LIMITS });
  let [held, used, buffers, chunks, names] = [0, 0, 0, 0, 0];
  const look = () => {
    used = Math.max(used, Deno.memoryUsage().heapUsed - before.heap);
    const live = liveMemory();
    held = Math.max(held, live.heap - before.heap);
    buffers = Math.max(buffers, live.buffers - before.buffers);
  };
  const reader = new CaptureReader(input, (frame) => pipeline.take(frame), {
    names: () => {
      if (++names === lookAtName) look();
    },
    secrets: (secrets) => pipeline.secrets(secrets),
    progress: () => {
      if (++chunks % CHUNKS === 0) look();
    },
  });
  pipeline.begin();
  const end = await reader.read();
  look();
  // Both are held until here.
  assert.equal(pipeline.frames, end.frames);
  assert.equal(reader.format, "pcapng");
  return { end, held, used, buffers };
}

const journal = () => {
  const text = new TextEncoder().encode("__REALTIME_TIMESTAMP=0\n\0");
  return block(9, ...new Uint32Array(text.buffer));
};

/** Blocks that a file may have without end. */
const ENDLESS: Readonly<Record<string, Uint8Array>> = {
  sections: SECTION,
  "sections with an interface": join(SECTION, INTERFACE),
  "sections with comments": block(
    ...[0x0a0d0d0a, 0x1a2b3c4d, 1, 0xffff_ffff, 0xffff_ffff],
    ...[8 << 16 | 1, 0x61616161, 0x62626262],
  ),
  names: block(4, 9 << 16 | 1, 0x0100000a, 0x63626161, 0, 0),
  statistics: block(5, 0, 1, 1, 8 << 16 | 4, 7, 0),
  secrets: block(10, 0x544c534b, 4, 0x61616161),
  "secrets of another kind": block(10, 0x5a4e574b, 16, 1, 2, 3, 4),
  comments: block(6, 0, 0, 0, 0, 0, 4 << 16 | 1, 0x61616161),
  marks: block(6, 0, 0, 0, 0, 0, 9 << 16 | 7, 1, 0, 0, 5 << 16 | 3, 2, 0),
  "simple packets": block(3, 0),
  "old packets": block(2, 0, 0, 0, 0, 0),
  "custom blocks": block(0xbad, 32_473, 1, 2),
  journal: journal(),
  "Sysdig events": block(0x204, 0, 0, 0, 0, 0, 0, 0),
  "unknown blocks": block(0x7777, 1),
};

async function endless(part: Uint8Array) {
  const { end, held, buffers } = await decode(repeated(join(SECTION, INTERFACE), part, BLOCKS));
  assert.equal(end.kind, "complete", "message" in end ? end.message : "");
  assert.ok(held < MOST_HEAP, `the heap grew by ${held} bytes`);
  assert.ok(buffers < MOST_BUFFERS, `buffers grew by ${buffers} bytes`);
}

async function boundedInterfaces() {
  const many = await decode(repeated(SECTION, INTERFACE, 2_000_000));
  assert.ok(many.held < MOST_BOUNDED_HEAP, `the heap grew by ${many.held} bytes`);
  assert.equal(many.end.kind, "corrupt");
  assert.match(
    "message" in many.end ? many.end.message : "",
    /describes more than 65536 interfaces \(at byte 1310748, before any frame\)/,
  );
  const fit = await decode(repeated(SECTION, INTERFACE, 65_536));
  assert.equal(fit.end.kind, "complete");
  const long = large(1, [147, 0], Uint8Array.of(1, 0, 252, 255, ...new Uint8Array(65_532)), 1);
  const { end, held } = await decode(repeated(SECTION, long, 10_000));
  assert.ok(held < MOST_BOUNDED_HEAP, `the heap grew by ${held} bytes`);
  assert.match("message" in end ? end.message : "", /descriptions have more than 16777216 bytes/);
}

async function oneLargeBlock() {
  const head = join(SECTION, INTERFACE);
  const empty = Uint8Array.of(1, 0, 0, 0);
  const mark = Uint8Array.of(3, 0, 1, 0, 2, 0, 0, 0);
  const section = [0x1a2b3c4d, 1, 0xffff_ffff, 0xffff_ffff];
  const blocks: [string, Uint8Array][] = [
    ["section", large(0x0a0d0d0a, section, empty, 2_000_000)],
    ["interface", large(1, [147, 0], empty, 2_000_000)],
    ["packet comments", large(6, [0, 0, 0, 0, 0], empty, 2_000_000)],
    ["packet marks", large(6, [0, 0, 0, 0, 0], mark, 2_000_000)],
    ["statistics", large(5, [0, 0, 0], empty, 2_000_000)],
  ];
  for (const [what, bytes] of blocks) {
    const { end, used } = await decode(join(head, bytes));
    assert.ok(used < MOST_BOUNDED_HEAP, `${what}: the heap grew by ${used} bytes`);
    assert.equal(end.kind, "corrupt", what);
    assert.match("message" in end ? end.message : "", /more than 32768 options \(at byte 48/, what);
  }
  const record = Uint8Array.of(1, 0, 5, 0, 10, 0, 0, 1, 0, 0, 0, 0);
  const names = await decode(join(head, large(4, [], record, NAMES)), NAMES);
  assert.equal(names.end.kind, "complete");
  assert.ok(names.held < MOST_HEAP, `names: the heap grew by ${names.held} bytes`);
}

/** Checks, by what they say. */
export const BOMBS: Readonly<Record<string, () => Promise<void>>> = {
  ...Object.fromEntries(
    Object.entries(ENDLESS).map(([what, part]) => [
      `pcapng blocks without end need no memory: ${what}`,
      () => endless(part),
    ]),
  ),
  "pcapng: a section's interfaces are bounded, in number and in bytes": boundedInterfaces,
  "pcapng: one block with millions of options or records": oneLargeBlock,
};

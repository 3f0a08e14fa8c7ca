/**
 * Inputs that no program writes: random ones, and samples changed at random. Each is a small capture
 * file.
 *
 * @module
 */
import { CaptureReader } from "../../../traces/files/capture_reader.ts";
import { PcapWriter } from "../../../traces/files/pcap_writer.ts";
import { PcapngWriter } from "../../../traces/files/pcapng_writer.ts";
import type { Random } from "./random.ts";

/** The link types that are decoded, and two that are not. */
export const LINK_TYPES = [
  ...[0, 1, 12, 14, 101, 108, 113, 276, 228, 229, 195, 230, 215, 283, 251, 256, 192, 272, 187],
  ...[201, 254, 252, 127, 147],
];

/** Samples of one kind of link: frames in their order. */
interface Source {
  readonly linkType: number;
  readonly frames: readonly Uint8Array[];
}

/** What inputs are made of. */
export interface Corpus {
  readonly sources: readonly Source[];
  /** Beginnings of whole files. */
  readonly files: readonly Uint8Array[];
}

/** Bytes of a file used whole. */
const FILE_BYTES = 3_000;
const LONGEST_FRAME = 2_000;
/** Numbers that lengths and counts stumble over. */
const EDGES = [0, 1, 2, 3, 4, 0x7f, 0x80, 0xfe, 0xff];

/** Splits captures into frames by link type. */
export async function makeCorpus(captures: readonly Uint8Array[]): Promise<Corpus> {
  const sources: Source[] = [];
  for (const capture of captures) {
    const byType = new Map<number, Uint8Array[]>();
    await new CaptureReader(capture, ({ linkType, data, start, capturedLength }) => {
      const frames = byType.get(linkType) ?? [];
      byType.set(linkType, frames);
      frames.push(data.slice(start, start + Math.min(capturedLength, LONGEST_FRAME)));
    }).read();
    for (const [linkType, frames] of byType) sources.push({ linkType, frames });
  }
  return { sources, files: captures.map((capture) => capture.slice(0, FILE_BYTES)) };
}

/** The next input. */
export function fuzzInput(random: Random, corpus: Corpus): Uint8Array<ArrayBuffer> {
  const kind = random.below(10);
  if (kind < 6) return fileOf(random, ...changedFrames(random, corpus));
  if (kind < 8) {
    const frames = [random.bytes(random.below(120)), random.bytes(random.below(400))];
    return fileOf(random, random.of(LINK_TYPES), frames);
  }
  if (kind < 9) return changed(random, random.of(corpus.files));
  const file = fileOf(random, random.of(LINK_TYPES), [random.bytes(60)]);
  return changed(random, file);
}

/** A few frames that follow each other, one or all of them changed. */
function changedFrames(random: Random, { sources }: Corpus): [number, Uint8Array[]] {
  const { linkType, frames } = random.of(sources);
  const first = random.below(frames.length);
  const some = frames.slice(first, first + 1 + random.below(6));
  const all = random.below(4) === 0;
  const which = random.below(some.length);
  const type = random.below(20) === 0 ? random.of(LINK_TYPES) : linkType;
  return [type, some.map((frame, i) => all || i === which ? changed(random, frame) : frame)];
}

/** A file of either format in some variant. */
function fileOf(
  random: Random,
  linkType: number,
  frames: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const bigEndian = random.below(4) === 0;
  const extra = random.below(8) === 0 ? random.below(1000) : 0;
  if (random.below(2) === 0) {
    const out = new PcapWriter({ linkType, bigEndian, nanoseconds: random.below(2) === 0 });
    for (const frame of frames) {
      out.packet({ seconds: 1, nanoseconds: 5 }, frame, frame.length + extra);
    }
    return out.take();
  }
  const out = new PcapngWriter({ bigEndian });
  out.section();
  out.interface({ linkType, resolution: random.of([6, 9, 3, 0x8a, 0xff, "none"]) });
  for (const data of frames) {
    out.packet({ interface: 0, time: BigInt(random.next()), data, length: data.length + extra });
  }
  return out.take();
}

/** A copy with a few changes: bytes, numbers at the edge, parts removed, doubled or inserted. */
function changed(random: Random, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  let made = new Uint8Array(bytes);
  for (let left = 1 + random.below(4); left > 0 && made.length > 0; left--) {
    const at = random.below(made.length);
    switch (random.below(8)) {
      case 0:
      case 1:
        made[at] = made[at]! ^ 1 << random.below(8);
        break;
      case 2:
      case 3:
        made[at] = random.of(EDGES);
        break;
      case 4:
        made[at] = random.next();
        break;
      case 5:
        made.fill(random.of(EDGES), at, at + 1 + random.below(8));
        break;
      case 6:
        made = made.slice(0, at);
        break;
      default:
        made = spliced(random, made, at);
    }
  }
  return made;
}

/** A part doubled, removed, or random bytes put in. */
function spliced(random: Random, bytes: Uint8Array, at: number): Uint8Array<ArrayBuffer> {
  const end = Math.min(bytes.length, at + random.below(40));
  const inside = random.below(3) === 0 ? random.bytes(random.below(20)) : bytes.subarray(at, end);
  const behind = bytes.subarray(random.below(2) === 0 ? at : end);
  const made = new Uint8Array(at + inside.length + behind.length);
  made.set(bytes.subarray(0, at));
  made.set(inside, at);
  made.set(behind, at + inside.length);
  return made;
}

/**
 * pcapng blocks that carry no frame: section headers, names, statistics and secrets
 * (draft-ietf-opsawg-pcapng, sections 4.1, 4.5, 4.6 and 4.7).
 *
 * Each function takes the block `bytes[start]` to `bytes[end - 1]`, lengths at both ends included,
 * and returns the message of what is wrong, or what the block says.
 *
 * @module
 */
import type { CaptureNames, CaptureSecrets, CaptureSection } from "./capture_events.ts";
import type { CaptureStatistics } from "./capture_events.ts";
import type { PcapngInterface } from "./pcapng_interface.ts";
import { decodeText, OPTION_COMMENT, type OptionCursor } from "./pcapng_options.ts";

/** Section headers have at least this many bytes. */
export const SHORTEST_SECTION_HEADER = 28;

const SHB_HARDWARE = 2;
const SHB_OS = 3;
const SHB_USERAPPL = 4;

/** @param option Any; it is opened on the block's options. */
export function readSection(
  bytes: Uint8Array,
  view: DataView,
  [start, end]: readonly [start: number, end: number],
  fixed: { number: number; littleEndian: boolean },
  option: OptionCursor,
): CaptureSection | string {
  const texts = new Map<number, string>();
  const comments: string[] = [];
  option.open(bytes, view, start + 24, end - 4, fixed.littleEndian);
  while (option.next()) {
    if (option.code === OPTION_COMMENT) comments.push(option.text());
    else if (option.code <= SHB_USERAPPL && !texts.has(option.code)) {
      texts.set(option.code, option.text());
    }
  }
  if (option.problem !== undefined) return option.problem;
  const hardware = texts.get(SHB_HARDWARE);
  const os = texts.get(SHB_OS);
  const application = texts.get(SHB_USERAPPL);
  return {
    number: fixed.number,
    bigEndian: !fixed.littleEndian,
    length: view.getBigInt64(start + 16, fixed.littleEndian),
    comments,
    ...hardware !== undefined && { hardware },
    ...os !== undefined && { os },
    ...application !== undefined && { application },
  };
}

const NAME_KINDS = [
  undefined,
  { kind: "ipv4", length: 4 },
  { kind: "ipv6", length: 16 },
  { kind: "eui48", length: 6 },
  { kind: "eui64", length: 8 },
] as const;

/**
 * Reads a name resolution block without keeping any of it: it may hold millions of records.
 *
 * @returns What is wrong with it, if anything; unless something is, `tellNames` may follow.
 */
export function checkNames(
  bytes: Uint8Array,
  view: DataView,
  [start, end]: readonly [start: number, end: number],
  littleEndian: boolean,
  option: OptionCursor,
): string | undefined {
  if (end - start < 16) return `a name resolution block of ${end - start} bytes is too short`;
  const stop = end - 4;
  let at = start + 8;
  while (at < stop) {
    if (stop - at < 4) return `a name record of 4 bytes does not fit in ${stop - at} bytes`;
    const type = view.getUint16(at, littleEndian);
    const length = view.getUint16(at + 2, littleEndian);
    at += 4;
    if (length > stop - at) {
      return `a name record of ${length} bytes does not fit in ${stop - at} bytes`;
    }
    if (type === 0) break;
    const rule = NAME_KINDS[type];
    if (rule !== undefined) {
      if (length < rule.length) return `an ${rule.kind} name record has only ${length} bytes`;
      if (length > rule.length && bytes[at + length - 1] !== 0) {
        return `an ${rule.kind} name record has a name without its end`;
      }
    }
    at += length + 3 & ~3;
  }
  option.open(bytes, view, Math.min(at, stop), stop, littleEndian);
  while (option.next());
  return option.problem;
}

/** Tells all records of a block that `checkNames` found right, in order; unknown kinds are skipped. */
export function tellNames(
  bytes: Uint8Array,
  view: DataView,
  [start, end]: readonly [start: number, end: number],
  littleEndian: boolean,
  tell: (names: CaptureNames) => void,
): void {
  for (let at = start + 8; at < end - 4;) {
    const type = view.getUint16(at, littleEndian);
    const length = view.getUint16(at + 2, littleEndian);
    at += 4;
    if (type === 0) return;
    const rule = NAME_KINDS[type];
    if (rule !== undefined) {
      const names = splitNames(bytes, at + rule.length, at + length);
      tell({ kind: rule.kind, address: bytes.slice(at, at + rule.length), names });
    }
    at += length + 3 & ~3;
  }
}

function splitNames(bytes: Uint8Array, start: number, end: number): string[] {
  const names: string[] = [];
  for (let at = start; at < end;) {
    const zero = bytes.indexOf(0, at);
    names.push(decodeText(bytes, at, zero));
    at = zero + 1;
  }
  return names;
}

const ISB_STARTTIME = 2;
const ISB_ENDTIME = 3;
const ISB_COUNTS = ["received", "dropped", "accepted", "droppedBySystem", "delivered"] as const;
const ISB_FIRST_COUNT = 4;

/** @param source The interface that the block names. */
export function readStatistics(
  bytes: Uint8Array,
  view: DataView,
  [start, end]: readonly [start: number, end: number],
  source: PcapngInterface,
  littleEndian: boolean,
  option: OptionCursor,
): CaptureStatistics | string {
  const u32 = (at: number) => view.getUint32(at, littleEndian);
  const timeAt = (at: number) => source.clock.seconds(u32(at), u32(at + 4));
  const found: { -readonly [K in keyof CaptureStatistics]: CaptureStatistics[K] } = {
    interface: source.description,
    time: timeAt(start + 12),
    comments: [],
  };
  const comments: string[] = [];
  option.open(bytes, view, start + 20, end - 4, littleEndian);
  while (option.next()) {
    const { code } = option;
    const count = ISB_COUNTS[code - ISB_FIRST_COUNT];
    if (code === OPTION_COMMENT) comments.push(option.text());
    else if (option.length !== 8) continue;
    else if (code === ISB_STARTTIME) found.start ??= timeAt(option.at);
    else if (code === ISB_ENDTIME) found.end ??= timeAt(option.at);
    else if (count !== undefined) found[count] ??= option.u64();
  }
  found.comments = comments;
  return option.problem ?? found;
}

/** Decryption secrets; the bytes are copied. */
export function readSecrets(
  bytes: Uint8Array,
  view: DataView,
  [start, end]: readonly [start: number, end: number],
  fixed: { section: number; littleEndian: boolean },
  option: OptionCursor,
): CaptureSecrets | string {
  if (end - start < 20) return `a decryption secrets block of ${end - start} bytes is too short`;
  const length = view.getUint32(start + 12, fixed.littleEndian);
  const first = start + 16;
  if (length > end - 4 - first) {
    return `secrets of ${length} bytes do not fit in ${end - 4 - first} bytes`;
  }
  const comments: string[] = [];
  option.open(
    bytes,
    view,
    Math.min(first + (length + 3 & ~3), end - 4),
    end - 4,
    fixed.littleEndian,
  );
  while (option.next()) if (option.code === OPTION_COMMENT) comments.push(option.text());
  // Wireshark reads no options here, so that a broken list spoils nothing.
  return {
    section: fixed.section,
    type: view.getUint32(start + 8, fixed.littleEndian),
    data: bytes.slice(first, first + length),
    comments,
  };
}

/**
 * pcapng blocks that are no packets but take a frame number in Wireshark: custom blocks, systemd
 * journal entries (draft-ietf-opsawg-pcapng, sections 4.8 and 4.9) and Sysdig events.
 *
 * Each function takes the block `bytes[start]` to `bytes[end - 1]`, fills in `frame`, and returns
 * the message of what is wrong, if anything.
 *
 * @module
 */
import type { CaptureFrame } from "./capture_frame.ts";

export const CUSTOM_COPYABLE = 0x00000bad;
export const CUSTOM = 0x40000bad;
export const JOURNAL = 9;
export const SYSDIG = 0x204;
export const SYSDIG_V2 = 0x216;
export const SYSDIG_V2_LARGE = 0x221;

/** Block type, block length, and the length again. */
const FRAMING = 12;
/** Length of `__REALTIME_TIMESTAMP=0` and a line feed, the shortest entry. */
const SHORTEST_ENTRY = 23;
const REALTIME = new TextEncoder().encode("__REALTIME_TIMESTAMP=");
const LARGEST_U64 = 0xffff_ffff_ffff_ffffn;

/** The data after the enterprise number is the frame; options in it can't be told apart. */
export function readCustom(
  view: DataView,
  start: number,
  end: number,
  littleEndian: boolean,
  frame: CaptureFrame,
): string | undefined {
  if (end - start < FRAMING + 4) return "a custom block is too short for its enterprise number";
  frame.block = "custom";
  frame.copyable = view.getUint32(start, littleEndian) === CUSTOM_COPYABLE;
  frame.enterprise = view.getUint32(start + 8, littleEndian);
  frame.hasTime = false;
  frame.start = start + 12;
  frame.capturedLength = frame.length = end - 4 - frame.start;
  return undefined;
}

/** A journal entry in export format, without the zero bytes that pad it. */
export function readJournal(
  bytes: Uint8Array,
  start: number,
  end: number,
  frame: CaptureFrame,
): string | undefined {
  const first = start + 8;
  let last = end - 4;
  while (last > first && bytes[last - 1] === 0) last--;
  if (last - first < SHORTEST_ENTRY) return `a journal entry has only ${last - first} bytes`;
  const micros = realtime(bytes, first, last);
  frame.block = "journal";
  frame.hasTime = micros !== undefined;
  frame.seconds = Number((micros ?? 0n) / 1_000_000n);
  frame.nanoseconds = Number((micros ?? 0n) % 1_000_000n) * 1000;
  frame.start = first;
  frame.capturedLength = frame.length = last - first;
  return undefined;
}

/** The microseconds of the first `__REALTIME_TIMESTAMP` before any zero byte. */
function realtime(bytes: Uint8Array, start: number, end: number): bigint | undefined {
  const text = bytes.subarray(start, end);
  const zero = text.indexOf(0);
  const stop = zero < 0 ? text.length : zero;
  for (let at = text.indexOf(0x5f); at >= 0 && at < stop; at = text.indexOf(0x5f, at + 1)) {
    let matched = 0;
    while (matched < REALTIME.length && text[at + matched] === REALTIME[matched]) matched++;
    if (matched < REALTIME.length) continue;
    let value = 0n;
    let digits = at + REALTIME.length;
    for (; digits < stop && text[digits]! >= 0x30 && text[digits]! <= 0x39; digits++) {
      value = value * 10n + BigInt(text[digits]! - 0x30);
      if (value > LARGEST_U64) return undefined;
    }
    return digits === at + REALTIME.length ? undefined : value;
  }
  return undefined;
}

/** A Sysdig event; its parameters are the frame. */
export function readSysdig(
  view: DataView,
  start: number,
  end: number,
  littleEndian: boolean,
  frame: CaptureFrame,
): string | undefined {
  const header = view.getUint32(start, littleEndian) === SYSDIG ? 24 : 28;
  if (end - start < FRAMING + header) return "a Sysdig event block is too short";
  const time = view.getBigUint64(start + 10, littleEndian);
  frame.block = "syscall";
  frame.hasTime = true;
  frame.seconds = Number(time / 1_000_000_000n);
  frame.nanoseconds = Number(time % 1_000_000_000n);
  frame.start = start + 8 + header;
  frame.capturedLength = end - 4 - frame.start;
  frame.length = view.getUint32(start + 26, littleEndian);
  return undefined;
}

/**
 * How the records of a classic pcap file are laid out (draft-ietf-opsawg-pcap, section 4, and the
 * older and private layouts that Wireshark reads).
 *
 * @module
 */
import { longestFrame } from "./link_type_rules.ts";

/** How to read one file's records. */
export interface PcapLayout {
  readonly littleEndian: boolean;
  /** Bytes before the first record. */
  readonly fileHeader: number;
  /** Bytes before each record's data. */
  readonly recordHeader: number;
  /** Nanoseconds in a unit of the time's second field. */
  readonly nanoseconds: 1 | 1000;
  /** Whether the captured length stands after the original one: always, or when it is larger. */
  readonly swapped: "no" | "yes" | "when larger";
  /** Bytes of padding before each frame, counted in both lengths. */
  readonly padding: number;
  readonly linkType: number;
  readonly snapLength: number;
  /** Bytes of frame check sequence, when the header says so. */
  readonly fcsLength?: number;
  /** For people. */
  readonly name: string;
}

/** Longest bytes that may be needed before the layout is known: a header, and three records. */
export const LAYOUT_HEADER = 28;

const STANDARD_HEADER = 24;
/** Record headers: standard, Nokia, Kuznetsov's patch of 1999-04-17 and -10-29, of 1999-09-15. */
const STANDARD = 16;
const NOKIA = 20;
const MODIFIED = 24;
const MODIFIED_SMP = 28;

const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;
const KUZNETSOV = 0xa1b2cd34;
const IXIA_HARDWARE = 0x1c0001ac;
const IXIA_SOFTWARE = 0x1c0001ab;
const MAGICS = [MICROSECONDS, NANOSECONDS, KUZNETSOV, IXIA_HARDWARE, IXIA_SOFTWARE];

/** The version that DG/UX's tcpdump writes. */
const DG_UX = 543;
const RESERVED_BITS = 0x03ff_0000;
const FCS_PRESENT = 0x0400_0000;
/** AIX writes interface types (RFC 1573) for link types. */
const AIX_LINK_TYPES: ReadonlyMap<number, number> = new Map([[6, 1], [9, 6], [15, 10], [24, 0]]);
const FDDI = 10;
const RECORDS_TO_TRY = 3;
const LARGEST_ORIGINAL = 128 * 1024 * 1024;

/** The byte order of a pcap file that starts with these four bytes; undefined if it is none. */
export function pcapByteOrder(view: DataView, at: number): "little" | "big" | undefined {
  if (MAGICS.includes(view.getUint32(at, true))) return "little";
  return MAGICS.includes(view.getUint32(at)) ? "big" : undefined;
}

/**
 * Reads the file header in `view[start]` to `view[end - 1]`.
 *
 * @param start Of the file; its magic number is known to be one of pcap's.
 * @param end There are at least `LAYOUT_HEADER` bytes, or the file ends there.
 * @param wholeRecords Whether enough of the file is there to guess the layout by its first
 * records. If not (a pipe), it is taken for the usual one.
 * @returns The layout; the message of why the file can't be read; undefined when the file is too
 * short to tell.
 */
export function readPcapLayout(
  view: DataView,
  start: number,
  end: number,
  wholeRecords: boolean,
): PcapLayout | string | undefined {
  const littleEndian = pcapByteOrder(view, start) === "little";
  const magic = view.getUint32(start, littleEndian);
  const ixia = magic === IXIA_HARDWARE || magic === IXIA_SOFTWARE;
  const fileHeader = STANDARD_HEADER + (ixia ? 4 : 0);
  if (end - start < fileHeader) return undefined;
  const major = view.getUint16(start + 4, littleEndian);
  const minor = view.getUint16(start + 6, littleEndian);
  if (major < 2) return `version ${major}.${minor} of pcap is not known; 2.4 is usual`;
  const network = view.getUint32(start + 20, littleEndian);
  const aix = magic === MICROSECONDS && major === 2 && minor === 2
    ? AIX_LINK_TYPES.get(network)
    : undefined;
  const reserved = network & RESERVED_BITS;
  if (aix === undefined && reserved !== 0) {
    return `reserved bits of the link type are set (0x${network.toString(16).padStart(8, "0")})`;
  }
  const linkType = aix ?? network & 0xffff;
  const nanoseconds = magic === NANOSECONDS || aix !== undefined ? 1 : 1000;
  const usual: PcapLayout = {
    littleEndian,
    fileHeader,
    recordHeader: magic === KUZNETSOV ? MODIFIED : STANDARD,
    nanoseconds,
    swapped: lengthOrder(major, minor),
    padding: aix === FDDI ? 3 : 0,
    linkType,
    snapLength: view.getUint32(start + 16, littleEndian),
    name: layoutName(magic, nanoseconds, littleEndian, aix !== undefined),
    ...(network & FCS_PRESENT) !== 0 && { fcsLength: 2 * (network >>> 28) },
  };
  if (!wholeRecords || aix !== undefined) return usual;
  if (magic === MICROSECONDS) {
    return leastBad(view, start, end, usual, [STANDARD, MODIFIED, NOKIA]);
  }
  return magic === KUZNETSOV ? leastBad(view, start, end, usual, [MODIFIED, MODIFIED_SMP]) : usual;
}

function lengthOrder(major: number, minor: number): PcapLayout["swapped"] {
  if (major === DG_UX) return "yes";
  if (major > 2 || minor > 3) return "no";
  return minor < 3 ? "yes" : "when larger";
}

function layoutName(magic: number, nanoseconds: number, littleEndian: boolean, aix: boolean) {
  const parts = ["pcap", nanoseconds === 1 ? "nanoseconds" : "microseconds"];
  parts.push(littleEndian ? "little-endian" : "big-endian");
  if (aix) parts.push("AIX");
  if (magic === KUZNETSOV) parts.push("modified");
  if (magic === IXIA_HARDWARE || magic === IXIA_SOFTWARE) parts.push("IXIA");
  return parts.join(", ");
}

/** Of the record headers that a magic number may stand for, the one that makes most sense. */
function leastBad(
  view: DataView,
  start: number,
  end: number,
  usual: PcapLayout,
  recordHeaders: readonly number[],
): PcapLayout {
  let best = usual;
  let fewest = Infinity;
  for (const recordHeader of recordHeaders) {
    const layout = { ...usual, recordHeader };
    const faults = countFaults(view, start + usual.fileHeader, end, layout);
    if (faults < fewest) {
      fewest = faults;
      best = layout;
    }
  }
  if (best.recordHeader === usual.recordHeader) return usual;
  return { ...best, name: `${usual.name}, records with ${best.recordHeader} bytes of header` };
}

/** What looks wrong in the first of the first records that isn't right; 0 when all are. */
function countFaults(view: DataView, start: number, end: number, layout: PcapLayout): number {
  let at = start;
  for (let record = 0; record < RECORDS_TO_TRY; record++) {
    if (at === end) return 0;
    if (end - at < layout.recordHeader) return 1;
    const u32 = (offset: number) => view.getUint32(at + offset, layout.littleEndian);
    const swap = layout.swapped === "yes" || layout.swapped === "when larger" && u32(8) > u32(12);
    const captured = u32(swap ? 12 : 8);
    const original = u32(swap ? 8 : 12);
    const faults = Number(u32(4) >= 1_000_000) +
      Number(captured > longestFrame(layout.linkType)) +
      Number(original > LARGEST_ORIGINAL) +
      Number(captured > layout.snapLength) +
      Number(captured > original);
    if (faults > 0) return faults;
    at += layout.recordHeader + captured;
    if (at > end) return 1;
  }
  return 0;
}

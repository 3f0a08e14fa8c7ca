/**
 * Tells by its first bytes what a file is.
 *
 * @module
 */
import { pcapByteOrder } from "./pcap_layout.ts";
import { SECTION_HEADER } from "./pcapng.ts";
import type { ParserProblem } from "./record_parser.ts";

/** Bytes that are enough to tell. */
export const KIND_BYTES = 16;

/** Formats that start with fixed bytes. */
const KNOWN:
  readonly (readonly [start: string | readonly number[], what: string, hint?: string])[] = [
    ["#Format=", "a Daintree sniffer file (.dcf)"],
    ["btsnoop\0", "a btsnoop file"],
    ["snoop\0\0\0", "a snoop file"],
    ["TRSNIFF data", "a Sniffer file"],
    ["XCP\0", "a Sniffer file"],
    ["GMBU", "a Microsoft Network Monitor file"],
    ["RTSS", "a Microsoft Network Monitor file"],
    [[0x28, 0xb5, 0x2f, 0xfd], "compressed with zstd", "decompress it first (zstd -d)"],
    [[0x04, 0x22, 0x4d, 0x18], "compressed with lz4", "decompress it first (lz4 -d)"],
    [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], "compressed with xz", "decompress it first (xz -d)"],
    ["BZh", "compressed with bzip2", "decompress it first (bzip2 -d)"],
    ["PK\x03\x04", "a zip archive", "unpack it first"],
    ["CLIENT_RANDOM ", "a TLS key log", "give it with --keylog"],
  ];

const CONVERT = "open it in Wireshark and save it as pcapng";
/** PacketLogger's record types: HCI packets, notes and configuration. */
const PACKET_LOGGER_TYPES = [0, 1, 2, 3, 8, 9, 10, 11, 0xfb, 0xfc, 0xfd, 0xfe, 0xff];
const LONGEST_PACKET_LOGGER = 65_536;

/**
 * @param bytes The file from `start` to `end`, at least `KIND_BYTES` or the whole file.
 * @param noun What it is, for messages.
 * @returns Its format, or what it is instead.
 */
export function fileKind(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  noun = "the file",
): "pcap" | "pcapng" | ParserProblem {
  if (end === start) return { kind: "not a capture", message: `${noun} is empty` };
  if (end - start < 4) {
    return { kind: "not a capture", message: `${noun} has only ${end - start} bytes` };
  }
  if (view.getUint32(start) === SECTION_HEADER) return "pcapng";
  if (pcapByteOrder(view, start) !== undefined) return "pcap";
  for (const [head, what, hint] of KNOWN) {
    const codes = typeof head === "string" ? Array.from(head, (c) => c.charCodeAt(0)) : head;
    if (codes.every((code, index) => start + index < end && bytes[start + index] === code)) {
      return unsupported(what, hint);
    }
  }
  if (isPacketLogger(bytes, view, start, end)) {
    return unsupported("an Apple PacketLogger file (.pklg)");
  }
  if (isText(bytes, start, end)) return plainText();
  const head = Array.from(
    bytes.subarray(start, Math.min(end, start + 4)),
    (byte) => byte.toString(16).padStart(2, "0"),
  );
  return {
    kind: "not a capture",
    message: `not a pcap or pcapng file: it starts with ${head.join(" ")}`,
  };
}

function unsupported(what: string, hint = CONVERT): ParserProblem {
  return { kind: "unsupported", message: `not a pcap or pcapng file but ${what}: ${hint}` };
}

function plainText(): ParserProblem {
  return { kind: "not a capture", message: "not a pcap or pcapng file but text" };
}

function isText(bytes: Uint8Array, start: number, end: number): boolean {
  return bytes.subarray(start, Math.min(end, start + KIND_BYTES))
    .every((byte) => byte >= 0x20 && byte < 0x7f || byte >= 9 && byte <= 13);
}

/** A record's length (9 to some thousands), seconds, microseconds, type. */
function isPacketLogger(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
  if (end - start < 13) return false;
  return [false, true].some((littleEndian) => {
    const length = view.getUint32(start, littleEndian);
    return length >= 9 && length < LONGEST_PACKET_LOGGER &&
      view.getUint32(start + 8, littleEndian) < 1_000_000 &&
      PACKET_LOGGER_TYPES.includes(bytes[start + 12]!);
  });
}

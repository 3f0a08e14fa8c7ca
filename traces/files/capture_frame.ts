/**
 * One frame as a capture file holds it, before anything in it is decoded.
 *
 * A reader reuses one object for all frames: `data` is a view into the reader's buffer and is
 * good only until the next frame. Who wants to keep bytes copies them.
 *
 * @module
 */

/** What a pcapng interface description says; a classic pcap file has exactly one interface. */
export interface CaptureInterface {
  /** Number within its section, from 0 (`frame.interface_id`). */
  readonly id: number;
  /** Section of the file, from 1; 0 for a classic pcap file. */
  readonly section: number;
  /**
   * True for the one interface that stands for a classic pcap file: the file describes none, and
   * Wireshark shows neither `frame.interface_id` nor `frame.interface_name`.
   */
  readonly implied: boolean;
  /** LINKTYPE number. */
  readonly linkType: number;
  /** Longest captured length the capture was set to, in bytes; 0 is no limit. */
  readonly snapLength: number;
  /** `if_name`. */
  readonly name?: string;
  /** `if_description`. */
  readonly description?: string;
  /** `if_hardware`. */
  readonly hardware?: string;
  /** `frame.interface_name`: name, else description, else hardware, else "unknown". */
  readonly label: string;
  /** Comments on the interface, in order. */
  readonly comments: readonly string[];
  /**
   * Bytes at the start of each frame that Wireshark takes for a pseudo header and counts neither
   * in `frame.cap_len` nor in `frame.len`: 4 for LINKTYPE 201 and 254, 0 for most.
   */
  readonly pseudoHeaderLength: number;
  /** Decimal places that times of this interface have, 0 to 9: 6 for microseconds. */
  readonly timeDigits: number;
  /**
   * Length of the frame check sequence at the end of each frame, in bytes, when the file says so
   * (pcap: bits 28 to 31 of the link type; pcapng: `if_fcslen`, in bits; writers that put bytes
   * there are known, so that less than 8 is taken for bytes, as Wireshark does). `epb_flags` of a
   * frame may say otherwise for that frame.
   */
  readonly fcsLength?: number;
  /** Other options (filter, speed, addresses, ...) by name, for reports. */
  readonly options: readonly { readonly name: string; readonly value: string }[];
}

/** What was decided about a packet, or a hash of it: a kind and its bytes (`epb_verdict`, `epb_hash`). */
export interface PacketMark {
  /** Verdict: 0 hardware, 1 Linux eBPF TC, 2 Linux eBPF XDP. Hash: 0 sum, 1 XOR, 2 CRC32, 3 MD5, 4 SHA-1. */
  readonly kind: number;
  /** As in the file, a copy. */
  readonly bytes: Uint8Array;
  /** Byte order of numbers in them. */
  readonly littleEndian: boolean;
}

/** One frame. All numbers are as in the file; `number` counts as Wireshark counts. */
export class CaptureFrame {
  /** Counts from 1 over the whole file, also blocks that Wireshark shows as frames. */
  number = 0;
  /** The interface it was seen on; undefined for blocks that have none (custom, journal). */
  interface: CaptureInterface | undefined = undefined;
  /** Section of the file the frame is in, from 1 (`frame.section_number`); 0 for classic pcap. */
  section = 0;
  /** LINKTYPE number; -1 when the frame is a block without link layer. */
  linkType = 0;
  /**
   * False for frames without a time (pcapng simple packets, custom blocks, journal entries
   * without `__REALTIME_TIMESTAMP`): Wireshark then shows no `frame.time` field at all.
   */
  hasTime = true;
  /** Whole seconds since 1970 (may be negative; exact up to 2^53). */
  seconds = 0;
  /** Nanoseconds within the second, 0 to 999,999,999. */
  nanoseconds = 0;
  /** Backing bytes: the frame is `data[start]` to `data[start + capturedLength - 1]`. */
  data: Uint8Array = EMPTY;
  start = 0;
  /** Bytes in the file, pseudo header included (`frame.cap_len` is without it). */
  capturedLength = 0;
  /** Bytes on the wire, pseudo header included (`frame.len` is without it). */
  length = 0;
  /** Comments, in order; the shared empty array when there is none. */
  comments: readonly string[] = NO_COMMENTS;
  /** `epb_flags`, or -1. */
  flags = -1;
  /** `epb_packetid`, or undefined. */
  packetId: bigint | undefined = undefined;
  /** `epb_queue` (`frame.interface_queue`), or -1. */
  queue = -1;
  /** `epb_dropcount`, or the obsolete packet block's drop count, or undefined. */
  dropCount: bigint | undefined = undefined;
  /** Verdicts and hashes, in order; the shared empty array when there is none. */
  verdicts: readonly PacketMark[] = NO_MARKS;
  hashes: readonly PacketMark[] = NO_MARKS;
  /** Kind of the block; Wireshark gives all of these a frame number. */
  block: "packet" | "custom" | "journal" | "syscall" = "packet";
  /** Private enterprise number of a custom block (`frame.cb_pen`), else -1. */
  enterprise = -1;
  /** Whether a custom block may be copied to other files (`frame.cb_copy`). */
  copyable = false;
}

const EMPTY = new Uint8Array(0);
/** Shared by all frames without verdict or hash. */
export const NO_MARKS: readonly PacketMark[] = Object.freeze([]);
/** Shared by all frames without comment. */
export const NO_COMMENTS: readonly string[] = Object.freeze([]);

/**
 * What a capture file holds besides frames.
 *
 * @module
 */
import type { CaptureInterface } from "./capture_frame.ts";

/** A pcapng section header. */
export interface CaptureSection {
  /** From 1. */
  readonly number: number;
  readonly bigEndian: boolean;
  /** Bytes in the section as its writer says, -1 when unknown. Nothing relies on it. */
  readonly length: bigint;
  /** `shb_hardware`. */
  readonly hardware?: string;
  /** `shb_os`. */
  readonly os?: string;
  /** `shb_userappl`. */
  readonly application?: string;
  readonly comments: readonly string[];
}

/** One record of a name resolution block. */
export interface CaptureNames {
  readonly kind: "ipv4" | "ipv6" | "eui48" | "eui64";
  /** 4, 16, 6 or 8 bytes, a copy. */
  readonly address: Uint8Array;
  readonly names: readonly string[];
}

/** A decryption secrets block. */
export interface CaptureSecrets {
  /** Section it is in, from 1. */
  readonly section: number;
  /** Kind of secrets, such as 0x544c534b for a TLS key log. */
  readonly type: number;
  /** A copy. */
  readonly data: Uint8Array;
  readonly comments: readonly string[];
}

/** An interface statistics block. */
export interface CaptureStatistics {
  readonly interface: CaptureInterface;
  /** Unix seconds with a fraction. */
  readonly time: number;
  /** `isb_starttime`, Unix seconds with a fraction. */
  readonly start?: number;
  /** `isb_endtime`, Unix seconds with a fraction. */
  readonly end?: number;
  /** Packets the interface received (`isb_ifrecv`). */
  readonly received?: bigint;
  /** Packets the interface dropped for want of room (`isb_ifdrop`). */
  readonly dropped?: bigint;
  /** Packets the filter let through (`isb_filteraccept`). */
  readonly accepted?: bigint;
  /** Packets the operating system dropped (`isb_osdrop`). */
  readonly droppedBySystem?: bigint;
  /** Packets handed to the program that wrote the file (`isb_usrdeliv`). */
  readonly delivered?: bigint;
  readonly comments: readonly string[];
}

/** Told in the order of the file. All are optional. */
export interface CaptureEvents {
  section?(section: CaptureSection): void;
  /** Before the first frame on it; also the implied one of a classic pcap file. */
  interface?(description: CaptureInterface): void;
  names?(names: CaptureNames): void;
  secrets?(secrets: CaptureSecrets): void;
  statistics?(statistics: CaptureStatistics): void;
  /**
   * About once per megabyte, and at the end.
   *
   * @param bytes Bytes of the input used so far; compressed ones if it is compressed.
   * @param total Size of the input; undefined when it isn't known.
   */
  progress?(bytes: number, total: number | undefined): void;
  /**
   * Awaited between chunks of about a megabyte: who cannot use frames as fast as they come holds the
   * reading up.
   */
  ready?(): Promise<void>;
}

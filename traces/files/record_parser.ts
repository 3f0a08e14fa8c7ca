/**
 * What the readers of the two file formats have in common.
 *
 * @module
 */

/** Why reading stopped inside a file. */
export interface ParserProblem {
  readonly kind: "corrupt" | "unsupported" | "not a capture";
  /** What is wrong, without the place. */
  readonly message: string;
}

/** Cuts bytes into records and hands out their frames. */
export interface RecordParser {
  /** The format, for people: "pcapng", "pcap, nanoseconds, big-endian". */
  readonly format: string;
  /** What the format calls a record: "block", "record". */
  readonly unit: string;
  /** Why the record at the place that `parse` returned can't be read. */
  readonly problem: ParserProblem | undefined;
  /**
   * Bytes from the place that `parse` returned that have to be there for it to get on. Never more
   * than the longest record the format allows.
   */
  readonly needed: number;
  /** Frames handed out so far. */
  readonly frames: number;

  /**
   * Reads all whole records in `bytes[start]` to `bytes[end - 1]`.
   *
   * @param view Over the same memory as `bytes`, from its first byte.
   * @returns Index of the first byte that isn't used up.
   */
  parse(bytes: Uint8Array, view: DataView, start: number, end: number): number;
}

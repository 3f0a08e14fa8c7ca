/**
 * What the gateway and the worker that decodes an upload tell each other.
 *
 * @module
 */

/** Frames as `TreeLine`s: which of those that the filter lets through. */
export interface TreeSetting {
  /**
   * - first: the first `rows`;
   * - newest: the last `rows`: the capture is kept, and read twice;
   * - paced: at most `rows` a second, as they come.
   */
  readonly choose: "first" | "newest" | "paced";
  readonly rows: number;
  /** Only frames whose comments name it, or a radio record of it. */
  readonly id?: string;
}

/** Begins a decode. After it come the pieces of the body (`Uint8Array`, moved), then `BodyEnd`. */
export interface DecodeStart {
  /** Words of the command line of `edgewire decode`. */
  readonly args: readonly string[];
  /** Instead of the report that they ask for. */
  readonly tree?: TreeSetting;
  /** What is decoded, in messages: "upload". */
  readonly name: string;
  /** Bytes of the body; undefined when its sender does not say. */
  readonly size: number | undefined;
  /** Whether to write lines of progress. */
  readonly progress: boolean;
  /** Of the `DecodeControl`. */
  readonly control: SharedArrayBuffer;
}

/** No more of the body comes. */
export interface BodyEnd {
  /** Why, if it is not at its end: it is larger than is allowed. */
  readonly tooLarge: string | undefined;
}

/** Nobody wants more: the worker is to say that it has stopped. */
export interface DecodeStop {
  readonly stop: true;
}

export type ToDecoder = DecodeStart | Uint8Array<ArrayBuffer> | BodyEnd | DecodeStop;

export type FromDecoder =
  /** Whole lines of the answer. */
  | Uint8Array<ArrayBuffer>
  /** It is at work: pieces of the body used since the last time, and frames so far. */
  | { readonly kind: "used"; readonly pieces: number; readonly frames: number }
  /** It is a capture: what is wrong with it from here on stands in the last line. */
  | { readonly kind: "begun" }
  /** It is none, or none that can be read. */
  | { readonly kind: "refused"; readonly message: string }
  /** Everything has been handed over. */
  | { readonly kind: "done" }
  /** It was stopped, and is idle. */
  | { readonly kind: "stopped" };

/** Pieces of the body that may be with the worker unused. */
export const PIECES_AHEAD = 8;

/** How the stream of reports ended: its last line, `{"end": ...}`. */
export interface DecodeEnd {
  /**
   * - complete: all of the capture was read;
   * - cut, corrupt, unsupported, unreadable: it can't be read further, as the command's exit code 3;
   * - too large: the body is larger than `limits.decodeBytes`, or what is to be remembered of it
   *   needs more memory than a decode gets;
   * - stalled: the client neither sent nor read for too long;
   * - failed: the gateway stops, or a defect of ours.
   */
  readonly kind: string;
  /** Frames read, those that the filter held back too. */
  readonly frames: number;
  /** Bytes of the body that were used. */
  readonly bytes: number;
  /** Whether the capture has, or should have, more than is reported. */
  readonly truncated: boolean;
  /** What is wrong and where, unless it is complete. */
  readonly problem?: string;
}

/** The last line. */
export function endLine(end: DecodeEnd): string {
  return `${JSON.stringify({ end })}\n`;
}

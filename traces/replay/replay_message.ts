/**
 * What a replay publishes.
 *
 * @module
 */

/** Where a message comes from. */
export type ReplayKind =
  /** A PUBLISH of the capture. */
  | "publish"
  /** The last will of a client whose connection ended without DISCONNECT. */
  | "will"
  /** Radio frames of the capture, in an envelope. */
  | "frames"
  /** An envelope that teaches the gateway a node's clock before its first frames. */
  | "clock";

/** One message, in the order in which it is to be published. */
export interface ReplayMessage {
  readonly kind: ReplayKind;
  /** When it was published the first time: microseconds since 1970, never less than the one before. */
  readonly time: number;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  /** Frame of the capture that completed it. */
  readonly frame: number;
  /** Radio frames in it that come from frames of the capture. */
  readonly radioFrames: number;
}

/** How fast a replay runs: 1 as it was, 2 twice as fast, Infinity as fast as it can. */
export type ReplaySpeed = number;

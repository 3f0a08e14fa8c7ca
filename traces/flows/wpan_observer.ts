/**
 * What the decoder of IEEE 802.15.4 tells those who follow devices.
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import type { WpanFrame } from "../wire/wpan_frame.ts";

/** Why a secured payload stays closed. */
export type WpanClosed =
  /** No key is given for the frame. */
  | "no key"
  /** The integrity code fits none of the keys: another key, or bytes that were changed. */
  | "wrong key"
  /** Only the sender's short address is known, and the nonce needs the extended one. */
  | "no address";

/**
 * In each call `frame` is good until it returns. Frames whose frame check sequence is wrong are told
 * to `wpanFrame` alone.
 */
export interface WpanObserver {
  /** A frame whose header could be read, after all that is in it: the last call of each frame. */
  wpanFrame(d: Dissection, frame: WpanFrame): void;

  /**
   * The payload of a data frame, `d.data[start, end)`: plain, or decrypted and then in a buffer of
   * its own. Told before any upper layer looks at it, and behind payload IEs, if there are any; not
   * of frames that were cut short.
   *
   * @param secured the frame has an integrity code, and it fits a key. Security levels without a
   * code (0, and 4: encrypted alone) are not: anybody can make such frames
   */
  wpanPayload(
    d: Dissection,
    frame: WpanFrame,
    start: number,
    end: number,
    secured: boolean,
  ): void;

  /** A secured frame of whichever type that can't be read, or trusted, and why. */
  wpanClosed(d: Dissection, frame: WpanFrame, reason: WpanClosed): void;

  /** A beacon; `frame.sourcePan` names its network. */
  wpanBeacon(d: Dissection, frame: WpanFrame): void;

  /**
   * A MAC command that could be read.
   *
   * @param command identifier, see `WpanCommand`: 1 association request, 2 association response, ...
   */
  wpanCommand(d: Dissection, frame: WpanFrame, command: number): void;
}

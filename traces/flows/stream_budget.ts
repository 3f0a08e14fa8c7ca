/**
 * How many bytes may wait to be put together, in one stream and in all of them.
 *
 * @module
 */
import { FULL_LIMITS } from "./decoder_limits.ts";

/** Bytes that may wait for one PDU. */
export const MAX_WAITING = 32 * 1024 * 1024;

/** Shared by all streams of one decoder; who keeps bytes adds them, and takes them off again. */
export class StreamBudget {
  waiting = 0;
  readonly #most: number;

  /** @param most bytes that may wait in all streams */
  constructor(most: number = FULL_LIMITS.waitingBytes) {
    this.#most = most;
  }

  /** Whether `length` more bytes may wait. */
  hasRoom(length: number): boolean {
    return this.waiting + length <= this.#most;
  }
}

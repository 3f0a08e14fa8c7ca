/**
 * How many bytes may wait to be put together, in one stream and in all of them.
 *
 * @module
 */

/** Bytes that may wait for one PDU. */
export const MAX_WAITING = 32 * 1024 * 1024;
/** Bytes that may wait in all streams of a decoder. */
const MAX_WAITING_IN_ALL = 128 * 1024 * 1024;

/** Shared by all streams of one decoder; who keeps bytes adds them, and takes them off again. */
export class StreamBudget {
  waiting = 0;

  /** Whether `length` more bytes may wait. */
  hasRoom(length: number): boolean {
    return this.waiting + length <= MAX_WAITING_IN_ALL;
  }
}

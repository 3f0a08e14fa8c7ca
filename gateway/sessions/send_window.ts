/**
 * How much may be on its way to one client. One that acknowledges may leave
 * {@linkcode WINDOW_BYTES} unacknowledged; of others only what waits in Deno's
 * queue is known.
 *
 * @module
 */

/** Bytes that a client of `edgewire.v1` may leave unacknowledged. */
const WINDOW_BYTES = 64 << 10;
/** Bytes that may wait in Deno's queue for a plain client. */
const PLAIN_BYTES = 256 << 10;
/** Answers that may wait in Deno's queue for a client that asks and does not read, bytes. */
const ANSWER_BYTES = 1 << 20;

export class SendWindow {
  /** Bytes of all messages sent. */
  sent = 0;
  readonly #socket: WebSocket;
  readonly #acknowledges: boolean;
  readonly #whole: number;
  #acknowledged = 0;
  /** Frames sent less `received` messages taken. */
  #frames = 0;
  /** Largest frame sent, bytes. */
  #largest = 0;
  /** Who waits until a frame fits that hardly ever does. */
  #claimant: unknown = null;
  /** What had been sent at the last look that found all of the one before taken. */
  #mark = { sent: 0, time: performance.now() };

  /** @param acknowledges Whether the client says what it has received. */
  constructor(socket: WebSocket, acknowledges: boolean) {
    this.#socket = socket;
    this.#acknowledges = acknowledges;
    this.#whole = acknowledges ? WINDOW_BYTES : PLAIN_BYTES;
  }

  /** Bytes that may be sent now. */
  get open(): number {
    return this.#acknowledges
      ? WINDOW_BYTES - (this.sent - this.#acknowledged)
      : PLAIN_BYTES - this.#socket.bufferedAmount;
  }

  /** Whether nothing is under way, as far as can be known. */
  get settled(): boolean {
    return this.#socket.bufferedAmount === 0 &&
      (!this.#acknowledges || this.#acknowledged === this.sent);
  }

  /** Whether so many bytes may be sent now: they fit, or nothing else is under way. */
  fits(bytes: number): boolean {
    if (this.#claimant !== null) return false;
    const { open } = this;
    return bytes <= open || open === this.#whole;
  }

  /** As `fits`; until what hardly ever fits went, it is nobody else's turn. */
  claim(bytes: number, by: unknown): boolean {
    if (this.#claimant !== null && this.#claimant !== by) return false;
    this.#claimant = null;
    const { open } = this;
    const half = this.#whole / 2;
    // A client tells what it received when that is half a window, or later.
    if (bytes <= open || (bytes > this.#whole && open >= half)) return true;
    if (bytes > half) this.#claimant = by;
    return false;
  }

  /** Gives up what was claimed. */
  release(by: unknown) {
    if (this.#claimant === by) this.#claimant = null;
  }

  /** Counts a frame that was sent. */
  count(bytes: number) {
    this.sent += bytes;
    this.#frames++;
    if (bytes > this.#largest) this.#largest = bytes;
  }

  /**
   * Takes a `received`.
   *
   * @param bytes Of all messages that the client has received.
   * @returns Whether it is free: one per frame that was sent is.
   */
  acknowledge(bytes: number): boolean {
    this.#acknowledged = Math.max(this.#acknowledged, Math.min(bytes, this.sent));
    return --this.#frames >= 0;
  }

  /**
   * Since when something has waited for the client to take it, by
   * `performance.now()`, late by the time between two calls at most; now, if
   * nothing does. A plain client takes what leaves Deno's queue.
   */
  waitingSince(): number {
    const time = performance.now();
    const taken = this.#acknowledges ? this.#acknowledged : this.sent - this.#socket.bufferedAmount;
    if (taken >= this.#mark.sent) this.#mark = { sent: this.sent, time };
    return this.#mark.time;
  }

  /** Whether so much waits that it can only be answers to what the client asks and does not read. */
  get isOverfull(): boolean {
    return this.#socket.bufferedAmount > this.#largest + ANSWER_BYTES;
  }
}

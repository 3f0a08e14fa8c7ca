/**
 * A node's clock as the gateway sees it: how far it is from our own, so that times of several nodes
 * can be compared whatever the nodes believe the time is.
 *
 * The offset is the smallest of `arrival - node time` seen lately: the message that waited least on
 * its way tells it best. So a smaller offset is believed at once. A larger one has two reasons: the
 * message waited in a queue, or the clock was set back. A queue gets shorter while it is sent, and
 * with it the offset. After a clock was set the offset stays where it is.
 *
 * Until a first queue is through nobody can know that it was one: its frames are told as of now.
 *
 * @module
 */

export interface NodeClockOptions {
  /**
   * Whether the clock can be set, as one of Unix time by SNTP. One that counts since the node booted
   * cannot: there a larger offset is a queue, unless it stays for long (a counter that wrapped).
   */
  settable: boolean;
}

/** To a larger offset the clock drifts by this part of real time at most. */
const DRIFT = 1e-3;
/** While messages come out of a queue: what a quartz does. */
const QUARTZ_DRIFT = 1e-4;
/** A clock set back by less is followed by drift; messages are late by so much anyway, ms. */
const STEP_MS = 1000;
/** Messages that have to agree that the clock was set, and for how long, ms. */
const SET = { messages: 3, ms: 2000 };
/** The same of a clock that cannot be set. */
const WRAPPED = { messages: 20, ms: 60_000 };
/** They agree while none has waited so much less than the first: else a queue is being sent, ms. */
const SHORTER_MS = 100;
/** No node keeps frames for longer; such an offset is learned anew on any clock, ms. */
const LONGEST_QUEUE_MS = 86_400_000;

export class NodeClock {
  readonly #agreed: { readonly messages: number; readonly ms: number };
  #offset = NaN;
  /** The message that frames come in: when it arrived, and its smallest offset. */
  #arrival = NaN;
  #smallest = Infinity;
  /** Messages in a row whose offset is larger than can be by drift. */
  #larger = 0;
  /** When the first of them arrived, its offset, and the smallest of all. */
  #largerFrom = 0;
  #largerFirst = 0;
  #largerLeast = 0;

  constructor({ settable }: NodeClockOptions) {
    this.#agreed = settable ? SET : WRAPPED;
  }

  /**
   * Says when a frame was heard.
   *
   * @param nodeMs the node's time of the frame, ms
   * @param arrival when its message came in, ms of our monotonic clock; frames of one message have
   *   the same
   * @returns ms of our monotonic clock, never later than `arrival`
   */
  at(nodeMs: number, arrival: number): number {
    const offset = arrival - nodeMs;
    if (arrival !== this.#arrival) {
      this.#follow(arrival);
      this.#arrival = arrival;
      this.#smallest = offset;
    } else if (offset < this.#smallest) this.#smallest = offset;
    // NaN of the first frame is not more either.
    if (!(offset >= this.#offset && offset <= this.#offset + LONGEST_QUEUE_MS)) {
      this.#offset = offset;
    }
    const at = nodeMs + this.#offset;
    return at < arrival ? at : arrival;
  }

  /** Follows the last message's offset, where that was larger. */
  #follow(arrival: number) {
    const more = this.#smallest - this.#offset;
    const isQueue = more > STEP_MS;
    if (isQueue) this.#judge();
    else this.#larger = 0;
    const drift = (arrival - this.#arrival) * (isQueue ? QUARTZ_DRIFT : DRIFT);
    if (more > 0) this.#offset = Math.min(this.#smallest, this.#offset + drift);
  }

  /** Looks whether the last messages agree that the clock was set back. */
  #judge() {
    const smallest = this.#smallest;
    if (this.#larger === 0 || smallest < this.#largerFirst - SHORTER_MS) {
      this.#larger = 1;
      this.#largerFrom = this.#arrival;
      this.#largerFirst = this.#largerLeast = smallest;
      return;
    }
    this.#larger++;
    if (smallest < this.#largerLeast) this.#largerLeast = smallest;
    const { messages, ms } = this.#agreed;
    if (this.#larger < messages || this.#arrival - this.#largerFrom < ms) return;
    this.#offset = this.#largerLeast;
    this.#larger = 0;
  }
}

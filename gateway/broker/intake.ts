/**
 * Shares out, over all MQTT clients, how many bytes the broker takes in within
 * one turn of the event loop: what fifty clients send at once is not all in
 * work at once. A lone message never waits.
 *
 * @module
 */

/** Bytes begun per turn; the last chunk of a turn may go over it. */
const TURN_BYTES = 128 << 10;

/** A stream that takes part. */
export interface IntakeMember {
  /** A new turn has begun. */
  turned(): void;
}

export class Intake {
  #left = TURN_BYTES;
  #scheduled = false;
  /** Those who were refused, longest waiting first. */
  #waiting = new Set<IntakeMember>();
  #served: IntakeMember[] = [];

  /** Whether the member may hand out a chunk now; else it hears when to ask again. */
  mayTake(member: IntakeMember): boolean {
    if (this.#left > 0) return true;
    this.#waiting.add(member);
    return false;
  }

  /** The member has handed out so many bytes: it is told of the next turn. */
  taken(member: IntakeMember, bytes: number) {
    this.#left -= bytes;
    this.#served.push(member);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#turn);
  }

  readonly #turn = () => {
    this.#scheduled = false;
    this.#left = TURN_BYTES;
    const waiting = this.#waiting;
    const served = this.#served;
    this.#waiting = new Set();
    this.#served = [];
    for (const member of waiting) member.turned();
    for (const member of served) member.turned();
  };
}

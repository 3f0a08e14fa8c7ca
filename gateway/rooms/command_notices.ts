/**
 * Which commands a room tells its members of: enough to see that somebody else has a hand on a
 * control, however fast that hand is.
 *
 * @module
 */

/** From one notice of a topic and member to the next, milliseconds. */
const APART_MS = 1000;
/** Hands on one topic that are told of within that time. */
const HANDS = 3;

export class CommandNotices {
  /** When which member was told of last, by topic. */
  readonly #told = new Map<string, Map<string, number>>();

  /** Whether to tell of a command now. @param at `performance.now()` */
  due(topic: string, member: string, at = performance.now()): boolean {
    let hands = this.#told.get(topic);
    if (hands === undefined) this.#told.set(topic, hands = new Map());
    for (const [other, told] of hands) {
      if (at - told >= APART_MS) hands.delete(other);
    }
    if (hands.has(member) || hands.size >= HANDS) return false;
    hands.set(member, at);
    return true;
  }
}

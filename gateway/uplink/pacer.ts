/**
 * Lets something out at most every so often for each destination: what comes in between is gathered,
 * the newest of each part, and goes when the time has come.
 *
 * @module
 */

/** What came for one destination, and may go now. */
export interface Paced<T> {
  destination: string;
  /** The newest of each part, in the order in which the parts came first. */
  parts: T[];
}

interface Destination<T> {
  /** May something go again from then on. */
  freeAt: number;
  /** When what waits goes; Infinity: nothing waits. */
  dueAt: number;
  everyMs: number;
  parts: Map<string, T>;
}

/** How a part goes. */
export interface Pace {
  /** Least time between two that go to the destination, ms. */
  everyMs: number;
  /** How long to wait for other parts where nothing went lately, ms. */
  gatherMs: number;
}

/** Destinations known; those that are free and have nothing to send are forgotten beyond. */
const MAX_DESTINATIONS = 10_000;

/** Times are milliseconds of a clock that does not go back. */
export class Pacer<T> {
  readonly #destinations = new Map<string, Destination<T>>();
  readonly #onLeftOut: (part: T) => void;
  readonly #max: number;
  /** Nothing is due before. */
  #nextDue = Infinity;
  #waiting = 0;

  /** @param onLeftOut A newer part took the place of this one, or there was no room for it. */
  constructor(onLeftOut: (part: T) => void, max = MAX_DESTINATIONS) {
    this.#onLeftOut = onLeftOut;
    this.#max = max;
  }

  /** Parts that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** When `take` has something; Infinity: nothing waits. */
  get due(): number {
    return this.#nextDue;
  }

  /** Puts a part in place of an older one with the same key. */
  put(destination: string, key: string, part: T, { everyMs, gatherMs }: Pace, now: number) {
    let known = this.#destinations.get(destination);
    if (known === undefined) {
      if (this.#destinations.size >= this.#max && !this.#makeRoom(now)) {
        this.#onLeftOut(part);
        return;
      }
      known = { freeAt: -Infinity, dueAt: Infinity, everyMs, parts: new Map() };
      this.#destinations.set(destination, known);
    }
    const older = known.parts.get(key);
    if (older === undefined) this.#waiting++;
    else this.#onLeftOut(older);
    known.parts.set(key, part);
    known.everyMs = Math.max(known.everyMs, everyMs);
    if (known.dueAt === Infinity) known.dueAt = Math.max(known.freeAt, now + gatherMs);
    this.#nextDue = Math.min(this.#nextDue, known.dueAt);
  }

  /** Takes all whose time has come. */
  take(now: number): Paced<T>[] {
    if (now < this.#nextDue) return [];
    const taken: Paced<T>[] = [];
    this.#nextDue = Infinity;
    for (const [destination, known] of this.#destinations) {
      if (known.dueAt <= now) {
        taken.push({ destination, parts: [...known.parts.values()] });
        this.#waiting -= known.parts.size;
        known.parts.clear();
        known.dueAt = Infinity;
        known.freeAt = now + known.everyMs;
      } else this.#nextDue = Math.min(this.#nextDue, known.dueAt);
    }
    return taken;
  }

  /** @returns whether there is room now */
  #makeRoom(now: number): boolean {
    for (const [destination, { dueAt, freeAt }] of this.#destinations) {
      if (dueAt === Infinity && freeAt <= now) this.#destinations.delete(destination);
    }
    return this.#destinations.size < this.#max;
  }
}

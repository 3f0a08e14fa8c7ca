/**
 * How old messages may be that the broker had kept for us while we were away: they come in late, and
 * look as if they were of now.
 *
 * @module
 */

/** What the broker has kept for a session comes in this time after it is taken up again. */
const CATCH_UP_MS = 60_000;

/** What came in from then to then may be as old as `since`. */
interface CatchUp {
  from: number;
  to: number;
  since: number;
}

/** Times are ms of a monotonic clock. */
export class Absences {
  #catchUps: CatchUp[] = [];
  /** When we were last sure to hear. */
  #heardUntil: number;
  /** When the connection ended. */
  #awayAt: number;

  /**
   * @param now When this run began.
   * @param heardUntil When an earlier run heard the last message for certain; `-Infinity`: not known.
   */
  constructor(now: number, heardUntil: number) {
    this.#awayAt = now;
    this.#heardUntil = heardUntil;
  }

  began(now: number) {
    this.#awayAt = now;
  }

  /** @param hasKept Whether the broker has kept messages for us. */
  ended(now: number, hasKept: boolean) {
    if (hasKept) {
      this.#catchUps.push({ from: this.#awayAt, to: now + CATCH_UP_MS, since: this.#heardUntil });
    }
    this.#heardUntil = now;
  }

  /** Something came that had been sent then. */
  heard(sentAt: number) {
    this.#heardUntil = Math.max(this.#heardUntil, sentAt);
  }

  /**
   * @param age Of the oldest message that matters, by when it came in; what came before it is
   *   forgotten.
   * @returns The most that its age can be, ms.
   */
  ageOf(age: number, now: number): number {
    const came = now - age;
    this.#catchUps = this.#catchUps.filter(({ to }) => to >= came);
    const late = this.#catchUps.find(({ from }) => from <= came);
    return late === undefined ? age : now - late.since;
  }
}

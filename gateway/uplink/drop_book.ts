/**
 * What was dropped, and why: ranges of numbers in the outbox, kept until the cloud has been told.
 *
 * @module
 */

/** Why messages do not reach the cloud. */
export type DropReason =
  /** More bytes waited than may. */
  | "bytes"
  /** They waited too long. */
  | "age"
  /** The disk did not take them, or they were in memory alone when the gateway ended. */
  | "disk"
  /** The cloud does not take them: the topic, or the size. */
  | "refused"
  /** Another gateway on the same broker uploads in place of this one. */
  | "elsewhere";

/** Something was dropped behind number `after` of the outbox, up to `upTo`. */
interface Drop {
  after: number;
  upTo: number;
  reason: DropReason;
}

const KEY = "drops";
/** Ranges kept; then the two oldest become one. */
const MAX_DROPS = 200;

export class DropBook {
  /** Messages dropped, by reason, since the start. */
  readonly counts: Record<DropReason, number> = {
    bytes: 0,
    age: 0,
    disk: 0,
    refused: 0,
    elsewhere: 0,
  };
  #drops: Drop[] = [];
  #isDirty = false;
  readonly #put: (key: string, value: Uint8Array | null) => void;

  /** @param put Keeps a value, or removes it. */
  constructor(put: (key: string, value: Uint8Array | null) => void) {
    this.#put = put;
  }

  /** Takes an entry that was kept. @returns whether it is this book */
  load(key: string, value: Uint8Array): boolean {
    if (key !== KEY) return false;
    try {
      this.#drops = JSON.parse(new TextDecoder().decode(value));
    } catch {
      // The gaps are told all the same.
    }
    return true;
  }

  /**
   * @param after, upTo Numbers of the outbox between which they are missing.
   * @param count Messages, where that is known; else {@linkcode lacking} counts them.
   */
  add(after: number, upTo: number, reason: DropReason, count: number) {
    this.counts[reason] += count;
    this.#isDirty = true;
    const last = this.#drops.at(-1);
    if (last !== undefined && last.reason === reason && after <= last.upTo) {
      last.upTo = Math.max(last.upTo, upTo);
      return;
    }
    this.#drops.push({ after, upTo, reason });
    if (this.#drops.length > MAX_DROPS) {
      const [first, second] = this.#drops.splice(0, 2) as [Drop, Drop];
      this.#drops.unshift({ ...second, after: first.after });
    }
  }

  /** Messages are missing that nobody dropped: the disk did not have them. */
  lacking(count: number) {
    this.counts.disk += count;
  }

  /** Why messages are missing between two numbers of the outbox; `disk` where nobody dropped them. */
  reason(after: number, before: number): DropReason {
    return this.#drops.find((drop) => drop.upTo >= after && drop.after < before)?.reason ?? "disk";
  }

  /** All has been told. */
  clear() {
    this.#isDirty ||= this.#drops.length > 0;
    this.#drops = [];
  }

  /** Keeps what has changed. @returns whether anything had */
  save(): boolean {
    if (!this.#isDirty) return false;
    this.#isDirty = false;
    const text = JSON.stringify(this.#drops);
    this.#put(KEY, this.#drops.length === 0 ? null : new TextEncoder().encode(text));
    return true;
  }
}

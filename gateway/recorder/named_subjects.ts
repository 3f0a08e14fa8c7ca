/**
 * Nodes or topics that events in the ring name.
 *
 * @module
 */
import { Queue } from "./queue.ts";

export interface NamedSubject {
  /** Position in the ring of the newest event that names it. */
  used: number;
  /** Memory that it takes, about. */
  readonly bytes: number;
}

/** With each new one so many are looked at. */
const LOOKS = 4;

/**
 * Keeps them as long as the ring has events that name them. It is looked through in small parts, for
 * there can be hundreds of thousands.
 */
export class NamedSubjects<Subject extends NamedSubject> {
  /** Who was looked at longest ago comes first. */
  readonly #all = new Queue<Subject>();
  readonly #maxBytes: number;
  readonly #forget: (subject: Subject) => void;
  #bytes = 0;

  /**
   * @param maxBytes if they take more, some are forgotten although the ring names them
   * @param forget called of each that is
   */
  constructor(maxBytes: number, forget: (subject: Subject) => void) {
    this.#maxBytes = maxBytes;
    this.#forget = forget;
  }

  /** @param tail of the ring */
  add(subject: Subject, tail: number) {
    this.#bytes += subject.bytes;
    const looks = Math.min(LOOKS, this.#all.length);
    for (let look = 0; look < looks; look++) {
      const first = this.#all.shift()!;
      if (first.used < tail) this.#drop(first);
      else this.#all.push(first);
    }
    while (this.#bytes > this.#maxBytes && this.#all.length > 0) this.#drop(this.#all.shift()!);
    this.#all.push(subject);
  }

  #drop(subject: Subject) {
    this.#bytes -= subject.bytes;
    this.#forget(subject);
  }
}

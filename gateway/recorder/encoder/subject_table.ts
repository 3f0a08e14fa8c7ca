/**
 * What events are about, by number.
 *
 * @module
 */
import type { Subject } from "../trace_messages.ts";

const LOOPBACK = /^(127\.|::1$|\[::1\]$|::ffff:127\.)/i;

/** Whether an address is of this machine alone. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** Of one Worker; all readers look things up here. */
export class SubjectTable {
  readonly #subjects = new Map<number, Subject>();
  #distant = 0;

  /** Connections that are known whose other side is on another machine. */
  get distant(): number {
    return this.#distant;
  }

  get(id: number): Subject | undefined {
    return this.#subjects.get(id);
  }

  has(id: number): boolean {
    return this.#subjects.has(id);
  }

  /** Adds one, or what is known of it now. */
  put(subject: Subject) {
    const { id } = subject;
    if (!this.#subjects.has(id) && isDistant(subject)) this.#distant++;
    this.#subjects.set(id, subject);
  }

  forget(id: number) {
    const subject = this.#subjects.get(id);
    if (subject === undefined) return;
    if (isDistant(subject)) this.#distant--;
    this.#subjects.delete(id);
  }
}

function isDistant(subject: Subject): boolean {
  return subject.kind === "connection" && !isLoopback(subject.facts.remote.host);
}

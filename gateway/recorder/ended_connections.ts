/**
 * Connections that ended, while the ring still has events of them.
 *
 * @module
 */
import { Queue } from "./queue.ts";
import type { ConnectionSubject } from "./trace_messages.ts";

interface Ended {
  id: number;
  /** Where in the ring its last event ends. */
  position: number;
  bytes: number;
}

/** What any of them takes, without texts, bytes. */
const SUBJECT_BYTES = 512;
export class EndedConnections {
  readonly #all = new Queue<Ended>();
  #bytes = 0;

  /** @param position where in the ring its last event ends */
  add(subject: ConnectionSubject, position: number) {
    const bytes = subjectBytes(subject);
    this.#all.push({ id: subject.id, position, bytes });
    this.#bytes += bytes;
  }

  /**
   * Takes out the oldest: those whose last event lies before `tail`, and more until the rest takes
   * `maxBytes` at most.
   *
   * @returns their numbers
   */
  take(tail: number, maxBytes: number): number[] {
    const ids: number[] = [];
    while (this.#all.front !== undefined) {
      const { id, position, bytes } = this.#all.front;
      if (position >= tail && this.#bytes <= maxBytes) break;
      this.#all.shift();
      this.#bytes -= bytes;
      ids.push(id);
    }
    return ids;
  }
}

/** Memory that a subject takes, about; bytes. */
function subjectBytes({ facts: { upgrade }, firstIn, firstOut, name = "" }: ConnectionSubject) {
  let bytes = SUBJECT_BYTES + name.length + (firstIn?.length ?? 0) + (firstOut?.length ?? 0);
  if (upgrade === undefined) return bytes;
  bytes += upgrade.target.length;
  for (const headers of [upgrade.requestHeaders, upgrade.responseHeaders]) {
    for (const [header, value] of headers) bytes += 100 + header.length + value.length;
  }
  return bytes;
}

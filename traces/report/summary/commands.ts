/**
 * Commands and their answers over MQTT: what is published on `<topic>/set` is answered on `<topic>`
 * or on `<topic>/set/result`, by whichever client.
 *
 * @module
 */

/** Commands that wait for their answer at a time; further ones are not followed. */
const MAX_WAITING = 1000;
/** An answer later than this, in seconds, is none. */
const PATIENCE = 60;
const SET = Uint8Array.from("/set", (letter) => letter.charCodeAt(0));
/** What node settings are answered on, behind the topic. */
const RESULT = "/set/result";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

export class Commands {
  /** When each command was first seen, by its topic without "/set". */
  readonly #waiting = new Map<string, number>();

  /**
   * A message on the topic at `data[at, at + length)`.
   *
   * @param time seconds
   * @returns seconds since the command that it answers, -1 when it answers none
   */
  message(data: Uint8Array, at: number, length: number, time: number): number {
    if (endsWithSet(data, at + length, length)) {
      this.#command(decoder.decode(data.subarray(at, at + length - SET.length)), time);
      return -1;
    }
    if (this.#waiting.size === 0) return -1;
    const topic = decoder.decode(data.subarray(at, at + length));
    return this.#answer(topic.endsWith(RESULT) ? topic.slice(0, -RESULT.length) : topic, time);
  }

  /** The same, of a topic known as text. */
  text(topic: string, time: number): number {
    const bytes = encoder.encode(topic);
    return this.message(bytes, 0, bytes.length, time);
  }

  #command(topic: string, time: number): void {
    // A broker hands the command on: the first sight counts.
    const before = this.#waiting.get(topic);
    if (before !== undefined && time - before <= PATIENCE) return;
    if (before === undefined && this.#waiting.size >= MAX_WAITING) return;
    this.#waiting.set(topic, time);
  }

  #answer(topic: string, time: number): number {
    const since = this.#waiting.get(topic);
    if (since === undefined) return -1;
    this.#waiting.delete(topic);
    return time - since <= PATIENCE ? time - since : -1;
  }
}

function endsWithSet(data: Uint8Array, end: number, length: number): boolean {
  if (length <= SET.length) return false;
  for (let i = 0; i < SET.length; i++) {
    if (data[end - SET.length + i] !== SET[i]) return false;
  }
  return true;
}

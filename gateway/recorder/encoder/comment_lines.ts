/**
 * The lines of packet comments, `edgewire id=Ab12Cd-1f hop=mqtt dir=in channel=desk seq=7
 * since_us=120`: one per update. Values hold no blanks, texts are percent-encoded.
 *
 * @module
 */
import type { Hop } from "../trace_messages.ts";

/** Lines of one packet, and characters in them. */
export const MAX_LINES = 1000;
export const MAX_TEXT = 60_000;
const MAX_NAMES = 2000;
/** Longest name that is shown as it is, UTF-16 code units: the recorder may cut one after the next. */
const MAX_NAME = 255;
/** What lies further apart is no way of one message: a clock was set. Ms. */
const MAX_SINCE_MS = 600_000;

const names = new Map<string, string>();

/** A name as people see it: of one that is too long the beginning, and an ellipsis. */
export function shortened(name: string): string {
  if (name.length <= MAX_NAME) return name.toWellFormed();
  // Not between the halves of a surrogate pair.
  const half = (name.charCodeAt(MAX_NAME - 1) & 0xfc00) === 0xd800;
  return `${name.slice(0, half ? MAX_NAME - 1 : MAX_NAME).toWellFormed()}…`;
}

/** A name as value of a key. */
export function encoded(name: string): string {
  let text = names.get(name);
  if (text === undefined) {
    text = encodeURIComponent(shortened(name));
    // Long ones are rare, and would take much memory.
    if (name.length > MAX_NAME) return text;
    if (names.size >= MAX_NAMES) names.clear();
    names.set(name, text);
  }
  return text;
}

/** The key `since_us`; "" where it is not known. @param ms since the hop before; NaN unknown */
export function since(ms: number): string {
  if (ms > MAX_SINCE_MS) return "";
  const us = Math.round(ms * 1000);
  // Times of updates are rounded to a microsecond.
  if (us >= 0) return ` since_us=${us}`;
  return us === -1 ? " since_us=0" : "";
}

/** A line's beginning: what it is about. @param id "": unknown */
export function lineHead(id: string, hop: Hop, out: boolean): string {
  const about = id === "" ? "" : `id=${id} `;
  return `edgewire ${about}hop=${hop} dir=${out ? "out" : "in"}`;
}

/** Keys of an update. */
export function updateKeys(channel: string, seq: number): string {
  return ` channel=${encoded(channel)} seq=${seq}`;
}

/** Gathers the lines of one packet, as many as fit. */
export class CommentLines {
  #text = "";
  #lines = 0;
  #left = 0;

  add(line: string) {
    if (this.#lines >= MAX_LINES || this.#text.length + line.length >= MAX_TEXT) {
      this.#left++;
      return;
    }
    this.#text = this.#lines === 0 ? line : `${this.#text}\n${line}`;
    this.#lines++;
  }

  get empty(): boolean {
    return this.#lines === 0;
  }

  /** The lines, which are begun anew then. */
  take(): PacketComment {
    const text = this.#text;
    const note = this.#left === 0 ? "" : `${this.#left} more lines do not fit here`;
    this.#text = "";
    this.#lines = this.#left = 0;
    return { text, note };
  }
}

/** Comments of a packet. */
export interface PacketComment {
  /** Lines. */
  text: string;
  /** For people; "" none. */
  note: string;
}

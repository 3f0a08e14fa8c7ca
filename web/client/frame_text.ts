/**
 * Values as a frame has them. `JSON.parse` takes digits away: of `21.50`, of
 * `1e3`, of integers above 2^53.
 *
 * @module
 */

import type { Update } from "../../gateway/sessions/messages.ts";

/** What tells updates of a frame apart, whatever their channels. */
type Place = Pick<Update, "seq" | "time">;

/** The text of one frame; looked into only when somebody asks. */
export class FrameText {
  #values: Map<string, string> | undefined;

  /** @param text A whole frame, JSON that was parsed without an error. */
  constructor(readonly text: string) {}

  /** JSON text of an update's value; `undefined` when the update is not in the frame. */
  value(update: Place): string | undefined {
    this.#values ??= valuesOf(this.text, 0, new Map());
    return this.#values.get(keyOf(update));
  }
}

function keyOf({ seq, time }: Place): string {
  return `${seq} ${time}`;
}

/** Notes the value of the update at `at`, or those of all updates in a snapshot or an array. */
function valuesOf(text: string, at: number, values: Map<string, string>): Map<string, string> {
  const place = { seq: NaN, time: NaN };
  let value = "";
  for (const [name, start, end] of members(text, at)) {
    if (name === '"seq"') place.seq = Number(text.slice(start, end));
    else if (name === '"time"') place.time = Number(text.slice(start, end));
    else if (name === '"value"') value = text.slice(start, end);
    else if (name === "" || name === '"values"') valuesOf(text, start, values);
  }
  if (value) values.set(keyOf(place), value);
  return values;
}

/** Names, with their quotes, and extents of what is in the object or array at `at`. */
function* members(text: string, at: number): Generator<[name: string, start: number, end: number]> {
  if (text[at] !== "{" && text[at] !== "[") return;
  let name = "";
  for (;;) {
    at = skipSpace(text, at + 1);
    const end = skipValue(text, at);
    // An empty object or array.
    if (end === at) return;
    const next = skipSpace(text, end);
    if (text[next] === ":") name = text.slice(at, end);
    else {
      yield [name, at, end];
      if (text[next] !== ",") return;
      name = "";
    }
    at = next;
  }
}

/** White space of JSON (RFC 8259 section 2) is all up to U+0020. */
function skipSpace(text: string, at: number): number {
  while (text[at]! <= " ") at++;
  return at;
}

/** Index behind the value that begins at `at`; `at` where the object or array ends. */
function skipValue(text: string, at: number): number {
  for (let depth = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === '"') {
      while (text[++at] !== '"') if (text[at] === "\\") at++;
    } else if ("{[".includes(character)) depth++;
    else if (depth === 0 && (character <= " " || ",:}]".includes(character))) break;
    else if ("}]".includes(character)) depth--;
  }
  return at;
}

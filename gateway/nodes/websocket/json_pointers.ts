/**
 * JSON Pointers (RFC 6901), all looked up in one pass over the text: what they point at is found as
 * it stands there, so a number keeps all its digits.
 *
 * @module
 */

/** Where pointers lead through. */
interface Place {
  /** Pointers that end here, and those that end here or further on; by number. */
  readonly ends: number[];
  readonly through: number[];
  readonly members: Map<string, Place>;
  /** The same of those that are numbers of elements, by that. */
  readonly elements: Map<number, Place>;
}

/** How the number of an element is written (RFC 6901 section 4). */
const ELEMENT = /^(?:0|[1-9]\d{0,14})$/;

const TAB = 0x09;
const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const ARRAY = 0x5b;
const ARRAY_END = 0x5d;
const OBJECT = 0x7b;
const OBJECT_END = 0x7d;

/** Levels of a pointer, unescaped: `/a~1b/0` has `a/b` and `0`. */
function levels(pointer: string): string[] {
  const unescape = (level: string) => level.replaceAll("~1", "/").replaceAll("~0", "~");
  return pointer.split("/").slice(1).map(unescape);
}

function newPlace(): Place {
  return { ends: [], through: [], members: new Map(), elements: new Map() };
}

function isBlank(code: number): boolean {
  return code === SPACE || code === LINE_FEED || code === RETURN || code === TAB;
}

/** For any number of texts, one after the other. */
export class JsonPointers {
  readonly #root = newPlace();
  readonly #found: (string | undefined)[];
  #text = "";
  #at = 0;

  constructor(pointers: readonly string[]) {
    this.#found = pointers.map(() => undefined);
    pointers.forEach((pointer, index) => this.#add(pointer, index));
  }

  #add(pointer: string, index: number) {
    let place = this.#root;
    place.through.push(index);
    for (const level of levels(pointer)) {
      let next = place.members.get(level);
      if (next === undefined) {
        place.members.set(level, next = newPlace());
        if (ELEMENT.test(level)) place.elements.set(Number(level), next);
      }
      place = next;
      place.through.push(index);
    }
    place.ends.push(index);
  }

  /**
   * @param json valid JSON text
   * @returns the JSON text that each pointer points at, `undefined`: nothing. Good until the next call
   */
  find(json: string): readonly (string | undefined)[] {
    this.#text = json;
    this.#at = 0;
    this.#blank();
    this.#value(this.#root);
    return this.#found;
  }

  #value(place: Place) {
    const { ends, members, elements } = place;
    const found = this.#found;
    // Of members of the same name the last counts, as in `JSON.parse`.
    for (const index of place.through) found[index] = undefined;
    const start = this.#at;
    const code = this.#text.charCodeAt(start);
    if (code === OBJECT && members.size > 0) this.#object(members);
    else if (code === ARRAY && elements.size > 0) this.#array(elements);
    else this.#skip();
    for (const index of ends) found[index] = this.#text.slice(start, this.#at);
  }

  #object(members: Map<string, Place>) {
    this.#at++;
    while (this.#hasMore(OBJECT_END)) {
      const start = this.#at;
      this.#skipString();
      const name = this.#text.slice(start + 1, this.#at - 1);
      this.#blank();
      // The colon.
      this.#at++;
      this.#blank();
      const unescaped = name.includes("\\") ? JSON.parse(`"${name}"`) : name;
      this.#inner(members.get(unescaped));
    }
  }

  #array(elements: Map<number, Place>) {
    this.#at++;
    for (let i = 0; this.#hasMore(ARRAY_END); i++) this.#inner(elements.get(i));
  }

  #inner(place: Place | undefined) {
    if (place === undefined) this.#skip();
    else this.#value(place);
  }

  /** Goes to the next element or member, or behind the end. */
  #hasMore(end: number): boolean {
    this.#blank();
    const code = this.#text.charCodeAt(this.#at);
    if (code === end || code === COMMA) this.#at++;
    if (code === COMMA) this.#blank();
    return code !== end;
  }

  #blank() {
    while (isBlank(this.#text.charCodeAt(this.#at))) this.#at++;
  }

  /** Goes behind a value. */
  #skip() {
    const text = this.#text;
    let depth = 0;
    do {
      const code = text.charCodeAt(this.#at);
      if (code === QUOTE) {
        this.#skipString();
        continue;
      }
      if (code === OBJECT || code === ARRAY) depth++;
      else if (code === OBJECT_END || code === ARRAY_END) depth--;
      else if (depth === 0) return this.#skipWord();
      this.#at++;
    } while (depth > 0);
  }

  /** A number, `true`, `false` or `null`. */
  #skipWord() {
    const text = this.#text;
    for (; this.#at < text.length; this.#at++) {
      const code = text.charCodeAt(this.#at);
      if (code === COMMA || code === ARRAY_END || code === OBJECT_END || isBlank(code)) return;
    }
  }

  #skipString() {
    const text = this.#text;
    let end = this.#at;
    let escaped: boolean;
    do {
      end = text.indexOf('"', end + 1);
      let before = end;
      while (text.charCodeAt(before - 1) === BACKSLASH) before--;
      escaped = (end - before) % 2 === 1;
    } while (escaped);
    this.#at = end + 1;
  }
}

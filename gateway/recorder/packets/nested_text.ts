/**
 * A string of JSON in which JSON text is, with escapes (RFC 8259, 7): gives it without them to a
 * masker, and takes over what that has changed. Lengths stay, and the string stays one.
 *
 * @module
 */

/** What masks the text in the string. */
interface TextMasker {
  readonly idle: boolean;
  begin(secret: boolean, guarded: boolean): void;
  mask(bytes: Uint8Array, start: number, end: number): void;
}

const STAR = 0x2a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SLASH = 0x2f;
const ZERO = 0x30;
const LETTER_U = 0x75;
/** Stands for characters beyond ASCII. */
const OTHER = 0xff;
const BYTE_ORDER_MARK = 0xfeff;
/** The masker knows its first byte in UTF-8. */
const BYTE_ORDER_BYTE = 0xef;

/** What a letter behind a backslash stands for. */
const ESCAPES = Uint8Array.from({ length: 256 }, (_, byte) => byte);
for (const [letter, meant] of ["b\b", "f\f", "n\n", "r\r", "t\t"]) {
  ESCAPES[letter!.charCodeAt(0)] = meant!.charCodeAt(0);
}

/** So much is masked at a time, bytes. */
const WINDOW = 4096;
/** Value of `#escape` behind the last digit of `\u0041`. */
const DIGITS_END = 6;

/** One string after the other; `begin` starts the next. */
export class NestedText {
  /** The closing quote came. */
  closed = false;
  readonly #inner: TextMasker;
  readonly #plain = new Uint8Array(WINDOW);
  /** Offset behind each byte of `#plain` in the string. */
  readonly #ends = new Int32Array(WINDOW);
  /** 0: in none; 1: behind the backslash; from 2 on: in the digits behind `\u`. */
  #escape = 0;
  #code = 0;
  #count = 0;

  constructor(inner: TextMasker) {
    this.#inner = inner;
  }

  /** @param guarded see `SecretText.begin` */
  begin(guarded: boolean): void {
    this.closed = false;
    this.#escape = 0;
    this.#inner.begin(false, guarded);
  }

  /** Goes on with `bytes[at, end)`. @returns the offset behind the closing quote, or `end` */
  mask(bytes: Uint8Array, at: number, end: number): number {
    while (at < end && !this.closed) {
      const from = at;
      const begun = this.#escape;
      at = this.#read(bytes, at, Math.min(end, at + WINDOW));
      if (this.#inner.idle) continue;
      this.#inner.mask(this.#plain, 0, this.#count);
      this.#write(bytes, from, begun);
    }
    return at;
  }

  #read(bytes: Uint8Array, at: number, end: number): number {
    const plain = this.#plain;
    const ends = this.#ends;
    let count = 0;
    let escape = this.#escape > 0;
    while (at < end) {
      let byte = bytes[at++]!;
      if (escape) {
        byte = this.#escaped(byte);
        escape = this.#escape > 0;
        if (escape) continue;
      } else if (byte === BACKSLASH) {
        this.#escape = 1;
        escape = true;
        continue;
      } else if (byte === QUOTE) {
        this.closed = true;
        break;
      }
      plain[count] = byte;
      ends[count++] = at;
    }
    this.#count = count;
    return at;
  }

  /** @returns what is meant, if it is known: `#escape` is 0 then */
  #escaped(byte: number): number {
    if (this.#escape === 1) {
      this.#code = 0;
      this.#escape = byte === LETTER_U ? 2 : 0;
      return ESCAPES[byte]!;
    }
    this.#code = this.#code << 4 | (byte & 0xf) + (byte > 0x40 ? 9 : 0);
    if (++this.#escape === DIGITS_END) this.#escape = 0;
    if (this.#code === BYTE_ORDER_MARK) return BYTE_ORDER_BYTE;
    return this.#code < 0x80 ? this.#code : OTHER;
  }

  /** @param begun what `#escape` was before the first of them */
  #write(bytes: Uint8Array, from: number, begun: number): void {
    const plain = this.#plain;
    const ends = this.#ends;
    const count = this.#count;
    for (let i = 0; i < count; i++) {
      const to = ends[i]!;
      const byte = plain[i]!;
      if (i === 0 && begun > 0) writeRest(bytes, from, to, byte, begun);
      else if (to === from + 1) bytes[from] = byte;
      else if (byte === STAR) bytes.fill(STAR, from, to);
      // What a masker made of the rest of an escape in a string in this one.
      else if (byte === SLASH && to === from + 2) bytes[from + 1] = SLASH;
      from = to;
    }
  }
}

/** The rest of an escape whose beginning is gone already: it has to stay one. */
function writeRest(bytes: Uint8Array, from: number, to: number, byte: number, begun: number): void {
  const digits = begun > 1 ? from : bytes[from] === LETTER_U ? from + 1 : -1;
  if (digits >= 0) {
    if (byte === STAR) bytes.fill(ZERO, digits, to);
  } else if (byte === STAR || byte === SLASH) bytes[from] = SLASH;
}

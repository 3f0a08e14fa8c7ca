/**
 * Overwrites secrets in bytes that are of no known format, in place and chunk by chunk: values of
 * HTTP headers (RFC 9112, 5), of parameters (`token=`) and of JSON members, where they stand. All
 * other bytes stay.
 *
 * @module
 */
import { isSecretHeader, isSecretParameter } from "./http_names.ts";
import { SecretName } from "./secret_names.ts";

const STAR = 0x2a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const COLON = 0x3a;
const EQUALS = 0x3d;
const CR = 0x0d;
const LF = 0x0a;

/** Of names. */
const NAME_BYTE = new Uint8Array(256);
for (let byte = 0; byte < 128; byte++) {
  if (/[\w.\-]/.test(String.fromCharCode(byte))) NAME_BYTE[byte] = 1;
}
/** Ends of a parameter's value. */
const END_BYTE = new Uint8Array(256);
for (let byte = 0; byte < 128; byte++) {
  if (/[&#;,\s"'<>{}[\]()\0]/.test(String.fromCharCode(byte))) END_BYTE[byte] = 1;
}

const State = {
  /** In a name, or in nothing. */
  Name: 0,
  /** Behind a name, quotes and white space may follow before what assigns. */
  Named: 1,
  /** Behind what assigns. */
  Assigned: 2,
  /** In a secret: to the end of the line, of the parameter, of the string. */
  Line: 3,
  Parameter: 4,
  Quoted: 5,
} as const;

/** One text after the other; `begin` starts the next. */
export class LooseText {
  readonly #name = new SecretName();
  #state: number = State.Name;
  /** The name begins a line. */
  #lineStart = true;
  #nameAtStart = true;
  #escaped = false;
  #isHeader = false;

  begin(): void {
    this.#name.clear();
    this.#state = State.Name;
    this.#lineStart = this.#nameAtStart = true;
  }

  /** Goes on with `bytes[start, end)`. */
  mask(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      if (this.#state >= State.Line) this.#hide(bytes, at, byte);
      else if (this.#state === State.Assigned) this.#assigned(bytes, at, byte);
      else this.#before(bytes, at, byte);
    }
  }

  #before(bytes: Uint8Array, at: number, byte: number): void {
    if (NAME_BYTE[byte] === 1) {
      if (this.#state === State.Named || this.#lineStart) this.#beginName();
      this.#name.push(bytes, at, at + 1);
    } else if (byte === COLON || byte === EQUALS) {
      this.#assign(byte === COLON && this.#nameAtStart);
    } else if (byte === QUOTE || byte === SPACE) this.#state = State.Named;
    else {
      this.#name.clear();
      this.#state = State.Named;
      this.#lineStart = byte === CR || byte === LF;
      this.#nameAtStart = false;
    }
  }

  #beginName(): void {
    this.#name.clear();
    this.#nameAtStart = this.#lineStart;
    this.#lineStart = false;
    this.#state = State.Name;
  }

  #assign(isHeader: boolean): void {
    const name = this.#name.folded;
    const secret = isHeader ? isSecretHeader(name) : isSecretParameter(name) || this.#name.secret;
    this.#isHeader = isHeader;
    this.#state = secret ? State.Assigned : State.Named;
    this.#name.clear();
    this.#nameAtStart = false;
  }

  #assigned(bytes: Uint8Array, at: number, byte: number): void {
    if (byte === SPACE) return;
    this.#escaped = false;
    if (this.#isHeader) this.#state = State.Line;
    else if (byte === QUOTE) {
      this.#state = State.Quoted;
      return;
    } else this.#state = State.Parameter;
    this.#hide(bytes, at, byte);
  }

  #hide(bytes: Uint8Array, at: number, byte: number): void {
    let ends = byte === CR || byte === LF;
    if (this.#state === State.Parameter) ends = END_BYTE[byte] === 1;
    else if (this.#state === State.Quoted) {
      ends = byte === QUOTE && !this.#escaped;
      this.#escaped = byte === BACKSLASH && !this.#escaped;
    }
    if (!ends) {
      bytes[at] = STAR;
      return;
    }
    this.#state = State.Named;
    this.#lineStart = byte === CR || byte === LF;
    this.#nameAtStart = false;
  }
}

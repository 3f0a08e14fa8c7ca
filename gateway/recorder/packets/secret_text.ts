/**
 * Overwrites secrets in JSON text (RFC 8259) that comes chunk by chunk, in place: lengths stay, and
 * what was JSON still is.
 *
 * ```ts
 * const text = new TextEncoder().encode('{"ssid":"home","password":"abc"}');
 * const masker = new SecretText();
 * masker.mask(text, 0, text.length); // {"ssid":"home","password":"***"}
 * ```
 *
 * - Values of members with a secret's name (`secret_names.ts`), and elements of arrays there: strings
 *   become `*`, the first digit of a number becomes 1 and the others 0 (a leading 0 would be no
 *   JSON). Objects there are looked into.
 * - `value` behind a `topic` whose last level is a secret's name, in the same object, with all that
 *   is in it.
 *
 * Names written with escapes are not recognised.
 *
 * @module
 */
import { SecretName, SecretTopic } from "./secret_names.ts";

const STAR = 0x2a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const ZERO = 0x30;
const NINE = 0x39;

const TOPIC = new TextEncoder().encode("topic");
const VALUE = new TextEncoder().encode("value");

/** Where in the text the next byte is. */
const State = {
  /** Before the first byte that is no white space. */
  Start: 0,
  /** No JSON, and no secret. */
  Plain: 1,
  /** No JSON, but secret. */
  Hidden: 2,
  /** Between the tokens. */
  Between: 3,
  /** In a number that is secret, behind its first digit. */
  Number: 4,
  /** In a string: one without interest, a secret, a name or topic. */
  Text: 5,
  Secret: 6,
  Collected: 7,
} as const;

/** What is known of an open object or array. */
const Frame = { Object: 1, Secret: 2, SecretTopic: 4, All: 8 } as const;
/** Text that is nested deeper is hidden whole: nothing says what is in it. */
const DEPTH = 256;

/** One text after the other; `begin` starts the next. */
export class SecretText {
  readonly #stack = new Uint8Array(DEPTH);
  readonly #name = new SecretName();
  readonly #topic = new SecretTopic();
  #collected: SecretName | SecretTopic = this.#name;
  #depth = 0;
  #state: number = State.Start;
  /** The byte before was a backslash in a string. */
  #escaped = false;
  /** A name is expected, not a value. */
  #nameNext = false;
  /** The value that comes is secret. */
  #secretNext = false;
  /** The value that comes is a topic. */
  #topicNext = false;
  /** And the value that comes is secret with all that is in it. */
  #allNext = false;
  /** The text is. */
  #all = false;

  /**
   * Begins a text.
   *
   * @param secret the whole text is secret: strings and numbers of JSON, else every byte.
   *   @default false
   */
  begin(secret = false): void {
    this.#state = State.Start;
    this.#depth = 0;
    this.#escaped = this.#nameNext = this.#topicNext = false;
    this.#all = this.#allNext = this.#secretNext = secret;
  }

  /** Whether the rest of the text is left alone, whatever it is. */
  get idle(): boolean {
    return this.#state === State.Plain;
  }

  /** Goes on with `bytes[start, end)`. */
  mask(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end) {
      switch (this.#state) {
        case State.Plain:
          return;
        case State.Hidden:
          bytes.fill(STAR, at, end);
          return;
        case State.Start:
          at = this.#start(bytes, at);
          break;
        case State.Between:
          at = this.#between(bytes, at, end);
          break;
        case State.Number:
          at = this.#number(bytes, at, end);
          break;
        case State.Text:
          at = this.#text(bytes, at, end);
          break;
        case State.Secret:
          at = this.#secret(bytes, at, end);
          break;
        default:
          at = this.#collect(bytes, at, end);
      }
    }
  }

  #start(bytes: Uint8Array, at: number): number {
    const byte = bytes[at]!;
    if (byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d) return at + 1;
    // No properties: a PUBLISH of an MQTT version that is not known.
    if (byte === 0) return at + 1;
    const structured = byte === OPEN_OBJECT || byte === OPEN_ARRAY;
    if (structured || this.#all && byte === QUOTE) this.#state = State.Between;
    else this.#state = this.#all ? State.Hidden : State.Plain;
    return at;
  }

  #between(bytes: Uint8Array, at: number, end: number): number {
    for (; at < end; at++) {
      const byte = bytes[at]!;
      switch (byte) {
        case QUOTE:
          this.#openString();
          return at + 1;
        case OPEN_OBJECT:
        case OPEN_ARRAY:
          this.#open(byte === OPEN_OBJECT);
          if (this.#state === State.Hidden) return at + 1;
          break;
        case CLOSE_OBJECT:
        case CLOSE_ARRAY:
          if (this.#depth > 0) this.#depth--;
          this.#endValue();
          break;
        case COMMA:
          this.#comma();
          break;
        default:
          if (this.#secretNext && byte >= ZERO && byte <= NINE) {
            bytes[at] = ZERO + 1;
            this.#state = State.Number;
            return at + 1;
          }
      }
    }
    return at;
  }

  #openString(): void {
    if (this.#nameNext) this.#collectInto(this.#name);
    else if (this.#secretNext) this.#state = State.Secret;
    else if (this.#topicNext) this.#collectInto(this.#topic);
    else this.#state = State.Text;
  }

  #collectInto(into: SecretName | SecretTopic): void {
    into.clear();
    this.#collected = into;
    this.#state = State.Collected;
  }

  #open(object: boolean): void {
    if (this.#depth === DEPTH) {
      this.#state = State.Hidden;
      return;
    }
    const all = this.#allNext || (this.#frame & Frame.All) !== 0;
    const secret = all || !object && this.#secretNext;
    this.#stack[this.#depth++] = (object ? Frame.Object : 0) | (secret ? Frame.Secret : 0) |
      (all ? Frame.All : 0);
    this.#nameNext = object;
    this.#secretNext = secret;
    this.#allNext = this.#topicNext = false;
  }

  /** Of the innermost object or array. */
  get #frame(): number {
    return this.#depth === 0 ? 0 : this.#stack[this.#depth - 1]!;
  }

  #comma(): void {
    const frame = this.#frame;
    this.#nameNext = (frame & Frame.Object) !== 0;
    this.#secretNext = (frame & Frame.Secret) !== 0;
    this.#allNext = this.#topicNext = false;
  }

  /** Until a comma nothing is expected. */
  #endValue(): void {
    this.#nameNext = this.#topicNext = false;
    this.#allNext = this.#secretNext = this.#all;
  }

  #number(bytes: Uint8Array, at: number, end: number): number {
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (byte >= ZERO && byte <= NINE) bytes[at] = ZERO;
      else if (!isNumberPart(byte)) {
        this.#state = State.Between;
        return at;
      }
    }
    return at;
  }

  /** To the end of a string. @returns the offset behind it */
  #text(bytes: Uint8Array, at: number, end: number): number {
    let escaped = this.#escaped;
    for (; at < end; at++) {
      const byte = bytes[at]!;
      if (escaped) escaped = false;
      else if (byte === BACKSLASH) escaped = true;
      else if (byte === QUOTE) {
        this.#escaped = false;
        this.#state = State.Between;
        return at + 1;
      }
    }
    this.#escaped = escaped;
    return at;
  }

  #secret(bytes: Uint8Array, at: number, end: number): number {
    const close = this.#text(bytes, at, end);
    bytes.fill(STAR, at, this.#state === State.Between ? close - 1 : close);
    return close;
  }

  /** A name, or a topic. */
  #collect(bytes: Uint8Array, at: number, end: number): number {
    const close = this.#text(bytes, at, end);
    const closed = this.#state === State.Between;
    const into = this.#collected;
    into.push(bytes, at, closed ? close - 1 : close);
    if (!closed) return close;
    if (into === this.#name) this.#nameKnown();
    else if (this.#topic.secret && this.#depth > 0) {
      this.#stack[this.#depth - 1]! |= Frame.SecretTopic;
    }
    return close;
  }

  #nameKnown(): void {
    const name = this.#name;
    const frame = this.#frame;
    this.#nameNext = false;
    this.#topicNext = name.is(TOPIC);
    this.#allNext = (frame & Frame.SecretTopic) !== 0 && name.is(VALUE);
    this.#secretNext = this.#allNext || (frame & Frame.Secret) !== 0 || name.secret;
  }
}

/** Of a number, besides digits. */
function isNumberPart(byte: number): boolean {
  return byte === 0x2e || byte === 0x2b || byte === 0x2d || byte === 0x65 || byte === 0x45;
}

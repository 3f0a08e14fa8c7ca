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
 * - Values of members with a secret's name (`secret_names.ts`), with all that is in them: strings
 *   become `*`, the first digit of a number becomes 1 and the others 0 (a leading 0 would be no
 *   JSON).
 * - `value` beside a `topic` where secrets go, in the same object.
 * - The same in strings that are JSON text themselves.
 *
 * A member that decides over another may stand behind it: the object is masked once more then, if it
 * began in the same chunk. Names written with escapes are not recognised, but in such strings.
 *
 * @module
 */
import { NestedText } from "./nested_text.ts";
import { looksLikeKey, NameKind, SecretName } from "./secret_names.ts";
import {
  AGAIN_DEPTH,
  BACKSLASH,
  BEFORE_TEXT,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COMMA,
  DEPTH,
  Expect,
  Frame,
  isNumberPart,
  isShort,
  KEY_CHARACTERS,
  NESTED_DEPTH,
  NESTED_START,
  NINE,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  STAR,
  State,
  TOPIC,
  VALUE,
  ZERO,
} from "./secret_text_parts.ts";
import { SecretTopic, TopicKind } from "./secret_topic.ts";

const latin1 = new TextDecoder("latin1");

/** One text after the other; `begin` starts the next. */
export class SecretText {
  readonly #stack = new Uint8Array(DEPTH);
  /** Where objects begin, behind the bracket; -1: in an earlier chunk. */
  readonly #from = new Int32Array(AGAIN_DEPTH);
  readonly #name = new SecretName();
  readonly #topic = new SecretTopic();
  readonly #nesting: number;
  #nested: NestedText | null = null;
  #again: SecretText | null = null;
  #collected: SecretName | SecretTopic = this.#name;
  #depth = 0;
  #state: number = State.Start;
  #expect: number = Expect.Plain;
  /** The byte before was a backslash in a string. */
  #escaped = false;
  /** The whole text is secret. */
  #all = false;
  /** Of the text. */
  #base = 0;
  #search = false;
  #repeats = false;

  /** @param nesting so many strings it is in */
  constructor(nesting = 0) {
    this.#nesting = nesting;
  }

  /**
   * Begins a text.
   *
   * @param secret the whole text is secret: strings and numbers of JSON, else every byte.
   *   @default false
   * @param guarded codes in it are secret: it is about an alarm or a lock. @default false
   * @param search something that is no JSON may stand before the JSON. @default false
   */
  begin(secret = false, guarded = false, search = false): void {
    this.#state = State.Start;
    this.#depth = 0;
    this.#escaped = false;
    this.#all = secret;
    this.#expect = secret ? Expect.Secret : Expect.Plain;
    this.#base = guarded ? Frame.Guarded : 0;
    this.#search = search && !secret;
  }

  /** Whether the rest of the text is left alone, whatever it is. */
  get idle(): boolean {
    return this.#state === State.Plain;
  }

  /** Goes on with `bytes[start, end)`. */
  mask(bytes: Uint8Array, start: number, end: number): void {
    if (this.#depth > 0) this.#from.fill(-1);
    let at = start;
    while (at < end) {
      switch (this.#state) {
        case State.Plain:
          return;
        case State.Hidden:
          bytes.fill(STAR, at, end);
          return;
        case State.Between:
          at = this.#between(bytes, at, end);
          break;
        case State.Text:
          at = this.#text(bytes, at, end);
          break;
        case State.Collected:
          at = this.#collect(bytes, at, end);
          break;
        default:
          at = this.#rarely(bytes, at, end);
      }
    }
  }

  #rarely(bytes: Uint8Array, at: number, end: number): number {
    switch (this.#state) {
      case State.Start:
        return this.#start(bytes, at);
      case State.Number:
        return this.#number(bytes, at, end);
      case State.Value:
        return this.#value(bytes, at);
      case State.Nested:
        return this.#inNested(bytes, at, end);
      case State.Key:
        return this.#key(bytes, at, end);
      default:
        return this.#secret(bytes, at, end);
    }
  }

  #start(bytes: Uint8Array, at: number): number {
    const byte = bytes[at]!;
    const structured = byte === OPEN_OBJECT || byte === OPEN_ARRAY;
    if (structured || this.#all && byte === QUOTE) this.#state = State.Between;
    else if (this.#search || BEFORE_TEXT.has(byte)) return at + 1;
    else this.#state = this.#all ? State.Hidden : State.Plain;
    return at;
  }

  #between(bytes: Uint8Array, at: number, end: number): number {
    for (; at < end; at++) {
      const byte = bytes[at]!;
      switch (byte) {
        case QUOTE:
          at++;
          if (this.#expect !== Expect.Plain) this.#openString();
          else if (at < end && NESTED_START[bytes[at]!] === 0) this.#state = State.Text;
          else this.#state = State.Value;
          return at;
        case OPEN_OBJECT:
        case OPEN_ARRAY:
          this.#open(byte === OPEN_OBJECT, at + 1);
          if (this.#state === State.Hidden) return at + 1;
          break;
        case CLOSE_OBJECT:
        case CLOSE_ARRAY:
          if (this.#depth > 0) this.#depth--;
          // Until a comma nothing is expected.
          this.#expect = this.#all ? Expect.Secret : Expect.Plain;
          break;
        case COMMA:
          this.#expectIn(this.#frame);
          break;
        default:
          if (this.#expect < Expect.Secret || byte < ZERO || byte > NINE) break;
          if (this.#expect === Expect.Code && isShort(bytes, at, end)) {
            this.#expect = Expect.Plain;
            break;
          }
          bytes[at] = ZERO + 1;
          this.#state = State.Number;
          return at + 1;
      }
    }
    return at;
  }

  #openString(): void {
    switch (this.#expect) {
      case Expect.Name:
        return this.#collectInto(this.#name);
      case Expect.Topic:
        return this.#collectInto(this.#topic);
      case Expect.Key:
        this.#state = State.Key;
        return;
      default:
        this.#state = State.Secret;
    }
  }

  #collectInto(into: SecretName | SecretTopic): void {
    into.clear();
    this.#collected = into;
    this.#state = State.Collected;
  }

  /** @param from where its contents begin */
  #open(object: boolean, from: number): void {
    const depth = this.#depth;
    if (depth === DEPTH) {
      this.#state = State.Hidden;
      return;
    }
    let frame = this.#frame & Frame.Guarded;
    if (object) frame |= Frame.Object;
    if (this.#expect >= Expect.Secret) frame |= Frame.Secret;
    else if (this.#expect === Expect.Key && !object) frame |= Frame.Keys;
    if (depth < AGAIN_DEPTH) this.#from[depth] = from;
    this.#stack[this.#depth++] = frame;
    this.#expectIn(frame);
  }

  /** Of the innermost object or array. */
  get #frame(): number {
    return this.#depth === 0 ? this.#base : this.#stack[this.#depth - 1]!;
  }

  /** At the beginning of a member or element. */
  #expectIn(frame: number): void {
    if ((frame & Frame.Object) !== 0) this.#expect = Expect.Name;
    else if ((frame & Frame.Secret) !== 0) this.#expect = Expect.Secret;
    else this.#expect = (frame & Frame.Keys) !== 0 ? Expect.Key : Expect.Plain;
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

  #value(bytes: Uint8Array, at: number): number {
    if (NESTED_START[bytes[at]!] === 0) this.#state = State.Text;
    else if (this.#nesting === NESTED_DEPTH) this.#state = State.Secret;
    else {
      this.#nested ??= new NestedText(new SecretText(this.#nesting + 1));
      this.#nested.begin((this.#frame & Frame.Guarded) !== 0);
      this.#state = State.Nested;
    }
    return at;
  }

  #inNested(bytes: Uint8Array, at: number, end: number): number {
    const close = this.#nested!.mask(bytes, at, end);
    if (this.#nested!.closed) this.#state = State.Between;
    return close;
  }

  /** Of one that does not end in this chunk nobody knows whether it is a key. */
  #key(bytes: Uint8Array, at: number, end: number): number {
    const close = this.#text(bytes, at, end);
    const closed = this.#state === State.Between;
    const to = closed ? close - 1 : close;
    const text = latin1.decode(bytes.subarray(at, to));
    const hidden = closed ? looksLikeKey(text) : KEY_CHARACTERS.test(text);
    if (hidden) bytes.fill(STAR, at, to);
    if (!closed) this.#state = hidden ? State.Secret : State.Text;
    return close;
  }

  /** A name, or a topic. */
  #collect(bytes: Uint8Array, at: number, end: number): number {
    const close = this.#text(bytes, at, end);
    const closed = this.#state === State.Between;
    const into = this.#collected;
    into.push(bytes, at, closed ? close - 1 : close);
    if (!closed) return close;
    if (into === this.#name) this.#nameKnown(bytes, close);
    else if (this.#topic.kind === TopicKind.Secret) this.#learn(Frame.SecretTopic, bytes, close);
    else if (this.#topic.kind === TopicKind.Guarded) this.#learn(Frame.Guarded, bytes, close);
    return close;
  }

  #nameKnown(bytes: Uint8Array, end: number): void {
    const name = this.#name;
    const frame = this.#frame;
    const { kind } = name;
    this.#expect = Expect.Plain;
    if (kind === NameKind.Secret || (frame & Frame.Secret) !== 0) this.#expect = Expect.Secret;
    else if (kind === NameKind.Key) this.#expect = Expect.Key;
    else if (kind === NameKind.Code) this.#dependent(Frame.Guarded, Expect.Code);
    else if (kind === NameKind.Guard) this.#learn(Frame.Guarded, bytes, end);
    else if (name.is(TOPIC)) this.#expect = Expect.Topic;
    else if (name.is(VALUE)) this.#dependent(Frame.SecretTopic, Expect.Secret);
  }

  /** The value is what is said if the object has the flag, now or later. */
  #dependent(flag: number, expect: number): void {
    if ((this.#frame & flag) !== 0) this.#expect = expect;
    else this.#stack[this.#depth - 1]! |= Frame.Early;
  }

  /** What is known of the object now counts for the members before, too. @param end of them */
  #learn(flag: number, bytes: Uint8Array, end: number): void {
    if (this.#depth === 0) return;
    const depth = this.#depth - 1;
    const frame = this.#stack[depth]!;
    this.#stack[depth] = frame | flag;
    const known = (frame & flag) !== 0;
    if (known || (frame & Frame.Early) === 0 || this.#repeats || depth >= AGAIN_DEPTH) return;
    const from = this.#from[depth]!;
    if (from < 0) return;
    this.#again ??= new SecretText(this.#nesting);
    this.#again.#repeat(frame | flag);
    this.#again.mask(bytes, from, end);
  }

  /** Goes on at the beginning of an object, of which all is known. */
  #repeat(frame: number): void {
    this.begin();
    this.#repeats = true;
    this.#stack[0] = frame;
    this.#depth = 1;
    this.#state = State.Between;
    this.#expect = Expect.Name;
  }
}

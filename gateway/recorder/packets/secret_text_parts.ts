/**
 * Bytes, states and numbers of `secret_text.ts`.
 *
 * @module
 */

export const STAR = 0x2a;
export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const COMMA = 0x2c;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;
export const OPEN_ARRAY = 0x5b;
export const CLOSE_ARRAY = 0x5d;
export const ZERO = 0x30;
export const NINE = 0x39;

export const TOPIC = new TextEncoder().encode("topic");
export const VALUE = new TextEncoder().encode("value");

/** White space, a byte order mark, and 0: no properties, in a PUBLISH of unknown MQTT version. */
export const BEFORE_TEXT = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf, 0]);
/** What a string with JSON text in it may begin with. */
export const NESTED_START = new Uint8Array(256);
for (const byte of [OPEN_OBJECT, OPEN_ARRAY, BACKSLASH, 0x20, 0xef]) NESTED_START[byte] = 1;

/** Where in the text the next byte is. */
export const State = {
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
  /** At the beginning of a string without a meaning of its own. */
  Value: 5,
  /** In a string: one without interest, a secret, a name or topic, JSON text. */
  Text: 6,
  Secret: 7,
  Collected: 8,
  Nested: 9,
  /** At the beginning of a string that may be a key. */
  Key: 10,
} as const;

/** What comes next. */
export const Expect = { Plain: 0, Name: 1, Topic: 2, Key: 3, Secret: 4, Code: 5 } as const;

/** What is known of an open object or array. */
export const Frame = {
  Object: 1,
  Secret: 2,
  SecretTopic: 4,
  /** Codes in it are secret. */
  Guarded: 8,
  Keys: 16,
  /** There was a member of which another one, that may come yet, says whether it is a secret. */
  Early: 32,
} as const;

/** Text that is nested deeper is hidden whole: nothing says what is in it. */
export const DEPTH = 256;
/** Deeper objects are not masked once more: each level may do it with all that is in it. */
export const AGAIN_DEPTH = 16;
/** JSON in strings that is nested deeper is hidden whole. */
export const NESTED_DEPTH = 4;
/** Shortest number that is taken for a code, digits. */
const CODE_DIGITS = 4;
/** All characters that a key may have. */
export const KEY_CHARACTERS = /^[0-9a-z+/=_:\- ]*$/i;

/** Whether a number that begins here has too few digits for a code. */
export function isShort(bytes: Uint8Array, at: number, end: number): boolean {
  let to = at;
  while (to < end && bytes[to]! >= ZERO && bytes[to]! <= NINE) to++;
  return to < end && to - at < CODE_DIGITS;
}

/** Of a number, besides digits. */
export function isNumberPart(byte: number): boolean {
  return byte === 0x2e || byte === 0x2b || byte === 0x2d || byte === 0x65 || byte === 0x45;
}

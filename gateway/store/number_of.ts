/**
 * The number that a value plots.
 *
 * @module
 */

/** The number to plot: a number, or the `value` of an object; `null` if there is none. */
export function numberOf(value: unknown): number | null {
  const inner = typeof value === "object" && value !== null && "value" in value
    ? (value as { value: unknown }).value
    : value;
  if (typeof inner === "number") return inner;
  return typeof inner === "boolean" ? Number(inner) : null;
}

const utf8 = new TextDecoder();

/** A double holds so many decimal digits exactly. */
const EXACT_DIGITS = 15;
const POWERS = Array.from({ length: EXACT_DIGITS + 1 }, (_, power) => 10 ** power);

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const SPACE = 0x20;
const BRACE = 0x7b;

/**
 * {@linkcode numberOf} of JSON text, as it stands in memory.
 *
 * @param length Of the text, bytes
 * @returns NaN: there is none, or none that is finite
 */
export function numberIn(bytes: Uint8Array, start: number, length: number): number {
  const first = bytes[start]!;
  if (first === MINUS || (first >= ZERO && first <= NINE)) {
    const number = decimal(bytes, start, start + length);
    return Number.isNaN(number) ? slowly(bytes, start, length) : number;
  }
  const plots = first === BRACE || first <= SPACE || isBoolean(bytes, start, length);
  return plots ? slowly(bytes, start, length) : NaN;
}

/** Whether JSON text is `true` or `false`. */
export function isBoolean(bytes: Uint8Array, start: number, length: number): boolean {
  return length === 4 && bytes[start] === 0x74 || length === 5 && bytes[start] === 0x66;
}

/** Digits with a point, few enough to be exact; NaN: something else. */
function decimal(bytes: Uint8Array, start: number, end: number): number {
  const from = bytes[start] === MINUS ? start + 1 : start;
  let digits = 0;
  let decimals = 0;
  let point = false;
  for (let i = from; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === POINT && !point) point = true;
    else if (byte >= ZERO && byte <= NINE) {
      digits = digits * 10 + byte - ZERO;
      if (point) decimals++;
    } else return NaN;
  }
  if (end - from > EXACT_DIGITS) return NaN;
  const number = digits / POWERS[decimals]!;
  return from === start ? number : -number;
}

function slowly(bytes: Uint8Array, start: number, length: number): number {
  const text = utf8.decode(bytes.subarray(start, start + length));
  if (bytes[start] === BRACE && !text.includes('"value"')) return NaN;
  try {
    const number = numberOf(JSON.parse(text));
    return number !== null && Number.isFinite(number) ? number : NaN;
  } catch {
    return NaN;
  }
}

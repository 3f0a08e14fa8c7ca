/**
 * Whether bytes are well-formed UTF-8 (RFC 3629, section 4: no surrogates, no overlong forms,
 * nothing above U+10FFFF).
 *
 * @module
 */

/**
 * Where `data[at, end)` stops being UTF-8.
 *
 * @returns the offset of the first sequence that is wrong or cut off by `end`, or -1
 */
export function invalidUtf8(data: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const lead = data[at]!;
    if (lead < 0x80) {
      at++;
      continue;
    }
    const length = sequence(data, at, end, lead);
    if (length === 0) return at;
    at += length;
  }
  return -1;
}

/** Length of the sequence of two to four bytes at `at`, or 0 when it is not one. */
function sequence(data: Uint8Array, at: number, end: number, lead: number): number {
  if (lead < 0xc2 || lead > 0xf4 || at + 1 >= end) return 0;
  const second = data[at + 1]!;
  if ((second & 0xc0) !== 0x80) return 0;
  if (lead < 0xe0) return 2;
  if (at + 2 >= end || (data[at + 2]! & 0xc0) !== 0x80) return 0;
  if (lead < 0xf0) {
    const overlong = lead === 0xe0 && second < 0xa0;
    const surrogate = lead === 0xed && second > 0x9f;
    return overlong || surrogate ? 0 : 3;
  }
  if (at + 3 >= end || (data[at + 3]! & 0xc0) !== 0x80) return 0;
  const overlong = lead === 0xf0 && second < 0x90;
  const beyond = lead === 0xf4 && second > 0x8f;
  return overlong || beyond ? 0 : 4;
}

const decoder = new TextDecoder();

/** Bytes as text, what is no UTF-8 shown as U+FFFD. */
export function utf8Text(data: Uint8Array, at: number, end: number): string {
  return decoder.decode(data.subarray(at, end));
}

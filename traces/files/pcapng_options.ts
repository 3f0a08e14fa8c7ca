/**
 * Option lists of pcapng blocks (draft-ietf-opsawg-pcapng, section 3.5).
 *
 * @module
 */

const OPTION_END = 0;
/** Options of one block: who reads them keeps some, and a block may be large. */
const MOST_OPTIONS = 32_768;
export const OPTION_COMMENT = 1;

const CUSTOM_TEXT_COPYABLE = 2988;
const CUSTOM_BYTES_COPYABLE = 2989;
const CUSTOM_TEXT = 19372;
const CUSTOM_BYTES = 19373;

const utf8 = new TextDecoder();

/** Where one option's value is. Reused for all options of a list. */
export class OptionCursor {
  code = 0;
  /** Index of the value's first byte. */
  at = 0;
  /** Bytes of the value, without padding. */
  length = 0;
  /** What is wrong with the list; undefined while nothing is. */
  problem: string | undefined = undefined;
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(this.bytes.buffer);
  littleEndian = true;
  #next = 0;
  #end = 0;
  #count = 0;

  /** Starts on the list in `bytes[start]` to `bytes[end - 1]`; either may be empty. */
  open(bytes: Uint8Array, view: DataView, start: number, end: number, littleEndian: boolean) {
    this.bytes = bytes;
    this.view = view;
    this.littleEndian = littleEndian;
    this.problem = undefined;
    this.#next = start;
    this.#end = end;
    this.#count = 0;
  }

  /**
   * Goes to the next option. The list ends with an end option or with the block.
   *
   * @returns False at the end, and when the list is broken (then `problem` says how).
   */
  next(): boolean {
    const left = this.#end - this.#next;
    if (left <= 0) return false;
    if (left < 4) return this.#fail(`an option header of 4 bytes does not fit in ${left} bytes`);
    this.code = this.view.getUint16(this.#next, this.littleEndian);
    this.length = this.view.getUint16(this.#next + 2, this.littleEndian);
    this.at = this.#next + 4;
    const padded = (this.length + 3) & ~3;
    if (padded > left - 4) {
      return this.#fail(
        `option ${this.code} of ${this.length} bytes does not fit in ${left - 4} bytes`,
      );
    }
    this.#next = this.at + padded;
    if (this.code === OPTION_END) return false;
    if (++this.#count > MOST_OPTIONS) {
      return this.#fail(`the block has more than ${MOST_OPTIONS} options`);
    }
    return !isCustom(this.code) || this.length >= 4 ||
      this.#fail(`custom option ${this.code} has no enterprise number`);
  }

  /** Whether the value has the length it must have; if not, that is the problem. */
  expect(length: number): boolean {
    return this.length === length ||
      this.#fail(`option ${this.code} has ${this.length} bytes, not ${length}`);
  }

  /** The value as text: UTF-8, up to a zero byte if there is one. */
  text(): string {
    return decodeText(this.bytes, this.at, this.at + this.length);
  }

  u32(): number {
    return this.view.getUint32(this.at, this.littleEndian);
  }

  u64(): bigint {
    return this.view.getBigUint64(this.at, this.littleEndian);
  }

  i64(): bigint {
    return this.view.getBigInt64(this.at, this.littleEndian);
  }

  #fail(problem: string): false {
    this.problem = problem;
    return false;
  }
}

function isCustom(code: number): boolean {
  return code === CUSTOM_TEXT_COPYABLE || code === CUSTOM_BYTES_COPYABLE ||
    code === CUSTOM_TEXT || code === CUSTOM_BYTES;
}

/** UTF-8 text in `bytes[start]` to `bytes[end - 1]`, up to a zero byte if there is one. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  let stop = start;
  while (stop < end && bytes[stop] !== 0) stop++;
  return utf8.decode(bytes.subarray(start, stop));
}

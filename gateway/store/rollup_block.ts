/**
 * Buckets of one topic: of each span of time the smallest and the largest value, when they were,
 * and how many there were. A block holds 128 buckets that follow each other in time.
 *
 * @module
 */

/** Lengths of a bucket, ms: 10 s, 2 min, 30 min. */
export const LEVELS = [10_000, 120_000, 1_800_000] as const;

/** Buckets of a block. */
export const BLOCK_BUCKETS = 128;

/** Of a bucket: four u32 and two f64. */
const BUCKET_BYTES = 32;
const WORDS = BUCKET_BYTES / 4;
const DOUBLES = BUCKET_BYTES / 8;

/** Where the fields stand, in words. */
const INDEX = 0;
const COUNT = 1;
/** µs behind the bucket's beginning. */
const LOW_AT = 2;
const HIGH_AT = 3;
/** In doubles. */
const LOW = 2;
const HIGH = 3;

const FIRST_BUCKETS = 4;

/** What is known of a span of time. */
export interface Bucket {
  /** Unix milliseconds, as are the other times. */
  start: number;
  count: number;
  low: number;
  lowAt: number;
  highAt: number;
}

/** Called with when a value was, Unix milliseconds, and the value. */
export type PointTaker = (time: number, value: number) => void;

export class RollupBlock {
  readonly #ms: number;
  /** Of its first bucket: beginnings since 1970 divided by the length. */
  readonly #first: number;
  #length = 0;
  #words: Uint32Array<ArrayBuffer>;
  #doubles: Float64Array<ArrayBuffer>;

  /** @param ms Length of a bucket. @param number Of the block, counted since 1970. @param bytes As {@linkcode bytes} gave them. */
  constructor(ms: number, number: number, bytes?: Uint8Array) {
    this.#ms = ms;
    this.#first = number * BLOCK_BUCKETS;
    const size = bytes === undefined ? FIRST_BUCKETS * BUCKET_BYTES : bytes.length;
    const buffer = new ArrayBuffer(size);
    if (bytes !== undefined) {
      new Uint8Array(buffer).set(bytes);
      this.#length = Math.floor(size / BUCKET_BYTES);
    }
    this.#words = new Uint32Array(buffer);
    this.#doubles = new Float64Array(buffer);
  }

  get length(): number {
    return this.#length;
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.#words.buffer, 0, this.#length * BUCKET_BYTES);
  }

  /** @param bucket Counted since 1970; has to be of this block. */
  add(bucket: number, time: number, value: number) {
    const offset = Math.round((time - bucket * this.#ms) * 1000);
    const i = this.#find(bucket - this.#first);
    const words = this.#words;
    const doubles = this.#doubles;
    const known = words[i * WORDS + COUNT]!++ > 0;
    if (!known || value < doubles[i * DOUBLES + LOW]!) {
      doubles[i * DOUBLES + LOW] = value;
      words[i * WORDS + LOW_AT] = offset;
    }
    if (!known || value > doubles[i * DOUBLES + HIGH]!) {
      doubles[i * DOUBLES + HIGH] = value;
      words[i * WORDS + HIGH_AT] = offset;
    }
  }

  /** Values come in the order of time as a rule: the last bucket is looked at first. */
  #find(index: number): number {
    for (let i = this.#length - 1; i >= 0; i--) {
      if (this.#words[i * WORDS + INDEX] === index) return i;
    }
    if (this.#length * BUCKET_BYTES === this.#words.byteLength) this.#grow();
    const i = this.#length++;
    this.#words.fill(0, i * WORDS, (i + 1) * WORDS);
    this.#words[i * WORDS + INDEX] = index;
    return i;
  }

  #grow() {
    const words = new Uint32Array(Math.max(this.#words.length * 2, FIRST_BUCKETS * WORDS));
    words.set(this.#words);
    this.#words = words;
    this.#doubles = new Float64Array(words.buffer);
  }

  /** Buckets that begin before a time, the newest first. */
  *before(time: number): Generator<Bucket> {
    const words = this.#words;
    const places = Array.from({ length: this.#length }, (_, i) => i);
    places.sort((a, b) => words[b * WORDS + INDEX]! - words[a * WORDS + INDEX]!);
    for (const i of places) {
      const start = (this.#first + words[i * WORDS + INDEX]!) * this.#ms;
      if (start >= time) continue;
      yield {
        start,
        count: words[i * WORDS + COUNT]!,
        low: this.#doubles[i * DOUBLES + LOW]!,
        lowAt: timeAt(start, words[i * WORDS + LOW_AT]!),
        highAt: timeAt(start, words[i * WORDS + HIGH_AT]!),
      };
    }
  }

  /** Hands out the extremes of buckets that lie in a span, those of each in the order of time. */
  points(from: number, to: number, take: PointTaker) {
    for (let i = 0; i < this.#length; i++) {
      const start = (this.#first + this.#words[i * WORDS + INDEX]!) * this.#ms;
      if (start < from || start + this.#ms > to) continue;
      const lowAt = this.#words[i * WORDS + LOW_AT]!;
      const highAt = this.#words[i * WORDS + HIGH_AT]!;
      const low = this.#doubles[i * DOUBLES + LOW]!;
      const high = this.#doubles[i * DOUBLES + HIGH]!;
      if (lowAt <= highAt) take(timeAt(start, lowAt), low);
      if (lowAt !== highAt) take(timeAt(start, highAt), high);
      if (lowAt > highAt) take(timeAt(start, lowAt), low);
    }
  }
}

/** To a microsecond, rounded as the gateway's clock does. */
function timeAt(start: number, offset: number): number {
  return (start * 1000 + offset) / 1000;
}

/**
 * Turns the 64-bit timestamps of one pcapng interface into seconds and nanoseconds
 * (draft-ietf-opsawg-pcapng, sections 4.2 `if_tsresol`, `if_tsoffset` and 4.3).
 *
 * @module
 */
import type { CaptureFrame } from "./capture_frame.ts";

/** `if_tsresol` of an interface that has none: microseconds. */
export const DEFAULT_RESOLUTION = 6;

const TWO_TO_32 = 0x1_0000_0000;
const BILLION = 1_000_000_000;
/** With more units in a second, sums no longer fit a double exactly. */
const MOST_DECIMAL = 15;
/** 2^23 * 10^9 is less than 2^53. */
const MOST_BINARY = 23;

/** A unit is a whole number of nanoseconds. */
const MULTIPLY = 0;
/** A nanosecond is a whole number of units. */
const DIVIDE = 1;
/** Neither, and products fit a double exactly. */
const FRACTION = 2;
/** Only big integers are exact. */
const BIG = 3;

function scaleOf(exponent: number, decimal: boolean): number {
  if (!decimal) return exponent <= MOST_BINARY ? FRACTION : BIG;
  if (exponent <= 9) return MULTIPLY;
  return exponent <= MOST_DECIMAL ? DIVIDE : BIG;
}

/** Decimal places, at most 9, that show every step of a clock with this `if_tsresol`. */
export function timeDigits(resolution: number): number {
  const exponent = resolution & 0x7f;
  return Math.min(9, resolution < 0x80 ? exponent : Math.ceil(exponent * Math.log10(2)));
}

/** One interface's clock. Exact for every resolution; nanoseconds are rounded down. */
export class PcapngClock {
  readonly #scale: number;
  /** Units in a second. */
  readonly #units: number;
  readonly #bigUnits: bigint;
  /** Nanoseconds in a unit, or units in a nanosecond. */
  readonly #factor: number;
  readonly #offset: bigint;
  /** The upper half that `#seconds` and `#rest` were worked out for. */
  #high = -1;
  #seconds = 0;
  #rest = 0;

  /**
   * @param resolution `if_tsresol`: 10^-n seconds, or 2^-n with bit 7 set.
   * @param offset `if_tsoffset` in seconds.
   */
  constructor(resolution: number, offset: bigint) {
    const exponent = resolution & 0x7f;
    const decimal = resolution < 0x80;
    this.#offset = offset;
    this.#bigUnits = (decimal ? 10n : 2n) ** BigInt(exponent);
    this.#units = Number(this.#bigUnits);
    this.#factor = decimal ? 10 ** Math.abs(9 - exponent) : 1;
    this.#scale = scaleOf(exponent, decimal);
  }

  /** Writes the time of a timestamp (two halves, unsigned) into `frame`. */
  convert(high: number, low: number, frame: CaptureFrame) {
    if (this.#scale === BIG) return this.#convertBig(high, low, frame);
    if (high !== this.#high) this.#rebase(high);
    const units = this.#rest + low;
    const seconds = Math.floor(units / this.#units);
    const rest = units - seconds * this.#units;
    frame.seconds = this.#seconds + seconds;
    frame.nanoseconds = this.#scale === MULTIPLY
      ? rest * this.#factor
      : this.#scale === DIVIDE
      ? Math.floor(rest / this.#factor)
      : Math.floor(rest * BILLION / this.#units);
  }

  /** Unix seconds with a fraction; as exact as a double can be. */
  seconds(high: number, low: number): number {
    const value = BigInt(high) << 32n | BigInt(low);
    const fraction = Number(value % this.#bigUnits * BigInt(BILLION) / this.#bigUnits);
    return Number(value / this.#bigUnits + this.#offset) + fraction / BILLION;
  }

  #rebase(high: number) {
    const value = BigInt(high) * BigInt(TWO_TO_32);
    this.#high = high;
    this.#seconds = Number(value / this.#bigUnits + this.#offset);
    this.#rest = Number(value % this.#bigUnits);
  }

  #convertBig(high: number, low: number, frame: CaptureFrame) {
    const value = BigInt(high) << 32n | BigInt(low);
    frame.seconds = Number(value / this.#bigUnits + this.#offset);
    frame.nanoseconds = Number(value % this.#bigUnits * BigInt(BILLION) / this.#bigUnits);
  }
}

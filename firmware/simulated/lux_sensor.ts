/**
 * Vishay VEML7700 ambient light sensor: light in, counts out. No I/O, no clock.
 *
 * Gains, integration times, resolution table and the ladder of ranges follow
 * Vishay, "VEML7700: High Accuracy Ambient Light Sensor With I2C Interface"
 * (datasheet 84286) and "Designing the VEML7700 Into an Application"
 * (application note 84323). The resolution is that of the earlier revisions,
 * 0.0036 lx per count at gain 2 and 800 ms; later ones say 0.0042. The
 * non-linearity above 1000 lx, which the note corrects by a polynomial, is
 * not modelled.
 *
 * @module
 */

import { Random } from "./random.ts";

/** Factors of the ALS_GAIN setting. */
export const GAINS = [1 / 8, 1 / 4, 1, 2] as const;

/** Times of the ALS_IT setting, ms. */
export const INTEGRATION_MS = [25, 50, 100, 200, 400, 800] as const;

/** One setting of the sensor. */
export interface LuxRange {
  gain: typeof GAINS[number];
  integration_ms: typeof INTEGRATION_MS[number];
}

/** One reading. */
export interface LuxReading extends LuxRange {
  /** Illuminance, lx, to the resolution of its range. */
  lux: number;
  /** What the 16-bit data register holds, 0 to 65535. */
  counts: number;
  /** Whether there was more light than the range can say. */
  saturated: boolean;
}

/** Illuminance of one count at gain 2 and 800 ms, lx. */
const FINEST_LX = 0.0036;
const FULL_SCALE = 65535;
/** Counts at which the application note's ladder steps up and down. */
const TOO_FEW = 100;
const TOO_MANY = 10_000;

/** Ranges from the least to the most sensitive, as the application note walks them. */
export const LADDER: readonly LuxRange[] = [
  { gain: 1 / 8, integration_ms: 25 },
  { gain: 1 / 8, integration_ms: 50 },
  { gain: 1 / 8, integration_ms: 100 },
  { gain: 1 / 4, integration_ms: 100 },
  { gain: 1, integration_ms: 100 },
  { gain: 2, integration_ms: 100 },
  { gain: 2, integration_ms: 200 },
  { gain: 2, integration_ms: 400 },
  { gain: 2, integration_ms: 800 },
];

/** The note's first range: gain 1/8, 100 ms. */
const FIRST_RUNG = 2;

/** Illuminance of one count, lx: doubles with each halving of gain or integration time. */
export function resolution({ gain, integration_ms }: LuxRange): number {
  return FINEST_LX * (2 / gain) * (800 / integration_ms);
}

/** Counts that a range gives for an illuminance in lx, stopping at 65535. */
export function countsFor(lux: number, range: LuxRange): number {
  return Math.min(FULL_SCALE, Math.max(0, Math.round(lux / resolution(range))));
}

/** Next rung of {@linkcode LADDER} after a reading on one. */
export function nextRung(rung: number, counts: number): number {
  if (counts > TOO_MANY) return Math.max(0, rung - 1);
  if (counts <= TOO_FEW) return Math.min(LADDER.length - 1, rung + 1);
  return rung;
}

/** A sensor that ranges itself: one rung per sample, straight to the least sensitive when saturated. */
export class LuxSensor {
  readonly #random: Random;
  #rung = FIRST_RUNG;

  /** @param seed Seed of the noise: shot noise of the counts, and half a count. */
  constructor(seed = 1) {
    this.#random = new Random(seed);
  }

  /** Setting of the next sample. */
  get range(): LuxRange {
    return LADDER[this.#rung]!;
  }

  /**
   * Takes one sample. A saturated one is taken again on the least sensitive
   * range, so that what is returned is saturated only beyond about 120 klx.
   *
   * @param lux Illuminance, lx, at least 0.
   */
  sample(lux: number): LuxReading {
    let reading = this.#read(lux);
    if (reading.saturated && this.#rung > 0) {
      this.#rung = 0;
      reading = this.#read(lux);
    }
    this.#rung = nextRung(this.#rung, reading.counts);
    return reading;
  }

  #read(lux: number): LuxReading {
    const range = this.range;
    const ideal = lux / resolution(range);
    const noise = Math.sqrt(ideal / 16 + 0.25) * this.#random.normal();
    const counts = countsFor(Math.max(0, ideal + noise) * resolution(range), range);
    return {
      ...range,
      lux: Math.round(counts * resolution(range) * 10_000) / 10_000,
      counts,
      saturated: counts === FULL_SCALE,
    };
  }
}

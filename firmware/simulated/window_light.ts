/**
 * Light on a window sill: day and night, clouds, and a lamp in the evening.
 * No I/O, no clock.
 *
 * @module
 */

import { Random } from "./random.ts";

/** Options of {@linkcode WindowLight}. */
export interface WindowLightOptions {
  /** Seed of the clouds. @default 1 */
  seed?: number;
  /** Length of a day, s; short days show the whole range in a demonstration. @default 600 */
  day_seconds?: number;
  /** Hour at which it starts, 0 to 24. @default 6.5 */
  hour?: number;
}

/** Clear sky at noon behind the window, lx. */
const NOON_LX = 60_000;
const NIGHT_LX = 0.05;
const LAMP_LX = 320;
/** Share of the light that the thickest cloud lets through. */
const OVERCAST = 0.08;
/** How long clouds stay alike, in hours of the day. */
const CLOUD_HOURS = 0.5;
/** Daylight, lx, below which the lamp goes on and above which it goes off. */
const LAMP = { on: 80, off: 160 } as const;
/** Hours between which somebody is awake to want the lamp. */
const AWAKE = { from: 6, to: 23 } as const;

/** Daylight under a clear sky, lx; hour 0 to 24. Sunrise at 6, sunset at 18, with twilight. */
export function clearSky(hour: number): number {
  const height = Math.sin((hour - 6) / 12 * Math.PI);
  const day_lx = NOON_LX * Math.max(0, height) ** 1.3;
  const twilight_lx = 400 * Math.exp(Math.min(0, height) * 30);
  return day_lx + twilight_lx + NIGHT_LX;
}

/** The light of a place. Time passes only in {@linkcode WindowLight.step}. */
export class WindowLight {
  readonly #random: Random;
  readonly #hoursPerSecond: number;
  #hour: number;
  /** Wanders about 0 with standard deviation 1; clouds when it is positive. */
  #weather: number;
  #lamp = false;

  constructor(options: WindowLightOptions = {}) {
    this.#random = new Random(options.seed ?? 1);
    this.#hoursPerSecond = 24 / (options.day_seconds ?? 600);
    this.#hour = options.hour ?? 6.5;
    this.#weather = this.#random.normal();
  }

  /** Time of day, 0 to 24. */
  get hour(): number {
    return this.#hour;
  }

  get lamp(): boolean {
    return this.#lamp;
  }

  /** Illuminance, lx. */
  get lux(): number {
    return this.#daylight() + (this.#lamp ? LAMP_LX : 0);
  }

  /** Lets `dt_seconds` pass. */
  step(dt_seconds: number) {
    const hours = dt_seconds * this.#hoursPerSecond;
    this.#hour = (this.#hour + hours) % 24;
    const kept = Math.exp(-hours / CLOUD_HOURS);
    this.#weather = this.#weather * kept + Math.sqrt(1 - kept ** 2) * this.#random.normal();
    const awake = this.#hour >= AWAKE.from && this.#hour < AWAKE.to;
    this.#lamp = awake && this.#daylight() < (this.#lamp ? LAMP.off : LAMP.on);
  }

  #daylight(): number {
    const cover = 1 / (1 + Math.exp(-3 * this.#weather));
    return clearSky(this.#hour) * (1 - cover * (1 - OVERCAST));
  }
}

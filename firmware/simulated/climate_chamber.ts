/**
 * Physics and thermostat of a small climate chamber: no I/O, no clock.
 *
 * Three thermal masses (the air with what is in it, the metal liner, the heat
 * sink outside) joined by conductances. The cooler and a film heater sit on
 * the liner; fans raise the conductances. A two-point thermostat acts on what
 * the noisy sensor in the air says. Parameters fit a chamber of about 5
 * litres with one 40 mm cooler; temperatures are °C, powers W, times s.
 *
 * @module
 */

import { Random } from "./random.ts";
import { COUPLES_127, heatFlow } from "./thermoelectric_cooler.ts";

/** Range of the setpoint, °C. */
export const SETPOINT = { min: -10, max: 60, step: 0.5 } as const;

/** Where a chamber starts. */
export interface ChamberOptions {
  /** Seed of the sensor noise. @default 1 */
  seed?: number;
  /** Temperature around the chamber, °C; everything starts at it. @default 22 */
  ambient_c?: number;
  /** First setpoint, °C, clamped like a command. @default 18 */
  setpoint_c?: number;
  /** Whether it starts switched on. @default true */
  power?: boolean;
  /** Standard deviation of one sensor reading, °C. @default 0.02 */
  noise_c?: number;
}

/** What the chamber's controller knows: measured temperatures and switches. */
export interface ChamberReading {
  /** Air, °C, with noise, in steps of 0.01. */
  temperature: number;
  /** Liner, °C, with noise, in steps of 0.01. */
  wall: number;
  /** Hot side of the cooler, °C, with noise, in steps of 0.01. */
  heatsink: number;
  /** °C. */
  setpoint: number;
  power: boolean;
  cooler: boolean;
  heater: boolean;
  /** Circulation fan inside. */
  fan: boolean;
  /** Fan on the heat sink outside. */
  heatsink_fan: boolean;
}

const AIR_J_PER_K = 40;
const WALL_J_PER_K = 250;
const HEATSINK_J_PER_K = 400;
const AIR_WALL_W_PER_K = { still: 1.5, fan: 12 };
const LEAK_W_PER_K = 0.35;
const HEATSINK_W_PER_K = { still: 1.0, fan: 7 };
const COOLER_A = 4;
const HEATER_W = 50;

/** Distance from the setpoint at which heater or cooler starts, K; it stops at the setpoint. */
const HYSTERESIS_K = 0.5;
/** Pause between heating and cooling, s: the liner lags, and must not be fought. */
const CHANGEOVER_S = 30;
/** Air against liner, K: above the first the circulation fan starts, below the second it stops. */
const FAN_K = { on: 0.6, off: 0.2 };
/** Heat sink above ambient, K: above the first its fan starts, below the second it stops. */
const HEATSINK_FAN_K = { on: 5, off: 2 };
/** Longest step of the integration, s; the fastest time constant is about 3 s. */
const SUBSTEP_S = 0.25;

type Mode = "idle" | "cooling" | "heating";

/** `value` to the nearest of so many steps per unit; zero comes out without a sign. */
function rounded(value: number, stepsPerUnit: number): number {
  return Math.round(value * stepsPerUnit) / stepsPerUnit + 0;
}

/** Nearest setpoint that a chamber takes for a wish; `celsius` must be finite. */
export function clampSetpoint(celsius: number): number {
  return Math.min(SETPOINT.max, Math.max(SETPOINT.min, rounded(celsius, 1 / SETPOINT.step)));
}

/** A climate chamber. Time passes only in {@linkcode ClimateChamber.step}. */
export class ClimateChamber {
  readonly #ambient_c: number;
  readonly #noise_c: number;
  readonly #random: Random;
  #air_c: number;
  #wall_c: number;
  #heatsink_c: number;
  #setpoint_c: number;
  #power: boolean;
  #mode: Mode = "idle";
  #fan = false;
  #heatsink_fan = false;
  /** Time since heater or cooler last stopped, s. */
  #idle_s = Infinity;
  /** Which of the two it was. */
  #last: Mode = "idle";
  #measured: { air_c: number; wall_c: number; heatsink_c: number };

  constructor(options: ChamberOptions = {}) {
    this.#ambient_c = options.ambient_c ?? 22;
    this.#noise_c = options.noise_c ?? 0.02;
    this.#random = new Random(options.seed ?? 1);
    this.#air_c = this.#wall_c = this.#heatsink_c = this.#ambient_c;
    this.#setpoint_c = clampSetpoint(options.setpoint_c ?? 18);
    this.#power = options.power ?? true;
    this.#measured = this.#measure();
  }

  /** What the sensors said at the end of the last step, and the switches. */
  get reading(): ChamberReading {
    return {
      temperature: rounded(this.#measured.air_c, 100),
      wall: rounded(this.#measured.wall_c, 100),
      heatsink: rounded(this.#measured.heatsink_c, 100),
      setpoint: this.#setpoint_c,
      power: this.#power,
      cooler: this.#mode === "cooling",
      heater: this.#mode === "heating",
      fan: this.#fan,
      heatsink_fan: this.#heatsink_fan,
    };
  }

  /**
   * Sets the setpoint to the nearest one in range.
   *
   * @param celsius °C.
   * @returns The setpoint that now holds.
   * @throws {RangeError} If `celsius` is not a finite number.
   */
  setSetpoint(celsius: number): number {
    if (!Number.isFinite(celsius)) {
      throw new RangeError(`Cannot set the setpoint: ${celsius} is not a finite number`);
    }
    return this.#setpoint_c = clampSetpoint(celsius);
  }

  /** Switches the chamber; off, heater, cooler and fans stop at once. */
  setPower(on: boolean) {
    this.#power = on;
    if (!on) this.#switchOff();
  }

  /**
   * Lets time pass: the thermostat decides once on fresh sensor readings, then
   * heat flows.
   *
   * @param dt_seconds At least 0; what is longer than 0.25 s is integrated in parts.
   */
  step(dt_seconds: number) {
    if (this.#power) this.#control();
    const parts = Math.ceil(dt_seconds / SUBSTEP_S);
    for (let part = 0; part < parts; part++) this.#integrate(dt_seconds / parts);
    this.#idle_s += dt_seconds;
    this.#measured = this.#measure();
  }

  #measure() {
    const sensor = (celsius: number) => celsius + this.#noise_c * this.#random.normal();
    return {
      air_c: sensor(this.#air_c),
      wall_c: sensor(this.#wall_c),
      heatsink_c: sensor(this.#heatsink_c),
    };
  }

  #control() {
    const { air_c, wall_c, heatsink_c } = this.#measured;
    const above_k = air_c - this.#setpoint_c;
    if (this.#mode === "cooling" && above_k <= 0 || this.#mode === "heating" && above_k >= 0) {
      this.#rest();
    }
    if (this.#mode === "idle") {
      if (above_k >= HYSTERESIS_K) this.#start("cooling");
      if (above_k <= -HYSTERESIS_K) this.#start("heating");
    }
    const spread_k = Math.abs(air_c - wall_c);
    this.#fan = this.#mode !== "idle" || spread_k > (this.#fan ? FAN_K.off : FAN_K.on);
    const hot_k = heatsink_c - this.#ambient_c;
    this.#heatsink_fan = hot_k > (this.#heatsink_fan ? HEATSINK_FAN_K.off : HEATSINK_FAN_K.on);
  }

  #start(mode: "cooling" | "heating") {
    if (this.#last === mode || this.#idle_s >= CHANGEOVER_S) this.#mode = this.#last = mode;
  }

  #rest() {
    this.#mode = "idle";
    this.#idle_s = 0;
  }

  #switchOff() {
    if (this.#mode !== "idle") this.#rest();
    this.#fan = this.#heatsink_fan = false;
  }

  #integrate(dt_s: number) {
    const current_a = this.#mode === "cooling" ? COOLER_A : 0;
    const { cold_w, hot_w } = heatFlow(COUPLES_127, current_a, this.#wall_c, this.#heatsink_c);
    const heater_w = this.#mode === "heating" ? HEATER_W : 0;
    const air_w = AIR_WALL_W_PER_K[this.#fan ? "fan" : "still"] * (this.#air_c - this.#wall_c);
    const leak_w = LEAK_W_PER_K * (this.#ambient_c - this.#wall_c);
    const sink_w = HEATSINK_W_PER_K[this.#heatsink_fan ? "fan" : "still"] *
      (this.#heatsink_c - this.#ambient_c);
    this.#air_c -= air_w * dt_s / AIR_J_PER_K;
    this.#wall_c += (air_w + leak_w + heater_w - cold_w) * dt_s / WALL_J_PER_K;
    this.#heatsink_c += (hot_w - sink_w) * dt_s / HEATSINK_J_PER_K;
  }
}

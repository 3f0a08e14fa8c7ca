/**
 * How much of one core the process takes.
 *
 * @module
 */
import process from "node:process";

/** A share is over so long, ms. */
const PERIOD_MS = 2000;

/** CPU time of the process, its Workers included, against the time that passed. */
export class CpuShare {
  readonly #used: () => number;
  readonly #monotonic: () => number;
  #from: { at: number; used: number };
  #share = 0;

  /**
   * @param used CPU time taken so far, ms
   * @param monotonic milliseconds that never go back
   */
  constructor(used: () => number = cpuMs, monotonic: () => number = () => performance.now()) {
    this.#used = used;
    this.#monotonic = monotonic;
    this.#from = { at: monotonic(), used: used() };
  }

  /** To be called some times per {@linkcode PERIOD_MS}, however often {@linkcode share} is asked. */
  sample(): void {
    const at = this.#monotonic();
    const passed = at - this.#from.at;
    if (passed < PERIOD_MS) return;
    const used = this.#used();
    this.#share = (used - this.#from.used) / passed;
    this.#from = { at, used };
  }

  /** Of one core, over the last 2 s or so that are complete; 0 before there are any. */
  get share(): number {
    return this.#share;
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

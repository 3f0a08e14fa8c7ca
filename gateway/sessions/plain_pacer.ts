/**
 * Keeps plain clients from taking the processor away from the others. A plain
 * client takes one frame per message, and Deno writes each with a system call
 * of its own, ten times as dear as a message in an array. So plain clients
 * share a rate of frames, which follows how busy the process is; what they
 * cannot have at once they catch up with, or get thinned.
 *
 * @module
 */
import { cpuTime } from "../clock.ts";

const PERIOD_MS = 50;
/** Share of one processor above which the rate falls, and below which it rises. */
const BUSY = 0.8;
const EASY = 0.7;
const FASTER = 1.25;
const SLOWER = 0.8;
const FIRST_RATE = 100_000;
/** Bounds of the rate, frames per second. */
const MIN_RATE = 5_000;
const MAX_RATE = 200_000;
/** Frames that may go at once, in seconds of the rate. */
const BURST_SECONDS = 0.01;

export class PlainPacer {
  #rate = FIRST_RATE;
  #tokens = FIRST_RATE * BURST_SECONDS;
  #filledAt = performance.now();
  #measuredAt = performance.now();
  #cpuAt = cpuTime();

  /** Whether a frame may be sent now. */
  get allows(): boolean {
    const time = performance.now();
    if (time - this.#measuredAt > PERIOD_MS) this.#adapt(time);
    const earned = this.#rate * (time - this.#filledAt) / 1000;
    this.#filledAt = time;
    this.#tokens = Math.min(this.#rate * BURST_SECONDS, this.#tokens + earned);
    return this.#tokens > 0;
  }

  /** A frame was sent. */
  spend() {
    this.#tokens--;
  }

  #adapt(time: number) {
    const cpu = cpuTime();
    const busy = (cpu - this.#cpuAt) / (time - this.#measuredAt);
    this.#measuredAt = time;
    this.#cpuAt = cpu;
    if (busy > BUSY) this.#rate = Math.max(MIN_RATE, this.#rate * SLOWER);
    else if (busy < EASY) this.#rate = Math.min(MAX_RATE, this.#rate * FASTER);
  }
}

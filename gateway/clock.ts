/**
 * The gateway's time: Unix milliseconds with a fraction, finer than `Date`,
 * and following the system clock when that is set (a Raspberry Pi has no
 * clock of its own and starts in the past).
 *
 * @module
 */
import process from "node:process";

const RESYNC_MS = 1000;
const STEP_MS = 2;

let offset = Date.now() - performance.now();
let checked = performance.now();

/** Now, in Unix milliseconds, to a microsecond. */
export function now(): number {
  const monotonic = performance.now();
  if (monotonic - checked > RESYNC_MS) {
    checked = monotonic;
    const measured = Date.now() - monotonic;
    if (Math.abs(measured - offset) > STEP_MS) offset = measured;
  }
  return Math.round((monotonic + offset) * 1000) / 1000;
}

/** What to add to the monotonic clock to get {@linkcode now}, milliseconds. */
export function clockOffset(): number {
  return offset;
}

/** CPU time that the process has taken so far, milliseconds. Asking takes some microseconds. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

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

/** Ours and that of all threads are compared so often, milliseconds: the system counts ours coarsely. */
const SHARE_MS = 250;

let workers = 0;
let share = 1;
let compared = { at: 0, all: 0, own: 0 };
let counted = { all: 0, own: 0 };

/**
 * A Worker begins: what it takes is not to count as ours.
 *
 * @returns has to be called when it has ended
 */
export function workerBegins(): () => void {
  if (workers++ === 0) compared = { at: performance.now(), all: allTime(), own: ownTime() };
  let ended = false;
  return () => {
    if (ended) return;
    ended = true;
    if (--workers === 0) share = 1;
  };
}

function allTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function ownTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** How much of what the process takes is not its Workers', lately. */
function compare(all: number) {
  const at = performance.now();
  if (at - compared.at < SHARE_MS) return;
  const own = ownTime();
  if (all > compared.all) share = Math.min(1, (own - compared.own) / (all - compared.all));
  compared = { at, all, own };
}

/**
 * CPU time that the process has taken so far without its Workers, milliseconds. Asking takes some
 * microseconds.
 */
export function cpuTime(): number {
  const all = allTime();
  if (workers > 0) compare(all);
  counted = { all, own: counted.own + (all - counted.all) * share };
  return counted.own;
}

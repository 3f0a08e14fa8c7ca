/**
 * Waits that end early when they are called off.
 *
 * @module
 */

/** Settles after so long, or when `signal` is aborted. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}

/** Settles when the promise is fulfilled, after so long, or when `signal` is aborted. */
export async function within(
  promise: Promise<unknown>,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  const done = new AbortController();
  try {
    await Promise.race([promise, sleep(ms, AbortSignal.any([signal, done.signal]))]);
  } finally {
    done.abort();
  }
}

/** A signal that is aborted so long after another. */
export function soonAfter(signal: AbortSignal, ms: number): AbortSignal {
  const aborter = new AbortController();
  const start = () => Deno.unrefTimer(setTimeout(() => aborter.abort(), ms));
  if (signal.aborted) start();
  else signal.addEventListener("abort", start, { once: true });
  return aborter.signal;
}

import { batch } from "@preact/signals";

/**
 * Gathers work for the screen: whatever was asked for since the last frame
 * runs once, together, in the browser's next one. Frames are at least
 * {@linkcode INTERVAL} apart, so that a flood of updates leaves time for
 * fingers; the first one after quiet comes at once. A hidden page does nothing.
 */
export const INTERVAL = 50;

const work = new Set<() => void>();
let waiting = false;
let last = 0;

/** @param task Runs once per frame however often it was asked for. */
export function onNextFrame(task: () => void): void {
  work.add(task);
  if (waiting) return;
  waiting = true;
  const rest = INTERVAL - (performance.now() - last);
  if (rest <= 0) requestAnimationFrame(run);
  else setTimeout(() => requestAnimationFrame(run), rest);
}

function run(): void {
  waiting = false;
  last = performance.now();
  const tasks = [...work];
  work.clear();
  batch(() => {
    for (const task of tasks) task();
  });
}

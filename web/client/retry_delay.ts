/**
 * Exponential backoff with full jitter: uniform between `min` and a ceiling
 * that doubles with each attempt, so that browsers that lost the same gateway
 * don't return in step.
 *
 * @module
 */

/**
 * @param attempt Failed attempts in a row before this one, from 0.
 * @param min Shortest delay, milliseconds.
 * @param max Longest delay, milliseconds.
 * @param random Number from 0 to 1.
 * @returns Milliseconds to wait.
 */
export function retryDelay(
  attempt: number,
  min: number,
  max: number,
  random: () => number = Math.random,
): number {
  const ceiling = Math.min(max, min * 2 ** Math.min(attempt + 1, 30));
  return min + random() * (ceiling - min);
}

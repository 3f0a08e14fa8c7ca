/**
 * Waiting for what no event announces, such as a counter of another process.
 *
 * @module
 */

/** Between the first two asks; what takes long is asked for less often. */
const SHORTEST_MS = 10;
const LONGEST_MS = 100;
const GROWTH = 1.25;
/** So long that a machine that is busy with other things gets there, too. */
const PATIENCE_MS = 20_000;

/**
 * Asks again until the answer is something.
 *
 * @param what What is waited for, for the failure message.
 * @throws If nothing came within 20 s.
 */
export async function eventually<T>(
  what: string,
  ask: () => T | null | undefined | false | Promise<T | null | undefined | false>,
): Promise<T> {
  let wait_ms = SHORTEST_MS;
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    await new Promise((resolve) => setTimeout(resolve, wait_ms));
    wait_ms = Math.min(wait_ms * GROWTH, LONGEST_MS);
  }
  throw new Error(`${what}: not within ${PATIENCE_MS / 1000} s`);
}

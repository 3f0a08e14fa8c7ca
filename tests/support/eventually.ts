/**
 * Waiting for what no event announces, such as a counter of another process.
 *
 * @module
 */

const PERIOD_MS = 25;

/**
 * Asks again until the answer is something.
 *
 * @param what What is waited for, for the failure message.
 * @throws If nothing came within 10 s.
 */
export async function eventually<T>(
  what: string,
  ask: () => T | null | undefined | false | Promise<T | null | undefined | false>,
): Promise<T> {
  for (const end = Date.now() + 10_000; Date.now() < end;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    await new Promise((resolve) => setTimeout(resolve, PERIOD_MS));
  }
  throw new Error(`${what}: not within 10 s`);
}

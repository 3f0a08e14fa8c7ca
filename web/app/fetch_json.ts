/** After which a request counts as failed, milliseconds. */
const PATIENCE = 10_000;

/**
 * Asks the gateway's API.
 *
 * @param what What is asked for, as in "Cannot load the nodes".
 * @throws {Error} With a message for people.
 */
export async function fetchJson<T>(path: string, what: string, signal: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]),
    });
  } catch {
    throw new Error(`Cannot load ${what}: no answer from the gateway`);
  }
  if (!response.ok) throw new Error(`Cannot load ${what}: status ${response.status}`);
  return await response.json();
}

/**
 * Makes checks of `pcapng_bombs.ts`. Memory is measured in a worker: the heap of the tests
 * themselves is so large that each look at it takes long.
 *
 * @module
 */
import { BOMBS } from "./pcapng_bombs.ts";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<string>) => Promise<void>;
  /** What was wrong; empty if nothing was. */
  postMessage(problem: string): void;
};

scope.onmessage = async ({ data }) => {
  try {
    await BOMBS[data]!();
    scope.postMessage("");
  } catch (error) {
    scope.postMessage(error instanceof Error ? error.stack ?? error.message : String(error));
  }
};

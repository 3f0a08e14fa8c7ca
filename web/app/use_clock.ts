import { useEffect } from "preact/hooks";
import type { ClockEstimate } from "../client/client.ts";
import type { Store } from "./store.ts";

/** From one comparison to the next, milliseconds. */
const EVERY = 2000;
/** The same of the first, of which the best is taken. */
const FIRST_EVERY = 150;
const FIRST = 8;

/**
 * The gateway's clock against the page's: compared at once and then again and again while a
 * component shows it. `undefined` before the first answer.
 */
export function useClock(store: Store): ClockEstimate | undefined {
  // Moves on with each answer.
  void store.now.value;
  const asking = store.asking.value;
  useEffect(() => {
    if (!asking) return;
    let count = 0;
    let timer: ReturnType<typeof setTimeout>;
    const compare = () => {
      store.client.retryNow();
      timer = setTimeout(compare, ++count < FIRST ? FIRST_EVERY : EVERY);
    };
    compare();
    return () => clearTimeout(timer);
  }, [store, asking]);
  const { clock } = store.client;
  return clock && clock.roundTrip < Infinity ? clock : undefined;
}

import { useEffect, useState } from "preact/hooks";
import type { Commanded, TopicModel } from "../channel_model.ts";
import type { Store } from "../store.ts";

/** How long after somebody else's command that is said, milliseconds; while they go on it is told again each second. */
const SHOWN = 2500;

/** Whether somebody else commands this topic just now. */
export function useOtherHand(store: Store, topic: TopicModel): boolean {
  const commanded = topic.commanded.value;
  const [over, setOver] = useState<Commanded>();
  const left = commanded === undefined || commanded === over
    ? 0
    : commanded.time + SHOWN - store.time();
  useEffect(() => {
    if (left <= 0) return;
    const timer = setTimeout(() => setOver(commanded), left);
    return () => clearTimeout(timer);
  }, [commanded]);
  return left > 0;
}

import { useEffect, useState } from "preact/hooks";
import type { ChannelModel } from "./channel_model.ts";
import type { Store } from "./store.ts";

/**
 * Watches a channel while the component is on the page.
 *
 * @param active Whether to watch at all.
 */
export function useChannel(store: Store, name: string, active = true): ChannelModel | undefined {
  const [model, setModel] = useState<ChannelModel | undefined>(undefined);
  useEffect(() => {
    if (!active) return;
    const { model, release } = store.watch(name);
    setModel(model);
    return release;
  }, [store, name, active]);
  return model?.name === name ? model : undefined;
}

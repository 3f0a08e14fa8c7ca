import { LINGER, type Store } from "../store.ts";
import { pollChannel } from "./polled_channel.ts";
import { RequestQueue } from "./request_queue.ts";
import { WatchPool } from "./watch_pool.ts";

/** Left for the channel that is opened from a tile. */
const RESERVED = 1;
/** From one news of liveness to asking for all, milliseconds. */
const SOON = 500;

/** Where tiles get their values from; one per store, over all visits of the overview. */
export class TileSupply {
  /** History and polled channels. */
  readonly requests = new RequestQueue(4);
  readonly pool: WatchPool;
  readonly #store: Store;
  #asking: ReturnType<typeof setTimeout> | undefined;

  constructor(store: Store) {
    this.#store = store;
    this.pool = new WatchPool({
      watch: (name) => store.watch(name, { quiet: true }),
      poll: (name) => pollChannel(name, this.requests, () => store.asking.peek()),
      limit: () => store.maxChannels.peek() - RESERVED,
      linger: LINGER + 200,
    });
  }

  /** An event told of a change that the counts of states do not have yet. */
  refreshStates(): void {
    this.#asking ??= setTimeout(() => {
      this.#asking = undefined;
      this.#store.nodes.refresh();
    }, SOON);
  }
}

const supplies = new WeakMap<Store, TileSupply>();

export function tileSupply(store: Store): TileSupply {
  let supply = supplies.get(store);
  if (!supply) supplies.set(store, supply = new TileSupply(store));
  return supply;
}

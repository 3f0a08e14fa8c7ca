/**
 * Which batches of each node came, kept on disk in the same commit as what they made: a node that
 * was not told that we have a batch sends it again to the next run.
 *
 * @module
 */
import type { Batches } from "./batches.ts";

const SPACE = "batches";

/** What is needed of the store. */
export interface BatchStore {
  readonly state: { state: "ok" | "failing" | "off" };
  put(space: string, key: string, value: Uint8Array | null): void;
  entriesOf(space: string): AsyncIterable<[key: string, value: Uint8Array][]>;
}

/** A node as it is remembered. */
interface Remembered {
  readonly name: string;
  readonly batches: Batches;
}

/** Nodes of our own, by name. */
export class BatchMemory {
  readonly #store: BatchStore | null;
  /** Of those that have not been heard in this run. */
  readonly #before = new Map<string, Uint8Array>();

  /** @param store `null`: nothing is remembered. */
  constructor(store: BatchStore | null) {
    this.#store = store;
  }

  /**
   * Reads what an earlier run left.
   *
   * @param most Nodes that are remembered; of more, the rest is forgotten.
   */
  static async open(
    store: BatchStore,
    log: (line: string) => void,
    most = 10_000,
  ): Promise<BatchMemory> {
    const memory = new BatchMemory(store);
    if (store.state.state !== "ok") return memory;
    try {
      for await (const entries of store.entriesOf(SPACE)) {
        for (const [name, bytes] of entries) {
          if (memory.#before.size < most) memory.#before.set(name, bytes);
          else store.put(SPACE, name, null);
        }
      }
    } catch (error) {
      log(`nodes: which radio batches came cannot be read: ${(error as Error).message}`);
    }
    return memory;
  }

  /** Gives a node that is heard first what is remembered of it. */
  restore({ name, batches }: Remembered) {
    const bytes = this.#before.get(name);
    if (bytes === undefined) return;
    this.#before.delete(name);
    batches.restore(bytes);
  }

  /** To be called in the same turn in which a batch made updates. */
  put({ name, batches }: Remembered) {
    this.#store?.put(SPACE, name, batches.bytes());
  }

  forget(name: string) {
    this.#before.delete(name);
    this.#store?.put(SPACE, name, null);
  }
}

export const noBatchMemory: BatchMemory = new BatchMemory(null);

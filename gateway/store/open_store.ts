/**
 * The history on disk, if it is wanted: SQLite and its Worker are loaded then.
 *
 * @module
 */
import type { Config } from "../config/schema.ts";
import type { Store } from "./store.ts";
import type { StoreState } from "./store_messages.ts";

/** @returns the history on disk; `null` where none is wanted */
export async function openStore(
  { dataDir, history, store }: Config,
  onState: (state: StoreState) => void,
  log: (line: string) => void,
): Promise<Store | null> {
  if (!history.disk) return null;
  const { diskCount, diskBytes, ageSeconds } = history;
  const keep = { count: diskCount, bytes: diskBytes, ageMs: ageSeconds * 1000 };
  const { Store } = await import("./store.ts");
  return await Store.open({ dataDir, ...store, keep, onState, log });
}

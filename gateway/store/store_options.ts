/**
 * How a store is opened, and what it tells of itself.
 *
 * @module
 */
import type { BacklogOptions } from "./backlog.ts";
import type { Keep, StoreCounters, StoreState, StoreTuning } from "./store_messages.ts";

export interface StoreOptions {
  /** Folder; the database is `history.db` in it. Made if missing. */
  dataDir: string;
  /** A commit takes what gathered for so long while a publisher waits for it, ms. @default 25 */
  syncMs?: number;
  /** And while nobody waits, ms. @default 1000 */
  lazyMs?: number;
  /** And no longer, when that is free, than until it has so many entries. @default 64 */
  syncRows?: number;
  /** Entries after which a commit does not wait longer. @default 5000 */
  commitRows?: number;
  /** Kept per channel. */
  keep: Keep;
  /**
   * Bytes that may wait for the disk in memory; entries beyond are left out of the history, as a
   * named gap. @default 64 MiB
   */
  backlogBytes?: number;
  /** `close` waits for the disk so long at most, ms. @default 10,000 */
  closeMs?: number;
  /** Called when the state changes; what it is at first, {@linkcode Store.state} says. */
  onState: (state: StoreState) => void;
  log: (line: string) => void;
  /** For tests. */
  tuning?: StoreTuning;
}

export interface StoreStats extends StoreCounters {
  /** Bytes written in the last 24 hours, in steps of an hour. */
  bytesToday: number;
  /** What waits for the disk, in memory. */
  backlogBytes: number;
  backlogRows: number;
}

const SYNC_MS = 25;
const SYNC_ROWS = 64;
const LAZY_MS = 1000;
const COMMIT_ROWS = 5000;
const BACKLOG_BYTES = 64 << 20;

export function backlogOptions(options: StoreOptions): Omit<BacklogOptions, "send"> {
  return {
    syncMs: options.syncMs ?? SYNC_MS,
    syncRows: options.syncRows ?? SYNC_ROWS,
    lazyMs: options.lazyMs ?? LAZY_MS,
    commitRows: options.commitRows ?? COMMIT_ROWS,
    bytes: options.backlogBytes ?? BACKLOG_BYTES,
  };
}

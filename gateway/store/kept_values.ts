/**
 * A map on disk, for whoever has to find small things again: keys to bytes, in spaces.
 *
 * @module
 */
import type { Database } from "./database.ts";
import type { EntriesAnswer } from "./store_messages.ts";

/** An answer ends when it has so many entries or bytes. */
const PAGE_ENTRIES = 1000;
const PAGE_BYTES = 1 << 20;

/** While nothing can be stored, removals beyond so many are looked at: most are of keys that never got on disk. */
const REMOVALS_LOOKED_AT = 10_000;
/** And of so many the oldest are forgotten: then those keys may come back at the next start. */
const REMOVALS_KEPT = 200_000;

const EMPTY = new Uint8Array();
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Changes that wait for a commit, and survive one that failed: the newest of each key. */
export class KeptValues {
  readonly #spaces = new Map<string, Map<string, Uint8Array | null>>();
  #removals = 0;
  #lookAt = REMOVALS_LOOKED_AT;

  get waits(): boolean {
    return this.#spaces.size > 0;
  }

  /** @param value `null`: the key is removed. */
  put(space: string, key: string, value: Uint8Array | null) {
    let keys = this.#spaces.get(space);
    if (keys === undefined) this.#spaces.set(space, keys = new Map());
    if (keys.get(key) === null) this.#removals--;
    if (value === null) this.#removals++;
    // The newest change stands last.
    keys.delete(key);
    keys.set(key, value);
  }

  /** In a transaction. */
  write(db: Database) {
    for (const [space, keys] of this.#spaces) {
      for (const [key, value] of keys) {
        const bytes = encoder.encode(key);
        if (value === null) db.run("DELETE FROM map WHERE space = ? AND key = ?", space, bytes);
        else db.run("INSERT OR REPLACE INTO map VALUES (?, ?, ?)", space, bytes, value);
      }
    }
  }

  /** All that waited is on disk. */
  done() {
    this.#spaces.clear();
    this.#removals = 0;
    this.#lookAt = REMOVALS_LOOKED_AT;
  }

  /** Nothing could be stored: forgets removals of what is not on disk. @param db `null`: not known */
  prune(db: Database | null) {
    if (this.#removals < this.#lookAt) return;
    try {
      if (db !== null) this.#forget((space, key) => !isOnDisk(db, space, key));
    } catch {
      // The disk cannot be read either.
    }
    this.#forget(() => this.#removals > REMOVALS_KEPT);
    this.#lookAt = Math.max(REMOVALS_LOOKED_AT, 2 * this.#removals);
  }

  #forget(isGone: (space: string, key: string) => boolean) {
    for (const [space, keys] of this.#spaces) {
      for (const [key, value] of keys) {
        if (value !== null || !isGone(space, key)) continue;
        keys.delete(key);
        this.#removals--;
      }
      if (keys.size === 0) this.#spaces.delete(space);
    }
  }

  /** Values of a space that wait; they are in memory anyway. */
  waiting(space: string): EntriesAnswer {
    const entries: EntriesAnswer["entries"] = [];
    for (const [key, value] of this.#spaces.get(space) ?? []) {
      if (value !== null) entries.push([key, value]);
    }
    return { entries, next: EMPTY };
  }

  /**
   * A part of a space as it is on disk, changed by what waits.
   *
   * @param from Where it begins, as the part before says.
   * @throws What SQLite says.
   */
  read(db: Database, space: string, from: Uint8Array): EntriesAnswer {
    const waiting = this.#spaces.get(space);
    const entries: EntriesAnswer["entries"] = [];
    let bytes = 0;
    const query = "SELECT key, value FROM map WHERE space = ? AND key >= ? ORDER BY key";
    for (const row of db.each(query, space, from)) {
      if (entries.length >= PAGE_ENTRIES || bytes >= PAGE_BYTES) {
        return { entries, next: row.key as Uint8Array };
      }
      const key = decoder.decode(row.key as Uint8Array);
      const value = waiting?.has(key) ? waiting.get(key)! : row.value as Uint8Array;
      if (value === null) continue;
      entries.push([key, value]);
      bytes += value.length;
    }
    return { entries, next: null };
  }
}

function isOnDisk(db: Database, space: string, key: string): boolean {
  const query = "SELECT 1 FROM map WHERE space = ? AND key = ?";
  return db.get(query, space, encoder.encode(key)) !== undefined;
}

/**
 * The store's map, in memory: what a persistence writes is read by the next one.
 *
 * @module
 */
import type { DurableMap } from "../../gateway/broker/persistence_disk.ts";

/** Entries to a piece. */
const PIECE = 2;

export class MapOnDisk implements DurableMap {
  readonly spaces = new Map<string, Map<string, Uint8Array>>();
  /** How often something was put. */
  puts = 0;
  /** Why it cannot be read. */
  broken: Error | null = null;

  put(space: string, key: string, value: Uint8Array | null) {
    this.puts++;
    let entries = this.spaces.get(space);
    if (entries === undefined) this.spaces.set(space, entries = new Map());
    if (value === null) entries.delete(key);
    else entries.set(key, value.slice());
  }

  async *entriesOf(space: string): AsyncGenerator<[string, Uint8Array][]> {
    if (this.broken !== null) throw this.broken;
    const entries = [...this.spaces.get(space) ?? []].toSorted().toReversed();
    for (let i = 0; i < entries.length; i += PIECE) {
      await Promise.resolve();
      yield entries.slice(i, i + PIECE);
    }
  }

  /** Keys of a space. */
  keys(space: string): string[] {
    return [...this.spaces.get(space)?.keys() ?? []];
  }

  /** A copy as of now: what a crash would leave. */
  copy(): MapOnDisk {
    const copy = new MapOnDisk();
    for (const [space, entries] of this.spaces) copy.spaces.set(space, new Map(entries));
    return copy;
  }

  get size(): number {
    return [...this.spaces.values()].reduce((sum, entries) => sum + entries.size, 0);
  }
}

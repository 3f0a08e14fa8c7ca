/**
 * A store in a folder of its own.
 *
 * @module
 */
import { Store } from "../../gateway/store/store.ts";
import type { StoreOptions } from "../../gateway/store/store_options.ts";
import type { StoredEntry, StoreState } from "../../gateway/store/store_messages.ts";

/** Nothing is removed. */
export const KEEP_ALL = { count: 1e9, bytes: 1e12, ageMs: 1e13 };

/** A folder, and what a store in it said; removed at the end of its scope. */
export class StoreFolder implements AsyncDisposable {
  readonly dir = Deno.makeTempDirSync({ prefix: "edgewire-store-" });
  readonly states: StoreState[] = [];
  readonly lines: string[] = [];
  readonly #open: Store[] = [];

  async open(options: Partial<StoreOptions> = {}): Promise<Store> {
    const store = await Store.open({
      dataDir: this.dir,
      keep: KEEP_ALL,
      onState: (state) => this.states.push(state),
      log: (line) => this.lines.push(line),
      ...options,
    });
    this.#open.push(store);
    return store;
  }

  get path(): string {
    return `${this.dir}/history.db`;
  }

  /** Names of the files in it. */
  get files(): string[] {
    return [...Deno.readDirSync(this.dir)].map(({ name }) => name).sort();
  }

  /** What a cut of power leaves of a database that is open. */
  async cut(): Promise<StoreFolder> {
    const other = new StoreFolder();
    for (const file of this.files) {
      await Deno.copyFile(`${this.dir}/${file}`, `${other.dir}/${file}`);
    }
    return other;
  }

  async [Symbol.asyncDispose]() {
    await Promise.all(this.#open.map((store) => store.close()));
    await Deno.remove(this.dir, { recursive: true });
  }
}

/** Appends to one channel, numbering as a room does. */
export class ChannelWriter {
  readonly #store: Store;
  readonly #name: string;
  #handle: number;
  seq: number;

  constructor(store: Store, name: string) {
    this.#store = store;
    this.#name = name;
    this.seq = store.startOf(name);
    this.#handle = store.channel(name);
  }

  /** @param topic `null`: an event. @param time Unix ms; a second more than the one before, if left out */
  append(topic: string | null, json: string, time = this.seq * 1000): number {
    const handle = topic === null ? -1 : this.#store.topic(this.#handle, topic);
    this.#store.append(this.#handle, handle, ++this.seq, time, json, `id-${this.seq}`, "");
    return this.seq;
  }

  remove() {
    this.#store.removeChannel(this.#name, this.seq);
  }
}

/** All entries of a channel, by {@linkcode Store.range}. */
export async function allEntries(store: Store, channel: string): Promise<StoredEntry[]> {
  const entries: StoredEntry[] = [];
  for (let from = 0;;) {
    const answer = await store.range(channel, from, Number.MAX_SAFE_INTEGER, 5000);
    if (answer.entries.length === 0) return entries;
    entries.push(...answer.entries);
    from = answer.entries.at(-1)!.seq + 1;
  }
}

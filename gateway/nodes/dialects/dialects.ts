/**
 * All dialects: which one a topic belongs to.
 *
 * @module
 */
import type { Dialect, TopicReader } from "./dialect.ts";
import { isOwnTopic } from "./own_topics.ts";

/** How messages on a topic are read, and whose they are. */
export interface FoundReader {
  readonly dialect: string;
  readonly read: TopicReader;
}

/** Bounds of the cache; when it is full it starts over. */
const CACHED_TOPICS = 100_000;
const CACHED_CHARACTERS = 16 << 20;

export class Dialects {
  readonly #dialects: readonly Dialect[];
  readonly #readers = new Map<string, FoundReader | null>();
  #characters = 0;
  /** Called when answers of `reader` may be others now. */
  onChange?: (() => void) | undefined;

  /** @param dialects The first that knows a topic has it. */
  constructor(dialects: readonly Dialect[]) {
    this.#dialects = dialects;
    for (const dialect of dialects) dialect.onChange = () => this.#changed();
  }

  /** @returns `null` when no dialect knows the topic. The same object while it is remembered. */
  reader(topic: string): FoundReader | null {
    const known = this.#readers.get(topic);
    if (known !== undefined) return known;
    const found = this.#find(topic);
    this.#characters += topic.length;
    if (this.#readers.size >= CACHED_TOPICS || this.#characters > CACHED_CHARACTERS) {
      this.#readers.clear();
      this.#characters = topic.length;
    }
    this.#readers.set(topic, found);
    return found;
  }

  #find(topic: string): FoundReader | null {
    if (isOwnTopic(topic)) return null;
    for (const dialect of this.#dialects) {
      const read = dialect.reader(topic);
      if (read !== null) return { dialect: dialect.name, read };
    }
    return null;
  }

  #changed() {
    this.#readers.clear();
    this.#characters = 0;
    this.onChange?.();
  }
}

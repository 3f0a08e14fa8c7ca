/**
 * The channels and topics that the database knows, as the store's Worker keeps them in memory.
 *
 * @module
 */
import type { Database } from "./database.ts";
import type { Opened, StoredEntry } from "./store_messages.ts";
import { entryOf, Tail } from "./tail.ts";

export interface TopicState {
  /** In the database, and in records. */
  readonly id: number;
  readonly name: string;
  /** Its values are true and false. */
  states: boolean;
  /** There were values that are no numbers. */
  words: boolean;
  /** The newest entry in chunks, as a record. */
  last: Uint8Array | null;
}

export interface ChannelState {
  /** In the database, and in records. */
  readonly id: number;
  readonly name: string;
  /** Numbers up to this one are reserved on disk. */
  reserved: number;
  /** When that was extended, ms of the monotonic clock, and the newest number then. */
  extended: { at: number; newest: number };
  /** Newest number taken in, on disk or not. */
  newest: number;
  /** Newest number in chunks. */
  sealed: number;
  /** Newest number in roll-ups on disk. */
  rolled: number;
  /** Newest number that was removed for age or size; 0: none. */
  forgotten: number;
  /** In chunks. */
  rows: number;
  bytes: number;
  /** It is no longer in the book. */
  removed: boolean;
  readonly tail: Tail;
  readonly topics: Map<string, TopicState>;
}

export function newChannel(id: number, name: string, start: number): ChannelState {
  return {
    id,
    name,
    reserved: start,
    extended: { at: performance.now(), newest: start },
    newest: start,
    sealed: start,
    rolled: start,
    forgotten: 0,
    rows: 0,
    bytes: 0,
    removed: false,
    tail: new Tail(),
    topics: new Map(),
  };
}

/** Newest number that is on disk. */
export function lastCommitted({ tail, sealed }: ChannelState): number {
  return tail.seqs[tail.committed - 1] ?? sealed;
}

export class ChannelBook {
  readonly names = new Map<string, ChannelState>();
  /** By the numbers in records. */
  readonly channels = new Map<number, ChannelState>();
  readonly topics = new Map<number, TopicState>();
  /** Highest number of a channel or topic so far. */
  highest = 0;

  addChannel(channel: ChannelState, handle = channel.id) {
    this.names.set(channel.name, channel);
    this.channels.set(handle, channel);
    this.highest = Math.max(this.highest, handle, channel.id);
  }

  addTopic(channel: ChannelState, topic: TopicState, handle = topic.id) {
    channel.topics.set(topic.name, topic);
    this.topics.set(handle, topic);
    this.topics.set(topic.id, topic);
    this.highest = Math.max(this.highest, handle, topic.id);
  }

  remove(channel: ChannelState) {
    channel.removed = true;
    this.names.delete(channel.name);
    for (const [handle, known] of this.channels) {
      if (known === channel) this.channels.delete(handle);
    }
    const gone = new Set(channel.topics.values());
    for (const [handle, topic] of this.topics) if (gone.has(topic)) this.topics.delete(handle);
  }

  /** Reads what the database knows. */
  load(db: Database) {
    for (const row of db.all("SELECT * FROM channels WHERE name IS NOT NULL")) {
      const channel = newChannel(row.id as number, row.name as string, row.sealed as number);
      channel.reserved = row.reserved as number;
      channel.rolled = row.rolled as number;
      channel.forgotten = row.forgotten as number;
      channel.rows = row.rows as number;
      channel.bytes = row.bytes as number;
      this.addChannel(channel);
    }
    for (const row of db.all("SELECT * FROM topics")) {
      const channel = this.channels.get(row.channel as number);
      const id = row.id as number;
      this.highest = Math.max(this.highest, id);
      if (channel === undefined) continue;
      const topic = {
        id,
        name: row.name as string,
        states: row.states === 1,
        words: row.words === 1,
        last: row.last as Uint8Array | null,
      };
      this.addTopic(channel, topic);
    }
    // Removed ones keep their numbers until nothing of them is left.
    const { most } = db.get("SELECT max(id) AS most FROM channels")!;
    this.highest = Math.max(this.highest, most as number | null ?? 0);
  }

  /** As the gateway's thread wants to know it. */
  opened(epoch: string, startSeq: number): Omit<Opened, "outbox"> {
    const channels = [...this.names.values()];
    return {
      epoch,
      startSeq,
      nextHandle: this.highest + 1,
      channels: channels.map((channel) => {
        const newest = newestOf(channel);
        return {
          name: channel.name,
          seq: channel.newest,
          lastCommitted: lastCommitted(channel),
          topics: [...channel.topics.values()].map((topic) => ({
            topic: topic.name,
            last: newest.get(topic) ?? (topic.last === null ? null : entryOf(topic.last, topic)),
          })),
        };
      }),
      handles: channels.map(({ name, id, topics }) => ({
        channel: name,
        handle: id,
        topics: [...topics.values()].map((topic) => [topic.name, topic.id]),
      })),
    };
  }
}

/** The newest entry of each topic in a tail. */
function newestOf({ tail }: ChannelState): Map<TopicState, StoredEntry> {
  const indexes = new Map<TopicState, number>();
  for (let i = 0; i < tail.committed; i++) {
    const topic = tail.topics[i]!;
    if (topic !== null) indexes.set(topic, i);
  }
  return new Map([...indexes].map(([topic, index]) => [topic, tail.entry(index)]));
}

export function insertChannel(db: Database, channel: ChannelState) {
  db.run(
    "INSERT INTO channels (id, name, reserved, sealed, rolled, forgotten) VALUES (?, ?, ?, ?, ?, ?)",
    channel.id,
    channel.name,
    channel.reserved,
    channel.sealed,
    channel.rolled,
    channel.forgotten,
  );
}

export function insertTopic(db: Database, channel: ChannelState, topic: TopicState) {
  const columns = "id, channel, name, states, words, last";
  const { id, name, states, words, last } = topic;
  const insert = `INSERT INTO topics (${columns}) VALUES (?, ?, ?, ?, ?, ?)`;
  db.run(insert, id, channel.id, name, Number(states), Number(words), last);
}

/**
 * What the store keeps and tells, and what the gateway's thread and the store's Worker say to each
 * other. Entries go to the Worker as bytes, see {@linkcode "./record_batch.ts"}.
 *
 * @module
 */
import type { HistogramReading } from "../histogram.ts";

/** What is kept of each channel; a little more may be, since whole chunks are removed. */
export interface Keep {
  /** Entries. */
  count: number;
  /** On disk. */
  bytes: number;
  ageMs: number;
}

export interface StoreState {
  /** `failing`: nothing is stored now; the store goes on trying. `off`: closed. */
  state: "ok" | "failing" | "off";
  /** What is wrong, or was when the store was opened, and what to do. */
  reason?: string;
}

/** One update or event. */
export interface StoredEntry {
  seq: number;
  /** Unix milliseconds. */
  time: number;
  /** Full MQTT topic; `null`: an event. */
  topic: string | null;
  /** The value as JSON text; of an event `kind` and `detail` as members of an object. */
  json: string;
  id: string;
  /** Who heard it, as members of the message: `,"node":"attic"`; "" where nobody is named. */
  node: string;
}

export interface StoredTopic {
  topic: string;
  /** The newest update that is on disk. */
  last: StoredEntry | null;
}

export interface StoredChannel {
  name: string;
  /** New entries are numbered from the next one on. */
  seq: number;
  /** The newest entry's number that is on disk; 0: none. */
  lastCommitted: number;
  topics: StoredTopic[];
}

/** Numbers that no entry is held of, though they may have been used. */
export interface StoredGap {
  channel: string;
  /** Both inclusive. */
  from: number;
  to: number;
  /** `restart`: the gateway was cut off; `disk`: the disk took nothing; `backlog`: it was too slow. */
  reason: string;
}

export interface RangeAnswer {
  /** Oldest first. */
  entries: StoredEntry[];
  /** Those that touch the range. */
  gaps: StoredGap[];
  /** Oldest number held; behind the newest one when none is. */
  first: number;
}

/** Unix milliseconds, value. */
export type StoredPoint = [number, number];

export interface StoredSeries {
  topic: string;
  /** The values are true and false, told as 1 and 0. */
  states?: true;
  points: StoredPoint[];
  /** The topic's newest entry before the time asked for, if that is known and was a number. */
  before?: StoredPoint;
}

/** Values that are no numbers. */
export interface StoredWords {
  topic: string;
  points: [number, unknown][];
  /** The topic's newest entry before the time asked for, if that is known and was no number. */
  before?: [number, unknown];
}

export interface SeriesAnswer {
  /** Topics with numbers, thinned, with minima and maxima kept; the entry before is not thinned. */
  series: StoredSeries[];
  /** Values that are no numbers: the newest ones, as many as points were asked for. */
  others: StoredWords[];
  /** Whether everything since the time asked for is still held. */
  complete: boolean;
  /** Newest number of the channel. */
  seq: number;
}

/** A part of {@linkcode Question} `rows`. */
export interface RowsAnswer {
  entries: StoredEntry[];
  /** Number to go on from; `null`: that was all. */
  next: number | null;
}

/** A part of a space of the map. */
export interface EntriesAnswer {
  entries: [key: string, value: Uint8Array][];
  /** Where the next part begins; `null`: that was all. */
  next: Uint8Array | null;
}

/** Messages of the outbox, oldest first, as records. */
export interface OutboxAnswer {
  bytes: Uint8Array;
}

export interface OutboxMessage {
  n: number;
  /** Unix milliseconds. */
  time: number;
  data: Uint8Array;
}

/** What the outbox holds. */
export interface OutboxExtent {
  /** Numbers of the oldest and the newest message; without any, `first` is behind `last`. */
  first: number;
  last: number;
  messages: number;
  /** Of what they hold. */
  bytes: number;
  /** Unix milliseconds; `null`: there is none. */
  oldestTime: number | null;
}

export interface StoreCounters {
  commits: number;
  /** Entries on disk since the start. */
  rows: number;
  /** Entries that never reached the disk since the start. */
  lost: number;
  /** Written to disk since the start, log and database file. */
  bytesWritten: number;
  /** How long they took. */
  commitTimes: HistogramReading;
  /** And the newest ones of them, ms. */
  syncMsP50: number;
  syncMsP99: number;
  /** The database file and its log. */
  dbBytes: number;
  /** Time of the oldest entry, Unix milliseconds; `null`: there is none. */
  oldestTime: number | null;
  /** What waits in the outbox on disk. */
  outboxMessages: number;
  outboxBytes: number;
  /** Unix milliseconds; `null`: nothing waits. */
  outboxOldestTime: number | null;
}

/** What the Worker has to know. */
export interface StoreSetting {
  dataDir: string;
  keep: Keep;
  tuning?: StoreTuning;
}

/** For tests; undefined: as it is meant to be. */
export interface StoreTuning {
  /** The database may have so many pages (4 KiB). */
  maxPages?: number;
  /** Entries move into chunks when they are so many bytes. */
  sealBytes?: number;
  /** Roll-ups are written when so many values are not in them. */
  rollValues?: number;
  /** Each commit takes so much longer, ms: a disk that is slow. */
  commitMs?: number;
  /** The first wait before a disk that failed is tried again, ms. */
  retryMs?: number;
}

/** About a channel. */
export type ChannelQuestion =
  | { kind: "range"; channel: string; from: number; to: number; limit: number }
  | { kind: "series"; channel: string; since: number; until: number; points: number }
  | { kind: "rows"; channel: string; since: number; until: number; from: number }
  | { kind: "count"; channel: string; from: number; to: number };

export type Question =
  | ChannelQuestion
  /** @param from `null`: those that wait for the disk; else where the part on disk begins. */
  | { kind: "entries"; space: string; from: Uint8Array | null }
  | { kind: "outbox"; from: number; bytes: number };

/** What each question is answered with. */
export interface Answers {
  range: RangeAnswer;
  series: SeriesAnswer;
  rows: RowsAnswer;
  count: number;
  entries: EntriesAnswer;
  outbox: OutboxAnswer;
}

/** To the Worker. */
export type ToStoreWorker =
  | { type: "open"; setting: StoreSetting }
  /** Records, taken in: questions see them from now on. */
  | { type: "records"; bytes: Uint8Array<ArrayBuffer> }
  /** What was taken in is to go to disk. */
  | { type: "commit" }
  | { type: "ask"; number: number; question: Question }
  | { type: "close" };

/** What is known when the database is open. */
export interface Opened {
  epoch: string;
  outbox: OutboxExtent;
  channels: StoredChannel[];
  /** Channels that are not known yet are numbered behind this. */
  startSeq: number;
  /** Handles from this one on are free. */
  nextHandle: number;
  /** Names to the handles they have. */
  handles: { channel: string; handle: number; topics: [topic: string, handle: number][] }[];
}

/** From the Worker. */
export type FromStoreWorker =
  | { type: "opened"; opened: Opened; state: StoreState; counters: StoreCounters }
  | { type: "committed"; stored: boolean; startSeq: number; counters: StoreCounters }
  | { type: "state"; state: StoreState }
  | { type: "log"; line: string }
  | { type: "answer"; number: number; answer: Answers[keyof Answers] }
  | { type: "failed"; number: number; reason: string }
  | { type: "closed" };

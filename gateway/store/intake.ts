/**
 * Records that came in: entries join their channels' tails at once, and all wait for the next
 * commit.
 *
 * @module
 */
import {
  type ChannelBook,
  type ChannelState,
  newChannel,
  type TopicState,
} from "./channel_book.ts";
import { lastCommitted } from "./channel_book.ts";
import { KeptValues } from "./kept_values.ts";
import type { Outbox } from "./outbox.ts";
import { KINDS, NO_TOPIC, Records } from "./record_batch.ts";
import type { StoredGap } from "./store_messages.ts";

/** A change beside entries. */
export type Change =
  | { kind: "channel"; channel: ChannelState }
  | { kind: "topic"; channel: ChannelState; topic: TopicState }
  | { kind: "remove"; channel: ChannelState }
  | { kind: "gap"; channel: string; from: number; to: number; reason: string };

/** Numbers that never reached the disk, both inclusive. */
interface Lost {
  from: number;
  to: number;
}

/** What is waiting survives a commit that failed, except for the entries: those become gaps. */
export class Intake {
  changes: Change[] = [];
  batches: Uint8Array[] = [];
  /** Entries in `batches`. */
  rows = 0;
  /** Channels that they are of. */
  readonly touched = new Set<ChannelState>();
  /** By channel, until a commit takes it. */
  readonly lost = new Map<string, Lost>();
  /** What others keep: survives like changes. */
  readonly values = new KeptValues();
  readonly outbox: Outbox;

  constructor(outbox: Outbox) {
    this.outbox = outbox;
  }

  /** Whether a commit has something to do. */
  get waits(): boolean {
    return this.changes.length > 0 || this.batches.length > 0 || this.lost.size > 0 ||
      this.values.waits || this.outbox.waits;
  }

  /** Whether something waits that does not survive a commit that fails. */
  get isPerishable(): boolean {
    return this.rows > 0 || this.outbox.isPerishable;
  }

  /** Gaps of a channel that are not on disk yet, those that touch a range. */
  gaps(channel: string, from: number, to: number): StoredGap[] {
    const gaps: StoredGap[] = [];
    const lost = this.lost.get(channel);
    if (lost !== undefined) gaps.push({ channel, ...lost, reason: "disk" });
    for (const change of this.changes) {
      if (change.kind !== "gap" || change.channel !== channel) continue;
      gaps.push({ channel, from: change.from, to: change.to, reason: change.reason });
    }
    return gaps.filter((gap) => gap.from <= to && gap.to >= from);
  }

  take(book: ChannelBook, bytes: Uint8Array) {
    const records = new Records(bytes);
    let entries = 0;
    for (let at = 0; at < bytes.length; at += records.length(at)) {
      const kind = records.kind(at);
      if (kind === KINDS.entry) entries += Number(this.#entry(book, records, at));
      else if (kind === KINDS.put) {
        const { space, key, value } = records.put(at);
        this.values.put(space, key, value);
      } else if (kind === KINDS.out) this.outbox.take(records, at);
      else if (kind === KINDS.sent) this.outbox.sent(records.n(at));
      else this.#change(book, records, at, kind);
    }
    this.rows += entries;
    // Entries come alone, or with definitions: the rest does not belong into the log.
    if (entries > 0) this.batches.push(bytes);
  }

  #entry(book: ChannelBook, records: Records, at: number): boolean {
    const channel = book.channels.get(records.channel(at));
    const seq = records.seq(at);
    // A removed one's, or a number that is not above the last.
    if (channel === undefined || seq <= channel.newest) return false;
    const handle = records.topic(at);
    const topic = handle === NO_TOPIC ? null : book.topics.get(handle) ?? null;
    records.name(at, channel.id, topic?.id ?? NO_TOPIC);
    channel.tail.push(records, at, topic);
    channel.newest = seq;
    this.touched.add(channel);
    return true;
  }

  #change(book: ChannelBook, records: Records, at: number, kind: number) {
    if (kind === KINDS.channel) return this.#define(book, records, at);
    const handle = kind === KINDS.topic ? records.topic(at) : records.channel(at);
    const channel = book.channels.get(handle);
    if (channel === undefined) return;
    if (kind === KINDS.topic) this.#defineTopic(book, channel, records, at);
    else if (kind === KINDS.gap) {
      const gap = records.gap(at);
      channel.newest = Math.max(channel.newest, gap.to);
      this.changes.push({ kind: "gap", channel: channel.name, ...gap });
    } else if (kind === KINDS.remove) {
      channel.newest = Math.max(channel.newest, records.number(at));
      book.remove(channel);
      this.touched.delete(channel);
      this.lost.delete(channel.name);
      this.changes.push({ kind: "remove", channel });
    }
  }

  /** A channel may be known by its name: the database was opened late. */
  #define(book: ChannelBook, records: Records, at: number) {
    const handle = records.channel(at);
    const name = records.text(at);
    const start = records.number(at);
    let channel = book.names.get(name);
    if (channel === undefined) {
      channel = newChannel(handle, name, start);
      this.changes.push({ kind: "channel", channel });
    }
    channel.newest = Math.max(channel.newest, start);
    book.addChannel(channel, handle);
  }

  #defineTopic(book: ChannelBook, channel: ChannelState, records: Records, at: number) {
    const id = records.channel(at);
    const name = records.text(at);
    let topic = channel.topics.get(name);
    if (topic === undefined) {
      topic = { id, name, states: false, words: false, last: null };
      this.changes.push({ kind: "topic", channel, topic });
    }
    book.addTopic(channel, topic, id);
  }

  /** All that waited is on disk. */
  done() {
    for (const { tail } of this.touched) tail.committed = tail.length;
    this.changes = [];
    this.lost.clear();
    this.values.done();
    this.outbox.done();
    this.#entriesGone();
  }

  /** Entries and messages that waited are not stored. @returns how many entries */
  discard(): number {
    const { rows } = this;
    for (const channel of this.touched) {
      const { tail, name, newest } = channel;
      const from = this.lost.get(name)?.from ?? tail.seqs[tail.committed] ?? newest;
      this.lost.set(name, { from: Math.min(from, newest), to: newest });
      tail.cut();
    }
    this.outbox.discard();
    this.#entriesGone();
    return rows;
  }

  #entriesGone() {
    this.batches = [];
    this.rows = 0;
    this.touched.clear();
  }

  /**
   * The database was opened anew, and may be another one: what it does not know has to be written
   * again. Handles stay what they were.
   *
   * @param old Channels as they were; nothing of them waits
   */
  reattach(old: ChannelBook, book: ChannelBook) {
    const kept = this.changes.filter(({ kind }) => kind === "remove" || kind === "gap");
    this.changes = kept;
    for (const change of kept) {
      if (change.kind !== "remove") continue;
      const channel = book.channels.get(change.channel.id);
      if (channel?.name === change.channel.name) book.remove(channel);
    }
    const handles = Map.groupBy(old.topics, ([, topic]) => topic);
    for (const [handle, was] of old.channels) {
      const channel = this.#reattachChannel(book, was, handle);
      for (const topic of was.topics.values()) {
        const known = channel.topics.get(topic.name) ?? { ...topic, last: null };
        if (!channel.topics.has(topic.name)) {
          this.changes.push({ kind: "topic", channel, topic: known });
        }
        for (const [number] of handles.get(topic) ?? []) book.addTopic(channel, known, number);
      }
    }
  }

  #reattachChannel(book: ChannelBook, was: ChannelState, handle: number): ChannelState {
    let channel = book.names.get(was.name);
    if (channel === undefined) {
      channel = newChannel(was.id, was.name, was.newest);
      channel.forgotten = lastCommitted(was);
      this.changes.push({ kind: "channel", channel });
    }
    channel.newest = Math.max(channel.newest, was.newest);
    book.addChannel(channel, handle);
    return channel;
  }
}

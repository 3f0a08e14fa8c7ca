/**
 * One reader: takes events out of the ring as fast as it may send, and no faster. What it is too
 * slow for is lost, counted, and said in the file.
 *
 * @module
 */
import { RingReader } from "../ring_reader.ts";
import type { TraceEvent } from "../trace_event.ts";
import type { FromTraceWorker, Subject, TraceRequest, TraceSetting } from "../trace_messages.ts";
import { notInTheFuture, writtenAt } from "./event_times.ts";
import type { SubjectTable } from "./subject_table.ts";
import { subjectOf, TraceEncoder } from "./trace_encoder.ts";

/** How long live events are held, ms. */
export const HOLD_MS = 100;
/** How long events of the flight recorder are held, ms between those read. */
const RECENT_HOLD_MS = 3000;
/** How long is waited for news of an event's subject, ms. */
const SUBJECT_MS = 50;
/** The same, while the gateway did not come to send them: it may stand still in the midst of a turn. */
const UNTOLD_MS = 2000;
/**
 * Of the time between two steps so much counts as waiting, ms: a thread that stood still has not
 * looked at what came meanwhile.
 */
const LONGEST_STEP_MS = 20;
/** Taken out of the ring at a time, and sent at a time, bytes. */
const TAKE_BYTES = 256 << 10;
const CHUNK_BYTES = 64 << 10;
/** How often progress is told, ms. */
const PROGRESS_MS = 1000;
/** Subjects that were waited for in vain are remembered. */
const MAX_MISSED = 1000;

export interface ReadingOptions {
  reader: number;
  request: TraceRequest;
  setting: TraceSetting;
  /** Bytes that may be sent. */
  credit: number;
  subjects: SubjectTable;
  send: (message: FromTraceWorker, transfer: Transferable[]) => void;
  /** Our own clock, ms. */
  now: number;
  /** The ring's clock, ms. */
  ringNow: number;
}

/** Whether a subject is not newer than another; they are numbered modulo 2^32. */
function isUpTo(subject: number, other: number): boolean {
  return ((subject - other) | 0) <= 0;
}

export class Reading {
  readonly #id: number;
  /** What comes; else what is there. */
  readonly live: boolean;
  readonly #ring: RingReader;
  readonly #encoder: TraceEncoder;
  readonly #send: ReadingOptions["send"];
  #credit: number;
  /** Ends then, ms. */
  #until: number;
  /** Ends at this position of the ring, once it is known. */
  #endPosition = Infinity;
  /** What the ring's clock is ahead of ours, ms. */
  #ahead = -Infinity;
  /** When the newest event was written that was read, ms of the ring's clock. */
  #newest = -Infinity;
  /** Events taken out of the ring, and the first that was not read yet. */
  #events: TraceEvent[] = [];
  #next = 0;
  /** News of subjects up to this one have come, or do not come. */
  #informed: number;
  /** How long the next event's subject was waited for, ms; -1: it is not. */
  #waited = -1;
  /** When that was counted last, and the newest subject told of when it began. */
  #countedAt = 0;
  #toldThen = 0;
  readonly #missed = new Set<number>();
  /** Records lost before the next event. */
  #lost = 0;
  /** There is more to write now than was written. */
  #behind = false;
  /** Nothing more is taken out of the ring. */
  #finishing = false;
  /** Statistics are written. */
  #finished = false;
  #ended = false;
  #chunk: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #told = { at: 0, packets: 0, lost: 0 };

  constructor({ reader, request, setting, credit, subjects, send, now, ringNow }: ReadingOptions) {
    const { mode, filter, seconds } = request;
    const span = seconds === undefined ? Infinity : seconds * 1000;
    this.#id = reader;
    this.live = mode === "live";
    this.#send = send;
    this.#credit = credit;
    this.#until = this.live ? now + span : Infinity;
    this.#ring = new RingReader(setting.memory, this.live ? "now" : "oldest");
    this.#informed = this.#ring.told;
    if (!this.live) this.#endHere();
    const what = this.live ? "live" : "of the last minutes";
    const comment = `Trace ${what}, recorded by the gateway itself on ${setting.hostname}`;
    const since = this.live ? -Infinity : ringNow - span;
    this.#encoder = new TraceEncoder({ setting, filter, subjects, comment, since });
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Packets written and records lost so far. */
  get counts(): { packets: number; lost: number } {
    const { packets, lost } = this.#encoder.file;
    return { packets, lost };
  }

  credit(bytes: number) {
    this.#credit += bytes;
  }

  setClock(offset: number) {
    this.#ahead = -Infinity;
    this.#encoder.setClock(offset);
  }

  forget(ids: readonly number[]) {
    this.#encoder.forget(ids);
  }

  /** News came of subjects. */
  news(subjects: readonly Subject[]) {
    for (const { id } of subjects) this.#missed.delete(id);
  }

  /** Ends with what is there. */
  finish(now: number) {
    this.#until = now;
  }

  /**
   * Does a part of what is to do.
   *
   * @param ringNow now in the ring's clock, ms
   * @returns whether there is more that needs no waiting
   */
  step(now: number, ringNow: number): boolean {
    if (this.#ended) return false;
    this.#ahead = Math.max(this.#ahead, ringNow - now);
    // Else what is held would grow, instead of being lost in the ring and said.
    const behind = this.#behind;
    const taken = !behind && this.#take(now);
    this.#behind = this.#write(now);
    this.#tell(now);
    return !this.#ended && (taken || behind || this.#behind);
  }

  /** @returns whether there is more */
  #take(now: number): boolean {
    this.#read(now);
    if (this.#next < this.#events.length || this.#finishing) return false;
    if (this.#endPosition === Infinity && now >= this.#until) this.#endHere();
    const ring = this.#ring;
    // Who takes nothing is told in the end what was lost, and nothing is kept for him.
    if (this.#credit <= 0 && ring.position < this.#endPosition) return false;
    const { events, lost, drained } = ring.take(TAKE_BYTES);
    notInTheFuture(events, now + this.#ahead);
    this.#lost += lost;
    this.#finishing = ring.position >= this.#endPosition;
    if (this.#lost > 0 && events.length > 0) {
      this.#encoder.lose(this.#lost, events[0]!, this.#readAt(events[0]!, now));
      this.#lost = 0;
    } else if (this.#finishing) this.#encoder.file.lose(this.#lost);
    this.#events = events;
    this.#next = 0;
    this.#read(now);
    return !drained && !this.#finishing;
  }

  /** Nothing is read that is written from now on. */
  #endHere() {
    this.#endPosition = this.#ring.position + this.#ring.waiting;
  }

  /** The time by which the hold goes: ours, but the ring's where all is there already. */
  #readAt(event: TraceEvent, now: number): number {
    if (this.live) return now;
    this.#newest = Math.max(this.#newest, writtenAt(event));
    return this.#newest;
  }

  /** Takes note of events until one whose subject is not known yet. */
  #read(now: number) {
    const events = this.#events;
    for (; this.#next < events.length; this.#next++) {
      const event = events[this.#next]!;
      if (this.#awaitsNews(event)) {
        if (this.#waits(subjectOf(event), now)) return;
        this.#missed.add(subjectOf(event));
        this.#informed = this.#toldThen;
        if (this.#missed.size > MAX_MISSED) this.#missed.clear();
      }
      this.#waited = -1;
      this.#encoder.read(event, this.#readAt(event, now));
    }
    if (events.length > 0) this.#events = [];
    this.#next = 0;
  }

  #awaitsNews(event: TraceEvent): boolean {
    const subject = subjectOf(event);
    if (this.#encoder.knows(event) || this.#missed.has(subject)) return false;
    return !isUpTo(subject, this.#informed);
  }

  /** Counts the wait for the next event's subject. @returns whether it goes on */
  #waits(subject: number, now: number): boolean {
    const { told } = this.#ring;
    if (this.#waited < 0 || isUpTo(subject, told) && !isUpTo(subject, this.#toldThen)) {
      this.#waited = 0;
      this.#toldThen = told;
    } else this.#waited += Math.min(now - this.#countedAt, LONGEST_STEP_MS);
    this.#countedAt = now;
    return this.#waited < (isUpTo(subject, this.#toldThen) ? SUBJECT_MS : UNTOLD_MS);
  }

  /** @returns whether there is more */
  #write(now: number): boolean {
    const read = this.#finishing && this.#next >= this.#events.length;
    const held = this.live ? now - HOLD_MS : this.#newest - RECENT_HOLD_MS;
    const room = Math.min(CHUNK_BYTES, this.#credit - this.#chunk.length);
    const more = room > 0 && this.#encoder.write(read ? Infinity : held, room);
    if (read && !this.#finished && this.#encoder.held === 0) {
      this.#finished = true;
      this.#encoder.file.finish();
    }
    this.#post();
    const all = this.#chunk.length === 0 && this.#encoder.file.length === 0;
    if (this.#finished && all) this.#end();
    return (more || !all) && this.#credit > 0;
  }

  #post() {
    if (this.#chunk.length === 0 && this.#encoder.file.length > 0) {
      this.#chunk = this.#encoder.file.take();
    }
    const chunk = this.#chunk;
    const length = Math.min(chunk.length, this.#credit);
    if (length <= 0) return;
    const bytes = length === chunk.length ? chunk : chunk.slice(0, length);
    this.#chunk = length === chunk.length ? new Uint8Array(0) : chunk.slice(length);
    this.#credit -= length;
    this.#send({ type: "chunk", reader: this.#id, bytes }, [bytes.buffer]);
  }

  #end() {
    this.#ended = true;
    this.#send({ type: "end", reader: this.#id, ...this.counts }, []);
  }

  #tell(now: number) {
    const { packets, lost } = this.counts;
    const told = this.#told;
    if (this.#ended || now < told.at + PROGRESS_MS) return;
    if (packets === told.packets && lost === told.lost) return;
    this.#told = { at: now, packets, lost };
    this.#send({ type: "progress", reader: this.#id, packets, lost }, []);
  }
}

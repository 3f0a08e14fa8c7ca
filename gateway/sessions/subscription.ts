/**
 * One session in one room: what it has had, and how it catches up.
 *
 * It is live while every batch fits what the client can take. Behind that it
 * catches up from the history: what a resume asked for (`replay.ts`), and what
 * it takes within a moment, entry by entry; else, if all that is missing fits,
 * all of it, and if not, the newest value per topic and every event, after a
 * `gap` that names the range.
 *
 * @module
 */
import { type Batch, type Frame, frame, joinFrame } from "../rooms/batch.ts";
import type { Entry } from "../rooms/history.ts";
import type { Room, RoomMember } from "../rooms/room.ts";
import type { Describe, Gap, GapReason, Member, Recovered, TopicDescription } from "./messages.ts";
import { type Part, Replay } from "./replay.ts";

/** What a subscription needs of its session. */
export interface Outlet {
  readonly member: Member;
  /** Whether the client takes several messages in one frame. */
  readonly takesArrays: boolean;
  /** Entries that a resume gets from the store at most, about. */
  readonly replayMessages: number;
  /** Bytes that may be sent now without exceeding what the client takes. */
  readonly window: number;
  /** Whether so many bytes may be sent now: they fit, or nothing else is under way. */
  fits(bytes: number): boolean;
  /**
   * The same for one who catches up. What hardly ever fits beside what others
   * send is waited for: until it went, nobody else's turn comes.
   */
  claim(bytes: number, by: Subscription): boolean;
  send(frame: Frame): void;
  /** This subscription has something to send as soon as there is a window. */
  lag(subscription: Subscription): void;
  /** Closes the session: it cannot be helped. */
  giveUp(reason: string): void;
  describe(channel: string): TopicDescription[];
  gap(reason: GapReason, range: number): void;
}

/** Bytes of messages put into one frame when catching up. */
const CHUNK_BYTES = 16 << 10;
/** How long a client may be behind before what it lacks is thinned, milliseconds. */
const PATIENCE_MS = 200;
/** Events kept for a client that is behind. */
const MAX_EVENTS = 10_000;

/** Begins with `resume` or `snapshot`; ends with `end`. */
export class Subscription implements RoomMember {
  readonly room: Room;
  readonly quiet: boolean;
  readonly #outlet: Outlet;
  /** `seq` of the newest entry that was sent or declared missing. */
  #sent = 0;
  #behind = false;
  /** Since when, `performance.now()`; what a resume replays does not count. */
  #behindSince = 0;
  #snapshotDue = false;
  #replay: Replay | null = null;
  /** How far the last `gap` reached; what is sent up to there may have holes. */
  #gapTo = 0;
  /** Events that batches brought while it was behind. */
  #events: Entry[] = [];
  #presenceVersion = -1;
  #describeVersion = -1;

  /** @param quiet See {@linkcode RoomMember.quiet}. */
  constructor(room: Room, outlet: Outlet, quiet = false) {
    this.room = room;
    this.quiet = quiet;
    this.#outlet = outlet;
  }

  get takesArrays(): boolean {
    return this.#outlet.takesArrays;
  }

  get info(): Member {
    return this.#outlet.member;
  }

  /** Joins (or starts over) with the newest values. */
  snapshot() {
    this.#join();
    this.#snapshotDue = true;
    this.#fallBehind();
    this.catchUp();
  }

  /**
   * Joins (or starts over) with what came behind `seq`. Where the numbers are
   * of another epoch, or not yet given, a snapshot follows the gap.
   */
  resume(epoch: string, seq: number) {
    const { room } = this;
    const newest = room.seq;
    this.#join();
    if (epoch !== room.epoch || seq > newest) {
      this.#sendGap(1, room.seq, "epoch");
      this.snapshot();
      return;
    }
    this.#snapshotDue = false;
    this.#events = [];
    this.#sent = seq;
    this.#gapTo = seq;
    this.#replay = new Replay(room, seq, this.#outlet.replayMessages);
    this.#fallBehind();
    this.catchUp();
  }

  #join() {
    if (!this.room.members.has(this)) this.room.join(this);
  }

  /** Leaves the room. */
  end(reason: string) {
    this.room.leave(this, reason);
  }

  deliver(batch: Batch) {
    if (this.#behind) {
      this.#keepEvents(batch);
      return;
    }
    if (batch.last <= this.#sent) return;
    const skip = Math.max(0, this.#sent + 1 - batch.first);
    const frames = this.#outlet.takesArrays
      ? [skip === 0 ? batch.joined : joinFrame(batch.texts.slice(skip))]
      : batch.single.slice(skip);
    // Asking once for all is cheaper; if they do not fit together, some may.
    const together = frames.length > 1 && batch.singleBytes <= this.#outlet.window &&
      this.#outlet.fits(batch.singleBytes);
    for (const each of frames) {
      if (!together && !this.#outlet.fits(each.bytes)) {
        this.#fallBehind();
        this.#keepEvents(batch);
        return;
      }
      this.#outlet.send(each);
      if (!this.#outlet.takesArrays) this.#sent++;
    }
    this.#sent = batch.last;
  }

  #keepEvents(batch: Batch) {
    for (const entry of batch.entries) {
      if (entry.topic === null && entry.seq > this.#sent) this.#events.push(entry);
    }
    if (this.#events.length > MAX_EVENTS) this.#outlet.giveUp("too many events wait");
  }

  #fallBehind() {
    if (!this.#behind) this.#behindSince = performance.now();
    this.#behind = true;
    this.#outlet.lag(this);
  }

  /** Sends what is missing, as far as the window goes. @returns Whether it is live again. */
  catchUp(): boolean {
    const { room } = this;
    if (this.#snapshotDue && !this.#sendSnapshot()) return false;
    while (this.#sent < room.seq) {
      const replayed = this.#replay !== null && this.#sent < this.#replay.to;
      if (!(replayed ? this.#sendReplay() : this.#sendMissing())) return false;
      this.#endReplay();
    }
    this.#endReplay();
    this.#behind = false;
    this.#events = [];
    this.notice();
    return true;
  }

  #sendSnapshot(): boolean {
    const text = frame(this.room.snapshot);
    if (!this.#outlet.claim(text.bytes, this)) return false;
    this.#snapshotDue = false;
    this.#replay = null;
    this.#events = [];
    this.#sent = this.room.seq;
    this.#outlet.send(text);
    return true;
  }

  /** Sends the next entries that a resume asked for. */
  #sendReplay(): boolean {
    const replay = this.#replay as Replay;
    const { history, seq } = this.room;
    if (history.reaches(this.#sent, seq)) {
      return this.#sendEntries(history.after(this.#sent), replay.to);
    }
    const to = Math.min((history.firstSeq ?? seq + 1) - 1, replay.to);
    if (replay.stored === null) return this.#passHole(replay, to, "history");
    const part = replay.stored.behind(this.#sent, to);
    if (part === null) return false;
    const end = Math.min(part.to, to);
    if (part.missing !== null) return this.#passHole(replay, end, part.missing);
    return this.#sendEntries(this.#entriesOf(part), end);
  }

  /** Names what nobody has, up to `to`, and sends the newest of it. */
  #passHole(replay: Replay, to: number, reason: GapReason): boolean {
    if (!this.#outlet.claim(CHUNK_BYTES, this)) return false;
    const entries = this.#latest();
    if (this.#nameGap(entries, to, reason)) replay.complete = false;
    return this.#sendEntries(entries, to);
  }

  /** Entries that the store gave, behind the last that was sent. */
  *#entriesOf({ from, entries }: Part): Generator<Entry> {
    for (let i = this.#sent + 1 - from; i < entries.length; i++) {
      yield this.room.entryOf(entries[i]!);
    }
  }

  #endReplay() {
    if (this.#replay === null || this.#sent < this.#replay.to || this.#replay.goOn()) return;
    const { from, to, complete } = this.#replay;
    this.#replay = null;
    this.#behindSince = performance.now();
    const recovered: Recovered = {
      type: "recovered",
      channel: this.room.name,
      from,
      to,
      complete,
    };
    this.#outlet.send(frame(JSON.stringify(recovered)));
  }

  /** Sends all that is missing if that goes quickly, else the newest of it. */
  #sendMissing(): boolean {
    const { room } = this;
    if (this.#gapTo <= this.#sent && this.#needNotThin()) {
      return this.#sendEntries(room.history.after(this.#sent), room.seq);
    }
    if (!this.#outlet.claim(CHUNK_BYTES, this)) return false;
    const entries = this.#latest();
    this.#nameGap(entries, room.seq, "slow");
    return this.#sendEntries(entries, room.seq);
  }

  /**
   * Names the range up to `to` that `entries` do not fill, as far as that has
   * not been done. @returns Whether it did.
   */
  #nameGap(entries: Entry[], to: number, reason: GapReason): boolean {
    const from = Math.max(this.#sent, this.#gapTo) + 1;
    const there = entries.filter(({ seq }) => seq >= from && seq <= to).length;
    if (there >= to - from + 1) return false;
    this.#sendGap(from, to, reason);
    this.#gapTo = to;
    return true;
  }

  /**
   * Behind the last that was sent: the newest update of each topic, and all
   * events since it is behind, also those that no batch has brought yet.
   */
  #latest(): Entry[] {
    const { room } = this;
    this.#events = this.#events.filter(({ seq }) => seq > this.#sent);
    const pending = room.pendingEvents().filter(({ seq }) => seq > this.#sent);
    return [...room.latestAfter(this.#sent), ...this.#events, ...pending]
      .sort((a, b) => a.seq - b.seq);
  }

  #needNotThin(): boolean {
    const { history, seq } = this.room;
    if (!history.reaches(this.#sent, seq)) return false;
    if (performance.now() - this.#behindSince < PATIENCE_MS) return true;
    let { window } = this.#outlet;
    for (const entry of history.after(this.#sent)) {
      window -= this.room.sizeOf(entry);
      if (window < 0) return false;
    }
    return true;
  }

  /** Sends entries up to `to` in chunks. @returns Whether it got to the end of them. */
  #sendEntries(entries: Iterable<Entry>, to: number): boolean {
    let texts: string[] = [];
    let size = 0;
    let last = this.#sent;
    const flush = () => {
      if (texts.length === 0) return true;
      const frames = this.#outlet.takesArrays ? [joinFrame(texts)] : texts.map(frame);
      const bytes = frames.reduce((sum, { bytes }) => sum + bytes, 0);
      if (!this.#outlet.claim(bytes, this)) return false;
      for (const each of frames) this.#outlet.send(each);
      this.#sent = last;
      texts = [];
      size = 0;
      return true;
    };
    for (const entry of entries) {
      if (entry.seq > to) break;
      const text = this.room.encode(entry);
      texts.push(text);
      size += text.length;
      last = entry.seq;
      if (size >= CHUNK_BYTES && !flush()) return false;
    }
    if (!flush()) return false;
    this.#sent = Math.max(this.#sent, to);
    return true;
  }

  #sendGap(from: number, to: number, reason: GapReason) {
    const gap: Gap = { type: "gap", channel: this.room.name, from, to, reason };
    this.#outlet.gap(reason, to - from + 1);
    this.#outlet.send(frame(JSON.stringify(gap)));
  }

  notice() {
    if (this.#behind) return;
    const { room } = this;
    if (this.#describeVersion !== room.describeVersion) {
      this.#describeVersion = room.describeVersion;
      const topics = this.#outlet.describe(room.name);
      const describe: Describe = { type: "describe", channel: room.name, topics };
      this.#outlet.send(frame(JSON.stringify(describe)));
    }
    if (this.#presenceVersion !== room.presenceVersion) {
      this.#presenceVersion = room.presenceVersion;
      this.#outlet.send(frame(room.presence));
    }
  }
}

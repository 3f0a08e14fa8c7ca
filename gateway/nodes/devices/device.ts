/**
 * One device behind the nodes: who hears it, and which of its packets are new.
 *
 * A packet is looked at twice. `hear` knows it by its bytes, before anything is decoded; what it does
 * not know is decoded, and `judge` decides by the number that the device gave it and by its time.
 *
 * @module
 */
import type { DeviceId } from "../../../traces/sensors/sensor_decoder.ts";
import { type Content, ContentWindow, hashOf, SEED_1, SEED_2 } from "./content_window.ts";
import { Receiver } from "./receiver.ts";

/** Times that decide, ms. */
const TIME = {
  /** The same bytes within this part of the learned interval are the same transmission, ... */
  samePart: 0.5,
  /** ... within these bounds; */
  sameMin: 20,
  sameMax: 10_000,
  /** and while no interval is known. */
  sameUnknown: 200,
  /** Something that happened, without a number, is one while it is repeated this closely. */
  event: 1500,
  /** The same number means the same content while it is repeated within so many intervals, ... */
  numberIntervals: 10,
  /** ... within these bounds; after that the device counts anew. */
  numberMin: 4000,
  numberMax: 30_000,
  /** A number behind the last is late for so long; after that the device counts anew. */
  late: 4000,
  /** Clocks of two nodes, as far as they are known, differ by so much at most. */
  skew: 30,
  /** Two receptions of one node closer than this are of one transmission (three channels). */
  oneEvent: 6,
  /** Longer gaps tell nothing of the interval. */
  gap: 3_600_000,
} as const;

/** A number further behind than this is no late one. */
const LATE_NUMBERS = 64;
/** A jump of numbers further than this is no loss: the device counts anew. */
const LOST_NUMBERS = 256;
const MAX_RECEIVERS = 64;

/** What the bytes of a packet are. */
export const Heard = {
  /** Not known: decode and `judge` it. */
  Unknown: 0,
  /** Known content, sent once more. */
  Again: 1,
  /** A transmission that was heard already. */
  Copy: 2,
} as const;
export type Heard = typeof Heard[keyof typeof Heard];

/** Whether a packet says something new. */
export const Verdict = {
  New: 0,
  /** The same as one that was taken. */
  Same: 1,
  /** Older than one that was taken. */
  Behind: 2,
} as const;
export type Verdict = typeof Verdict[keyof typeof Verdict];

/** What `judge` has to know of a packet. */
export interface Said {
  readonly format: string;
  /** Number that the device gave it; -1: none. */
  readonly sequence: number;
  readonly sequenceModulus: number;
  /** Its decoder says that it repeats or lies behind one that was accepted. */
  readonly stale: boolean;
}

interface Numbers {
  last: number;
  /** The last one, counted on over wraps. */
  total: number;
  /** When that number was heard last. */
  at: number;
  /** Transmission that brought it. */
  index: number;
}

export class Device {
  readonly id: DeviceId;
  readonly name: string;
  readonly receivers: Map<string, Receiver> = new Map();
  /** Counts transmissions that anybody heard; the newest is this. */
  index = -1;
  /** The content that `hear` looked up last. */
  content!: Content;
  #interval = NaN;
  /** When the newest transmission was heard, and by whom first. */
  #newestAt = -Infinity;
  #newestBy: Receiver | undefined;
  readonly #contents = new ContentWindow();
  readonly #numbers = new Map<string, Numbers>();
  /** Losses are told by the numbers of one format: those of another count otherwise. */
  #lossFormat: string | undefined;

  constructor(id: DeviceId, name: string) {
    this.id = id;
    this.name = name;
  }

  /** Time between transmissions, ms; `NaN` while not known. */
  get interval(): number {
    return this.#interval;
  }

  receiver(node: string): Receiver {
    let receiver = this.receivers.get(node);
    if (receiver === undefined) {
      if (this.receivers.size >= MAX_RECEIVERS) this.#forgetReceiver();
      this.receivers.set(node, receiver = new Receiver(node));
    }
    return receiver;
  }

  #forgetReceiver() {
    let oldest: Receiver | undefined;
    for (const receiver of this.receivers.values()) {
      if (oldest === undefined || receiver.lastAt < oldest.lastAt) oldest = receiver;
    }
    if (oldest !== undefined) this.receivers.delete(oldest.node);
  }

  /**
   * Looks a packet up by its bytes. What is known and not refused is counted for its receiver.
   *
   * @param at when it was heard, ms of the monotonic clock
   * @param rssi dBm; 127 unknown
   */
  hear(
    receiver: Receiver,
    data: Uint8Array,
    start: number,
    end: number,
    at: number,
    rssi: number,
  ): Heard {
    const hash1 = hashOf(data, start, end, SEED_1);
    const hash2 = hashOf(data, start, end, SEED_2);
    const length = end - start;
    const content = this.#contents.find(hash1, hash2, length);
    if (content === undefined) {
      this.content = this.#contents.add(hash1, hash2, length, at);
      return Heard.Unknown;
    }
    this.content = content;
    const silence = at - content.lastAt;
    if (silence > 0) content.lastAt = at;
    if (this.#isCopy(content, receiver, at, silence)) {
      if (content.trusted) this.#count(content, receiver, at, rssi);
      return Heard.Copy;
    }
    content.at = at;
    if (!content.numbered || silence > this.#numberWindow()) {
      content.index = -1;
      content.number = -1;
      return Heard.Unknown;
    }
    content.index = ++this.index;
    this.#isNewest(receiver, at);
    this.#count(content, receiver, at, rssi);
    return Heard.Again;
  }

  #isCopy(content: Content, receiver: Receiver, at: number, silence: number): boolean {
    // Refused, or not judged: it stays what it is.
    if (content.index < 0) return !content.trusted && at - content.at <= this.#sameWindow();
    if (content.event) return silence <= TIME.event;
    if (at - content.at > this.#sameWindow()) return false;
    if (content.index === this.index || content.numbered) return true;
    // Another content came in between: is this the old one that took its time, or said anew?
    return at <= this.#newestAt && receiver.lastIndex < this.index;
  }

  /**
   * Sorts a packet that `hear` did not know, and counts it for its receiver.
   *
   * @param content As `hear` left it.
   * @param event It says that something happened.
   */
  judge(
    content: Content,
    receiver: Receiver,
    said: Said,
    event: boolean,
    at: number,
    rssi: number,
  ): Verdict {
    content.trusted = true;
    content.index = this.index + 1;
    const numbered = said.sequence >= 0 && said.sequenceModulus > 0;
    content.numbered = numbered;
    content.event = event && !numbered;
    let verdict: Verdict = numbered
      ? this.#judgeNumber(content, said, at)
      : this.#isOld(receiver, at)
      ? Verdict.Behind
      : Verdict.New;
    if (said.stale && verdict === Verdict.New) verdict = Verdict.Same;
    if (verdict === Verdict.Behind) content.index = Math.max(0, this.index - 1);
    else {
      if (content.index > this.index) this.index = content.index;
      this.#isNewest(receiver, at);
    }
    this.#count(content, receiver, at, rssi);
    return verdict;
  }

  /** Something newer was heard by another node before. One node tells in order. */
  #isOld(receiver: Receiver, at: number): boolean {
    return at < this.#newestAt - TIME.skew && receiver !== this.#newestBy;
  }

  #isNewest(receiver: Receiver, at: number) {
    if (at < this.#newestAt && receiver !== this.#newestBy) return;
    this.#newestAt = at;
    this.#newestBy = receiver;
  }

  #judgeNumber(content: Content, { format, sequence, sequenceModulus }: Said, at: number): Verdict {
    const known = this.#numbers.get(format);
    this.#lossFormat ??= format;
    const counts = format === this.#lossFormat;
    if (known === undefined) {
      if (counts) content.number = sequence;
      this.#numbers.set(format, { last: sequence, total: sequence, at, index: content.index });
      return Verdict.New;
    }
    const ahead = (sequence - known.last + sequenceModulus) % sequenceModulus;
    if (ahead === 0 && at - known.at <= this.#numberWindow()) {
      if (at > known.at) known.at = at;
      content.index = known.index;
      if (counts) content.number = known.total;
      return Verdict.Same;
    }
    const behind = sequenceModulus - ahead;
    const late = behind <= LATE_NUMBERS && behind < ahead && at - known.at < TIME.late;
    if (late || at < known.at - TIME.late) {
      if (counts) content.number = Math.max(0, known.total - behind);
      return Verdict.Behind;
    }
    if (counts && (ahead === 0 || Math.min(ahead, sequenceModulus / 2) > LOST_NUMBERS)) {
      for (const receiver of this.receivers.values()) receiver.restart();
    }
    known.total += ahead;
    known.last = sequence;
    known.at = at;
    known.index = content.index;
    if (counts) content.number = known.total;
    return Verdict.New;
  }

  /** A node of another dialect heard a packet whose bytes are not known. */
  heardToo(receiver: Receiver, at: number, rssi: number) {
    this.#learn(at - receiver.lastAt);
    receiver.signal(rssi, at);
    if (this.index < 0) this.index = 0;
    receiver.take(this.index, -1);
  }

  #count(content: Content, receiver: Receiver, at: number, rssi: number) {
    this.#learn(at - receiver.lastAt);
    receiver.signal(rssi, at);
    receiver.take(content.index, content.number);
  }

  /** The interval is near the short end of the gaps: longer ones are losses. */
  #learn(gap: number) {
    if (!(gap > TIME.oneEvent && gap < TIME.gap)) return;
    const known = this.#interval;
    if (Number.isNaN(known)) this.#interval = gap;
    else this.#interval = known + (gap - known) * (gap < known ? 0.25 : 0.03);
  }

  #sameWindow(): number {
    const interval = this.#interval;
    if (Number.isNaN(interval)) return TIME.sameUnknown;
    return Math.min(TIME.sameMax, Math.max(TIME.sameMin, interval * TIME.samePart));
  }

  #numberWindow(): number {
    const intervals = this.#interval * TIME.numberIntervals;
    if (Number.isNaN(intervals)) return TIME.numberMin;
    return Math.min(TIME.numberMax, Math.max(TIME.numberMin, intervals));
  }
}

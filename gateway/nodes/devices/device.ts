/**
 * One device behind the nodes: what it said lately, who hears it, and which of its packets are new.
 *
 * @module
 */
import type { DeviceId } from "../../../traces/sensors/sensor_decoder.ts";
import { type Content, ContentWindow, hashOf, SEED_1, SEED_2 } from "./content_window.ts";
import { Receiver } from "./receiver.ts";

/** The same bytes within this part of the learned interval are the same transmission. */
const SAME_PART = 0.5;
/** Bounds of that, ms; also while the interval is not known. */
const SAME_MIN_MS = 20;
const SAME_MAX_MS = 10_000;
const SAME_UNKNOWN_MS = 200;
/** Two receptions of one node closer than this are of one transmission (three channels), ms. */
const ONE_EVENT_MS = 6;
/** A number behind the last is late for so long; after that the device counts anew, ms. */
const LATE_MS = 4000;
/** A number further behind than this is no late one. */
const LATE_NUMBERS = 64;
const MAX_RECEIVERS = 64;

/** What the bytes of a packet are. */
export const Repeat = {
  /** Not said lately; `settle` is to follow. */
  No: 0,
  /** What carries a number of the device's own, sent once more. */
  Again: 1,
  /** The same transmission, heard by another node or told twice. */
  Copy: 2,
} as const;

/** Whether a packet says something new. */
export const Novelty = {
  New: 0,
  /** The same as one that was taken. */
  Same: 1,
  /** Older than one that was taken. */
  Behind: 2,
} as const;

interface Numbers {
  last: number;
  /** The last one, counted on over wraps. */
  total: number;
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
  #interval = NaN;
  readonly #contents = new ContentWindow();
  readonly #numbers = new Map<string, Numbers>();
  /** Losses are told by the numbers of one format: those of another count otherwise. */
  #lossFormat: string | undefined;
  /** The content that `repeats` found to be new; -1 in `at` while nobody said what became of it. */
  #content: Content | undefined;

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
   * Whether these bytes were taken already: heard by another node, or sent again. What is new is
   * remembered; `settle` says what became of it.
   *
   * @param at when it was heard, ms of the monotonic clock
   * @returns one of `Repeat`
   */
  repeats(
    receiver: Receiver,
    data: Uint8Array,
    start: number,
    end: number,
    at: number,
  ): number {
    this.#learn(at - receiver.lastAt);
    const hash1 = hashOf(data, start, end, SEED_1);
    const hash2 = hashOf(data, start, end, SEED_2);
    const length = end - start;
    let content = this.#contents.find(hash1, hash2, length);
    if (content === undefined) {
      content = this.#contents.add(hash1, hash2, length, at);
    } else if (at - content.at <= this.#sameWindow()) {
      receiver.take(content.index, content.number);
      return Repeat.Copy;
    } else content.at = at;
    content.index = ++this.index;
    this.#content = content;
    if (!content.numbered) return Repeat.No;
    receiver.take(content.index, content.number);
    return Repeat.Again;
  }

  /** A node of another dialect heard a packet whose bytes are not known. */
  heardToo(receiver: Receiver, at: number) {
    this.#learn(at - receiver.lastAt);
    if (this.index < 0) this.index = 0;
    receiver.take(this.index, -1);
  }

  /**
   * Sorts a packet by the number that the device gave it, and counts it for its receiver.
   *
   * @param sequence -1: it has none
   * @param late its decoder says that it repeats or lies behind one that was accepted
   */
  settle(
    receiver: Receiver,
    format: string,
    sequence: number,
    modulus: number,
    late: boolean,
    at: number,
  ): number {
    const content = this.#content!;
    let novelty: number = late ? Novelty.Same : Novelty.New;
    if (sequence >= 0 && modulus > 0) {
      novelty = this.#number(content, format, sequence, modulus, at);
      if (late && novelty === Novelty.New) novelty = Novelty.Same;
    }
    receiver.take(content.index, content.number);
    return novelty;
  }

  #number(
    content: Content,
    format: string,
    sequence: number,
    modulus: number,
    at: number,
  ): number {
    const known = this.#numbers.get(format);
    this.#lossFormat ??= format;
    const counts = format === this.#lossFormat;
    content.numbered = true;
    if (known === undefined) {
      if (counts) content.number = sequence;
      this.#numbers.set(format, { last: sequence, total: sequence, at, index: content.index });
      return Novelty.New;
    }
    const ahead = (sequence - known.last + modulus) % modulus;
    if (ahead === 0) {
      content.index = known.index;
      if (counts) content.number = known.total;
      return Novelty.Same;
    }
    const behind = modulus - ahead;
    if (behind <= LATE_NUMBERS && behind < ahead && at - known.at < LATE_MS) {
      if (counts) content.number = Math.max(0, known.total - behind);
      return Novelty.Behind;
    }
    // Half a turn ahead or more: it counts anew.
    if (counts && ahead > modulus / 2) {
      for (const receiver of this.receivers.values()) receiver.restart();
    }
    known.total += ahead;
    known.last = sequence;
    known.at = at;
    known.index = content.index;
    if (counts) content.number = known.total;
    return Novelty.New;
  }

  /** The interval is near the short end of the gaps: longer ones are losses. */
  #learn(gap: number) {
    if (!(gap > ONE_EVENT_MS && gap < 3_600_000)) return;
    const known = this.#interval;
    if (Number.isNaN(known)) this.#interval = gap;
    else this.#interval = known + (gap - known) * (gap < known ? 0.25 : 0.03);
  }

  #sameWindow(): number {
    const interval = this.#interval;
    if (Number.isNaN(interval)) return SAME_UNKNOWN_MS;
    return Math.min(SAME_MAX_MS, Math.max(SAME_MIN_MS, interval * SAME_PART));
  }
}

/**
 * Finds out which PUBLISH is which: those that came in by what the gateway says of them, those that
 * go out by being equal to one that came in, or by the update that they tell.
 *
 * @module
 */
import { READINGS } from "../../nodes/out/readings_names.ts";
import type { MessageEvent } from "../trace_event.ts";
import type { Origin, UpdateMark } from "./trace_ids.ts";

/** A PUBLISH in the bytes of a connection. */
export interface SeenPublish {
  /** See {@linkcode shortTopic}. */
  topic: string | undefined;
  /** Of the topic, UTF-16 code units. */
  topicLength: number;
  qos: number;
  /** 0: none. */
  packetId: number;
  payloadLength: number;
  /** Of its last byte, ms of the monotonic clock. */
  time: number;
  /** Equal for equal topics and payloads; "" where they are not known. */
  key: string;
  /** The time that the payload of a reading says, Unix ms; NaN: it is none. */
  unix: number;
  /** `null`: not known (yet), or refused. */
  origin: Origin | null;
  /** The one update that it tells; `null`: all of the origin. */
  update: UpdateMark | null;
}

interface Taken {
  key: string;
  time: number;
  origin: Origin | null;
  /** It came from an external broker. */
  dialled: boolean;
  /** Connections that had it; negative: from which it came. */
  sentTo: Set<number>;
}

interface Reading {
  /** Unix ms. */
  unix: number;
  origin: Origin;
  mark: UpdateMark;
}

/**
 * PUBLISHes of one connection that wait to be taken in (one read of a socket has some thousands at
 * most), and how long those of QoS 0 and 1 do, ms: others were refused, or only passed through.
 */
const MAX_WAITING = 10_000;
const WAITING_MS = 5000;
/** PUBLISHes that came in, and how long they can go out, ms. */
const MAX_TAKEN = 4096;
const TAKEN_MS = 10_000;
/** So many are forgotten at a time once they are old. */
const FEW = 64;
/** Equal ones that came in within so short a time go out in their order, ms. */
const AT_ONCE_MS = 20;
/** Events come a little later than what they are about, ms. */
const EARLY_MS = 1;
/** What passed through to an external broker comes back so soon, ms. */
const RETURN_MS = 1000;
/** Longer topics are told apart by a hash, UTF-16 code units. */
const MAX_TOPIC = 256;
const MAX_READING_TOPICS = 10_000;
const READINGS_PER_TOPIC = 16;

/** FNV-1a, 32 bits. */
export function hash(bytes: Uint8Array, start: number, end: number): number {
  let value = 0x811c9dc5;
  for (let at = start; at < end; at++) value = Math.imul(value ^ bytes[at]!, 0x01000193);
  return value >>> 0;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A topic, or of a long one its beginning and what tells it from others. Takes little memory. */
export function shortTopic(topic: string): string {
  if (topic.length <= MAX_TOPIC) return topic;
  const bytes = encoder.encode(topic);
  const start = decoder.decode(bytes.subarray(0, MAX_TOPIC));
  return `${start} ${bytes.length} ${hash(bytes, 0, bytes.length)}`;
}

/** PUBLISHes of one connection, in order. */
export class WaitingPublishes {
  /** Whether any was ever taken in. */
  heard = false;
  #waiting: SeenPublish[] = [];

  /** How many wait. */
  get size(): number {
    return this.#waiting.length;
  }

  add(publish: SeenPublish) {
    const waiting = this.#waiting;
    if (publish.qos === 2) {
      // Sent again: it is taken in once.
      const { packetId } = publish;
      const again = waiting.findIndex((one) => one.qos === 2 && one.packetId === packetId);
      if (again >= 0) waiting.splice(again, 1);
    }
    waiting.push(publish);
    if (waiting.length > MAX_WAITING) waiting.splice(0, MAX_WAITING / 2);
    this.#expire(publish.time - WAITING_MS);
  }

  #expire(before: number) {
    const waiting = this.#waiting;
    const kept = waiting.findIndex(({ time, qos }) => time >= before || qos === 2);
    if (kept > 0) waiting.splice(0, kept);
  }

  /** The one that was taken in; those before it that could not wait were refused. */
  take({ qos, topicLength, payloadLength }: MessageEvent): SeenPublish | undefined {
    this.heard = true;
    const waiting = this.#waiting;
    const at = waiting.findIndex((publish) =>
      publish.qos === qos && publish.payloadLength === payloadLength &&
      (publish.topic === undefined || publish.topicLength === topicLength)
    );
    if (at < 0) return undefined;
    const publish = waiting[at]!;
    if (at === 0) waiting.shift();
    else this.#waiting = waiting.filter(({ qos }, i) => i > at || i < at && qos === 2);
    return publish;
  }
}

/** What came in on any connection. */
export class PublishBook {
  readonly #taken = new Map<string, Taken[]>();
  readonly #order: Taken[] = [];
  readonly #readings = new Map<string, Reading[]>();

  /** It was taken in. @param dialled from an external broker. @default false */
  taken({ key, time, origin }: SeenPublish, dialled = false) {
    if (key === "") return;
    const entry = { key, time, origin, dialled, sentTo: new Set<number>() };
    const same = this.#taken.get(key);
    if (same === undefined) this.#taken.set(key, [entry]);
    else same.push(entry);
    const order = this.#order;
    order.push(entry);
    const tooMany = order.length >= 2 * MAX_TAKEN;
    if (tooMany) this.#forget(MAX_TAKEN);
    else if (order.length > FEW && order[FEW]!.time < time - TAKEN_MS) this.#forget(FEW);
  }

  #forget(count: number) {
    for (const { key } of this.#order.splice(0, count)) {
      const same = this.#taken.get(key)!;
      same.shift();
      if (same.length === 0) this.#taken.delete(key);
    }
  }

  /** An update was made, of which perhaps a reading is published. */
  updated(topic: string, unix: number, origin: Origin, mark: UpdateMark) {
    if (!topic.startsWith(READINGS)) return;
    const key = shortTopic(topic);
    let readings = this.#readings.get(key);
    if (readings === undefined) {
      this.#readings.set(key, readings = []);
      if (this.#readings.size > MAX_READING_TOPICS) {
        const [oldest] = this.#readings.keys();
        this.#readings.delete(oldest!);
      }
    } else if (readings.length >= READINGS_PER_TOPIC) readings.shift();
    readings.push({ unix, origin, mark });
  }

  /**
   * Finds what a PUBLISH that goes out is: an equal one that this connection has not had. That is the
   * latest, as it may not have been sent the others; but the first of those that came just now.
   */
  identify(publish: SeenPublish, connection: number) {
    const reading = this.#reading(publish);
    if (reading !== undefined) {
      publish.origin = reading.origin;
      publish.update = reading.mark;
      return;
    }
    const same = this.#taken.get(publish.key);
    if (same === undefined) return;
    let found: Taken | undefined;
    for (let i = same.length - 1; i >= 0; i--) {
      const { time, sentTo } = same[i]!;
      if (time > publish.time + EARLY_MS || sentTo.has(connection)) continue;
      if (time < publish.time - (found === undefined ? TAKEN_MS : AT_ONCE_MS)) break;
      found = same[i]!;
    }
    if (found === undefined) return;
    found.sentTo.add(connection);
    publish.origin = found.origin;
  }

  /**
   * Finds what a PUBLISH is that only passes through to an external broker or from there: the first
   * equal one that the gateway itself got from that broker then.
   */
  returned(publish: SeenPublish, connection: number, out: boolean) {
    const { key, time } = publish;
    const way = out ? connection : -connection;
    const found = this.#taken.get(key)?.find((taken) =>
      taken.dialled && Math.abs(taken.time - time) <= RETURN_MS && !taken.sentTo.has(way)
    );
    if (found === undefined) return;
    found.sentTo.add(way);
    publish.origin = found.origin;
  }

  #reading({ topic, unix }: SeenPublish): Reading | undefined {
    if (topic === undefined || Number.isNaN(unix)) return undefined;
    return this.#readings.get(topic)?.findLast((reading) => reading.unix === unix);
  }
}

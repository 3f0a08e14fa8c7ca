/**
 * Finds out which PUBLISH is which: those that came in by what the gateway says of them, those that
 * go out by being equal to one that came in, or by the update that they tell.
 *
 * @module
 */
import { READINGS } from "../../nodes/out/readings_publisher.ts";
import type { MessageEvent } from "../trace_event.ts";
import type { Origin, UpdateMark } from "./trace_ids.ts";

/** A PUBLISH in the bytes of a connection. */
export interface SeenPublish {
  topic: string | undefined;
  qos: number;
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
  publish: SeenPublish;
  /** Connections that had it. */
  sentTo: Set<number>;
}

interface Reading {
  /** Unix ms. */
  unix: number;
  origin: Origin;
  mark: UpdateMark;
}

/** PUBLISHes of one connection that wait to be taken in: QoS 2 until PUBREL, or refused. */
const MAX_WAITING = 1000;
/** PUBLISHes that came in, and how long they can go out, ms. */
const MAX_TAKEN = 4096;
const TAKEN_MS = 10_000;
/** Events come a little later than what they are about, ms. */
const EARLY_MS = 1;
const MAX_READING_TOPICS = 10_000;
const READINGS_PER_TOPIC = 16;

/** PUBLISHes of one connection, in order. */
export class WaitingPublishes {
  #waiting: SeenPublish[] = [];

  add(publish: SeenPublish) {
    this.#waiting.push(publish);
    if (this.#waiting.length > MAX_WAITING) this.#waiting.splice(0, MAX_WAITING / 2);
  }

  /** The one that was taken in; those before it that could not wait were refused. */
  take({ qos, topicLength, payloadLength }: MessageEvent): SeenPublish | undefined {
    const waiting = this.#waiting;
    const at = waiting.findIndex((publish) =>
      publish.qos === qos && publish.payloadLength === payloadLength &&
      (publish.topic === undefined || publish.topic.length === topicLength)
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
  readonly #order: string[] = [];
  readonly #readings = new Map<string, Reading[]>();

  /** It was taken in. */
  taken(publish: SeenPublish) {
    const { key } = publish;
    if (key === "") return;
    const entry = { publish, sentTo: new Set<number>() };
    const same = this.#taken.get(key);
    if (same === undefined) this.#taken.set(key, [entry]);
    else same.push(entry);
    this.#order.push(key);
    if (this.#order.length >= 2 * MAX_TAKEN) this.#forget();
  }

  #forget() {
    for (const key of this.#order.splice(0, MAX_TAKEN)) {
      const same = this.#taken.get(key)!;
      same.shift();
      if (same.length === 0) this.#taken.delete(key);
    }
  }

  /** An update was made, of which perhaps a reading is published. */
  updated(topic: string, unix: number, origin: Origin, mark: UpdateMark) {
    if (!topic.startsWith(READINGS)) return;
    let readings = this.#readings.get(topic);
    if (readings === undefined) {
      this.#readings.set(topic, readings = []);
      if (this.#readings.size > MAX_READING_TOPICS) {
        const [oldest] = this.#readings.keys();
        this.#readings.delete(oldest!);
      }
    } else if (readings.length >= READINGS_PER_TOPIC) readings.shift();
    readings.push({ unix, origin, mark });
  }

  /** Finds what a PUBLISH that goes out is: the latest equal one that this connection has not had. */
  identify(publish: SeenPublish, connection: number) {
    const reading = this.#reading(publish);
    if (reading !== undefined) {
      publish.origin = reading.origin;
      publish.update = reading.mark;
      return;
    }
    const same = this.#taken.get(publish.key);
    if (same === undefined) return;
    for (let i = same.length - 1; i >= 0; i--) {
      const { publish: { time, origin }, sentTo } = same[i]!;
      if (time > publish.time + EARLY_MS || sentTo.has(connection)) continue;
      if (time < publish.time - TAKEN_MS) return;
      sentTo.add(connection);
      publish.origin = origin;
      return;
    }
  }

  #reading({ topic, unix }: SeenPublish): Reading | undefined {
    if (topic === undefined || Number.isNaN(unix)) return undefined;
    return this.#readings.get(topic)?.findLast((reading) => reading.unix === unix);
  }
}

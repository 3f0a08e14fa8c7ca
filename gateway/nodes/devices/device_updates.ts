/**
 * Makes updates of what a device says: a topic per reading in the device's channel.
 *
 * @module
 */
import { type Measure, type Reading, readingName } from "../../../traces/sensors/measure.ts";
import type { DerivedTopic, Rooms } from "../../rooms/rooms.ts";
import type { PublishedReading } from "../out/readings_publisher.ts";

/** Where readings are published under a name of their own. */
export function readingTopic(device: string, name: string): string {
  return `edgewire/v1/readings/${device}/${name}`;
}

/** Hears of every update that was made of a reading. */
export type ReadingListener = (reading: PublishedReading) => void;

/** What an update says beside its value. */
export interface Origin {
  /** Node that heard it first. */
  node: string;
  /** The same as members of a message, see `Entry.node`. */
  nodeMember: string;
  /** Of the message or radio record. */
  id: string;
  /** Unix milliseconds. */
  time: number;
  /** Made of a retained message that the broker repeats. */
  replayed?: boolean;
}

/** What is known of a value beside itself. */
export type Meaning = Pick<Measure, "kind" | "unit" | "quantity" | "diagnostic">;

interface Topic {
  name: string;
  derived: DerivedTopic;
}

const RSSI: Meaning = {
  kind: "number",
  unit: "dBm",
  quantity: "signal_strength",
  diagnostic: false,
};

/** Topics that one device may have: names come from its packets. */
const MAX_TOPICS = 200;

export class DeviceUpdates {
  readonly device: string;
  readonly #rooms: Rooms;
  readonly #listener: ReadingListener | null;
  readonly #topics = new Map<string, Topic>();
  /** Topics by place in the packet, as the last packet had them. */
  readonly #likely: { measure: Measure; instance: number; topic: Topic }[] = [];

  constructor(device: string, rooms: Rooms, listener: ReadingListener | null) {
    this.device = device;
    this.#rooms = rooms;
    this.#listener = listener;
  }

  /** Names of the readings that have a topic. */
  has(name: string): boolean {
    return this.#topics.has(name);
  }

  /** Makes updates of the readings of a packet; what is not available makes none. */
  readings(readings: readonly Reading[], origin: Origin) {
    // Packets of a device are alike: what stood at a place last time most likely stands there again.
    const likely = this.#likely;
    for (let i = 0; i < readings.length; i++) {
      const reading = readings[i]!;
      const { measure, value } = reading;
      if (value === null) continue;
      const json = typeof value === "string" ? JSON.stringify(value) : String(value);
      let place = likely[i];
      if (place?.measure !== measure || place.instance !== reading.instance) {
        const name = readingName(reading);
        const topic = this.#topic(name, measure);
        if (topic === null) continue;
        place = likely[i] = { measure, instance: reading.instance, topic };
      }
      this.#put(place.topic, json, measure, origin);
    }
  }

  /** Makes an update of a value. Words and what is only of technical interest are told when they change. */
  value(
    name: string,
    value: number | boolean | string,
    meaning: Meaning,
    origin: Origin,
  ) {
    const json = typeof value === "string" ? JSON.stringify(value) : String(value);
    this.json(name, json, meaning, origin);
  }

  /** How strongly the packet came in, dBm. */
  rssi(rssi: number, origin: Origin) {
    this.value("rssi", rssi, RSSI, origin);
  }

  /** The same with the value as JSON text. */
  json(name: string, json: string, meaning: Meaning, origin: Origin) {
    const topic = this.#topic(name, meaning);
    if (topic !== null) this.#put(topic, json, meaning, origin);
  }

  /** @returns The topic, made where it is new; `null` when there are too many. */
  #topic(name: string, meaning: Meaning): Topic | null {
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      if (this.#topics.size >= MAX_TOPICS) return null;
      topic = { name, derived: this.#derive(name, meaning) };
      this.#topics.set(name, topic);
    }
    return topic;
  }

  #put(topic: Topic, json: string, meaning: Meaning, origin: Origin) {
    const told = meaning.diagnostic || meaning.kind === "text";
    if (told && this.#rooms.says(topic.derived, json)) return;
    const { node, nodeMember, id, time, replayed } = origin;
    this.#rooms.put(topic.derived, json, nodeMember, id, time, replayed);
    if (this.#listener === null) return;
    const { kind, unit, quantity, diagnostic } = meaning;
    this.#listener({
      device: this.device,
      name: topic.name,
      topic: topic.derived.route.topic,
      json,
      unit,
      node,
      time,
      kind,
      quantity,
      diagnostic,
    });
  }

  #derive(name: string, { unit }: Meaning): DerivedTopic {
    return this.#rooms.derive({
      topic: readingTopic(this.device, name),
      channel: this.device,
      device: this.device,
      ...(unit === "" ? {} : { unit }),
    });
  }

  /** Ends its topics, and its channel if nothing else is in it. */
  close() {
    for (const { derived } of this.#topics.values()) this.#rooms.underive(derived);
    this.#rooms.leave(this.device);
    this.#topics.clear();
    this.#likely.length = 0;
  }
}

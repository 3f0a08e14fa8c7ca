/**
 * Publishes what was decoded for other MQTT clients, on `edgewire/v1/readings/<device>/<name>`:
 * `{"value":21.5,"unit":"°C","time":1795190000000.123,"node":"attic"}`.
 *
 * Nothing is retained: a reading is of its moment, and one that stays at the broker after its sensor
 * has died looks like one of now. Numbers go with QoS 0, since the next one comes soon. What is said
 * once, a press or a door, goes with QoS 1.
 *
 * @module
 */
import type { MeasureKind } from "../../../traces/sensors/measure.ts";

/** One value of which an update was made. */
export interface PublishedReading {
  /** Name of the device, a level of the topic (some have several). */
  device: string;
  /** `temperature` */
  name: string;
  /** Where it is published, the topic of the update: `edgewire/v1/readings/attic/temperature`. */
  topic: string;
  /** The value as JSON text. */
  json: string;
  /** "" without. */
  unit: string;
  /** Node that heard it first. */
  node: string;
  /** Unix milliseconds with a fraction. */
  time: number;
  kind: MeasureKind;
  quantity: string | undefined;
  diagnostic: boolean;
}

/**
 * Publishes a message.
 *
 * @throws if the broker is away or refuses (the promise rejects)
 */
export type Publish = (
  topic: string,
  payload: Uint8Array,
  options: { retain: boolean; qos: 0 | 1 },
) => Promise<void>;

export interface ReadingsPublisherOptions {
  publish: Publish;
  /** Whether anybody would get a message on this topic. Asked for every reading. */
  hears: (topic: string) => boolean;
}

/** Messages that may wait for the broker; beyond it readings are dropped. */
const MAX_WAITING = 10_000;
const MAX_NODES = 1000;

const utf8 = new TextEncoder();

export class ReadingsPublisher {
  readonly counters: { published: number; failed: number; dropped: number } = {
    /** Given to the broker, and by QoS 1 acknowledged. */
    published: 0,
    /** The broker was away or refused. */
    failed: 0,
    /** Too many waited for the broker already. */
    dropped: 0,
  };
  readonly #publish: Publish;
  readonly #hears: (topic: string) => boolean;
  readonly #nodes = new Map<string, string>();
  #waiting = 0;

  constructor({ publish, hears }: ReadingsPublisherOptions) {
    this.#publish = publish;
    this.#hears = hears;
  }

  /** Publishes a reading, if anybody hears it. Never throws; failures are counted. */
  reading(reading: PublishedReading) {
    if (!this.#hears(reading.topic)) return;
    if (this.#waiting >= MAX_WAITING) {
      this.counters.dropped++;
      return;
    }
    this.#send(reading);
  }

  async #send({ topic, json, unit, time, node, kind }: PublishedReading) {
    const unitJson = JSON.stringify(unit);
    const text = `{"value":${json},"unit":${unitJson},"time":${time},"node":${this.#node(node)}}`;
    this.#waiting++;
    try {
      const qos = kind === "number" ? 0 : 1;
      await this.#publish(topic, utf8.encode(text), { retain: false, qos });
      this.counters.published++;
    } catch {
      this.counters.failed++;
    } finally {
      this.#waiting--;
    }
  }

  /** A node's name as JSON. */
  #node(name: string): string {
    let json = this.#nodes.get(name);
    if (json === undefined) {
      json = JSON.stringify(name);
      if (this.#nodes.size >= MAX_NODES) this.#nodes.clear();
      this.#nodes.set(name, json);
    }
    return json;
  }
}

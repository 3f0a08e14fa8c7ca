/**
 * What a page is shown: a day of six topics at 1 Hz as history, and a channel
 * with 2,000 updates a second.
 *
 * @module
 */
import { REPLAY_TOPIC } from "../../gateway/broker/replay_times.ts";
import { PINGREQ, publish } from "./mqtt_packets.ts";
import { everyMillisecond } from "./pool.ts";
import { Publisher } from "./publisher.ts";

const encoder = new TextEncoder();
const DAY_S = 86_400;
const DAY_TOPICS = 6;
/** Points of the day: {@linkcode DAY_TOPICS} a second. */
export const DAY_POINTS: number = DAY_S * DAY_TOPICS;
/** So much more before the day, since it takes a while to publish it, seconds. */
const LEAD_S = 300;
/** Bytes that are written at a time. */
const CHUNK = 64 * 1024;
/** At most so many messages in one write of live traffic. */
const AT_ONCE = 200;

/** Names of the live topics; both units and the states have panels of their own. */
const LIVE_TOPICS = [
  ...["inside", "outside", "supply", "return"].map((name) => `temperature_${name}`),
  ...["inside", "outside", "supply", "return"].map((name) => `humidity_${name}`),
  ...["pump", "valve"],
];

function message(topic: string, value: string): Uint8Array {
  return publish(topic, encoder.encode(value));
}

/** Something that moves as a room's temperature does: daily, hourly, and a little at random. */
function reading(topic: number, second: number): string {
  const day = Math.sin(second / DAY_S * 2 * Math.PI + topic);
  const hour = Math.sin(second / 600 + topic * 2);
  return (20 + topic + 4 * day + hour + Math.random() * 0.3).toFixed(2);
}

/**
 * Publishes a day that ends now, and somewhat more before it, as a replay.
 *
 * @param port The gateway's MQTT port.
 */
export async function publishDay(port: number, channel: string): Promise<void> {
  const publisher = await Publisher.open(port, "bench-day");
  try {
    const length = DAY_S + LEAD_S;
    let parts = [message(REPLAY_TOPIC, JSON.stringify({ now: length * 1000, at: 0 }))];
    let size = 0;
    for (let second = 0; second < length; second++) {
      parts.push(message(REPLAY_TOPIC, JSON.stringify({ at: second * 1000 })));
      for (let topic = 0; topic < DAY_TOPICS; topic++) {
        parts.push(message(`devices/${channel}/sensor_${topic}`, reading(topic, second)));
      }
      size += parts.slice(-1 - DAY_TOPICS).reduce((sum, part) => sum + part.length, 0);
      if (size < CHUNK && second < length - 1) continue;
      await publisher.write(joined(parts));
      [parts, size] = [[], 0];
    }
    // Its answer says that what came before was read.
    await publisher.write(PINGREQ);
    if (!await publisher.until(() => publisher.acks.pingresps > 0)) {
      throw new Error(`Cannot publish a day: ${publisher.lost}`);
    }
  } finally {
    await publisher.close();
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Publishes at an even pace until it is closed. */
export class LiveTraffic implements AsyncDisposable {
  /** Messages so far. */
  count = 0;
  readonly #publisher: Publisher;
  readonly #stop: () => void;

  private constructor(publisher: Publisher, channel: string, rate: number) {
    this.#publisher = publisher;
    const since = performance.now();
    this.#stop = everyMillisecond(() => {
      if (publisher.writing) return;
      const due = Math.floor((performance.now() - since) * rate / 1000) - this.count;
      const parts: Uint8Array[] = [];
      for (let i = 0; i < Math.min(due, AT_ONCE); i++) parts.push(next(channel, this.count++));
      if (parts.length > 0) publisher.write(joined(parts));
    });
  }

  /** @param rate Messages a second. */
  static async open(port: number, channel: string, rate: number): Promise<LiveTraffic> {
    return new LiveTraffic(await Publisher.open(port, "bench-live"), channel, rate);
  }

  async [Symbol.asyncDispose]() {
    this.#stop();
    await this.#publisher.close();
  }
}

function next(channel: string, count: number): Uint8Array {
  const index = count % LIVE_TOPICS.length;
  const name = LIVE_TOPICS[index]!;
  const topic = `devices/${channel}/${name}`;
  const round = Math.floor(count / LIVE_TOPICS.length);
  if (!name.includes("_")) return message(topic, round % 500 < 250 ? "on" : "off");
  const value = 20 + index + 5 * Math.sin(round / 700 + index) + Math.random();
  return message(topic, value.toFixed(3));
}

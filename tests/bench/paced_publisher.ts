/**
 * Publishes stamped payloads at an even pace: at every millisecond what is
 * due by the clock, one packet per message.
 *
 * @module
 */
import { publish } from "./mqtt_packets.ts";
import { everyMillisecond } from "./pool.ts";
import { Publisher } from "./publisher.ts";
import { MARKER, nowMicros, stampedPayload, unstampedPayload, writeStamp } from "./stamp.ts";

/** At most so many messages in one write; what is due beyond waits for the next tick. */
const AT_ONCE = 64;

/** A publisher to one topic; whoever opens it closes it. */
export class PacedPublisher {
  /** Messages published so far. */
  count = 0;
  /** Messages a second. */
  #rate = 0;
  #since = 0;
  #base = 0;
  #publisher: Publisher;
  #packets: Uint8Array<ArrayBuffer>;
  #size: number;
  #marker: number;
  #room: () => number = () => AT_ONCE;
  #stopTicks: (() => void) | undefined;

  private constructor(publisher: Publisher, topic: string) {
    const packet = publish(topic, stampedPayload());
    this.#publisher = publisher;
    this.#size = packet.length;
    // Not the first: a length byte may look like a marker.
    this.#marker = packet.lastIndexOf(MARKER);
    this.#packets = new Uint8Array(packet.length * AT_ONCE);
    for (let i = 0; i < AT_ONCE; i++) this.#packets.set(packet, i * packet.length);
  }

  /**
   * Connects and publishes one message without a stamp, so that the topic's channel exists.
   *
   * @throws {Error} When the broker refuses or does not acknowledge it.
   */
  static async open(port: number, topic: string): Promise<PacedPublisher> {
    const publisher = await Publisher.open(port, "bench-publisher");
    await publisher.write(publish(topic, unstampedPayload(), 1));
    if (!await publisher.until(() => publisher.acks.pubacks > 0)) {
      throw new Error(`Cannot publish: ${publisher.lost}`);
    }
    return new PacedPublisher(publisher, topic);
  }

  /** Why the connection was lost; undefined while it stands. */
  get lost(): string | undefined {
    return this.#publisher.lost;
  }

  /**
   * Starts to publish, or changes how.
   *
   * @param rate Messages a second.
   * @param room How many more may be under way; asked at every tick. @default no limit
   */
  run(rate: number, room: () => number = () => AT_ONCE) {
    this.#rate = rate;
    this.#room = room;
    this.#since = performance.now();
    this.#base = this.count;
    this.#stopTicks ??= everyMillisecond(() => this.#tick());
  }

  /** Stops publishing; what is written stays written. */
  pause() {
    this.#stopTicks?.();
    this.#stopTicks = undefined;
  }

  #tick() {
    if (this.#publisher.writing) return;
    const due = Math.floor((performance.now() - this.#since) * this.#rate / 1000);
    const count = Math.min(due - (this.count - this.#base), AT_ONCE, this.#room());
    if (count <= 0) return;
    const micros = nowMicros();
    for (let i = 0; i < count; i++) {
      writeStamp(this.#packets, i * this.#size + this.#marker, micros, this.count++);
    }
    this.#publisher.write(this.#packets.subarray(0, count * this.#size));
  }

  /** Stops and disconnects. */
  close(): Promise<void> {
    this.pause();
    return this.#publisher.close();
  }
}

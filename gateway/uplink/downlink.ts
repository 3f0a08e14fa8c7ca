/**
 * Messages from the cloud: commands, and topics that nodes want. They pass the rules that a client
 * of the same role has to pass, go to the broker, and are not uploaded again.
 *
 * @module
 */
import type { IPublishPacket } from "mqtt-packet";
import { OwnPublishes } from "../broker/own_publishes.ts";
import { stampOf } from "./stamp.ts";

export interface DownlinkOptions {
  /** Topic filters, without the prefix. */
  filters: string[];
  prefix: string;
  /** Of this gateway. */
  epoch: string;
  /** Whether messages from the cloud may go on a topic. */
  mayPublish: (topic: string) => boolean;
  /** Settles when the broker has it. */
  publish: (topic: string, payload: Uint8Array) => Promise<void>;
  log: (line: string) => void;
}

/** Topics whose refusal is said. */
const MAX_SAID = 1000;

export class Downlink {
  readonly counters = { taken: 0, refused: 0, failed: 0 };
  /** Filters to subscribe to. */
  readonly filters: string[];
  readonly #options: DownlinkOptions;
  readonly #own = new OwnPublishes();
  readonly #said = new Set<string>();

  constructor(options: DownlinkOptions) {
    this.#options = options;
    this.filters = options.filters.map((filter) => options.prefix + filter);
  }

  /**
   * A message of ours is being sent by MQTT 3.1.1, which knows no "no local": it may come back.
   *
   * @param topic With the prefix
   */
  sending(topic: string, payload: Uint8Array) {
    if (this.filters.length > 0) this.#own.published(topic, payload, this.filters);
  }

  /** Settles when it is done, one way or the other. */
  async take(packet: IPublishPacket): Promise<void> {
    const { prefix, epoch, mayPublish, publish, log } = this.#options;
    const sent = packet.payload as Uint8Array;
    if (!packet.topic.startsWith(prefix) || this.#own.returned(packet.topic, sent)) return;
    const stamped = stampOf(packet);
    if (stamped?.stamp.via.includes(epoch)) return;
    const topic = packet.topic.slice(prefix.length);
    if (!mayPublish(topic)) {
      this.counters.refused++;
      if (this.#said.has(topic) || this.#said.size >= MAX_SAID) return;
      this.#said.add(topic);
      return log(`uplink: the cloud may not publish on "${topic}"`);
    }
    try {
      await publish(topic, stamped?.payload ?? sent);
      this.counters.taken++;
    } catch (error) {
      this.counters.failed++;
      log(`uplink: a message from the cloud on "${topic}": ${(error as Error).message}`);
    }
  }
}

/**
 * Topics of clients that reach an external broker through `/mqtt`, written as the broker takes them.
 * Only for brokers that need it: elsewhere bytes pass as they are.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import mqtt, { type Packet } from "mqtt-packet";
import { parsePacket } from "./pass_filter.ts";
import type { TopicEscape } from "./topic_escape.ts";

/** Packet types that name topics, the first four bits (MQTT 3.1.1 table 2.1). */
const CONNECT = 1;
const PUBLISH = 3;
const SUBSCRIBE = 8;
const UNSUBSCRIBE = 10;

/** Translates whole packets; what cannot be read passes as it is, for the broker to judge. */
export class PassEscape {
  readonly #escape: TopicEscape;
  readonly #version: number;

  /** @param version MQTT protocol level of the connection, 4 or 5. */
  constructor(escape: TopicEscape, version: number) {
    this.#escape = escape;
    this.#version = version;
  }

  toBroker(bytes: Uint8Array): Uint8Array {
    const type = (bytes[0] as number) >> 4;
    if (type !== CONNECT && type !== PUBLISH && type !== SUBSCRIBE && type !== UNSUBSCRIBE) {
      return bytes;
    }
    const packet = parsePacket(bytes, this.#version);
    const escape = (topic: string) => this.#escape.escape(topic);
    switch (packet?.cmd) {
      case "connect":
        if (packet.will === undefined) return bytes;
        return this.#generate({
          ...packet,
          will: { ...packet.will, topic: escape(packet.will.topic) },
        });
      case "publish": {
        const topic = escape(packet.topic);
        return topic === packet.topic ? bytes : this.#generate({ ...packet, topic });
      }
      case "subscribe": {
        const subscriptions = packet.subscriptions.map((one) => ({
          ...one,
          topic: escape(one.topic),
        }));
        return this.#generate({ ...packet, subscriptions });
      }
      case "unsubscribe":
        return this.#generate({
          ...packet,
          unsubscriptions: packet.unsubscriptions.map(escape),
        });
      default:
        return bytes;
    }
  }

  fromBroker(bytes: Uint8Array): Uint8Array {
    if ((bytes[0] as number) >> 4 !== PUBLISH) return bytes;
    const packet = parsePacket(bytes, this.#version);
    if (packet?.cmd !== "publish") return bytes;
    const topic = this.#escape.unescape(packet.topic);
    return topic === packet.topic ? bytes : this.#generate({ ...packet, topic });
  }

  #generate(packet: Packet): Buffer {
    return mqtt.generate(packet, { protocolVersion: this.#version } as never);
  }
}

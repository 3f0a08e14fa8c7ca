/**
 * What a role may send and hear through `/mqtt` when an external broker
 * answers: looks into each packet, passes on the bytes of those allowed.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import mqtt, { type IPublishPacket, type ISubscribePacket, type Packet } from "mqtt-packet";
import type { Policy } from "../access/policy.ts";
import type { Identity } from "../access/tokens.ts";

/** MQTT 5 reason "Not authorized"; MQTT 3.1.1 has one failure for SUBACK. */
const NOT_AUTHORIZED_5 = 0x87;
const FAILURE_311 = 0x80;

/** What to do with a packet. */
export interface Verdict {
  /** Bytes for the side that the packet goes to. */
  forward?: Uint8Array;
  /** Bytes for the side that it came from. */
  answer?: Uint8Array;
  /** The client is to be closed. */
  close?: string;
}

/** @returns The packet, or `null` if the bytes are not one. */
export function parsePacket(bytes: Uint8Array, version: number): Packet | null {
  let packet: Packet | null = null;
  const parser = mqtt.parser({ protocolVersion: version } as never);
  parser.on("packet", (parsed: Packet) => packet = parsed);
  parser.on("error", () => packet = null);
  parser.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return packet;
}

/** One MQTT connection's filter; knows aliases and handshakes under way. */
export class PassFilter {
  readonly #policy: Policy;
  readonly #identity: Identity;
  readonly #version: number;
  readonly #onRefused: () => void;
  readonly #aliases = { client: new Map<number, string>(), broker: new Map<number, string>() };
  /** Subscriptions of which some filters were refused: which. */
  readonly #refused = new Map<number, boolean[]>();
  /** QoS 2 messages that the client may not hear, until PUBREL. */
  readonly #swallowed = new Set<number>();

  constructor(policy: Policy, identity: Identity, version: number, onRefused: () => void) {
    this.#policy = policy;
    this.#identity = identity;
    this.#version = version;
    this.#onRefused = onRefused;
  }

  /** Judges a packet on its way to the broker. */
  fromClient(bytes: Uint8Array): Verdict {
    const packet = parsePacket(bytes, this.#version);
    if (packet === null) return { close: "not an MQTT packet" };
    if (packet.cmd === "publish") {
      const topic = this.#topic(packet, this.#aliases.client);
      if (this.#policy.mayPublish(this.#identity, topic)) return { forward: bytes };
      this.#onRefused();
      // Closing is the one answer that both versions have [MQTT-3.3.5-2].
      return { close: `may not publish on "${topic}"` };
    }
    return packet.cmd === "subscribe" ? this.#subscribe(packet, bytes) : { forward: bytes };
  }

  /** Judges a packet on its way to the client. */
  fromBroker(bytes: Uint8Array): Verdict {
    const type = (bytes[0] as number) >> 4;
    if (type !== 3 && type !== 6 && type !== 9) return { forward: bytes };
    const packet = parsePacket(bytes, this.#version);
    if (packet === null) return { close: "the broker sent no MQTT packet" };
    switch (packet.cmd) {
      case "publish":
        return this.#publishToClient(packet, bytes);
      case "suback":
        return this.#suback(packet, bytes);
      case "pubrel":
        if (!this.#swallowed.delete(packet.messageId as number)) return { forward: bytes };
        return {
          answer: this.#generate({ cmd: "pubcomp", messageId: packet.messageId as number }),
        };
      default:
        return { forward: bytes };
    }
  }

  #generate(packet: Packet): Uint8Array {
    return mqtt.generate(packet, { protocolVersion: this.#version } as never);
  }

  #topic(packet: IPublishPacket, aliases: Map<number, string>): string {
    const alias = packet.properties?.topicAlias;
    if (alias === undefined) return packet.topic;
    if (packet.topic !== "") aliases.set(alias, packet.topic);
    return aliases.get(alias) ?? "";
  }

  #subscribe(packet: ISubscribePacket, bytes: Uint8Array): Verdict {
    const messageId = packet.messageId as number;
    const refused = packet.subscriptions.map(({ topic }) =>
      !this.#policy.maySubscribe(this.#identity, topic)
    );
    if (!refused.includes(true)) return { forward: bytes };
    this.#onRefused();
    const allowed = packet.subscriptions.filter((_, i) => !refused[i]);
    if (allowed.length === 0) {
      const granted = refused.map(() => this.#failure);
      return { answer: this.#generate({ cmd: "suback", messageId, granted }) };
    }
    this.#refused.set(messageId, refused);
    return { forward: this.#generate({ ...packet, subscriptions: allowed }) };
  }

  get #failure(): number {
    return this.#version === 5 ? NOT_AUTHORIZED_5 : FAILURE_311;
  }

  #suback(packet: Packet & { cmd: "suback" }, bytes: Uint8Array): Verdict {
    const messageId = packet.messageId as number;
    const refused = this.#refused.get(messageId);
    if (refused === undefined) return { forward: bytes };
    this.#refused.delete(messageId);
    const codes = [...packet.granted as number[]];
    const granted = refused.map((no) => no ? this.#failure : codes.shift() as number);
    return { forward: this.#generate({ cmd: "suback", messageId, granted }) };
  }

  #publishToClient(packet: IPublishPacket, bytes: Uint8Array): Verdict {
    const topic = this.#topic(packet, this.#aliases.broker);
    if (this.#policy.mayRead(this.#identity, topic)) return { forward: bytes };
    const messageId = packet.messageId as number;
    if (packet.qos === 0) return {};
    if (packet.qos === 1) return { answer: this.#generate({ cmd: "puback", messageId }) };
    this.#swallowed.add(messageId);
    return { answer: this.#generate({ cmd: "pubrec", messageId }) };
  }
}

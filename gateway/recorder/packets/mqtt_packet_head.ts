/**
 * What stands at the beginning of an MQTT control packet, as far as a recorder wants to know.
 *
 * @module
 */
import type { MqttLink } from "./mqtt_link.ts";
import { MqttType } from "./mqtt_types.ts";
import { PropertyId, propertyLength } from "./mqtt_properties.ts";

/** A control packet. The object and its arrays are good until the sink returns. */
export interface MqttPacket {
  /** See `MqttType`. */
  type: number;
  /** Lower four bits of the first byte. */
  flags: number;
  /** Of the whole packet, with its fixed header, bytes. */
  length: number;
  /** Of its first byte in the stream. */
  offset: number;
  /** Offset behind its last byte in the chunk. */
  end: number;
  /** The whole packet, or its beginning. */
  head: Uint8Array;
  /** Whether `head` is the whole packet. */
  whole: boolean;
  /** Of a PUBLISH; the other fields too. 0 else. */
  qos: number;
  retain: boolean;
  dup: boolean;
  /** 0: none. */
  packetId: number;
  /** With a topic alias, the topic that it stands for; undefined: not known, or no PUBLISH. */
  topic: string | undefined;
  /** Where the payload begins in the packet; 0: not known, or no PUBLISH. */
  payloadStart: number;
  payloadLength: number;
}

/** An alias of a longer topic is not remembered, nor are more than so many. */
const ALIAS_TOPIC_BYTES = 1024;
const ALIASES = 1024;

const text = new TextDecoder();

/** Reads the packets of one direction, one after the other into the same object. */
export class PacketReader {
  readonly #link: MqttLink;
  readonly #packet: MqttPacket = {
    type: 0,
    flags: 0,
    length: 0,
    offset: 0,
    end: 0,
    head: new Uint8Array(0),
    whole: false,
    qos: 0,
    retain: false,
    dup: false,
    packetId: 0,
    topic: undefined,
    payloadStart: 0,
    payloadLength: 0,
  };
  /** Topics of topic aliases (MQTT 5, 3.3.2.3.4). */
  readonly #aliases = new Map<number, string>();
  #alias = 0;

  constructor(link: MqttLink) {
    this.#link = link;
  }

  /** Aliases that were set in what was missed are unknown. */
  forget(): void {
    this.#aliases.clear();
  }

  /** @param header length of the fixed header; the other parameters as in `MqttPacket` */
  read(
    first: number,
    header: number,
    length: number,
    offset: number,
    end: number,
    head: Uint8Array,
  ): MqttPacket {
    const packet = this.#packet;
    packet.type = first >> 4;
    packet.flags = first & 0xf;
    packet.length = length;
    packet.offset = offset;
    packet.end = end;
    packet.head = head;
    packet.whole = head.length === length;
    packet.qos =
      packet.packetId =
      packet.payloadStart =
      packet.payloadLength =
        0;
    packet.retain = packet.dup = false;
    packet.topic = undefined;
    if (packet.type === MqttType.Publish) this.#publish(packet, header);
    else if (packet.type === MqttType.Connect) this.#connect(head, header);
    else if (packet.type === MqttType.Connack) this.#link.learnFromConnack(length - header);
    else if (packet.type === MqttType.Auth) this.#link.learnFromAuth();
    return packet;
  }

  #connect(head: Uint8Array, header: number): void {
    const level = head[header + 2 + u16(head, header)];
    if (level !== undefined) this.#link.learn(level);
    this.#aliases.clear();
  }

  /** A field that does not fit the packet, or its beginning, leaves the rest unknown. */
  #publish(packet: MqttPacket, header: number): void {
    const { head, flags } = packet;
    packet.dup = (flags & 8) !== 0;
    packet.qos = flags >> 1 & 3;
    packet.retain = (flags & 1) !== 0;
    const topicEnd = header + 2 + u16(head, header);
    const idEnd = topicEnd + (packet.qos > 0 ? 2 : 0);
    if (topicEnd > head.length) return;
    packet.topic = text.decode(head.subarray(header + 2, topicEnd));
    if (idEnd > head.length) return;
    if (packet.qos > 0) packet.packetId = u16(head, topicEnd);
    let start = idEnd;
    this.#alias = 0;
    if (this.#link.version === 5) {
      start = this.#properties(head, idEnd);
      if (this.#alias !== 0) packet.topic = this.#aliased(packet.topic);
      else if (packet.topic === "") packet.topic = undefined;
    }
    if (start < 0 || start > packet.length) return;
    packet.payloadStart = start;
    packet.payloadLength = packet.length - start;
  }

  /** Looks for the topic alias. @returns the offset behind the properties; -1 not known */
  #properties(head: Uint8Array, at: number): number {
    let length = 0;
    let shift = 0;
    for (;; shift += 7) {
      const byte = head[at++];
      if (byte === undefined || shift > 21) return -1;
      length += (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) break;
    }
    const end = at + length;
    while (at < Math.min(end, head.length)) {
      const id = head[at++]!;
      if (id === PropertyId.TopicAlias) this.#alias = u16(head, at);
      const step = propertyLength(id, head, at);
      if (step < 0) break;
      at += step;
    }
    return end;
  }

  #aliased(topic: string): string | undefined {
    if (topic === "") return this.#aliases.get(this.#alias);
    const known = this.#aliases.has(this.#alias) || this.#aliases.size < ALIASES;
    if (known && topic.length <= ALIAS_TOPIC_BYTES) this.#aliases.set(this.#alias, topic);
    else this.#aliases.delete(this.#alias);
    return topic;
  }
}

/** 0 where there is nothing. */
function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) << 8 | (bytes[at + 1] ?? 0);
}

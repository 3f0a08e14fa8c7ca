/**
 * Follows both directions of an MQTT connection as its bytes are read: hides secrets, finds the
 * control packets, and where to go on after a loss.
 *
 * @module
 */
import { READINGS } from "../../nodes/out/readings_names.ts";
import { MqttFramer, MqttLink, type MqttPacket, MqttType } from "../packets/mqtt_framer.ts";
import { MqttMasker } from "../packets/mqtt_masker.ts";
import type { BytesEvent, TextEvent } from "../trace_event.ts";
import { hash, type SeenPublish, shortTopic } from "./publish_book.ts";

/** A control packet. */
export interface ControlPacket {
  /** See `MqttType`. */
  type: number;
  /** Offset behind its last byte in the chunk that it ended in. */
  end: number;
  length: number;
  /** It, or its beginning; `null`: was not wanted. */
  bytes: Uint8Array | null;
  publish: SeenPublish | null;
}

/** What is known of a chunk. */
export interface ChunkFacts {
  /** Offset of the first byte that can be read as MQTT; -1: none. */
  from: number;
  /** Control packets that end in it. */
  packets: readonly ControlPacket[];
}

const NONE: readonly ControlPacket[] = [];
const NOTHING: ChunkFacts = { from: -1, packets: NONE };
/** So much of a payload tells it from others of its length, bytes. */
const KEY_BYTES = 1024;

const decoder = new TextDecoder();

class Direction {
  readonly framer: MqttFramer;
  readonly masker: MqttMasker;
  /** Offset of the next byte in the stream; -1: nothing was read yet. */
  next = -1;
  /** The bytes up to here are known from a packet's beginning on. */
  synced = false;

  constructor(link: MqttLink, keep: number) {
    this.framer = new MqttFramer(link, { keep });
    this.masker = new MqttMasker(link);
  }
}

export class MqttTraffic {
  readonly #link = new MqttLink();
  readonly #in: Direction;
  readonly #out: Direction;
  readonly #keepBytes: number;

  /** @param keep packets are wanted for themselves, up to so many bytes of each; 0: they are not */
  constructor(keep: number) {
    this.#keepBytes = keep;
    this.#in = new Direction(this.#link, keep);
    this.#out = new Direction(this.#link, keep);
  }

  /** Its beginning is read: both directions begin with a packet. */
  opened() {
    for (const direction of [this.#in, this.#out]) {
      direction.next = 0;
      direction.synced = true;
    }
  }

  /** Learns the version from a CONNECT or CONNACK that was before. */
  learn(first: Uint8Array) {
    if (this.#link.version === 0) new MqttFramer(this.#link).feed(first, () => {});
  }

  /** A text message came between, which is no MQTT. */
  pass({ out, offset }: TextEvent, wireLength: number) {
    const direction = out ? this.#out : this.#in;
    if (offset === direction.next) direction.next += wireLength;
  }

  /**
   * Takes the next bytes, in which it hides secrets.
   *
   * @param wireLength what they take of the stream, bytes
   */
  take(event: BytesEvent, wireLength: number): ChunkFacts {
    const direction = event.out ? this.#out : this.#in;
    const { data } = event;
    const gap = event.offset !== direction.next;
    direction.next = event.offset + wireLength;
    if (gap || data === null) direction.synced = false;
    if (data === null) return NOTHING;
    let from = 0;
    if (!direction.synced) {
      from = event.boundary;
      // Nobody knows what it is part of.
      if (from < 0) return NOTHING;
      direction.synced = true;
      direction.framer.start(from);
      direction.masker.start(from);
    }
    direction.masker.mask(data);
    let packets: ControlPacket[] | null = null;
    direction.framer.feed(data, (packet) => {
      const kept = this.#keep(packet, event);
      if (kept !== null) (packets ??= []).push(kept);
    });
    return { from, packets: packets ?? NONE };
  }

  #keep(packet: MqttPacket, { time }: BytesEvent): ControlPacket | null {
    const { type, end, length } = packet;
    const publish = type === MqttType.Publish ? seenPublish(packet, time) : null;
    const keep = this.#keepBytes;
    if (publish === null && keep === 0) return null;
    const bytes = keep === 0 ? null : packet.head.slice(0, keep);
    return { type, end, length, bytes, publish };
  }
}

function seenPublish(packet: MqttPacket, time: number): SeenPublish {
  const { qos, packetId, payloadLength, payloadStart, head } = packet;
  const topic = packet.topic === undefined ? undefined : shortTopic(packet.topic);
  const topicLength = packet.topic?.length ?? 0;
  const known = topic !== undefined && payloadStart > 0;
  const end = payloadStart + Math.min(payloadLength, KEY_BYTES);
  const key = known && end <= head.length
    ? `${payloadLength} ${hash(head, payloadStart, end)} ${topic}`
    : "";
  const unix = known && topic.startsWith(READINGS) ? readingTime(head.subarray(payloadStart)) : NaN;
  return {
    topic,
    topicLength,
    qos,
    packetId,
    payloadLength,
    time,
    key,
    unix,
    origin: null,
    update: null,
  };
}

/** The `time` that the payload of a reading says, Unix ms; NaN: none. */
function readingTime(bytes: Uint8Array): number {
  const found = /"time":(\d+(?:\.\d+)?)/.exec(decoder.decode(bytes));
  return found === null ? NaN : Number(found[1]);
}

/**
 * UDP: finds the conversation of a datagram and gives its payload to whoever knows it.
 *
 * @module
 */
import { decodeData } from "../wire/data.ts";
import type { Dissection } from "../wire/dissection.ts";
import { decodeUdp, UDP_FIELDS as F, UdpHeader } from "../wire/udp.ts";
import { Conversation, type Side } from "./conversation.ts";
import { type DecoderLimits, FULL_LIMITS } from "./decoder_limits.ts";
import { putSince } from "./elapsed.ts";
import type { Endpoints } from "./endpoints.ts";
import { FlowTable, sentBySide0 } from "./flow_table.ts";
import type { Observer } from "./observer.ts";

/** Decodes a payload at the cursor; false when it is none that it knows. */
export type DecodeDatagram = (d: Dissection, conversation: Conversation, side: Side) => boolean;

/** A UDP conversation, and the times of its first and last datagram. */
class UdpConversation extends Conversation {
  readonly startSeconds: number;
  readonly startNanoseconds: number;
  previousSeconds: number;
  previousNanoseconds: number;

  constructor(index: number, e: Endpoints, seconds: number, nanoseconds: number) {
    super(index, "udp", e);
    this.startSeconds = this.previousSeconds = seconds;
    this.startNanoseconds = this.previousNanoseconds = nanoseconds;
  }
}

export class UdpFlows {
  readonly conversations: FlowTable<UdpConversation>;
  readonly #observer: Observer;
  readonly #decode: DecodeDatagram;
  readonly #header = new UdpHeader();
  #count = 0;

  constructor(observer: Observer, decode: DecodeDatagram, limits: DecoderLimits = FULL_LIMITS) {
    this.#observer = observer;
    this.#decode = decode;
    const { conversations } = limits;
    this.conversations = new FlowTable(conversations, (old) => observer.forgotten(old));
  }

  /**
   * Decodes the datagram at the cursor.
   *
   * @param partial it is a fragment, or quoted in an ICMP error (`quoted`)
   * @param frameLength bytes of the frame on the wire
   */
  decode(
    d: Dissection,
    e: Endpoints,
    lite: boolean,
    partial: boolean,
    quoted: boolean,
    frameLength: number,
  ): void {
    const h = this.#header;
    if (!decodeUdp(d, h, lite, e.v6, partial)) return;
    e.sourcePort = h.sourcePort;
    e.destinationPort = h.destinationPort;
    let conversation = this.conversations.find(e);
    if (conversation === undefined) {
      conversation = new UdpConversation(this.#count++, e, d.seconds, d.nanoseconds);
      conversation.firstFrame = d.frame;
      conversation.firstTime = d.time;
      this.conversations.put(e, conversation);
      this.#observer.opened(conversation);
    }
    d.put(F["udp.stream"], conversation.index, d.pos, 0);
    const side: Side = sentBySide0(conversation, e) ? 0 : 1;
    if (!quoted) this.#traffic(d, conversation, side, h.length - 8, frameLength);
    if (h.length === 8) return;
    if (!quoted) {
      const c = conversation;
      putSince(d, F["udp.time_relative"], c.startSeconds, c.startNanoseconds);
      putSince(d, F["udp.time_delta"], c.previousSeconds, c.previousNanoseconds);
      c.previousSeconds = d.seconds;
      c.previousNanoseconds = d.nanoseconds;
    }
    if (d.pos >= d.end) return;
    d.putBytes(F["udp.payload"], d.pos, d.end - d.pos);
    if (!quoted && !partial) {
      this.#observer.udpPayload(d, conversation, side, d.pos, d.end);
    }
    if (quoted || partial || !this.#decode(d, conversation, side)) decodeData(d);
  }

  #traffic(
    d: Dissection,
    conversation: Conversation,
    side: Side,
    payload: number,
    frameLength: number,
  ): void {
    const traffic = conversation.traffic[side];
    traffic.frames++;
    traffic.bytes += frameLength;
    traffic.payload += payload;
    conversation.lastFrame = d.frame;
    conversation.lastTime = d.time;
    this.#observer.segment(conversation, side, frameLength, payload);
  }
}

/**
 * Messages without lower layers (LINKTYPE 252): those between the same endpoints make a
 * conversation, so that what one says of the next is known, as it is over TCP.
 *
 * @module
 */
import { decodeData } from "../wire/data.ts";
import type { Dissection } from "../wire/dissection.ts";
import { conclude } from "../wire/failure.ts";
import { decodeUpperPdu, UpperPduTags } from "../wire/upper_pdu.ts";
import { Conversation, type Side } from "./conversation.ts";
import { type DecoderLimits, FULL_LIMITS } from "./decoder_limits.ts";
import { Endpoints, word32 } from "./endpoints.ts";
import { FlowTable, sentBySide0 } from "./flow_table.ts";
import type { Observer } from "./observer.ts";
import { type StreamProtocol, TAKEN } from "./stream_protocol.ts";

/** Makes the protocol of a dissector's name ("mqtt"); undefined when it is not known. */
export type ProtocolByName = (name: string) => StreamProtocol | undefined;

const UDP = 3;

export class UpperPdus {
  readonly conversations: FlowTable<Conversation>;
  readonly #observer: Observer;
  readonly #byName: ProtocolByName;
  readonly #tags = new UpperPduTags();
  readonly #endpoints = new Endpoints();
  #count = 0;

  constructor(observer: Observer, byName: ProtocolByName, limits: DecoderLimits = FULL_LIMITS) {
    this.#observer = observer;
    this.#byName = byName;
    this.conversations = new FlowTable(limits.upperConversations, (old) => {
      old.protocol?.release?.();
      observer.forgotten(old);
    });
  }

  /** Decodes the frame at the cursor. */
  decode(d: Dissection, frameLength: number): void {
    const tags = this.#tags;
    if (!decodeUpperPdu(d, tags)) return;
    if (d.pos >= d.end) return;
    const e = this.#endpoints;
    fill(e, d.data, tags);
    const conversation = this.conversations.find(e) ?? this.#open(d, e);
    const side: Side = sentBySide0(conversation, e) ? 0 : 1;
    const traffic = conversation.traffic[side];
    const length = d.limit - d.pos;
    traffic.frames++;
    traffic.bytes += frameLength;
    traffic.payload += length;
    conversation.lastFrame = d.frame;
    conversation.lastTime = d.time;
    // Without ports nobody converses.
    if (tags.portType !== 0) this.#observer.segment(conversation, side, frameLength, length);
    if (conversation.protocol?.name !== tags.name) conversation.protocol = this.#byName(tags.name);
    readAll(d, conversation, side);
  }

  #open(d: Dissection, e: Endpoints): Conversation {
    const transport = this.#tags.portType === UDP ? "udp" : "tcp";
    const conversation = new Conversation(this.#count++, transport, e);
    conversation.firstFrame = d.frame;
    conversation.firstTime = d.time;
    this.conversations.put(e, conversation);
    if (this.#tags.portType !== 0) this.#observer.opened(conversation);
    return conversation;
  }
}

/** A frame holds whole messages; what is left over is shown as data. */
function readAll(d: Dissection, conversation: Conversation, side: Side): void {
  while (d.pos < d.end) {
    const { protocol } = conversation;
    if (protocol === undefined) {
      d.pos = d.end;
      return;
    }
    const start = d.pos;
    const read = protocol.read(d, conversation, side, conversation);
    if (read === TAKEN) {
      if (d.failed !== 0) conclude(d);
      if (d.pos > start || conversation.protocol !== protocol) continue;
    }
    d.pos = start;
    return decodeData(d);
  }
}

/** An endpoint without address is that of zeros. */
function fill(e: Endpoints, data: Uint8Array, tags: UpperPduTags): void {
  const { v6, sourceAt, destinationAt } = tags;
  e.sourcePort = tags.sourcePort;
  e.destinationPort = tags.destinationPort;
  const ipv4 = (at: number) => v6 || at < 0 ? 0 : word32(data, at);
  e.v6 = true;
  e.setIpv4(ipv4(sourceAt), ipv4(destinationAt));
  if (!v6) return;
  e.v6 = true;
  if (sourceAt >= 0) e.readSource(data, sourceAt);
  if (destinationAt >= 0) e.readDestination(data, destinationAt);
}

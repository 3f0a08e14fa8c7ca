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
import { Conversation, Endpoints, type Side } from "./conversation.ts";
import { FlowTable, sentBySide0 } from "./flow_table.ts";
import type { Observer } from "./observer.ts";
import { type StreamProtocol, TAKEN } from "./stream_protocol.ts";

/** Makes the protocol of a dissector's name ("mqtt"); undefined when it is not known. */
export type ProtocolByName = (name: string) => StreamProtocol | undefined;

const MAX_CONVERSATIONS = 100_000;
const UDP = 3;

export class UpperPdus {
  readonly conversations: FlowTable<Conversation>;
  readonly #observer: Observer;
  readonly #byName: ProtocolByName;
  readonly #tags = new UpperPduTags();
  readonly #endpoints = new Endpoints();
  #count = 0;

  constructor(observer: Observer, byName: ProtocolByName) {
    this.#observer = observer;
    this.#byName = byName;
    this.conversations = new FlowTable(MAX_CONVERSATIONS, (old) => {
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
    this.#observer.segment(conversation, side, frameLength, length);
    if (conversation.protocol?.name !== tags.name) conversation.protocol = this.#byName(tags.name);
    readAll(d, conversation, side);
  }

  #open(d: Dissection, e: Endpoints): Conversation {
    const transport = this.#tags.portType === UDP ? "udp" : "tcp";
    const conversation = new Conversation(this.#count++, transport, e);
    conversation.firstFrame = d.frame;
    conversation.firstTime = d.time;
    this.conversations.put(e, conversation);
    this.#observer.opened(conversation);
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

function fill(e: Endpoints, data: Uint8Array, tags: UpperPduTags): void {
  const { v6, sourceAt: s, destinationAt: t } = tags;
  e.v6 = v6;
  e.sourcePort = tags.sourcePort;
  e.destinationPort = tags.destinationPort;
  e.s0 = word(data, s);
  e.d0 = word(data, t);
  e.s1 = v6 ? word(data, s, 4) : 0;
  e.s2 = v6 ? word(data, s, 8) : 0;
  e.s3 = v6 ? word(data, s, 12) : 0;
  e.d1 = v6 ? word(data, t, 4) : 0;
  e.d2 = v6 ? word(data, t, 8) : 0;
  e.d3 = v6 ? word(data, t, 12) : 0;
}

/** Word of the address at `at`, 0 when there is none. */
function word(data: Uint8Array, at: number, offset = 0): number {
  if (at < 0) return 0;
  const i = at + offset;
  return data[i]! << 24 | data[i + 1]! << 16 | data[i + 2]! << 8 | data[i + 3]!;
}

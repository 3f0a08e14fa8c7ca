/**
 * One MQTT connection, over TCP or over WebSocket. Over WebSocket each control packet is written a
 * second time by itself.
 *
 * @module
 */
import { MqttMasker } from "../packets/mqtt_masker.ts";
import { MqttType } from "../packets/mqtt_types.ts";
import { upperPdu, upperPduTags } from "../packets/upper_pdu.ts";
import { frameLength, Opcode } from "../packets/websocket_frame.ts";
import { READ_SIZES } from "../../broker/read_buffer.ts";
import type { BytesEvent, CloseEvent, MessageEvent, OpenEvent, TextEvent } from "../trace_event.ts";
import type { ConnectionSubject } from "../trace_messages.ts";
import { CommentLines, lineHead, type PacketComment } from "./comment_lines.ts";
import { Conversation } from "./conversation.ts";
import { type EncoderContext, FILTERED } from "./encoder_context.ts";
import type { HeldWriter } from "./held_packets.ts";
import { type ChunkFacts, type ControlPacket, MqttTraffic } from "./mqtt_traffic.ts";
import { type SeenPublish, WaitingPublishes } from "./publish_book.ts";
import { addPublishIn, addPublishOut } from "./publish_lines.ts";
import { hideSecrets } from "./session_text.ts";
import { INBOUND, MAX_PACKET_BYTES, OUTBOUND } from "./trace_file.ts";

/** Topics of nodes begin so; what comes next is the node, but for these. */
const NODE_TOPIC = /^edgewire\/v1\/(?!readings\/|gateways\/)([^/]+)\//;

/** Longest CONNECT or CONNACK that is kept, bytes. */
const MAX_FIRST = 8 << 10;

/** Of a fixed header so much may be read without its end being known (MQTT 3.1.1, 2.2.3), bytes. */
const OPEN_HEADER = 4;
const NOTHING = new Uint8Array(0);

/** Longest packet that a filter lets through whole, bytes. */
const MAX_SELECTED = 1 << 20;

export type MqttHeldEvent = OpenEvent | BytesEvent | TextEvent | CloseEvent;

const NO_FACTS: ChunkFacts = { from: -1, packets: [] };
const lines = new CommentLines();

export class MqttConnection implements HeldWriter<MqttHeldEvent> {
  #subject: ConnectionSubject;
  readonly #context: EncoderContext;
  readonly #hop: "mqtt" | "uplink";
  readonly #overWebSocket: boolean;
  readonly #filtered: boolean;
  readonly #traffic: MqttTraffic;
  readonly #waiting = new WaitingPublishes();
  readonly #conversation: Conversation;
  /** Offsets in the stream that the sequence numbers in the file stand for; -1: nothing written. */
  readonly #written = { in: -1, out: -1 };
  /**
   * The beginning of a fixed header at the end of a read that took all there was room for: the cut is
   * ours, and tshark takes a header that is cut for a malformed one. It goes with the next bytes.
   */
  readonly #kept: { in: Uint8Array; out: Uint8Array } = { in: NOTHING, out: NOTHING };
  /** Its opening is within the recording. */
  #begun = false;
  /** CONNECT and CONNACK, as far as they were read. */
  readonly #first: { client: Uint8Array | null; server: Uint8Array | null } = {
    client: null,
    server: null,
  };
  #tags: { in: Uint8Array; out: Uint8Array } | null = null;

  constructor(context: EncoderContext, subject: ConnectionSubject) {
    this.#context = context;
    this.#subject = subject;
    this.#hop = subject.facts.uplink ? "uplink" : "mqtt";
    this.#overWebSocket = subject.facts.transport === "websocket";
    this.#filtered = context.selection.selects;
    const keep = this.#filtered ? MAX_SELECTED : this.#overWebSocket ? MAX_PACKET_BYTES : 0;
    this.#traffic = new MqttTraffic(keep);
    const { mqtt, mqttWebSocket, uplink, uplinkWebSocket } = context.interfaces;
    const [tcp, webSocket] = this.#hop === "mqtt"
      ? [mqtt, mqttWebSocket]
      : [uplink, uplinkWebSocket];
    const place = this.#overWebSocket ? webSocket : tcp;
    const note = this.#filtered ? FILTERED : "";
    this.#conversation = new Conversation(context, place, subject.facts, subject.id, note);
  }

  /** An event was read. @returns what has to be held with it */
  read(event: MqttHeldEvent): unknown {
    if (event.kind === "open") this.#traffic.opened();
    if (event.kind === "text") this.#traffic.pass(event, this.#wireLength(event));
    if (event.kind !== "bytes") return null;
    const { client, server } = this.#beginning();
    if (client !== undefined) this.#traffic.learn(client);
    if (server !== undefined) this.#traffic.learn(server);
    const facts = this.#traffic.take(event, this.#wireLength(event));
    for (const { publish } of facts.packets) {
      if (publish === null) continue;
      if (event.out) this.#context.book.identify(publish, event.connection);
      else this.#waiting.add(publish);
    }
    return facts;
  }

  /** A PUBLISH was taken in. */
  message(event: MessageEvent) {
    const publish = this.#waiting.take(event);
    if (event.id === "") return;
    const origin = this.#context.ids.get(event.id);
    origin.arrived = publish?.time ?? event.time;
    if (publish === undefined) return;
    publish.origin = origin;
    if (origin.node === "" && publish.topic !== undefined) {
      origin.node = NODE_TOPIC.exec(publish.topic)?.[1] ?? "";
    }
    this.#context.book.taken(publish, this.#subject.facts.dialled);
  }

  write(event: MqttHeldEvent, detail: unknown) {
    this.#subject = this.#context.newest(this.#subject);
    const conversation = this.#conversation;
    if (event.kind === "bytes") {
      if (event.data === null) this.#context.file.lose(1);
      const facts = detail as ChunkFacts | null ?? NO_FACTS;
      if (this.#filtered) this.#select(event, facts);
      else this.#writeBytes(event, facts);
    } else if (event.kind === "text") {
      if (event.data === null) this.#context.file.lose(1);
      else if (!this.#filtered) this.#writeText(event, event.data);
    } else if (event.kind === "open") {
      this.#begun = true;
      this.#written.in = this.#written.out = 0;
      if (!this.#filtered) this.#open(event.time);
    } else if (conversation.opened) {
      for (const out of [false, true]) this.#writeKept(event.time, out);
      conversation.close(event);
    }
    if (conversation.opened) this.#context.nameEnds(this.#subject);
  }

  #wireLength({ length, out }: BytesEvent | TextEvent): number {
    if (!this.#overWebSocket) return length;
    return frameLength(length, this.#conversation.side(out) === "client");
  }

  #open(time: number) {
    const { name = "" } = this.#subject;
    this.#conversation.open({ time, before: !this.#begun, name });
  }

  /** CONNECT and CONNACK as far as they are known. */
  #beginning() {
    const { firstIn, firstOut, facts: { dialled } } = this.#subject;
    return dialled ? { client: firstOut, server: firstIn } : { client: firstIn, server: firstOut };
  }

  /**
   * Opens a conversation whose opening is not in the file.
   *
   * @param next type of the packet that comes next
   */
  #openLate(time: number, next: number) {
    this.#open(time);
    const connack = next === MqttType.Connack;
    if (next === MqttType.Connect) return;
    const known = this.#beginning();
    for (const side of ["client", "server"] as const) {
      if (side === "server" && connack) return;
      const bytes = this.#first[side] ?? masked(known[side]);
      if (bytes === null) continue;
      const out = side === this.#conversation.own;
      this.#conversation.made(time, out, this.#framed(bytes, out), "connect");
      if (!this.#overWebSocket) continue;
      const text = `${lineHead("", this.#hop, out)} synthetic=connect`;
      this.#writePdu(time, out, bytes, bytes.length, { text, note: "" });
    }
  }

  #framed(bytes: Uint8Array, out: boolean): readonly Uint8Array[] {
    return this.#overWebSocket ? this.#conversation.framed(out, Opcode.Binary, bytes) : [bytes];
  }

  /** All that was sent. */
  #writeBytes(event: BytesEvent, facts: ChunkFacts) {
    const { time, out, data, offset } = event;
    const way = out ? "out" : "in";
    const written = this.#written[way];
    let { from } = facts;
    // The file begins here: not in the middle of a packet.
    if (written < 0 && from === 0) from = event.boundary;
    if (from < 0 || data === null) return;
    if (!this.#conversation.opened) this.#openLate(time, data[from]! >> 4);
    const start = this.#overWebSocket ? offset : offset + from;
    if (start !== written) this.#writeKept(time, out);
    if (written >= 0) this.#conversation.skip(out, start - written);
    this.#written[way] = offset + this.#wireLength(event);
    if (!this.#overWebSocket) return this.#writeStream(event, data, from, facts.packets);
    const parts = this.#framed(from === 0 ? data : data.subarray(from), out);
    const before = parts[0]!.length - from;
    this.#conversation.data(time, out, parts, (start, end) => {
      return this.#comment(facts.packets, Math.max(from, start - before), end - before, event);
    });
    for (const packet of facts.packets) if (packet.end > from) this.#pdu(packet, event);
  }

  /** Bytes of TCP, none of our cuts in a fixed header. */
  #writeStream(
    event: BytesEvent,
    data: Uint8Array,
    from: number,
    packets: readonly ControlPacket[],
  ) {
    const { time, out } = event;
    const way = out ? "out" : "in";
    const kept = this.#kept[way];
    const full = READ_SIZES.includes(data.length);
    const end = full ? outsideHeaders(packets, data.length) : data.length;
    this.#kept[way] = end === data.length ? NOTHING : data.slice(end);
    const before = kept.length - from;
    const bytes = from === 0 && end === data.length ? data : data.subarray(from, end);
    const parts = kept.length === 0 ? [bytes] : [kept, bytes];
    this.#conversation.data(
      time,
      out,
      parts,
      (start, end) => this.#comment(packets, Math.max(from, start - before), end - before, event),
      (end) => outsideHeaders(packets, end - before) + before,
    );
  }

  #writeKept(time: number, out: boolean) {
    const way = out ? "out" : "in";
    const kept = this.#kept[way];
    if (kept.length === 0) return;
    this.#kept[way] = NOTHING;
    const comment = { text: lineHead("", this.#hop, out), note: "" };
    this.#conversation.data(time, out, [kept], () => comment);
  }

  /** A text message, which has no place in MQTT (MQTT 5, 6.0): the connection ends for it. */
  #writeText(event: TextEvent, data: Uint8Array) {
    const { time, out, offset } = event;
    const way = out ? "out" : "in";
    const written = this.#written[way];
    const conversation = this.#conversation;
    if (!conversation.opened) this.#openLate(time, 0);
    if (written >= 0) conversation.skip(out, offset - written);
    this.#written[way] = offset + this.#wireLength(event);
    hideSecrets(data);
    const comment = { text: lineHead("", this.#hop, out), note: "" };
    conversation.data(time, out, conversation.framed(out, Opcode.Text, data), () => comment);
  }

  /** Comment of what carries the bytes `[start, end)` of a chunk. */
  #comment(
    packets: readonly ControlPacket[],
    start: number,
    end: number,
    event: BytesEvent,
  ): PacketComment {
    for (const packet of packets) {
      if (packet.end > start && packet.end <= end) this.#addLines(packet, event);
    }
    if (lines.empty) lines.add(lineHead("", this.#hop, event.out));
    return lines.take();
  }

  #addLines({ publish }: ControlPacket, { out, connection }: BytesEvent) {
    if (publish === null) return;
    this.#identify(publish, out, connection);
    if (out) addPublishOut(lines, publish, this.#hop);
    else addPublishIn(lines, publish);
  }

  /** What could not be known before others were read. */
  #identify(publish: SeenPublish, out: boolean, connection: number) {
    const { book } = this.#context;
    if (out && publish.origin === null) book.identify(publish, connection);
    // Nothing was ever taken in on a connection that only passes through.
    if (publish.origin === null && !this.#waiting.heard) {
      book.returned(publish, connection, out);
    }
  }

  #pdu(packet: ControlPacket, event: BytesEvent) {
    if (packet.bytes === null) return;
    const comment = this.#comment([packet], packet.end - 1, packet.end, event);
    this.#writePdu(event.time, event.out, packet.bytes, packet.length, comment);
  }

  #writePdu(time: number, out: boolean, pdu: Uint8Array, length: number, comment: PacketComment) {
    const { client, server, own } = this.#conversation;
    const up = { source: client, destination: server };
    const down = { source: server, destination: client };
    this.#tags ??= {
      in: upperPduTags("mqtt", own === "client" ? down : up),
      out: upperPduTags("mqtt", own === "client" ? up : down),
    };
    const tags = out ? this.#tags.out : this.#tags.in;
    const { file, interfaces } = this.#context;
    const flags = out ? OUTBOUND : INBOUND;
    const whole = tags.length + length;
    file.packet(interfaces.mqttPdu, time, upperPdu(tags, pdu), flags, comment, whole);
  }

  /** What fits the filter, packet by packet. */
  #select(event: BytesEvent, { packets }: ChunkFacts) {
    const { out, time } = event;
    const conversation = this.#conversation;
    for (const packet of packets) {
      const { type, publish, bytes, length } = packet;
      if (bytes === null) continue;
      const first = bytes.length <= MAX_FIRST ? bytes : null;
      if (type === MqttType.Connect) this.#first.client = first;
      else if (type === MqttType.Connack) this.#first.server = first;
      if (publish === null) continue;
      this.#identify(publish, out, event.connection);
      if (!this.#context.selection.publish(publish.topic, publish.origin)) continue;
      if (!conversation.opened) this.#openLate(time, type);
      const comment = () => this.#comment([packet], packet.end - 1, packet.end, event);
      const parts = this.#framed(bytes, out);
      const last = parts.reduce((sum, part) => sum + part.length, 0);
      const rest = lineHead("", this.#hop, out);
      conversation.data(time, out, parts, (_, end) => {
        return end === last ? comment() : { text: rest, note: "" };
      });
      conversation.skip(out, length - bytes.length);
      if (this.#overWebSocket) this.#pdu(packet, event);
    }
  }
}

/** The end of the last control packet, where that lies some bytes before `end`; else `end`. */
function outsideHeaders(packets: readonly ControlPacket[], end: number): number {
  for (let i = packets.length - 1; i >= 0; i--) {
    const { end: last } = packets[i]!;
    if (last > end) continue;
    return end - last <= OPEN_HEADER ? last : end;
  }
  return end;
}

/** A copy without secrets; `null`: there is nothing. */
function masked(packet: Uint8Array | undefined): Uint8Array | null {
  if (packet === undefined) return null;
  const copy = packet.slice();
  new MqttMasker().mask(copy);
  return copy;
}

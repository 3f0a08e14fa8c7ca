/**
 * Writes what passes into the ring: the gateway's own part of recording. What becomes pcapng is
 * read out of the ring by a Worker, see `trace_streams.ts`.
 *
 * With the ring off (no flight recorder, nobody reads) all that happens is that connections are
 * known, and where packets begin in them.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { clockOffset } from "../clock.ts";
import type {
  ConnectionFacts,
  ConnectionTap,
  SharedText,
  TappedRecord,
  TappedTopic,
  Taps,
} from "../taps.ts";
import { PacketBoundary } from "./packet_boundary.ts";
import { Flag, Kind, makeRingMemory, NO_BOUNDARY, type RingMemory } from "./ring_layout.ts";
import { RingWriter } from "./ring_writer.ts";
import type { ConnectionSubject, Subject, TopicSubject } from "./trace_messages.ts";

/** Hears what the events in the ring are about. */
export interface SubjectListener {
  /** New or changed ones. */
  subjects(subjects: Subject[]): void;
  /** They are named no more. */
  forget(ids: number[]): void;
}

export interface RecorderOptions {
  /** Size of the flight recorder, bytes; 0: none. */
  recentBytes: number;
}

/** The ring while somebody reads and there is no flight recorder; and the least one, bytes. */
const READING_BYTES = 16 << 20;
const LEAST_BYTES = 64 << 10;
/** What a WebSocket says of a connection that broke off (RFC 6455, 7.4.1). */
const NO_CLOSE_FRAME = 1006;
/** Topics are looked through when so many are new since the last time. */
const SWEEP_TOPICS = 4096;

/** What is known of a topic, on {@linkcode TappedTopic.recorded}. */
interface RecordedTopic {
  subject: TopicSubject;
  topic: TappedTopic;
  /** Position of its newest update. */
  used: number;
}

/** Largest power of two that is not larger. */
function powerOfTwo(bytes: number): number {
  return 2 ** Math.floor(Math.log2(Math.max(bytes, LEAST_BYTES)));
}

/** Ends with `close()`. */
export class Recorder implements Taps {
  /** The ring; `null`: nothing is recorded. */
  ring: RingWriter | null = null;
  readonly #recentBytes: number;
  readonly #listeners = new Set<SubjectListener>();
  readonly #subjects = new Map<number, Subject>();
  readonly #nodes = new Map<string, number>();
  readonly #topics = new Set<RecordedTopic>();
  #sweepAt = SWEEP_TOPICS;
  /** Connections that ended, in order, and where in the ring. */
  #ended: { id: number; position: number }[] = [];
  #ids = 0;
  #fresh: Subject[] = [];

  constructor({ recentBytes }: RecorderOptions) {
    this.#recentBytes = recentBytes;
    if (recentBytes > 0) this.ring = new RingWriter(makeRingMemory(powerOfTwo(recentBytes)));
  }

  /** Bytes of the flight recorder; 0: there is none. */
  get recentBytes(): number {
    return this.#recentBytes === 0 ? 0 : powerOfTwo(this.#recentBytes);
  }

  /**
   * Somebody reads: the ring is there until {@linkcode detach}. All subjects are told at once.
   *
   * @returns the ring's memory
   */
  attach(listener: SubjectListener): RingMemory {
    this.ring ??= new RingWriter(makeRingMemory(READING_BYTES), this.#lastPosition);
    this.#listeners.add(listener);
    listener.subjects([...this.#subjects.values()]);
    return this.ring.memory;
  }

  #lastPosition = 0;

  detach(listener: SubjectListener) {
    this.#listeners.delete(listener);
    if (this.#recentBytes > 0 || this.#listeners.size > 0 || this.ring === null) return;
    // Positions of this ring must mean nothing in the next.
    this.#lastPosition = this.ring.head + this.ring.capacity;
    this.ring = null;
    for (const subject of this.#subjects.values()) {
      if (subject.kind === "connection") subject.seen = false;
    }
    this.#forgetEnded();
  }

  connection(facts: ConnectionFacts): ConnectionTap {
    const opened = performance.now();
    const seen = this.ring !== null;
    const subject: ConnectionSubject = {
      kind: "connection",
      id: ++this.#ids,
      facts,
      opened,
      seen,
    };
    this.tell(subject);
    const { ring } = this;
    if (ring !== null) {
      ring.begin(Kind.Open, 0, opened, subject.id, "", 0, 0, 0, 0, 0);
      ring.end();
    }
    return facts.protocol === "mqtt"
      ? new RecordedMqttConnection(this, subject)
      : new RecordedConnection(this, subject);
  }

  /** Tells who listens of a subject that is new or has changed. */
  tell(subject: Subject) {
    this.#subjects.set(subject.id, subject);
    if (this.#listeners.size === 0) return;
    if (this.#fresh.length === 0) queueMicrotask(() => this.#tellFresh());
    this.#fresh.push(subject);
  }

  #tellFresh() {
    // Some may have been forgotten already.
    const fresh = this.#fresh.filter(({ id }) => this.#subjects.has(id));
    this.#fresh = [];
    for (const listener of this.#listeners) listener.subjects(fresh);
  }

  /** A connection's last event is written. */
  ended(id: number) {
    this.#ended.push({ id, position: this.ring?.head ?? 0 });
    this.#forgetEnded();
  }

  /** Forgets connections whose last event is not in the ring any more. */
  #forgetEnded() {
    const { ring } = this;
    let count = this.#ended.length;
    if (ring !== null) {
      const kept = this.#ended.findIndex(({ position }) => position >= ring.tail);
      if (kept >= 0) count = kept;
    }
    if (count > 0) this.#forget(this.#ended.splice(0, count).map(({ id }) => id));
  }

  #forget(ids: number[]) {
    for (const id of ids) this.#subjects.delete(id);
    for (const listener of this.#listeners) listener.forget(ids);
  }

  message(
    connection: ConnectionTap | undefined,
    id: string,
    topicLength: number,
    payloadLength: number,
    qos: 0 | 1 | 2,
  ) {
    const { ring } = this;
    if (ring === null) return;
    const from = connection as RecordedConnection | undefined;
    const time = from?.lastAt ?? 0;
    const subject = from?.subject?.id ?? 0;
    ring.begin(Kind.Message, 0, time, subject, id, 0, qos, 0, payloadLength, topicLength);
    ring.end();
  }

  radio(
    node: string,
    id: string,
    index: number,
    record: TappedRecord,
    heardAt: number,
    arrival: number,
  ) {
    const { ring } = this;
    if (ring === null) return;
    const { linkType, rssi, channel, flags, lqi, data, start, end } = record;
    const packed = linkType + (rssi + 128) * 2 ** 16 + channel * 2 ** 24 + flags * 2 ** 32 +
      lqi * 2 ** 40;
    const length = end - start;
    const subject = this.#nodes.get(node) ?? this.#node(node);
    const { Radio } = Kind;
    if (ring.begin(Radio, 0, heardAt, subject, id, length, arrival, packed, length, index)) {
      ring.add(data, start, end);
    }
    ring.end();
  }

  /** Nodes are not forgotten: the gateway bounds how many there are. */
  #node(name: string): number {
    const id = ++this.#ids;
    this.#nodes.set(name, id);
    this.tell({ kind: "node", id, name });
    return id;
  }

  update(
    channel: string,
    topic: TappedTopic,
    seq: number,
    time: number,
    id: string,
    node: string,
    json: string,
  ) {
    const { ring } = this;
    if (ring === null) return;
    let known = topic.recorded as RecordedTopic | null;
    if (known === null || known.subject.head !== topic.head || known.subject.tail !== topic.tail) {
      known = this.#topic(channel, topic);
    }
    known.used = ring.head;
    const jsonBytes = utf8Length(json);
    const nodeBytes = utf8Length(node);
    const at = time - clockOffset();
    const { id: subject } = known.subject;
    const contents = jsonBytes + nodeBytes;
    if (ring.begin(Kind.Update, 0, at, subject, id, contents, seq, time, jsonBytes, nodeBytes)) {
      addText(ring, node, nodeBytes);
      addText(ring, json, jsonBytes);
    }
    ring.end();
  }

  #topic(channel: string, topic: TappedTopic): RecordedTopic {
    const { topic: name, head, tail } = topic;
    const id = ++this.#ids;
    const subject: TopicSubject = { kind: "topic", id, channel, topic: name, head, tail };
    const known: RecordedTopic = { subject, topic, used: this.ring!.head };
    this.#topics.add(known);
    topic.recorded = known;
    this.tell(subject);
    if (this.#topics.size >= this.#sweepAt) this.#sweepTopics();
    return known;
  }

  #sweepTopics() {
    const gone: number[] = [];
    for (const known of this.#topics) {
      if (this.ring?.holds(known.used)) continue;
      this.#topics.delete(known);
      if (known.topic.recorded === known) known.topic.recorded = null;
      gone.push(known.subject.id);
    }
    this.#sweepAt = this.#topics.size + SWEEP_TOPICS;
    if (gone.length > 0) this.#forget(gone);
  }
}

/** Length in UTF-8. Most texts are ASCII and short. */
function utf8Length(text: string): number {
  const { length } = text;
  if (length > 64) return Buffer.byteLength(text);
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) > 0x7f) return Buffer.byteLength(text);
  return length;
}

function addText(ring: RingWriter, text: string, bytes: number) {
  if (bytes <= 64 && bytes === text.length) ring.ascii(text);
  else ring.text(text, bytes);
}

/** Length of a WebSocket frame's header and masking key (RFC 6455, 5.2). */
function frameOverhead(length: number, masked: boolean): number {
  return (length < 126 ? 2 : length < 65_536 ? 4 : 10) + (masked ? 4 : 0);
}

/** A connection as the recorder keeps it. */
class RecordedConnection implements ConnectionTap {
  readonly subject: ConnectionSubject;
  /** When bytes came last. */
  lastAt = 0;
  protected readonly recorder: Recorder;
  readonly #frames: boolean;
  /** Whether what the gateway sends is masked. */
  readonly #masksOut: boolean;
  #in = 0;
  #out = 0;
  #closed = false;

  constructor(recorder: Recorder, subject: ConnectionSubject) {
    this.recorder = recorder;
    this.subject = subject;
    this.#frames = subject.facts.transport === "websocket";
    this.#masksOut = subject.facts.dialled;
    this.lastAt = subject.opened;
  }

  received(bytes: Uint8Array) {
    const ring = this.recorder.ring;
    const boundary = this.boundaryIn(bytes);
    if (ring === null) return;
    this.lastAt = performance.now();
    this.#write(ring, 0, this.lastAt, this.#in, bytes, boundary);
    this.#in += this.#wireLength(bytes.length, !this.#masksOut);
  }

  sent(bytes: Uint8Array) {
    const ring = this.recorder.ring;
    const boundary = this.boundaryOut(bytes);
    if (ring === null) return;
    this.#write(ring, Flag.Out, performance.now(), this.#out, bytes, boundary);
    this.#out += this.#wireLength(bytes.length, this.#masksOut);
  }

  #write(
    ring: RingWriter,
    way: number,
    time: number,
    offset: number,
    bytes: Uint8Array,
    boundary: number,
  ) {
    const { length } = bytes;
    const flags = this.#frames ? way | Flag.Message : way;
    const first = boundary < 0 ? NO_BOUNDARY : boundary;
    const { id } = this.subject;
    if (ring.begin(Kind.Bytes, flags, time, id, "", length, offset, 0, length, first)) {
      ring.add(bytes);
    }
    ring.end();
  }

  #wireLength(length: number, masked: boolean): number {
    return this.#frames ? length + frameOverhead(length, masked) : length;
  }

  receivedText(text: string) {
    const ring = this.recorder.ring;
    if (ring === null) return;
    const length = Buffer.byteLength(text);
    const blob = this.#blob(ring, text, length);
    this.lastAt = performance.now();
    const { id } = this.subject;
    ring.begin(Kind.Text, 0, this.lastAt, id, "", 0, this.#in, blob, length, 0);
    ring.end();
    this.#in += this.#wireLength(length, !this.#masksOut);
  }

  sentText(shared: SharedText) {
    const ring = this.recorder.ring;
    if (ring === null) return;
    const { text, bytes } = shared;
    if (!ring.holds(shared.kept)) shared.kept = this.#blob(ring, text, bytes);
    const { id } = this.subject;
    const time = performance.now();
    ring.begin(Kind.Text, Flag.Out, time, id, "", 0, this.#out, shared.kept, bytes, 0);
    ring.end();
    this.#out += this.#wireLength(bytes, this.#masksOut);
  }

  /** @returns where the text is kept */
  #blob(ring: RingWriter, text: string, length: number): number {
    if (ring.begin(Kind.Blob, 0, 0, 0, "", length, 0, 0, length, 0)) addText(ring, text, length);
    ring.end();
    return ring.begun;
  }

  named(name: string) {
    this.subject.name = name;
    this.recorder.tell(this.subject);
  }

  closed(byPeer: boolean, code = 0, reason = "") {
    if (this.#closed) return;
    this.#closed = true;
    const ring = this.recorder.ring;
    if (ring !== null) {
      const length = Buffer.byteLength(reason);
      const flags = byPeer ? Flag.ByPeer : 0;
      const { id } = this.subject;
      const time = performance.now();
      const frame = code === NO_CLOSE_FRAME ? 0 : code;
      if (ring.begin(Kind.Close, flags, time, id, "", length, frame, 0, length, 0)) {
        ring.text(reason, length);
      }
      ring.end();
    }
    this.recorder.ended(this.subject.id);
  }

  /** Where an MQTT packet begins in what came; -1: nowhere. */
  protected boundaryIn(_bytes: Uint8Array): number {
    return -1;
  }

  protected boundaryOut(_bytes: Uint8Array): number {
    return -1;
  }
}

/** One that carries MQTT: a recording may begin at any of its packets. */
class RecordedMqttConnection extends RecordedConnection {
  readonly #packetsIn = new PacketBoundary();
  readonly #packetsOut = new PacketBoundary();

  protected override boundaryIn(bytes: Uint8Array): number {
    const boundary = this.#packetsIn.scan(bytes);
    if (this.subject.firstIn === undefined && this.#packetsIn.first !== null) {
      this.subject.firstIn = this.#packetsIn.first;
      this.recorder.tell(this.subject);
    }
    return boundary;
  }

  protected override boundaryOut(bytes: Uint8Array): number {
    const boundary = this.#packetsOut.scan(bytes);
    if (this.subject.firstOut === undefined && this.#packetsOut.first !== null) {
      this.subject.firstOut = this.#packetsOut.first;
      this.recorder.tell(this.subject);
    }
    return boundary;
  }
}

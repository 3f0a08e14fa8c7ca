/**
 * Writes what passes into the ring: the gateway's own part of recording. What becomes pcapng is
 * read out of the ring by a Worker, see `trace_streams.ts`.
 *
 * With the ring off (no flight recorder, nobody reads) all that happens is that connections are
 * known, and where packets begin in them.
 *
 * @module
 */
import { clockOffset } from "../clock.ts";
import type { ConnectionFacts, ConnectionTap, TappedRecord, TappedTopic, Taps } from "../taps.ts";
import { cutText, NAME_LENGTH } from "./cut_text.ts";
import { EndedConnections } from "./ended_connections.ts";
import { NamedSubjects } from "./named_subjects.ts";
import { maskUpgrade } from "./packets/http_secrets.ts";
import {
  type ConnectionRecorder,
  RecordedConnection,
  RecordedMqttConnection,
} from "./recorded_connection.ts";
import { Kind, makeRingMemory, type RingMemory } from "./ring_layout.ts";
import { addText, utf8Length } from "./ring_text.ts";
import { RingWriter } from "./ring_writer.ts";
import type { ConnectionSubject, Subject, TopicSubject } from "./trace_messages.ts";

/** Hears what the events in the ring are about. */
export interface SubjectListener {
  /** New or changed ones. */
  subjects(subjects: Subject[]): void;
  /** They are named no more. */
  forget(ids: number[]): void;
  /** All that were there at {@linkcode Recorder.attach} have been told. */
  allTold?(): void;
}

export interface RecorderOptions {
  /** Size of the flight recorder, bytes; 0: none. */
  recentBytes: number;
}

/** The ring while somebody reads and there is no flight recorder; and the least one, bytes. */
const READING_BYTES = 16 << 20;
const LEAST_BYTES = 64 << 10;
/**
 * What is known of connections that ended, and of topics (and of nodes), may take so much, bytes, or a
 * quarter of the ring if that is more: an event of a few bytes may name something long.
 */
const ENDED_BYTES = 8 << 20;
const NAMED_BYTES = 32 << 20;
const RING_SHARE = 1 / 4;
/** Memory that a node or topic takes without its texts, about; bytes. */
const NAMED_SUBJECT_BYTES = 300;
/** So many subjects are told in one turn of the event loop to somebody who attaches. */
const SLICE_SUBJECTS = 2000;

interface RecordedNode {
  name: string;
  id: number;
  used: number;
  bytes: number;
}

/** What is known of a topic, on {@linkcode TappedTopic.recorded}. */
interface RecordedTopic {
  subject: TopicSubject;
  topic: TappedTopic;
  used: number;
  bytes: number;
}

/** What is kept of a connection has no secrets. */
function masked(facts: ConnectionFacts): ConnectionFacts {
  const { upgrade } = facts;
  return upgrade === undefined ? facts : { ...facts, upgrade: maskUpgrade(upgrade) };
}

/** Largest power of two that is not larger. */
function powerOfTwo(bytes: number): number {
  return 2 ** Math.floor(Math.log2(Math.max(bytes, LEAST_BYTES)));
}

export class Recorder implements Taps, ConnectionRecorder {
  /** The ring; `null`: nothing is recorded. */
  ring: RingWriter | null = null;
  readonly #recentBytes: number;
  readonly #listeners = new Set<SubjectListener>();
  readonly #subjects = new Map<number, Subject>();
  readonly #nodes = new Map<string, RecordedNode>();
  readonly #usedNodes: NamedSubjects<RecordedNode>;
  readonly #usedTopics: NamedSubjects<RecordedTopic>;
  readonly #ended = new EndedConnections();
  #ids = 0;
  /** Position behind the last ring's records. */
  #lastPosition = 0;
  /** What the listeners are told before the event loop goes on. */
  #fresh: Subject[] = [];
  #gone: number[] = [];
  #tellsSoon = false;

  constructor({ recentBytes }: RecorderOptions) {
    this.#recentBytes = recentBytes;
    if (recentBytes > 0) this.ring = new RingWriter(makeRingMemory(powerOfTwo(recentBytes)));
    const namedBytes = Math.max(NAMED_BYTES, this.recentBytes * RING_SHARE);
    this.#usedNodes = new NamedSubjects(namedBytes, ({ id, name }) => {
      this.#nodes.delete(name);
      this.#forget([id]);
    });
    this.#usedTopics = new NamedSubjects(namedBytes, (known) => {
      if (known.topic.recorded === known) known.topic.recorded = null;
      this.#forget([known.subject.id]);
    });
  }

  /** Bytes of the flight recorder; 0: there is none. */
  get recentBytes(): number {
    return this.#recentBytes === 0 ? 0 : powerOfTwo(this.#recentBytes);
  }

  /**
   * Somebody reads: the ring is there until {@linkcode detach}. The subjects that there are are told
   * now, or if they are thousands in slices, one in each turn of the event loop. New ones and changes
   * may come between these.
   *
   * @returns the ring's memory
   */
  attach(listener: SubjectListener): RingMemory {
    this.ring ??= new RingWriter(makeRingMemory(READING_BYTES), this.#lastPosition);
    this.#listeners.add(listener);
    this.ring.told(this.#ids);
    this.#tellSlice(listener, this.#subjects.values(), this.#ids);
    return this.ring.memory;
  }

  /** @param last the newest that was there at first */
  #tellSlice(listener: SubjectListener, subjects: Iterator<Subject>, last: number) {
    if (!this.#listeners.has(listener)) return;
    const slice: Subject[] = [];
    let { value, done } = subjects.next();
    while (!done && value.id <= last) {
      slice.push(value);
      if (slice.length >= SLICE_SUBJECTS) break;
      ({ value, done } = subjects.next());
    }
    if (slice.length > 0) listener.subjects(slice);
    if (slice.length < SLICE_SUBJECTS) listener.allTold?.();
    else setTimeout(() => this.#tellSlice(listener, subjects, last), 0);
  }

  detach(listener: SubjectListener) {
    this.#listeners.delete(listener);
    if (this.#recentBytes > 0 || this.#listeners.size > 0 || this.ring === null) return;
    // Positions of this ring must mean nothing in the next.
    this.#lastPosition = this.ring.head + this.ring.capacity;
    this.ring = null;
    this.#forgetEnded();
  }

  connection(facts: ConnectionFacts): ConnectionTap {
    const opened = performance.now();
    const id = ++this.#ids;
    const subject: ConnectionSubject = { kind: "connection", id, facts: masked(facts), opened };
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

  tell(subject: Subject) {
    this.#subjects.set(subject.id, subject);
    if (this.#listeners.size === 0) return;
    this.#fresh.push(subject);
    this.#tellSoon();
  }

  ended(subject: ConnectionSubject) {
    this.#ended.add(subject, this.ring?.head ?? 0);
    this.#forgetEnded();
  }

  /** Forgets connections whose last event is not in the ring any more. */
  #forgetEnded() {
    const { ring } = this;
    const most = ring === null ? 0 : Math.max(ENDED_BYTES, ring.capacity * RING_SHARE);
    const ids = this.#ended.take(ring?.tail ?? Infinity, most);
    if (ids.length > 0) this.#forget(ids);
  }

  #forget(ids: number[]) {
    const heard = this.#listeners.size > 0;
    for (const id of ids) {
      this.#subjects.delete(id);
      if (heard) this.#gone.push(id);
    }
    if (heard) this.#tellSoon();
  }

  #tellSoon() {
    if (this.#tellsSoon) return;
    this.#tellsSoon = true;
    queueMicrotask(() => this.#tellNow());
  }

  #tellNow() {
    this.#tellsSoon = false;
    // Some may have been forgotten already.
    const fresh = this.#fresh.filter(({ id }) => this.#subjects.has(id));
    const gone = this.#gone;
    this.#fresh = [];
    this.#gone = [];
    for (const listener of this.#listeners) {
      if (fresh.length > 0) listener.subjects(fresh);
      if (gone.length > 0) listener.forget(gone);
    }
    this.ring?.told(this.#ids);
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
    const name = cutText(node, NAME_LENGTH);
    const known = this.#nodes.get(name) ?? this.#node(name, ring);
    const { Radio } = Kind;
    if (ring.begin(Radio, 0, heardAt, known.id, id, length, arrival, packed, length, index)) {
      ring.add(data, start, end);
    }
    known.used = ring.begun;
    ring.end();
  }

  #node(name: string, ring: RingWriter): RecordedNode {
    const id = ++this.#ids;
    const bytes = NAMED_SUBJECT_BYTES + name.length;
    const known: RecordedNode = { name, id, used: ring.head, bytes };
    this.#nodes.set(name, known);
    this.#usedNodes.add(known, ring.tail);
    this.tell({ kind: "node", id, name });
    return known;
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
      known = this.#topic(channel, topic, ring);
    }
    const jsonBytes = utf8Length(json);
    const nodeBytes = utf8Length(node);
    const at = time - clockOffset();
    const { id: subject } = known.subject;
    const contents = jsonBytes + nodeBytes;
    if (ring.begin(Kind.Update, 0, at, subject, id, contents, seq, time, jsonBytes, nodeBytes)) {
      addText(ring, node, nodeBytes);
      addText(ring, json, jsonBytes);
    }
    known.used = ring.begun;
    ring.end();
  }

  #topic(channel: string, topic: TappedTopic, ring: RingWriter): RecordedTopic {
    const { topic: name, head, tail } = topic;
    const id = ++this.#ids;
    const subject: TopicSubject = { kind: "topic", id, channel, topic: name, head, tail };
    const bytes = NAMED_SUBJECT_BYTES + channel.length + name.length + head.length + tail.length;
    const known: RecordedTopic = { subject, topic, used: ring.head, bytes };
    topic.recorded = known;
    this.#usedTopics.add(known, ring.tail);
    this.tell(subject);
    return known;
  }
}

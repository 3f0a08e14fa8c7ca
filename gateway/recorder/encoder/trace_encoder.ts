/**
 * Makes pcapng of the events of one reader: takes note of each as it is read, and writes it when it
 * has been held long enough for the earlier ones to have come.
 *
 * @module
 */
import type { TraceEvent } from "../trace_event.ts";
import type { ConnectionSubject, TraceFilter, TraceSetting } from "../trace_messages.ts";
import type { EncoderContext } from "./encoder_context.ts";
import { HeldPackets, type HeldWriter } from "./held_packets.ts";
import { traceInterfaces } from "./interfaces.ts";
import { MqttConnection, type MqttHeldEvent } from "./mqtt_connection.ts";
import { EndNames } from "./end_names.ts";
import type { ChunkFacts } from "./mqtt_traffic.ts";
import { PortPairs } from "./port_pairs.ts";
import { PublishBook } from "./publish_book.ts";
import { RadioWriter } from "./radio_writer.ts";
import { RoomWriter } from "./room_writer.ts";
import { SessionConnection } from "./session_connection.ts";
import { SessionTexts } from "./session_text.ts";
import type { SubjectTable } from "./subject_table.ts";
import { TraceFile } from "./trace_file.ts";
import { Selection } from "./trace_filter.ts";
import { TraceIds } from "./trace_ids.ts";

export interface TraceEncoderOptions {
  setting: Pick<TraceSetting, "version" | "hostname" | "clockOffset">;
  filter: TraceFilter;
  /** What events are about, by number. */
  subjects: SubjectTable;
  /** For people: what this file is. */
  comment: string;
  /** Events before this are only taken note of, ms of the monotonic clock. @default all are written */
  since?: number;
}

/** So much is held, in memory about; what is more goes before its time. */
const MAX_HELD_BYTES = 8 << 20;
/** What an event takes besides its data, and what a PUBLISH in it does, bytes about. */
const EVENT_BYTES = 400;
const PUBLISH_BYTES = 1000;
/** Those that closed are remembered, as late events may name them. */
const MAX_CLOSED = 10_000;
/** What was sent last may be taken in after the end: so many are kept for that. */
const MAX_ENDED = 200;

export class TraceEncoder {
  readonly file: TraceFile;
  readonly #held = new HeldPackets<TraceEvent>();
  readonly #context: EncoderContext;
  readonly #subjects: SubjectTable;
  readonly #since: number;
  readonly #mqtt = new Map<number, MqttConnection>();
  readonly #sessions = new Map<number, SessionConnection>();
  readonly #closed = new Set<number>();
  readonly #ended = new Map<number, MqttConnection>();
  readonly #nodes = new Map<number, RadioWriter>();
  readonly #topics = new Map<number, RoomWriter>();
  /** Of the text event that was read last. */
  #lastText: Uint8Array | null = null;

  constructor({ setting, filter, subjects, comment, since = -Infinity }: TraceEncoderOptions) {
    const { version, hostname, clockOffset } = setting;
    this.file = new TraceFile({ version, hostname, clockOffset, comment });
    this.#subjects = subjects;
    this.#since = since;
    const names = new EndNames(this.file, subjects, hostname);
    const ids = new TraceIds();
    this.#context = {
      file: this.file,
      ids,
      book: new PublishBook(),
      texts: new SessionTexts(ids),
      selection: new Selection(filter),
      interfaces: traceInterfaces(),
      ports: new PortPairs(),
      newest: (subject) => (subjects.get(subject.id) as ConnectionSubject | undefined) ?? subject,
      nameEnds: (subject) => names.add(subject),
    };
  }

  /** Events that wait to be written. */
  get held(): number {
    return this.#held.size;
  }

  setClock(offset: number) {
    this.file.setClock(offset);
  }

  /** Whether the subject of an event is known. */
  knows(event: TraceEvent): boolean {
    const id = subjectOf(event);
    return id === 0 || this.#subjects.has(id) || this.#mqtt.has(id) || this.#sessions.has(id) ||
      this.#closed.has(id) || this.#nodes.has(id) || this.#topics.has(id);
  }

  /**
   * Takes note of an event.
   *
   * @param readAt now, in the time of {@linkcode write}
   */
  read(event: TraceEvent, readAt: number) {
    switch (event.kind) {
      case "radio":
        return this.#readRadio(event, readAt);
      case "update":
        return this.#readUpdate(event, readAt);
      case "message":
        return this.#readMessage(event);
      default:
        return this.#readConnection(event, readAt);
    }
  }

  /** Records were lost before this one, which is read next. */
  lose(count: number, event: TraceEvent, readAt: number) {
    this.#hold(event, readAt, { write: () => this.file.lose(count) }, null);
  }

  /**
   * Writes what has been held long enough.
   *
   * @param readBy what was read by then
   * @param bytes until so many wait in the file, or little more
   * @returns whether there is more
   */
  write(readBy: number, bytes: number): boolean {
    while (this.file.length < bytes) {
      const full = this.#held.bytes > MAX_HELD_BYTES;
      const held = this.#held.next(full ? Infinity : readBy);
      if (held === undefined) return false;
      if (held.time >= this.#since) held.writer.write(held.event, held.detail);
    }
    return true;
  }

  #hold<Event extends TraceEvent>(
    event: Event,
    readAt: number,
    writer: HeldWriter<Event>,
    detail: unknown,
  ) {
    const bytes = EVENT_BYTES + this.#bytesOf(event, detail);
    this.#held.add(event.time, readAt, writer as HeldWriter<TraceEvent>, event, detail, bytes);
  }

  /** Memory that a held event takes besides itself. */
  #bytesOf(event: TraceEvent, detail: unknown): number {
    switch (event.kind) {
      case "update":
        return event.json?.length ?? 0;
      case "radio":
        return event.data.length;
      case "bytes": {
        let bytes = event.data?.length ?? 0;
        const packets = (detail as ChunkFacts | null)?.packets ?? [];
        for (const packet of packets) bytes += PUBLISH_BYTES + (packet.bytes?.length ?? 0);
        return bytes;
      }
      case "text":
        // One text goes to many.
        if (event.data === this.#lastText) return 0;
        this.#lastText = event.data;
        return event.data?.length ?? 0;
      default:
        return 0;
    }
  }

  #readRadio(event: Extract<TraceEvent, { kind: "radio" }>, readAt: number) {
    let writer = this.#nodes.get(event.node);
    if (writer === undefined) {
      const subject = this.#subjects.get(event.node);
      if (subject?.kind !== "node") return this.lose(1, event, readAt);
      this.#nodes.set(event.node, writer = new RadioWriter(this.#context, subject));
    }
    const origin = writer.read(event);
    if (this.#context.selection.hop("radio")) this.#hold(event, readAt, writer, origin);
  }

  #readUpdate(event: Extract<TraceEvent, { kind: "update" }>, readAt: number) {
    let writer = this.#topics.get(event.topic);
    if (writer === undefined) {
      const subject = this.#subjects.get(event.topic);
      if (subject?.kind !== "topic") return this.lose(1, event, readAt);
      this.#topics.set(event.topic, writer = new RoomWriter(this.#context, subject));
    }
    const origin = writer.read(event);
    if (this.#context.selection.hop("room")) this.#hold(event, readAt, writer, origin);
  }

  #readMessage(event: Extract<TraceEvent, { kind: "message" }>) {
    const id = event.connection;
    const connection = this.#mqttOf(id) ?? this.#ended.get(id);
    if (connection !== undefined) return connection.message(event);
    if (event.id === "") return;
    const origin = this.#context.ids.get(event.id);
    // The gateway's own did not come in.
    if (id === 0) return;
    origin.arrived = event.time;
    // Else it is of a device that is a WebSocket server.
    this.#sessions.get(id)?.message(origin);
  }

  #readConnection(
    event: Exclude<TraceEvent, { kind: "radio" | "update" | "message" }>,
    readAt: number,
  ) {
    const id = event.connection;
    const mqtt = this.#mqttOf(id);
    if (mqtt !== undefined) {
      this.#hold<MqttHeldEvent>(event, readAt, mqtt, mqtt.read(event));
    } else {
      const session = this.#sessionOf(id);
      if (session === undefined) {
        if (!this.knows(event)) this.lose(1, event, readAt);
        return;
      }
      this.#hold(event, readAt, session, session.read(event));
    }
    if (event.kind === "close") this.#close(id);
  }

  #mqttOf(id: number): MqttConnection | undefined {
    const known = this.#mqtt.get(id);
    if (known !== undefined) return known;
    const subject = this.#connection(id, "mqtt");
    if (subject === undefined) return undefined;
    if (!this.#context.selection.hop(subject.facts.uplink ? "uplink" : "mqtt")) return undefined;
    const connection = new MqttConnection(this.#context, subject);
    this.#mqtt.set(id, connection);
    return connection;
  }

  #sessionOf(id: number): SessionConnection | undefined {
    const known = this.#sessions.get(id);
    if (known !== undefined) return known;
    const subject = this.#connection(id, "session");
    if (subject === undefined || !this.#context.selection.hop("ws")) return undefined;
    const session = new SessionConnection(this.#context, subject);
    this.#sessions.set(id, session);
    return session;
  }

  #connection(id: number, protocol: "mqtt" | "session"): ConnectionSubject | undefined {
    if (id === 0 || this.#closed.has(id)) return undefined;
    const subject = this.#subjects.get(id);
    if (subject?.kind !== "connection" || subject.facts.protocol !== protocol) return undefined;
    return subject;
  }

  /** Lets go of a connection; what is held of it is still written. */
  #close(id: number) {
    const mqtt = this.#mqtt.get(id);
    if (mqtt !== undefined) this.#ended.set(id, mqtt);
    this.#mqtt.delete(id);
    this.#sessions.delete(id);
    this.#closed.add(id);
    if (this.#closed.size > MAX_CLOSED) deleteOldest(this.#closed);
    if (this.#ended.size > MAX_ENDED) deleteOldest(this.#ended);
  }

  /** Subjects that nothing names any more. */
  forget(ids: readonly number[]) {
    for (const id of ids) {
      this.#mqtt.delete(id);
      this.#ended.delete(id);
      this.#sessions.delete(id);
      this.#topics.delete(id);
      this.#closed.delete(id);
    }
  }
}

function deleteOldest(from: Set<number> | Map<number, unknown>) {
  const [oldest] = from.keys();
  from.delete(oldest!);
}

/** The number of what an event is about. */
export function subjectOf(event: TraceEvent): number {
  if (event.kind === "radio") return event.node;
  return event.kind === "update" ? event.topic : event.connection;
}

/**
 * Writes into the ring what passes on a connection.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { ConnectionTap, SharedText } from "../taps.ts";
import { cutText, NAME_LENGTH } from "./cut_text.ts";
import { PacketBoundary } from "./packet_boundary.ts";
import { maskFirstPacket } from "./packets/mqtt_masker.ts";
import { frameLength } from "./packets/websocket_frame.ts";
import { Flag, Kind, NO_BOUNDARY } from "./ring_layout.ts";
import { addText } from "./ring_text.ts";
import type { RingWriter } from "./ring_writer.ts";
import type { ConnectionSubject } from "./trace_messages.ts";

/** What a WebSocket says of a connection that broke off (RFC 6455, 7.4.1). */
const NO_CLOSE_FRAME = 1006;

/** Where a connection is recorded. */
export interface ConnectionRecorder {
  /** `null`: nothing is recorded now. */
  readonly ring: RingWriter | null;
  /** The subject has changed. */
  tell(subject: ConnectionSubject): void;
  /** The connection's last event is written. */
  ended(subject: ConnectionSubject): void;
}

/** Ends with `closed`; what is told after that is not heard. */
export class RecordedConnection implements ConnectionTap {
  readonly subject: ConnectionSubject;
  /** When bytes came last. */
  lastAt: number;
  protected readonly recorder: ConnectionRecorder;
  readonly #frames: boolean;
  /** Whether what the gateway sends is masked. */
  readonly #masksOut: boolean;
  #in = 0;
  #out = 0;
  #closed = false;

  constructor(recorder: ConnectionRecorder, subject: ConnectionSubject) {
    this.recorder = recorder;
    this.subject = subject;
    this.#frames = subject.facts.transport === "websocket";
    this.#masksOut = subject.facts.dialled;
    this.lastAt = subject.opened;
  }

  received(bytes: Uint8Array) {
    if (this.#closed) return;
    const ring = this.recorder.ring;
    const boundary = this.boundaryIn(bytes);
    if (ring === null) return;
    this.lastAt = performance.now();
    this.#write(ring, 0, this.lastAt, this.#in, bytes, boundary);
    this.#in += this.#wireLength(bytes.length, !this.#masksOut);
  }

  sent(bytes: Uint8Array) {
    if (this.#closed) return;
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
    return this.#frames ? frameLength(length, masked) : length;
  }

  receivedText(text: string) {
    const ring = this.recorder.ring;
    if (ring === null || this.#closed) return;
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
    if (ring === null || this.#closed) return;
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
    if (this.#closed) return;
    // MQTT clients name themselves before they have said who they are.
    this.subject.name = cutText(name, NAME_LENGTH);
    this.recorder.tell(this.subject);
  }

  closed(byPeer: boolean, code = 0, reason = "", answer = code) {
    if (this.#closed) return;
    this.#closed = true;
    const ring = this.recorder.ring;
    if (ring !== null) {
      const length = Buffer.byteLength(reason);
      const flags = byPeer ? Flag.ByPeer : 0;
      const { id } = this.subject;
      const time = performance.now();
      const frame = code === NO_CLOSE_FRAME ? 0 : code;
      if (ring.begin(Kind.Close, flags, time, id, "", length, frame, answer, length, 0)) {
        ring.text(reason, length);
      }
      ring.end();
    }
    this.recorder.ended(this.subject);
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
export class RecordedMqttConnection extends RecordedConnection {
  readonly #packetsIn = new PacketBoundary();
  readonly #packetsOut = new PacketBoundary();

  protected override boundaryIn(bytes: Uint8Array): number {
    const boundary = this.#packetsIn.scan(bytes);
    if (this.subject.firstIn === undefined && this.#packetsIn.first !== null) {
      this.subject.firstIn = maskFirstPacket(this.#packetsIn.first);
      this.recorder.tell(this.subject);
    }
    return boundary;
  }

  protected override boundaryOut(bytes: Uint8Array): number {
    const boundary = this.#packetsOut.scan(bytes);
    if (this.subject.firstOut === undefined && this.#packetsOut.first !== null) {
      this.subject.firstOut = maskFirstPacket(this.#packetsOut.first);
      this.recorder.tell(this.subject);
    }
    return boundary;
  }
}

/**
 * Reads events out of the ring while it is being written, in another thread. Who reads too slowly
 * loses the oldest, and is told how many.
 *
 * @module
 */
import {
  Control,
  Flag,
  HEADER_BYTES,
  Kind,
  NO_BOUNDARY,
  type RingMemory,
  UNIT_BYTES,
} from "./ring_layout.ts";
import type { TraceEvent } from "./trace_event.ts";

/** Blobs that a reader remembers, bytes: those of messages that are sent again and again for a while. */
const BLOB_BYTES = 4 << 20;

/** So often it is tried anew, where the writer is faster. */
const MAX_TRIES = 100;
/** Control words count units modulo 2^32. */
const POSITIONS = 2 ** 32 * UNIT_BYTES;

const decoder = new TextDecoder();

export interface Taken {
  events: TraceEvent[];
  /** Records lost before these. */
  lost: number;
  /** Whether the end of what is written was reached. */
  drained: boolean;
}

export class RingReader {
  readonly #control: Int32Array;
  readonly #ring: Uint8Array;
  readonly #capacity: number;
  /** Position of the next record. */
  #position: number;
  /** Number of the next record; -1: any. */
  #number = -1;
  readonly #blobs = new Map<number, Uint8Array>();
  #blobBytes = 0;

  /** @param from where to begin: with what comes, or with the oldest there is */
  constructor({ control, data }: RingMemory, from: "now" | "oldest") {
    this.#control = new Int32Array(control);
    this.#ring = new Uint8Array(data);
    this.#capacity = data.byteLength;
    const now = from === "now";
    const units = Atomics.load(this.#control, now ? Control.Head : Control.Tail) >>> 0;
    // Behind the position: what comes between the two is not taken for lost.
    if (now) this.#number = Atomics.load(this.#control, Control.Records) >>> 0;
    // The capacity divides 2^35: the record lies at the remainder.
    this.#position = units * UNIT_BYTES;
  }

  /** Position of the next record. */
  get position(): number {
    return this.#position;
  }

  /** The newest subject of which the writer told. */
  get told(): number {
    return Atomics.load(this.#control, Control.Told);
  }

  /** Bytes written and not read yet. */
  get waiting(): number {
    return this.#ahead(Control.Head);
  }

  /** How far a control word is ahead of the next record; negative: behind. */
  #ahead(word: number): number {
    const units = Atomics.load(this.#control, word);
    return ((units - (this.#position / UNIT_BYTES | 0)) | 0) * UNIT_BYTES;
  }

  /** Takes what is there, about `bytes` at most. */
  take(bytes: number): Taken {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      this.#position += Math.max(0, this.#ahead(Control.Tail));
      const start = this.#position;
      const waiting = Math.min(this.#ahead(Control.Head), this.#capacity);
      if (waiting <= 0) break;
      const size = this.#sizeAt(start);
      // What was given up meanwhile may have been written over.
      if (this.#given() > 0) continue;
      const copy = this.#copy(start, Math.min(waiting, Math.max(bytes, size)));
      const given = this.#given();
      if (given < copy.length) return this.#read(copy, start, given);
    }
    return { events: [], lost: 0, drained: this.waiting <= 0 };
  }

  /** Bytes from the next record on that are given up by now, as seen behind all reading so far. */
  #given(): number {
    Atomics.add(this.#control, Control.Fence, 1);
    return Math.max(0, this.#ahead(Control.Tail));
  }

  /** @param at offset of the first record that is whole; `copy[0]` lies at `start` */
  #read(copy: Uint8Array<ArrayBuffer>, start: number, at: number): Taken {
    const events: TraceEvent[] = [];
    let lost = 0;
    const view = new DataView(copy.buffer);
    while (at + 8 <= copy.length) {
      const size = view.getUint32(at, true);
      if (at + size > copy.length) break;
      const kind = view.getUint8(at + 4);
      if (kind !== Kind.Pad && kind !== Kind.Blob) lost += this.#count(view, at);
      if (kind !== Kind.Pad) {
        const event = this.#event(kind, copy, view, at, start + at);
        if (event !== null) events.push(event);
      }
      at += size;
    }
    this.#position = start + at;
    return { events, lost, drained: this.waiting <= 0 };
  }

  /** @returns records lost before this one */
  #count(view: DataView, at: number): number {
    const number = view.getUint32(at + 20, true);
    const lost = this.#number < 0 ? 0 : Math.max(0, (number - this.#number) | 0);
    this.#number = (number + 1) >>> 0;
    return lost;
  }

  #sizeAt(position: number): number {
    const at = position % this.#capacity;
    return new DataView(this.#ring.buffer, at, 4).getUint32(0, true);
  }

  #copy(position: number, length: number): Uint8Array<ArrayBuffer> {
    const copy = new Uint8Array(length);
    const from = position % this.#capacity;
    const first = Math.min(length, this.#capacity - from);
    copy.set(this.#ring.subarray(from, from + first));
    if (first < length) copy.set(this.#ring.subarray(0, length - first), first);
    return copy;
  }

  #event(
    kind: number,
    bytes: Uint8Array,
    view: DataView,
    at: number,
    position: number,
  ): TraceEvent | null {
    const flags = bytes[at + 5]!;
    const idLength = view.getUint16(at + 6, true);
    const time = view.getFloat64(at + 8, true);
    const subject = view.getUint32(at + 16, true);
    const number = view.getUint32(at + 20, true);
    const a = view.getFloat64(at + 24, true);
    const b = view.getFloat64(at + 32, true);
    const c = view.getUint32(at + 40, true);
    const d = view.getUint32(at + 44, true);
    const rest = at + HEADER_BYTES + idLength;
    const omitted = (flags & Flag.Omitted) !== 0;
    const out = (flags & Flag.Out) !== 0;
    const contents = () => omitted ? null : bytes.subarray(rest, rest + c);
    const id = () => decoder.decode(bytes.subarray(at + HEADER_BYTES, rest));
    switch (kind) {
      case Kind.Blob:
        if (!omitted) this.#keep(position, bytes.slice(rest, rest + c));
        return null;
      case Kind.Bytes:
        return {
          kind: "bytes",
          time,
          number,
          connection: subject,
          out,
          message: (flags & Flag.Message) !== 0,
          offset: a,
          length: c,
          data: contents(),
          boundary: d === NO_BOUNDARY ? -1 : d,
        };
      case Kind.Text: {
        const data = this.#blob(b);
        return { kind: "text", time, number, connection: subject, out, offset: a, length: c, data };
      }
      case Kind.Open:
        return { kind: "open", time, number, connection: subject };
      case Kind.Close: {
        const reason = omitted ? "" : decoder.decode(bytes.subarray(rest, rest + c));
        const byPeer = (flags & Flag.ByPeer) !== 0;
        const end = { byPeer, code: a, reason, answer: b };
        return { kind: "close", time, number, connection: subject, ...end };
      }
      case Kind.Message:
        return {
          kind: "message",
          time,
          number,
          connection: subject,
          id: id(),
          qos: a,
          payloadLength: c,
          topicLength: d,
        };
      case Kind.Radio:
        return {
          kind: "radio",
          time,
          number,
          node: subject,
          id: id(),
          index: d,
          arrival: a,
          ...radioFacts(b),
          data: contents() ?? new Uint8Array(0),
        };
      case Kind.Update: {
        const json = omitted ? null : decoder.decode(bytes.subarray(rest + d, rest + d + c));
        const node = omitted ? "" : decoder.decode(bytes.subarray(rest, rest + d));
        return {
          kind: "update",
          time,
          number,
          topic: subject,
          id: id(),
          seq: a,
          unix: b,
          node,
          json,
        };
      }
    }
    return null;
  }

  #keep(position: number, data: Uint8Array) {
    this.#blobs.set(position % POSITIONS, data);
    this.#blobBytes += data.length;
    for (const [oldest, { length }] of this.#blobs) {
      if (this.#blobBytes <= BLOB_BYTES) break;
      this.#blobs.delete(oldest);
      this.#blobBytes -= length;
    }
  }

  /** Text at a position of the writer. */
  #blob(position: number): Uint8Array | null {
    if (position < 0) return null;
    const known = this.#blobs.get(position % POSITIONS);
    if (known !== undefined) return known;
    // Written before this reader began.
    const units = position / UNIT_BYTES | 0;
    const gone = () => {
      Atomics.add(this.#control, Control.Fence, 1);
      return ((Atomics.load(this.#control, Control.Tail) - units) | 0) > 0;
    };
    if (gone()) return null;
    const index = position % this.#capacity;
    const view = new DataView(this.#ring.buffer);
    const length = view.getUint32(index + 40, true);
    const start = index + HEADER_BYTES;
    const omitted = (view.getUint8(index + 5) & Flag.Omitted) !== 0;
    if (omitted || start + length > this.#capacity) return null;
    const data = this.#ring.slice(start, start + length);
    if (gone()) return null;
    this.#keep(position, data);
    return data;
  }
}

function radioFacts(packed: number) {
  const low = packed % 2 ** 32;
  const high = Math.floor(packed / 2 ** 32);
  return {
    linkType: low & 0xffff,
    rssi: ((low >>> 16) & 0xff) - 128,
    channel: low >>> 24,
    flags: high & 0xff,
    lqi: high >>> 8,
  };
}

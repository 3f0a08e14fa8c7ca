/**
 * One TCP connection as raw IP packets (LINKTYPE_RAW, 101): the gateway knows what both sides sent,
 * and this makes the segments that could have carried it (RFC 9293; RFC 791; RFC 8200). Wireshark's
 * TCP analysis finds nothing to say about them, save where bytes were lost.
 *
 * ```ts
 * const tcp = new TcpConversation({
 *   client: { host: "10.0.0.7", port: 50_123 },
 *   server: { host: "10.0.0.1", port: 1883 },
 * });
 * tcp.handshake(write);
 * tcp.data("client", [connect], write);
 * tcp.close("client", write);
 * ```
 *
 * @module
 */
import { addressPair, type Endpoint } from "./addresses.ts";
import { PacketBuffer } from "./packet_buffer.ts";

export type Side = "client" | "server";

/** What a packet is there for; all but `data` are made up, as the gateway does not see them. */
export type SegmentKind = "handshake" | "data" | "ack" | "fin" | "rst";

/** One IP packet. The object and its bytes are good until the sink returns. */
export interface Segment {
  /** The whole IP packet; a view of a buffer that is used again. */
  packet: Uint8Array;
  from: Side;
  kind: SegmentKind;
  /** `data`: which of the bytes given to `data()` it carries, `[start, end)`. */
  start: number;
  end: number;
}

export type SegmentSink = (segment: Segment) => void;

/** Largest payload of a segment, bytes. */
export const SEGMENT_BYTES = 32_000;
/** The other side acknowledges at the latest when so much waits for it, bytes. */
export const UNACKNOWLEDGED_BYTES = 1 << 20;
/** A hole is written no wider than this: half the sequence space would look like the past. */
export const HOLE_BYTES = 1 << 30;

const FIN = 1;
const SYN = 2;
const RST = 4;
const PSH = 8;
const ACK = 16;

const NOTHING: readonly Uint8Array[] = [];

/** What one side has sent. */
class Direction {
  /** Of the next byte. */
  next: number;
  /** What the other side can have seen: `next`, but for a hole behind which nothing came yet. */
  seen: number;
  /** Where a hole begins behind which nothing came yet; -1 none. */
  hole = -1;
  /** The last acknowledgment number sent; -1 none. */
  acknowledged = -1;
  finished = false;

  constructor(initial: number) {
    this.next = this.seen = initial;
  }
}

/** Makes the packets of one connection. After a FIN or RST what a side sends is left out. */
export class TcpConversation {
  readonly #buffer: PacketBuffer;
  readonly #client: Direction;
  readonly #server: Direction;
  readonly #segment: Segment;
  #begun = false;

  /**
   * @param occasion tells connections between the same ports apart: their first sequence numbers
   *   differ. @default 0
   * @param initial first sequence numbers of client and server; by default they follow from the
   *   ports
   */
  constructor({ client, server, occasion = 0, initial }: {
    client: Endpoint;
    server: Endpoint;
    occasion?: number;
    initial?: readonly [client: number, server: number];
  }) {
    this.#buffer = new PacketBuffer(
      addressPair(client.host, server.host),
      client.port,
      server.port,
      SEGMENT_BYTES,
    );
    const mixed = Math.imul(client.port << 16 ^ server.port ^ Math.imul(occasion, 0x85ebca6b), K);
    // Below 2^31: none is just before 0, a number that Wireshark takes for "none yet".
    this.#client = new Direction(initial?.[0] ?? mixed >>> 1);
    this.#server = new Direction(initial?.[1] ?? Math.imul(mixed ^ mixed >>> 15, K) >>> 1);
    this.#segment = { packet: new Uint8Array(0), from: "client", kind: "data", start: 0, end: 0 };
  }

  /** Bytes on the wire of IP and TCP header before the payload of a data segment: 40 or 60. */
  get headerBytes(): number {
    return this.#buffer.headerBytes;
  }

  /** Whether a side can send no more. */
  closed(side: Side): boolean {
    return this.#of(side).finished;
  }

  /**
   * SYN, SYN-ACK, ACK. Not called for a connection that was open before the recording: its packets
   * just begin.
   */
  handshake(sink: SegmentSink): void {
    if (this.#begun) return;
    this.#send("client", "handshake", SYN, sink);
    this.#send("server", "handshake", SYN | ACK, sink);
    this.#send("client", "handshake", ACK, sink);
  }

  /**
   * What one side sent, in segments of at most 32,000 bytes; an acknowledgment of the other side is
   * put between them where too much would wait for it.
   *
   * @param parts bytes one behind the other, such as the header of a frame and its payload
   * @param cut says where to end a segment instead, at most some bytes before. @default there
   */
  data(
    from: Side,
    parts: readonly Uint8Array[],
    sink: SegmentSink,
    cut: (end: number) => number = same,
  ): void {
    let left = 0;
    for (const part of parts) left += part.length;
    const direction = this.#of(from);
    if (direction.finished) return;
    const other = from === "client" ? "server" : "client";
    const segment = this.#segment;
    for (let start = 0; left > 0;) {
      let length = Math.min(left, SEGMENT_BYTES);
      if (length < left) length = cut(start + length) - start;
      left -= length;
      segment.start = start;
      segment.end = start += length;
      this.#send(from, "data", left === 0 ? PSH | ACK : ACK, sink, parts, length);
      if (this.#waiting(direction, other) >= UNACKNOWLEDGED_BYTES) this.acknowledge(other, sink);
    }
  }

  /** An ACK without data, if there is something that this side has not acknowledged. */
  acknowledge(from: Side, sink: SegmentSink): void {
    const own = this.#of(from);
    const other = this.#of(from === "client" ? "server" : "client");
    if (own.finished && other.finished || own.acknowledged === other.seen) return;
    this.#send(from, "ack", ACK, sink);
  }

  /** FIN of one side, and the other's ACK: it may still send. */
  finish(from: Side, sink: SegmentSink): void {
    if (!this.#fin(from, sink)) return;
    this.#send(from === "client" ? "server" : "client", "ack", ACK, sink);
  }

  /**
   * The end: FIN of `first`, FIN of the other side, ACK; what `finish` has sent is left out.
   *
   * @param first who began to close
   */
  close(first: Side, sink: SegmentSink): void {
    const second = first === "client" ? "server" : "client";
    this.#fin(first, sink);
    if (this.#fin(second, sink)) this.#send(first, "ack", ACK, sink);
  }

  /** The end by RST. */
  reset(from: Side, sink: SegmentSink): void {
    if (this.#client.finished && this.#server.finished) return;
    this.#send(from, "rst", RST | ACK, sink);
    this.#client.finished = this.#server.finished = true;
  }

  /**
   * Bytes that a side sent and that were lost: what comes is behind a hole, of at most 1 GiB.
   *
   * @param bytes 0 or more
   */
  skip(from: Side, bytes: number): void {
    const direction = this.#of(from);
    const width = Math.min(bytes, HOLE_BYTES);
    if (direction.finished || width <= 0) return;
    this.#beginLate();
    if (direction.hole < 0) direction.hole = direction.next;
    direction.next = (direction.next + width) >>> 0;
  }

  #of(side: Side): Direction {
    return side === "client" ? this.#client : this.#server;
  }

  /** Bytes that the other side has not acknowledged. */
  #waiting(direction: Direction, other: Side): number {
    return (direction.seen - this.#of(other).acknowledged) >>> 0;
  }

  /** @returns false when it was sent before */
  #fin(from: Side, sink: SegmentSink): boolean {
    if (this.#of(from).finished) return false;
    this.#send(from, "fin", FIN | ACK, sink);
    this.#of(from).finished = true;
    return true;
  }

  #send(
    from: Side,
    kind: SegmentKind,
    flags: number,
    sink: SegmentSink,
    parts = NOTHING,
    length = 0,
  ): void {
    const own = this.#of(from);
    const other = this.#of(from === "client" ? "server" : "client");
    if ((flags & SYN) === 0) this.#beginLate();
    this.#begun = true;
    const segment = this.#segment;
    segment.from = from;
    segment.kind = kind;
    if (kind !== "data") segment.start = segment.end = 0;
    own.acknowledged = (flags & ACK) === 0 ? -1 : other.seen;
    const taken = length + ((flags & (SYN | FIN)) === 0 ? 0 : 1);
    segment.packet = this.#buffer.packet(
      from === "client",
      taken === 0 && own.hole >= 0 ? own.hole : own.next,
      own.acknowledged,
      flags,
      parts,
      segment.start,
      length,
    );
    own.next = (own.next + taken) >>> 0;
    if (taken > 0 || own.hole < 0) own.seen = own.next;
    sink(segment);
    if (own.hole >= 0 && taken > 0) this.#passHole(from, own, sink);
  }

  /** Without handshake the SYNs were before the recording: sequence numbers are behind them. */
  #beginLate(): void {
    if (this.#begun) return;
    this.#begun = true;
    const client = this.#client;
    const server = this.#server;
    client.seen = client.next = server.acknowledged = (client.next + 1) >>> 0;
    server.seen = server.next = client.acknowledged = (server.next + 1) >>> 0;
  }

  /**
   * Wireshark would call each acknowledgment of the hole one of a segment that it has not seen,
   * unless an ACK from before the hole comes late: with that it takes all so far for seen.
   */
  #passHole(from: Side, own: Direction, sink: SegmentSink): void {
    this.#send(from, "ack", ACK, sink);
    own.hole = -1;
  }
}

function same(end: number): number {
  return end;
}

/** An odd number whose multiples spread well: 2^32 divided by the golden ratio. */
const K = 0x9e3779b1;

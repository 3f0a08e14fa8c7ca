/**
 * Brings the data of a TCP connection into sequence order for the protocol that rides on it (RFC
 * 9293, 3.4): what came before is passed over, what comes too early is held, and what was not
 * captured is given up once the receiver has acknowledged it.
 *
 * @module
 */
import { decodeData } from "../wire/data.ts";
import type { Dissection } from "../wire/dissection.ts";
import { rule } from "../wire/problem.ts";
import { Flag, TCP_PAYLOAD, type TcpHeader } from "../wire/tcp.ts";
import type { Assembly } from "./assembly.ts";
import type { Side } from "./conversation.ts";
import { HeldSegments } from "./held_segments.ts";
import { PduStream } from "./pdu_stream.ts";
import type { StreamBudget } from "./stream_budget.ts";
import type { TcpConnection, TcpSide } from "./tcp_connection.ts";
import { putResetCause, putSegmentData, putSegments, splitSegments } from "./tcp_segments.ts";

const LOST = rule(
  "tcp",
  "note",
  "bytes are missing in the capture; decoding goes on behind them",
  "RFC 9293, 3.4",
);

/** In the info column, when all of a segment waits for what belongs to it. */
const WAITS = " [TCP segment of a reassembled PDU]";
/** Without the other direction nothing tells that bytes are lost: this much is waited for. */
const MAX_HELD_BLIND = 256 * 1024;
const MAX_SEGMENTS_BLIND = 64;

/** Finds out what rides on a connection; sets `unrecognised` when it will not be asked again. */
export type Recognise = NonNullable<Assembly["recognise"]>;

export class TcpReassembly {
  readonly #budget: StreamBudget;
  readonly #assembly: Assembly;

  constructor(recognise: Recognise, budget: StreamBudget) {
    this.#budget = budget;
    this.#assembly = {
      name: "Reassembled TCP",
      joined: putSegments,
      split: splitSegments,
      part: putSegmentData,
      recognise,
    };
  }

  /**
   * Takes the data of a segment, from `d.pos` to `d.end`.
   *
   * @param keepAlive the segment is a keep-alive, whose byte is not data
   */
  take(
    d: Dissection,
    h: TcpHeader,
    connection: TcpConnection,
    side: Side,
    keepAlive: boolean,
  ): void {
    const sender = connection.sideOf(side);
    const { flags } = h;
    if (d.pos < d.end) {
      if ((flags & Flag.Rst) !== 0) putResetCause(d);
      else {
        d.putBytes(TCP_PAYLOAD, d.pos, d.end - d.pos);
        // Without a length its place in the stream is not known.
        if (h.length < 0) decodeData(d);
        else this.#order(d, h, connection, side, sender, keepAlive);
      }
    }
    if (sender.held !== undefined) this.#giveUp(d, flags, connection, side, sender);
    if ((flags & (Flag.Syn | Flag.Fin)) !== 0) delimit(h, sender);
    if (sender.finSeen && !sender.ended && sender.expected === sender.finAt) {
      sender.ended = true;
      sender.stream?.end(d, connection, side);
    }
  }

  /** Gives data to the stream, holds it, or finds it known already. */
  #order(
    d: Dissection,
    h: TcpHeader,
    connection: TcpConnection,
    side: Side,
    sender: TcpSide,
    keepAlive: boolean,
  ): void {
    const sequence = (h.flags & Flag.Syn) !== 0 ? h.sequence + 1 | 0 : h.sequence;
    const end = sequence + h.length | 0;
    if (!sender.expecting) {
      sender.expecting = true;
      sender.expected = keepAlive ? end : sequence;
      if (keepAlive) return decodeData(d);
    }
    const ahead = sequence - sender.expected | 0;
    if (ahead > 0) return this.#hold(d, sender, sequence);
    const fresh = end - sender.expected | 0;
    if (ahead < 0 && passKnown(d, sender, sequence, fresh)) return;
    sender.expected = end;
    connection.traffic[side].payload += fresh;
    const { held } = sender;
    const contiguous = held === undefined ? 0 : contiguousSegments(held, sender);
    if (contiguous > 0) {
      const stream = this.#streamOf(connection, sender);
      return stream.feedHeld(d, connection, side, held!.take(contiguous), end);
    }
    if (connection.unrecognised) return decodeData(d);
    const { layerCount } = d;
    const stream = this.#streamOf(connection, sender);
    stream.feed(d, connection, side);
    if (d.columns && stream.waiting > 0 && d.layerCount === layerCount) d.infoColumn += WAITS;
  }

  /** Holds a segment; one that reaches beyond the PDU that waits is held in two. */
  #hold(d: Dissection, sender: TcpSide, sequence: number): void {
    const held = sender.held ??= new HeldSegments(this.#budget);
    const inside = (sender.expected - sequence | 0) + (sender.stream?.missing ?? 0);
    if (inside > 0 && inside < d.end - d.pos) {
      putSegmentData(d, d.pos, inside);
      held.add(sequence, d.data, d.pos, d.pos + inside, d.frame);
      d.pos += inside;
      sequence = sequence + inside | 0;
    }
    putSegmentData(d, d.pos, d.end - d.pos);
    held.add(sequence, d.data, d.pos, d.end, d.frame);
    if (d.columns) d.infoColumn += WAITS;
    d.pos = d.end;
  }

  #streamOf(connection: TcpConnection, sender: TcpSide): PduStream {
    return sender.stream ??= new PduStream(this.#budget, this.#assembly, connection);
  }

  /** Goes on behind bytes that will not come any more. */
  #giveUp(
    d: Dissection,
    flags: number,
    connection: TcpConnection,
    side: Side,
    sender: TcpSide,
  ): void {
    const held = sender.held!;
    const receiver = connection.sideOf((side ^ 1) as Side);
    while (held.segments.length > 0 && hopeless(held, flags, receiver)) {
      const missing = held.segments[0]!.sequence - sender.expected | 0;
      if (missing > 0) {
        d.problem(LOST, d.pos, `${missing} bytes`);
        this.#streamOf(connection, sender).lose(d, connection, side, missing);
        sender.expected = sender.expected + missing | 0;
      }
      const start = sender.expected;
      const count = contiguousSegments(held, sender);
      connection.traffic[side].payload += sender.expected - start | 0;
      this.#streamOf(connection, sender).feedHeld(d, connection, side, held.take(count), start);
    }
    if (held.segments.length === 0) sender.held = undefined;
  }
}

/** Where the stream begins and ends. */
function delimit(h: TcpHeader, sender: TcpSide): void {
  if ((h.flags & Flag.Syn) !== 0 && !sender.expecting && !sender.restarted) {
    sender.expected = h.sequence + 1 | 0;
    sender.expecting = true;
  }
  if ((h.flags & Flag.Fin) === 0 || h.length < 0 || sender.finSeen) return;
  sender.finSeen = true;
  sender.finAt = h.sequence + h.length | 0;
  if (!sender.expecting) {
    sender.expecting = true;
    sender.expected = sender.finAt;
  }
}

/** Passes over bytes that came before. @returns true when nothing else is in the segment */
function passKnown(d: Dissection, sender: TcpSide, sequence: number, fresh: number): boolean {
  const there = d.end - d.pos;
  const old = fresh <= 0 ? there : Math.min(there, sender.expected - sequence | 0);
  const { stream } = sender;
  const all = fresh <= 0 || old === there;
  d.pos += old;
  if (!all && stream?.repeatedInFront(old)) return false;
  if (all && stream !== undefined && stream.waiting > 0) {
    stream.repeated((sender.expected - stream.waiting | 0) - sequence | 0, old, d.frame);
  }
  putSegmentData(d, d.pos - old, old);
  return all;
}

/** Acknowledged, or too much waits, or nothing can come any more. */
function hopeless(held: HeldSegments, flags: number, receiver: TcpSide): boolean {
  if ((flags & Flag.Rst) !== 0 || held.full) return true;
  if (receiver.firstFrame === 0) {
    return held.bytes > MAX_HELD_BLIND || held.segments.length > MAX_SEGMENTS_BLIND;
  }
  return receiver.lastAck !== 0 && (receiver.lastAck - held.segments[0]!.sequence | 0) >= 0;
}

/** How many held segments follow without gap; `expected` goes behind them. */
function contiguousSegments(held: HeldSegments, sender: TcpSide): number {
  const { segments } = held;
  let count = 0;
  while (count < segments.length) {
    const { sequence, data } = segments[count]!;
    if ((sequence - sender.expected | 0) > 0) break;
    const end = sequence + data.length | 0;
    if ((end - sender.expected | 0) > 0) sender.expected = end;
    count++;
  }
  return count;
}

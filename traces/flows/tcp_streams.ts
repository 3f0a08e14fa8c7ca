/**
 * TCP: finds the connection of a segment, analyses it, and gives its data, in sequence order, to the
 * protocol that rides on it (RFC 9293).
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import {
  Flag,
  flagNames,
  readTcpHeader,
  scaledWindow,
  TCP_MIN_HEADER,
  TcpHeader,
  TcpView,
  wantsTcp,
  writeTcpHeader,
} from "../wire/tcp.ts";
import { readTcpOptions, TcpOptions } from "../wire/tcp_options.ts";
import type { Side } from "./conversation.ts";
import { type DecoderLimits, FULL_LIMITS } from "./decoder_limits.ts";
import { nanosecondsSince } from "./elapsed.ts";
import type { Endpoints } from "./endpoints.ts";
import { FlowTable, sentBySide0 } from "./flow_table.ts";
import type { Observer } from "./observer.ts";
import type { StreamBudget } from "./stream_budget.ts";
import { analyse } from "./tcp_analysis.ts";
import { Completeness, TcpConnection, type TcpSide } from "./tcp_connection.ts";
import { putSegmentTimes, putVerdict } from "./tcp_findings.ts";
import { type Recognise, TcpReassembly } from "./tcp_reassembly.ts";
import { Finding, TcpVerdict } from "./tcp_verdict.ts";
import { UnackedSegments } from "./unacked_segments.ts";

export class TcpStreams {
  readonly connections: FlowTable<TcpConnection>;
  readonly #observer: Observer;
  readonly #reassembly: TcpReassembly;
  readonly #segments: UnackedSegments;
  readonly #header = new TcpHeader();
  readonly #options = new TcpOptions();
  readonly #view = new TcpView();
  readonly #verdict = new TcpVerdict();
  #count = 0;

  constructor(
    observer: Observer,
    recognise: Recognise,
    budget: StreamBudget,
    limits: DecoderLimits = FULL_LIMITS,
  ) {
    this.#observer = observer;
    this.#segments = new UnackedSegments(limits.unackedSegments);
    this.#reassembly = new TcpReassembly(recognise, budget);
    this.connections = new FlowTable(limits.conversations, (old) => {
      old.release(this.#segments);
      observer.forgotten(old);
    });
  }

  /**
   * Decodes the segment at the cursor.
   *
   * @param fragment it is only the first part of an IP packet
   * @param quoted it is part of an ICMP error
   * @param frameLength bytes of the frame on the wire
   */
  decode(
    d: Dissection,
    e: Endpoints,
    fragment: boolean,
    quoted: boolean,
    frameLength: number,
  ): void {
    const h = this.#header;
    if (!readTcpHeader(d, h, !fragment && !quoted, quoted)) return;
    e.sourcePort = h.sourcePort;
    e.destinationPort = h.destinationPort;
    const verdict = this.#verdict;
    verdict.clear();
    let connection = this.connections.find(e);
    const isNew = connection === undefined;
    connection ??= this.#open(d, e);
    if ((h.flags & Flag.Syn) !== 0) connection = this.#synchronise(d, e, connection);
    const side: Side = sentBySide0(connection, e) ? 0 : 1;
    const sender = connection.sideOf(side);
    const receiver = connection.sideOf((side ^ 1) as Side);
    const completeness = connection.completeness;
    sender.sackBytes = 0;
    const { previousSeconds, previousNanoseconds } = connection;
    connection.previousSeconds = d.seconds;
    connection.previousNanoseconds = d.nanoseconds;
    if (sender.firstFrame === 0) sender.firstFrame = d.frame;
    if (h.length >= 0) {
      this.#learnBases(sender, receiver);
      analyse(d, h, connection, sender, receiver, this.#segments, verdict);
    }
    this.#setView(connection, sender, receiver, completeness);
    if (h.headerLength >= TCP_MIN_HEADER) {
      this.#advance(connection, isNew);
      this.#control(d, connection, side, sender);
    }
    if (!writeTcpHeader(d, h, this.#view)) return;
    if (d.columns) this.#info(d);
    const wanted = wantsTcp(d);
    if (wanted) putSegmentTimes(d, connection, previousSeconds, previousNanoseconds);
    this.#readOptions(d, sender, receiver);
    if (d.failed !== 0) return;
    if (verdict.findings !== 0 || wanted && verdict.present) putVerdict(d, verdict, connection);
    if ((h.flags & Flag.Syn) !== 0) settleScale(h.flags, sender, receiver);
    this.#traffic(d, connection, side, frameLength);
    const keepAlive = (verdict.findings & Finding.KeepAlive) !== 0;
    this.#reassembly.take(d, h, connection, side, keepAlive);
  }

  #open(d: Dissection, e: Endpoints): TcpConnection {
    const connection = new TcpConnection(this.#count++, e, d.seconds, d.nanoseconds);
    connection.firstFrame = d.frame;
    connection.firstTime = d.time;
    connection.lastFrame = d.frame;
    this.connections.put(e, connection);
    this.#observer.opened(connection);
    return connection;
  }

  /** A SYN with another number than the one known begins a new connection. */
  #synchronise(
    d: Dissection,
    e: Endpoints,
    known: TcpConnection,
  ): TcpConnection {
    const h = this.#header;
    const first = sentBySide0(known, e);
    const sender = first ? known.side0 : known.side1;
    if (!sender.baseKnown) return known;
    const verdict = this.#verdict;
    if ((h.flags & Flag.Ack) !== 0) {
      if (h.sequence === sender.base) return known;
      sender.base = h.sequence;
      sender.expecting = false;
      sender.restarted = true;
      verdict.add(Finding.ReusedPorts);
      return known;
    }
    if (h.sequence === sender.base) {
      sender.next = sender.contiguous;
      verdict.present = true;
      return known;
    }
    known.release(this.#segments);
    const connection = this.#open(d, e);
    connection.completeness = Completeness.Syn;
    verdict.add(Finding.ReusedPorts);
    return connection;
  }

  /** Relative numbers count from the SYN, or from one before what is seen first. */
  #learnBases(sender: TcpSide, receiver: TcpSide): void {
    const h = this.#header;
    if (!sender.baseKnown) {
      sender.base = (h.flags & Flag.Syn) !== 0 ? h.sequence : h.sequence - 1 | 0;
      sender.baseKnown = true;
    }
    if (!receiver.baseKnown && (h.flags & Flag.Ack) !== 0) {
      receiver.base = h.acknowledgment - 1 | 0;
      receiver.baseKnown = true;
    }
  }

  #setView(
    connection: TcpConnection,
    sender: TcpSide,
    receiver: TcpSide,
    completeness: number,
  ): void {
    const v = this.#view;
    const known = this.#header.length >= 0;
    v.stream = connection.index;
    v.completeness = completeness;
    v.sequenceBase = known ? sender.base : 0;
    v.acknowledgmentBase = known ? receiver.base : 0;
    v.scale = sender.scale;
    v.accurateEcn = connection.accurateEcn === 3 && (this.#header.flags & Flag.Syn) === 0;
  }

  #advance(connection: TcpConnection, isNew: boolean): void {
    const { flags, length } = this.#header;
    const synAck = flags & (Flag.Syn | Flag.Ack);
    if (isNew) {
      if (synAck === Flag.Syn) {
        connection.completeness = Completeness.Syn | (length > 0 ? Completeness.Data : 0);
      }
      return;
    }
    let bits = connection.completeness;
    if (synAck === (Flag.Syn | Flag.Ack)) bits |= Completeness.SynAck;
    if (synAck === Flag.Ack) bits |= length > 0 ? Completeness.Data : Completeness.Ack;
    if ((flags & (Flag.Fin | Flag.Ack)) === (Flag.Fin | Flag.Ack)) bits |= Completeness.Fin;
    if ((flags & Flag.Rst) !== 0) bits |= Completeness.Rst;
    connection.completeness = bits;
  }

  /** SYN, FIN and RST: who opened, who closed; the first round trip. */
  #control(d: Dissection, connection: TcpConnection, side: Side, sender: TcpSide): void {
    const { flags } = this.#header;
    const synAck = flags & (Flag.Syn | Flag.Ack);
    if ((flags & Flag.Syn) !== 0) {
      const client = synAck === Flag.Syn ? side : side === 0 ? 1 : 0;
      if (!connection.clientKnown) {
        connection.client = client;
        connection.clientKnown = true;
      }
      const ecn = flags & (Flag.Ae | Flag.Cwr | Flag.Ece);
      if (synAck === Flag.Syn) {
        connection.synSeconds = d.seconds;
        connection.synNanoseconds = d.nanoseconds;
        const offered = ecn === (Flag.Ae | Flag.Cwr | Flag.Ece);
        connection.accurateEcn = connection.accurateEcn & 2 | (offered ? 1 : 0);
      } else {
        const taken = (ecn & (Flag.Ae | Flag.Cwr)) === Flag.Cwr ||
          (ecn & (Flag.Ae | Flag.Ece)) === Flag.Ae;
        connection.accurateEcn = connection.accurateEcn & 1 | (taken ? 2 : 0);
      }
      sender.beforeFirstAck = true;
    } else if ((flags & Flag.Ack) !== 0) {
      sender.beforeFirstAck = false;
      if (connection.rttSeconds === 0 && connection.rttNanoseconds === 0) {
        this.#measureHandshake(d, connection);
      }
    }
    const by = side === connection.client ? "client" : "server";
    if ((flags & Flag.Rst) !== 0) connection.closed = `RST by ${by}`;
    else if ((flags & Flag.Fin) !== 0 && connection.closed === "") {
      connection.closed = `FIN by ${by}`;
    }
  }

  /** From the last SYN to the first acknowledgment without SYN. */
  #measureHandshake(d: Dissection, connection: TcpConnection): void {
    const { synSeconds, synNanoseconds } = connection;
    if (synSeconds === 0 && synNanoseconds === 0) return;
    let seconds = d.seconds - synSeconds;
    let nanoseconds = d.nanoseconds - synNanoseconds;
    if (nanoseconds < 0 && seconds > 0) {
      seconds--;
      nanoseconds += 1_000_000_000;
    }
    connection.rttSeconds = seconds;
    connection.rttNanoseconds = nanoseconds;
    const rtt = seconds + nanoseconds / 1e9;
    this.#observer.roundTrip(connection, "tcp handshake", rtt, d.frame);
  }

  #info(d: Dissection): void {
    const h = this.#header;
    const v = this.#view;
    let info = `${d.infoColumn} [${flagNames(h.flags, v.accurateEcn)}]`;
    info += ` Seq=${(h.sequence - v.sequenceBase) >>> 0}`;
    if ((h.flags & Flag.Ack) !== 0) {
      info += ` Ack=${(h.acknowledgment - v.acknowledgmentBase) >>> 0}`;
    }
    info += ` Win=${scaledWindow(h, v)}`;
    if ((h.flags & Flag.Urg) !== 0) info += ` Urg=${h.urgent}`;
    if (h.length >= 0) info += ` Len=${h.length}`;
    d.infoColumn = info;
  }

  #readOptions(d: Dissection, sender: TcpSide, receiver: TcpSide): void {
    const h = this.#header;
    const length = h.headerLength - TCP_MIN_HEADER;
    if (length === 0) return;
    const o = this.#options;
    const base = receiver.base;
    readTcpOptions(d, o, length, h.flags, h.acknowledgment, base);
    if (o.hasSack) sender.sackBytes = o.sackBytes;
    if (o.windowScale >= 0) sender.scale = o.windowScale;
  }

  #traffic(d: Dissection, connection: TcpConnection, side: Side, frameLength: number): void {
    const traffic = connection.traffic[side];
    const length = this.#header.length;
    traffic.frames++;
    traffic.bytes += frameLength;
    connection.lastFrame = d.frame;
    connection.lastTime = d.time;
    this.#observer.segment(connection, side, frameLength, length < 0 ? 0 : length);
    const verdict = this.#verdict;
    if (verdict.ackedFrame !== 0) {
      const { ackedSeconds, ackedNanoseconds } = verdict;
      const seconds = nanosecondsSince(d, ackedSeconds, ackedNanoseconds) / 1e9;
      this.#observer.roundTrip(connection, "tcp ack", seconds, d.frame);
    }
  }
}

/** Windows are scaled only when both SYNs say so (RFC 7323, 2.2). */
function settleScale(flags: number, sender: TcpSide, receiver: TcpSide): void {
  if (sender.scale === -1) {
    sender.scale = -2;
    receiver.scale = -2;
  } else if ((flags & Flag.Ack) !== 0 && receiver.scale === -2) {
    sender.scale = -2;
  }
}

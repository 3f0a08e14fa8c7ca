/**
 * Two endpoints talking: what is known of a TCP connection or a UDP pair over all its frames.
 *
 * @module
 */
import type { Endpoints } from "./endpoints.ts";
import type { StreamProtocol } from "./stream_protocol.ts";

/** Which endpoint sent: 0 is the sender of the first frame seen, 1 the other. */
export type Side = 0 | 1;

/** Both of them. */
export const SIDES: readonly Side[] = [0, 1];

/** Traffic of one side, payload without headers of lower layers. */
export class SideTraffic {
  frames = 0;
  /** Bytes on the wire, link layer included. */
  bytes = 0;
  /** Bytes above TCP or UDP, first transmissions only. */
  payload = 0;
}

export class Conversation {
  /** Number of the conversation, from 0, separately for TCP and UDP (`tcp.stream`). */
  readonly index: number;
  readonly transport: "tcp" | "udp";
  readonly v6: boolean;
  /** Endpoint of side 0, then of side 1. */
  readonly a0: number;
  readonly a1: number;
  readonly a2: number;
  readonly a3: number;
  readonly portA: number;
  readonly b0: number;
  readonly b1: number;
  readonly b2: number;
  readonly b3: number;
  readonly portB: number;

  /** Who opened it, when that is known: by SYN, or by the first request above. */
  client: Side = 0;
  clientKnown = false;
  /** What rides on it; undefined until recognised. */
  protocol: StreamProtocol | undefined = undefined;
  /** Set when no protocol will be looked for any more. */
  unrecognised = false;
  readonly traffic: readonly [SideTraffic, SideTraffic] = [new SideTraffic(), new SideTraffic()];
  firstFrame = 0;
  lastFrame = 0;
  /** Seconds since 1970. */
  firstTime = 0;
  lastTime = 0;
  /** How it ended, as far as the capture shows ("FIN", "RST by server", "WebSocket 1001", ...). */
  closed = "";

  constructor(index: number, transport: "tcp" | "udp", e: Endpoints) {
    this.index = index;
    this.transport = transport;
    this.v6 = e.v6;
    this.a0 = e.s0;
    this.a1 = e.s1;
    this.a2 = e.s2;
    this.a3 = e.s3;
    this.portA = e.sourcePort;
    this.b0 = e.d0;
    this.b1 = e.d1;
    this.b2 = e.d2;
    this.b3 = e.d3;
    this.portB = e.destinationPort;
  }

  /** The port of a side. */
  port(side: Side): number {
    return side === 0 ? this.portA : this.portB;
  }
}

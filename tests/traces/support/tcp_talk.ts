/**
 * A TCP connection played for both sides, as Ethernet frames.
 *
 * @module
 */
import { ACK, FIN, packet, PROTOCOL_TCP, PSH, SYN, tcp, u32 } from "./packets.ts";

/** 0 is the client. */
export type Talker = 0 | 1;

export interface TalkOptions {
  /** IPv4 (4 bytes) or IPv6 (16). */
  client: readonly number[];
  server: readonly number[];
  clientPort: number;
  serverPort: number;
  /** First sequence numbers. @default 1000 and 5000 */
  sequences?: readonly [number, number];
}

const NONE = new Uint8Array(0);
/** MSS 1460, SACK permitted, timestamps, no-op, window scale 7 (RFC 9293, 7323). */
const SYN_OPTIONS = [2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7];

export class TcpTalk {
  readonly #addresses: readonly (readonly number[])[];
  readonly #ports: readonly number[];
  /** Next sequence number of each side. */
  readonly next: [number, number];
  /** What each side has acknowledged. */
  readonly #acknowledged: [number, number];
  #ids = 1;
  /** Counts up by one per segment, as the timestamp option. */
  #clock = 1;

  constructor(options: TalkOptions) {
    this.#addresses = [options.client, options.server];
    this.#ports = [options.clientPort, options.serverPort];
    const [client, server] = options.sequences ?? [1000, 5000];
    this.next = [client, server];
    this.#acknowledged = [server, client];
  }

  /**
   * One segment as it is asked for; nothing else changes.
   *
   * @param sequence counts from what the side sends next; negative is something sent before
   */
  segment(side: Talker, flags: number, payload: Uint8Array = NONE, more: {
    sequence?: number;
    window?: number;
    options?: readonly number[];
  } = {}): Uint8Array<ArrayBuffer> {
    const other = 1 - side;
    const addresses = { source: this.#addresses[side]!, destination: this.#addresses[other]! };
    const stamps = [1, 1, 8, 10, ...u32(this.#clock++), ...u32(0)];
    const segment = tcp(addresses, {
      sourcePort: this.#ports[side]!,
      destinationPort: this.#ports[other]!,
      sequence: this.next[side]! + (more.sequence ?? 0) >>> 0,
      acknowledgment: (flags & ACK) === 0 ? 0 : this.#acknowledged[side]!,
      flags,
      window: more.window ?? 502,
      options: more.options ?? stamps,
    }, payload);
    return packet(addresses, PROTOCOL_TCP, segment, this.#ids++ & 0xffff);
  }

  /** SYN, SYN with ACK, ACK. */
  open(): Uint8Array<ArrayBuffer>[] {
    const frames = [this.segment(0, SYN, NONE, { options: SYN_OPTIONS, window: 64240 })];
    this.#pass(0, 1);
    frames.push(this.segment(1, SYN | ACK, NONE, { options: SYN_OPTIONS, window: 65160 }));
    this.#pass(1, 1);
    frames.push(this.segment(0, ACK));
    return frames;
  }

  /** Bytes of one side in one segment, received by the other. */
  send(side: Talker, payload: Uint8Array): Uint8Array<ArrayBuffer> {
    const frame = this.segment(side, PSH | ACK, payload);
    this.#pass(side, payload.length);
    return frame;
  }

  /** A bare acknowledgment. */
  ack(side: Talker): Uint8Array<ArrayBuffer> {
    return this.segment(side, ACK);
  }

  /** FIN of one side, FIN of the other, ACK. */
  close(side: Talker): Uint8Array<ArrayBuffer>[] {
    const other = 1 - side as Talker;
    const frames = [this.segment(side, FIN | ACK)];
    this.#pass(side, 1);
    frames.push(this.segment(other, FIN | ACK));
    this.#pass(other, 1);
    frames.push(this.segment(side, ACK));
    return frames;
  }

  /** The other side has received `length` more bytes. */
  #pass(side: Talker, length: number) {
    this.next[side] = this.next[side] + length >>> 0;
    this.#acknowledged[1 - side as Talker] = this.next[side];
  }

  /** Counts bytes as sent that are in no frame. */
  skip(side: Talker, length: number) {
    this.next[side] = this.next[side] + length >>> 0;
  }

  /** What was skipped arrives at the other side after all. */
  caughtUp(side: Talker) {
    this.#pass(side, 0);
  }
}

/**
 * TCP segments between two hosts, written with relative numbers.
 *
 * @module
 */
import { ACK, packet, PROTOCOL_TCP, tcp } from "./packets.ts";

/** One segment; numbers count from each side's first. */
export interface Segment {
  /** 0 is the client. @default 0 */
  readonly side?: 0 | 1;
  readonly sequence?: number;
  readonly acknowledgment?: number;
  /** @default ACK */
  readonly flags?: number;
  readonly window?: number;
  readonly options?: readonly number[];
  readonly data?: Uint8Array;
}

const HOSTS = [[10, 0, 0, 1], [10, 0, 0, 2]] as const;
const PORTS = [50_000, 1234] as const;

/** One connection. */
export class TcpScript {
  readonly #first: readonly [number, number];
  readonly #ports: readonly [number, number];

  /** @param first sequence numbers that count as 0, of client and server */
  constructor(first: readonly [number, number] = [1000, 9000], clientPort: number = PORTS[0]) {
    this.#first = first;
    this.#ports = [clientPort, PORTS[1]];
  }

  /** The frame of a segment. */
  segment(segment: Segment): Uint8Array<ArrayBuffer> {
    const { side = 0, sequence = 0, acknowledgment = 0, flags = ACK, data = NONE } = segment;
    const other = side === 0 ? 1 : 0;
    const addresses = { source: HOSTS[side], destination: HOSTS[other] };
    const head = {
      sourcePort: this.#ports[side],
      destinationPort: this.#ports[other],
      sequence: (this.#first[side] + sequence) >>> 0,
      acknowledgment: (flags & ACK) === 0 ? 0 : (this.#first[other] + acknowledgment) >>> 0,
      flags,
      window: segment.window ?? 1000,
      options: segment.options ?? [],
    };
    return packet(addresses, PROTOCOL_TCP, tcp(addresses, head, data));
  }
}

const NONE = new Uint8Array(0);

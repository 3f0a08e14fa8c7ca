/**
 * TCP traffic as bad as it gets, from a seed: retransmissions, overlaps, gaps, keep-alives, closed
 * windows, acknowledgments of nothing, ports used again, numbers that wrap, frames cut short.
 *
 * @module
 */
import { PcapWriter } from "../../../traces/files/pcap_writer.ts";
import { ACK, FIN, PSH, RST, SYN } from "./packets.ts";
import { Random } from "./random.ts";
import { TcpScript } from "./tcp_script.ts";

/** Nanoseconds between frames: within and beyond the limits of the analysis. */
const PAUSES = [1000, 100_000, 2_500_000, 5_000_000, 25_000_000, 1_500_000_000];
const SYN_OPTIONS = [[], [2, 4, 5, 180], [2, 4, 5, 180, 1, 3, 3, 7], [3, 3, 0, 1, 4, 2, 1, 1]];
const START = 1_700_000_000;

interface Sent {
  readonly sequence: number;
  readonly length: number;
}

class Side {
  sequence = 0;
  window: number;
  readonly sent: Sent[] = [];

  constructor(random: Random) {
    this.window = random.below(5000);
  }
}

class Chaos {
  readonly #random: Random;
  readonly #writer = new PcapWriter({ linkType: 1 });
  readonly #talks: { script: TcpScript; sides: [Side, Side] }[];
  #nanoseconds = 0;

  constructor(seed: number) {
    const random = this.#random = new Random(seed);
    this.#talks = Array.from({ length: 6 }, (_, i) => ({
      script: new TcpScript([random.of([0xffff_ff00, random.next()]), random.next()], 40_000 + i),
      sides: [new Side(random), new Side(random)],
    }));
  }

  run(steps: number): Uint8Array<ArrayBuffer> {
    for (let i = 0; i < steps; i++) this.#step();
    return this.#writer.take();
  }

  #step(): void {
    const random = this.#random;
    const { script, sides } = random.of(this.#talks);
    const side = random.below(2) as 0 | 1;
    const own = sides[side];
    const other = sides[1 - side]!;
    const send = (
      sequence: number,
      flags: number,
      length: number,
      late = 0,
      options?: number[],
    ) => {
      const acknowledgment = other.sequence - late;
      const data = new Uint8Array(length).fill(sequence);
      const { window } = own;
      this.#frame(script.segment(
        { side, sequence, acknowledgment, flags, window, data, options: options ?? [] },
      ));
    };
    switch (random.below(24)) {
      case 0:
        if (random.below(3) === 0) own.sequence = random.below(1 << 20);
        return send(own.sequence, SYN, random.of([0, 0, 0, 30]), 0, random.of(SYN_OPTIONS));
      case 1:
        return send(own.sequence++, SYN | ACK, 0, 0, random.of(SYN_OPTIONS));
      case 2:
        return send(own.sequence, FIN | ACK, random.of([0, 0, 9]));
      case 3:
        return send(own.sequence, random.of([RST, RST | ACK]), random.of([0, 0, 10]));
      case 4:
      case 5:
        return this.#repeat(own, send);
      case 6: {
        const sequence = own.sequence + 1 + random.below(2000);
        const length = 1 + random.below(300);
        own.sent.push({ sequence, length });
        if (random.below(2) === 0) own.sequence = sequence + length;
        return send(sequence, ACK, length);
      }
      case 7:
        return send(own.sequence - 1, ACK, random.below(2));
      case 8:
      case 9:
        for (let i = random.below(5); i >= 0; i--) {
          send(own.sequence, ACK, 0, random.of([0, 0, 200]));
        }
        return;
      case 10:
        own.window = random.of([0, random.below(5000)]);
        return send(own.sequence, ACK, 0);
      case 11:
        return send(own.sequence, ACK, 1);
      case 12:
        return send(own.sequence, ACK, 0, -random.below(3000));
      case 13:
        return send(own.sequence, ACK, random.of([0, 50]), random.below(900), this.#sack());
      case 14:
        return this.#next(own, send, Math.min(1400, Math.max(1, other.window)));
      default:
        return this.#next(own, send, 1 + random.below(500));
    }
  }

  #next(own: Side, send: (s: number, f: number, l: number, late?: number) => void, length: number) {
    const { sequence } = own;
    own.sent.push({ sequence, length });
    own.sequence += length;
    send(sequence, this.#random.of([ACK, PSH | ACK]), length, this.#random.of([0, 0, 0, 300]));
  }

  #repeat(own: Side, send: (sequence: number, flags: number, length: number) => void): void {
    const random = this.#random;
    const earlier = own.sent[Math.max(0, own.sent.length - 1 - random.below(5))];
    if (earlier === undefined) return;
    const from = random.of([0, 0, random.below(earlier.length)]);
    const more = random.of([0, 0, random.below(20)]);
    send(earlier.sequence + from, PSH | ACK, earlier.length - from + more);
  }

  #sack(): number[] {
    const blocks = 1 + this.#random.below(3);
    const options = [1, 1, 5, 2 + 8 * blocks];
    for (let i = 0; i < 8 * blocks; i++) options.push(i % 4 < 2 ? 0 : this.#random.below(256));
    return options;
  }

  #frame(frame: Uint8Array): void {
    const random = this.#random;
    this.#nanoseconds += random.of(PAUSES) + random.below(1000);
    const seconds = START + Math.floor(this.#nanoseconds / 1e9);
    const kept = random.below(150) === 0 ? 34 + random.below(frame.length - 34) : frame.length;
    const time = { seconds, nanoseconds: this.#nanoseconds % 1e9 };
    this.#writer.packet(time, frame.subarray(0, kept), frame.length);
  }
}

/** A capture of some more than `steps` frames. */
export function tcpChaos(seed: number, steps: number): Uint8Array<ArrayBuffer> {
  return new Chaos(seed).run(steps);
}

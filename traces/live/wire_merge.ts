/**
 * Merges the packets of a wire capture into a gateway's stream by time: one section, the wire's
 * interfaces behind the gateway's. Blocks of packets wait a moment, since both come late.
 *
 * @module
 */
import { ByteBuilder } from "../files/byte_builder.ts";
import { CaptureFrame, type CaptureInterface } from "../files/capture_frame.ts";
import { PcapngClock } from "../files/pcapng_clock.ts";
import { PcapngWriter } from "../files/pcapng_writer.ts";
import {
  type Block,
  ENHANCED_PACKET,
  INTERFACE_DESCRIPTION,
  INTERFACE_STATISTICS,
  SECTION_HEADER,
} from "./block_stream.ts";
import { resolutionOf } from "./section_counts.ts";
import { TimeQueue } from "./time_queue.ts";

/** How long packets wait for earlier ones, ms: dumpcap hands out every 250 ms. */
const HOLD_MS = 400;
/** Most blocks that wait; more, and the earliest go on. */
const MOST = 20_000;
/** Beyond this the wire's packets are lost: whoever reads our output is too slow. */
const MOST_OF_WIRE = 2 * MOST;
/** Largest packet of the wire, bytes: pipes into dumpcap take blocks of 262,144 bytes. */
const LARGEST = 262_000;
const IF_TSOFFSET = 14;
const IDB_OPTIONS = 16;
/** Where a section header has its length, and where blocks with a time have that. */
const SECTION_LENGTH = 16;
const TIME_HIGH = 12;
const TIME_LOW = 16;
const INTERFACE_ID = 8;
/** "TLSK". */
const TLS_KEY_LOG = 0x544c534b;

export class WireMerge {
  readonly #queue = new TimeQueue();
  readonly #out = new ByteBuilder(true);
  readonly #moment = new CaptureFrame();
  #writer = new PcapngWriter();
  /** Of the gateway's interfaces: the number here, and the clock. */
  #gateway: { readonly id: number; readonly clock: PcapngClock }[] = [];
  /** Of the wire's interfaces. */
  #wire = new Map<CaptureInterface, number>();
  #interfaces = 0;
  #begun = false;
  /** Whole seconds that times are counted from, so that nanoseconds fit a double. */
  #base: number | undefined;
  #lost = 0;

  /** Packets of the wire that found no room since the last time, see `takeLost`. */
  takeLost(): number {
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }

  /** Number of one of the wire's interfaces in the section; undefined before its first packet. */
  idOf(source: CaptureInterface): number | undefined {
    return this.#wire.get(source);
  }

  /** Takes a block of the gateway. */
  block(block: Block): void {
    const { type } = block;
    if (type === SECTION_HEADER) return this.#section(block);
    if (type === INTERFACE_DESCRIPTION) this.#describe(block);
    const bytes = block.bytes.slice(block.start, block.start + block.length);
    if (type !== ENHANCED_PACKET && type !== INTERFACE_STATISTICS) return this.#out.bytes(bytes);
    const source = this.#gateway[block.u32(INTERFACE_ID)];
    // No reader could use it.
    if (source === undefined) return;
    const { littleEndian } = block;
    new DataView(bytes.buffer).setUint32(INTERFACE_ID, source.id, littleEndian);
    source.clock.convert(block.u32(TIME_HIGH), block.u32(TIME_LOW), this.#moment);
    this.#add(this.#moment, bytes);
  }

  /**
   * Takes a packet of the wire. Nothing of the frame is kept.
   *
   * @param name Of the interface, when the capture does not say.
   */
  frame(frame: CaptureFrame, name: string): void {
    const source = frame.interface;
    if (!this.#begun || frame.block !== "packet" || source === undefined) return;
    if (this.#queue.size >= MOST_OF_WIRE) {
      this.#lost++;
      return;
    }
    const kept = Math.min(frame.capturedLength, LARGEST);
    this.#writer.packet({
      interface: this.#wireId(source, name),
      time: { seconds: frame.seconds, nanoseconds: frame.nanoseconds },
      data: frame.data.subarray(frame.start, frame.start + kept),
      length: frame.length,
      ...frame.flags >= 0 && { flags: frame.flags },
    });
    this.#add(frame, this.#writer.take());
  }

  /** Takes lines of a TLS key log; they go ahead of all packets that wait. */
  secrets(lines: Uint8Array): void {
    if (!this.#begun) return;
    this.#writer.secrets(TLS_KEY_LOG, lines);
    this.#out.bytes(this.#writer.take());
  }

  /**
   * The blocks whose turn it is.
   *
   * @param now_ms Unix time; Infinity for all.
   */
  take(now_ms: number): Uint8Array<ArrayBuffer> {
    const due_ms = now_ms - HOLD_MS;
    const due = (due_ms - (this.#base ?? 0) * 1000) * 1e6;
    for (let first; (first = this.#queue.first) !== undefined;) {
      // What claims to be of the future waits no longer than others.
      const waits = first.time > due && first.arrived_ms > due_ms;
      if (waits && this.#queue.size <= MOST) break;
      this.#out.bytes(this.#queue.shift()!.bytes);
    }
    return this.#out.take();
  }

  #section(block: Block) {
    while (this.#queue.size > 0) this.#out.bytes(this.#queue.shift()!.bytes);
    this.#gateway = [];
    this.#wire = new Map();
    this.#interfaces = 0;
    this.#begun = true;
    this.#writer = new PcapngWriter({ bigEndian: !block.littleEndian });
    const bytes = block.bytes.slice(block.start, block.start + block.length);
    // Its length, if it was known, is no longer right.
    bytes.fill(0xff, SECTION_LENGTH, SECTION_LENGTH + 8);
    this.#out.bytes(bytes);
  }

  #describe(block: Block) {
    const at = block.option(IDB_OPTIONS, IF_TSOFFSET, 8);
    const offset = at === 0 ? 0n : block.view.getBigInt64(block.start + at, block.littleEndian);
    const clock = new PcapngClock(resolutionOf(block), offset);
    this.#gateway.push({ id: this.#interfaces++, clock });
  }

  #wireId(source: CaptureInterface, name: string): number {
    const known = this.#wire.get(source);
    if (known !== undefined) return known;
    const id = this.#interfaces++;
    this.#wire.set(source, id);
    this.#writer.interface({
      linkType: source.linkType,
      name: `wire:${source.name ?? name}`,
      description: "packets of the gateway's ports as they are on the wire",
      snapLength: source.snapLength,
    });
    this.#out.bytes(this.#writer.take());
    return id;
  }

  #add({ seconds, nanoseconds }: CaptureFrame, bytes: Uint8Array<ArrayBuffer>) {
    this.#base ??= seconds;
    const time = (seconds - this.#base) * 1e9 + nanoseconds;
    this.#queue.add({ time, arrived_ms: Date.now(), bytes });
  }
}

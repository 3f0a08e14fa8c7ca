/**
 * Counts the packets of a pcapng stream per interface, and writes the statistics with which a file
 * ends properly (draft-ietf-opsawg-pcapng, section 4.6).
 *
 * @module
 */
import { DEFAULT_RESOLUTION } from "../files/pcapng_clock.ts";
import { PcapngWriter } from "../files/pcapng_writer.ts";
import {
  type Block,
  ENHANCED_PACKET,
  INTERFACE_DESCRIPTION,
  INTERFACE_STATISTICS,
  OBSOLETE_PACKET,
  SECTION_HEADER,
  SIMPLE_PACKET,
} from "./block_stream.ts";

/** `if_tsresol` and `epb_dropcount`. */
const IF_TSRESOL = 9;
const EPB_DROPCOUNT = 4;
/** Where options of these blocks begin: of an EPB behind the packet's bytes. */
const IDB_OPTIONS = 16;
const EPB_DATA = 28;
/** Drop count of an obsolete packet block that does not know it. */
const UNKNOWN_DROPS = 0xffff;

interface InterfaceCount {
  packets: number;
  dropped: number;
  readonly resolution: number;
  /** Whether the stream itself has said so. */
  told: boolean;
}

/** Is told of every block that is written. */
export class SectionCounts {
  #interfaces: InterfaceCount[] = [];
  #littleEndian = true;
  #packets = 0;
  #dropped = 0;

  /** Packets of all sections. */
  get packets(): number {
    return this.#packets;
  }

  /** Packets of all sections that their writers lost, as `epb_dropcount` says. */
  get dropped(): number {
    return this.#dropped;
  }

  count(block: Block): void {
    switch (block.type) {
      case ENHANCED_PACKET:
        return this.#packet(block.u32(8), enhancedDrops(block));
      case INTERFACE_DESCRIPTION:
        this.#interfaces.push({
          packets: 0,
          dropped: 0,
          resolution: resolutionOf(block),
          told: false,
        });
        return;
      case INTERFACE_STATISTICS: {
        const found = this.#interfaces[block.u32(8)];
        if (found !== undefined) found.told = true;
        return;
      }
      case OBSOLETE_PACKET: {
        const drops = block.u16(10);
        return this.#packet(block.u16(8), drops === UNKNOWN_DROPS ? 0 : drops);
      }
      case SIMPLE_PACKET:
        return this.#packet(0, 0);
      case SECTION_HEADER:
        this.#interfaces = [];
        this.#littleEndian = block.littleEndian;
    }
  }

  /** Adds packets that an interface lost and no block tells of. */
  addDropped(id: number, count: number): void {
    this.#dropped += count;
    const found = this.#interfaces[id];
    if (found !== undefined) found.dropped += count;
  }

  /**
   * Statistics blocks of the interfaces of the open section that have none yet.
   *
   * @param now_ms Unix time, ms.
   */
  statistics(now_ms: number): Uint8Array<ArrayBuffer> {
    const writer = new PcapngWriter({ bigEndian: !this.#littleEndian });
    this.#interfaces.forEach(({ packets, dropped, resolution, told }, id) => {
      if (told) return;
      writer.statistics({
        interface: id,
        time: unitsAt(now_ms, resolution),
        received: BigInt(packets),
        dropped: BigInt(dropped),
      });
    });
    return writer.take();
  }

  #packet(id: number, drops: number) {
    this.#packets++;
    const found = this.#interfaces[id];
    if (found !== undefined) found.packets++;
    if (drops > 0) this.addDropped(id, drops);
  }
}

function enhancedDrops(block: Block): number {
  const captured = block.u32(20);
  const options = EPB_DATA + captured + (-captured & 3);
  if (options + 8 > block.length) return 0;
  const at = block.option(options, EPB_DROPCOUNT, 8);
  return at === 0 ? 0 : Number(block.view.getBigUint64(block.start + at, block.littleEndian));
}

/** `if_tsresol` of an interface description. */
export function resolutionOf(block: Block): number {
  const at = block.option(IDB_OPTIONS, IF_TSRESOL, 1);
  return at === 0 ? DEFAULT_RESOLUTION : block.bytes[block.start + at]!;
}

function unitsAt(now_ms: number, resolution: number): bigint {
  const exponent = BigInt(resolution & 0x7f);
  const units = resolution < 0x80 ? 10n ** exponent : 2n ** exponent;
  return BigInt(Math.round(now_ms * 1000)) * units / 1_000_000n;
}

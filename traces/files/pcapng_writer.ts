/**
 * Writes pcapng (draft-ietf-opsawg-pcapng) into memory.
 *
 * ```ts
 * const writer = new PcapngWriter();
 * writer.section({ application: "edgewire" });
 * const radio = writer.interface({ linkType: 195, name: "radio" });
 * writer.packet({ interface: radio, time: { seconds: 1_700_000_000, nanoseconds: 5 }, data });
 * await Deno.writeFile("out.pcapng", writer.take());
 * ```
 *
 * @module
 */
import { ByteBuilder } from "./byte_builder.ts";

/** The value of an option; numbers are written in the section's byte order. */
export type OptionValue =
  | string
  | Uint8Array
  | { readonly u8: number }
  | { readonly u32: number }
  | { readonly u64: bigint }
  | { readonly i64: bigint };

/** An option by its code. */
export interface WriterOption {
  readonly code: number;
  readonly value: OptionValue;
}

/** Texts and other options that any block may have. */
export interface BlockOptions {
  /** One or more comments. */
  readonly comment?: string | readonly string[];
  /** Other options, written after those that have a name. */
  readonly options?: readonly WriterOption[];
}

/** Seconds since 1970 and nanoseconds within the second. */
export interface WriterTime {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** A packet; `length` is what was on the wire, the length of `data` unless given. */
export interface WriterPacket extends BlockOptions {
  /** Number that `interface()` returned. */
  readonly interface: number;
  /** A time, or a timestamp in the interface's own units. */
  readonly time: WriterTime | bigint;
  readonly data: Uint8Array;
  readonly length?: number;
  /** `epb_flags`. */
  readonly flags?: number;
  /** `epb_dropcount`. */
  readonly dropCount?: bigint;
  /** `epb_packetid`. */
  readonly packetId?: bigint;
}

const NANOSECOND_RESOLUTION = 9;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

const encoder = new TextEncoder();

/** Gathers blocks until they are taken. A section has to come first. */
export class PcapngWriter {
  readonly #bytes: ByteBuilder;
  #interfaces = 0;

  /** @param bigEndian Byte order of all sections. @default false */
  constructor({ bigEndian = false }: { bigEndian?: boolean } = {}) {
    this.#bytes = new ByteBuilder(!bigEndian);
  }

  /** Bytes that wait to be taken. */
  get length(): number {
    return this.#bytes.length;
  }

  /** What was written since the last time this was called. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#bytes.take();
  }

  /** Begins a section; interfaces count from 0 again. */
  section(
    section: BlockOptions & {
      hardware?: string;
      os?: string;
      application?: string;
      /** @default -1n, unknown */
      length?: bigint;
      /** @default 0 */
      minor?: number;
    } = {},
  ) {
    this.#interfaces = 0;
    this.#block(0x0a0d0d0a, () => {
      this.#bytes.u32(BYTE_ORDER_MAGIC);
      this.#bytes.u16(1);
      this.#bytes.u16(section.minor ?? 0);
      this.#bytes.u64(BigInt.asUintN(64, section.length ?? -1n));
      this.#options(section, [
        [2, section.hardware],
        [3, section.os],
        [4, section.application],
      ]);
    });
  }

  /**
   * Describes an interface.
   *
   * @returns Its number, for packets.
   */
  interface(
    source: BlockOptions & {
      linkType: number;
      /** Bytes; 0 is no limit. @default 0 */
      snapLength?: number;
      name?: string;
      description?: string;
      hardware?: string;
      os?: string;
      /** A libpcap filter expression. */
      filter?: string;
      /** `if_tsresol`; "none" writes no such option. @default 9, nanoseconds */
      resolution?: number | "none";
      /** `if_tsoffset`, seconds. */
      offset?: bigint;
      /** `if_fcslen`, bits. */
      fcsLength?: number;
    },
  ): number {
    const { resolution = NANOSECOND_RESOLUTION, offset, fcsLength, filter } = source;
    this.#block(1, () => {
      this.#bytes.u16(source.linkType);
      this.#bytes.u16(0);
      this.#bytes.u32(source.snapLength ?? 0);
      this.#options(source, [
        [2, source.name],
        [3, source.description],
        [9, resolution === "none" ? undefined : { u8: resolution }],
        [11, filter === undefined ? undefined : `\0${filter}`],
        [12, source.os],
        [13, fcsLength === undefined ? undefined : { u8: fcsLength }],
        [14, offset === undefined ? undefined : { i64: offset }],
        [15, source.hardware],
      ]);
    });
    return this.#interfaces++;
  }

  /** Writes an enhanced packet block. */
  packet(packet: WriterPacket) {
    this.#block(6, () => {
      this.#bytes.u32(packet.interface);
      this.#time(packet.time);
      this.#bytes.u32(packet.data.length);
      this.#bytes.u32(packet.length ?? packet.data.length);
      this.#bytes.padded(packet.data);
      this.#options(packet, packetOptions(packet));
    });
  }

  /** Writes the packet block of old; `drops` is 0xffff when not known. */
  obsoletePacket(packet: WriterPacket & { drops: number }) {
    this.#block(2, () => {
      this.#bytes.u16(packet.interface);
      this.#bytes.u16(packet.drops);
      this.#time(packet.time);
      this.#bytes.u32(packet.data.length);
      this.#bytes.u32(packet.length ?? packet.data.length);
      this.#bytes.padded(packet.data);
      this.#options(packet, packetOptions(packet));
    });
  }

  /** Writes a simple packet block, on interface 0. */
  simplePacket(data: Uint8Array, length = data.length) {
    this.#block(3, () => {
      this.#bytes.u32(length);
      this.#bytes.padded(data);
    });
  }

  /** Writes a name resolution block; a record's kind goes by its address length. */
  names(
    records: readonly { address: Uint8Array; names: readonly string[] }[],
    options: BlockOptions = {},
  ) {
    this.#block(4, () => {
      for (const { address, names } of records) {
        const text = encoder.encode(names.map((name) => `${name}\0`).join(""));
        this.#bytes.u16([4, 16, 6, 8].indexOf(address.length) + 1);
        this.#bytes.u16(address.length + text.length);
        this.#bytes.bytes(address);
        this.#bytes.padded(text, address.length);
      }
      this.#bytes.u32(0);
      this.#options(options, []);
    });
  }

  /** Writes an interface statistics block. */
  statistics(
    statistics: BlockOptions & {
      interface: number;
      /** In nanoseconds, whatever the interface's resolution, or in its units. */
      time: WriterTime | bigint;
      received?: bigint;
      dropped?: bigint;
    },
  ) {
    const { received, dropped } = statistics;
    this.#block(5, () => {
      this.#bytes.u32(statistics.interface);
      this.#time(statistics.time);
      this.#options(statistics, [
        [4, received === undefined ? undefined : { u64: received }],
        [5, dropped === undefined ? undefined : { u64: dropped }],
      ]);
    });
  }

  /** Writes a decryption secrets block; `type` such as 0x544c534b for a TLS key log. */
  secrets(type: number, data: Uint8Array, options: BlockOptions = {}) {
    this.#block(10, () => {
      this.#bytes.u32(type);
      this.#bytes.u32(data.length);
      this.#bytes.padded(data);
      this.#options(options, []);
    });
  }

  /** Writes a custom block. @param copyable Whether other programs may copy it. */
  custom(enterprise: number, data: Uint8Array, copyable = true) {
    this.#block(copyable ? 0x00000bad : 0x40000bad, () => {
      this.#bytes.u32(enterprise);
      this.#bytes.padded(data);
    });
  }

  /** Writes any other block. @param body Padded with zeros to a multiple of 4 bytes. */
  block(type: number, body: Uint8Array) {
    this.#block(type, () => this.#bytes.padded(body));
  }

  #block(type: number, body: () => void) {
    const start = this.#bytes.length;
    this.#bytes.u32(type);
    this.#bytes.u32(0);
    body();
    const length = this.#bytes.length + 4 - start;
    this.#bytes.u32(length);
    this.#bytes.patchU32(start + 4, length);
  }

  #time(time: WriterTime | bigint) {
    if (typeof time === "bigint") {
      this.#bytes.u32(Number(time >> 32n));
      this.#bytes.u32(Number(time & 0xffff_ffffn));
      return;
    }
    // 10^9 is 5^9 times 2^9: this stays exact up to a time of 2^53 / 5^9 seconds.
    const units = time.seconds * 5 ** 9;
    const high = Math.floor(units / 2 ** 23);
    const low = (units - high * 2 ** 23) * 2 ** 9 + time.nanoseconds;
    this.#bytes.u32(high + Math.floor(low / 2 ** 32));
    this.#bytes.u32(low);
  }

  #options(block: BlockOptions, named: readonly (readonly [number, OptionValue | undefined])[]) {
    const start = this.#bytes.length;
    const { comment = [], options = [] } = block;
    for (const text of typeof comment === "string" ? [comment] : comment) this.#option(1, text);
    for (const [code, value] of named) if (value !== undefined) this.#option(code, value);
    for (const { code, value } of options) this.#option(code, value);
    if (this.#bytes.length > start) this.#bytes.u32(0);
  }

  #option(code: number, value: OptionValue) {
    const bytes = this.#bytes;
    bytes.u16(code);
    if (typeof value === "string" || value instanceof Uint8Array) {
      const data = typeof value === "string" ? encoder.encode(value) : value;
      if (data.length > 0xffff) {
        throw new RangeError(`Can't write option ${code}: ${data.length} bytes, at most 65535`);
      }
      bytes.u16(data.length);
      bytes.padded(data);
    } else if ("u8" in value) {
      bytes.u16(1);
      bytes.padded(Uint8Array.of(value.u8));
    } else if ("u32" in value) {
      bytes.u16(4);
      bytes.u32(value.u32);
    } else {
      bytes.u16(8);
      bytes.u64("u64" in value ? value.u64 : BigInt.asUintN(64, value.i64));
    }
  }
}

function packetOptions({ flags, dropCount, packetId }: WriterPacket) {
  return [
    [2, flags === undefined ? undefined : { u32: flags }],
    [4, dropCount === undefined ? undefined : { u64: dropCount }],
    [5, packetId === undefined ? undefined : { u64: packetId }],
  ] as const;
}

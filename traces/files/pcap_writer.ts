/**
 * Writes classic pcap (draft-ietf-opsawg-pcap) into memory.
 *
 * @module
 */
import { ByteBuilder } from "./byte_builder.ts";

/** Gathers a file header and records until they are taken. */
export class PcapWriter {
  readonly #bytes: ByteBuilder;
  readonly #nanoseconds: boolean;

  /**
   * @param header The link type, with its FCS bits if any; bytes a record may have; whether times
   * are in nanoseconds (else rounded down to microseconds); byte order.
   */
  constructor(
    { linkType, snapLength = 262_144, nanoseconds = true, bigEndian = false }: {
      linkType: number;
      snapLength?: number;
      nanoseconds?: boolean;
      bigEndian?: boolean;
    },
  ) {
    this.#nanoseconds = nanoseconds;
    const bytes = this.#bytes = new ByteBuilder(!bigEndian);
    bytes.u32(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4);
    bytes.u16(2);
    bytes.u16(4);
    bytes.u32(0);
    bytes.u32(0);
    bytes.u32(snapLength);
    bytes.u32(linkType);
  }

  /** Writes a packet. @param length Bytes on the wire. @default data.length */
  packet(
    time: { readonly seconds: number; readonly nanoseconds: number },
    data: Uint8Array,
    length = data.length,
  ) {
    const { nanoseconds } = time;
    this.#bytes.u32(time.seconds);
    this.#bytes.u32(this.#nanoseconds ? nanoseconds : Math.floor(nanoseconds / 1000));
    this.#bytes.u32(data.length);
    this.#bytes.u32(length);
    this.#bytes.bytes(data);
  }

  /** What was written since the last time this was called. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#bytes.take();
  }
}

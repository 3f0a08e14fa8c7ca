/**
 * Cuts a stream of bytes into whole MQTT control packets.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { PacketScanner } from "./packet_scanner.ts";

export class PacketSplitter {
  readonly #scanner: PacketScanner;
  #begun: Uint8Array[] = [];

  /** @param limit Largest packet, bytes. */
  constructor(limit: number) {
    this.#scanner = new PacketScanner(limit);
  }

  /**
   * @returns The packets that end in this chunk.
   * @throws {PacketTooBig} if one claims to be larger than the limit.
   */
  split(chunk: Uint8Array): Uint8Array[] {
    const packets: Uint8Array[] = [];
    let start = 0;
    this.#scanner.scan(chunk, (end) => {
      this.#begun.push(chunk.subarray(start, end));
      packets.push(this.#begun.length === 1 ? this.#begun[0]! : Buffer.concat(this.#begun));
      this.#begun = [];
      start = end;
    });
    if (start < chunk.length) this.#begun.push(chunk.slice(start));
    return packets;
  }
}

/**
 * Decompresses gzip (RFC 1952) on the way, several members too.
 *
 * @module
 */
import { createGunzip, type Gunzip } from "node:zlib";
import type { ByteSource } from "./byte_source.ts";

/**
 * Compressed bytes handed over at once. Deflate makes at most 1032 bytes of one, so that no more
 * than 17 MB wait to be read.
 */
const PIECE = 16 * 1024;

/** Whether bytes start as a gzip member does. */
export function isGzip(first: number | undefined, second: number | undefined): boolean {
  return first === 0x1f && second === 0x8b;
}

/** What a compressed source decompresses to. Closing it closes that source. */
export class GunzipSource implements ByteSource {
  readonly name: string;
  readonly noun?: string;
  readonly size: number | undefined;
  readonly live: boolean;
  failure: ByteSource["failure"] = undefined;
  readonly #source: ByteSource;
  readonly #gunzip: Gunzip;
  readonly #piece = new Uint8Array(PIECE);
  /** Decompressed and not yet read, from `#taken` on. */
  #ready: Uint8Array[] = [];
  #taken = 0;
  #ended = false;
  #begun: Uint8Array | undefined;

  /** @param begun First bytes of the source, which have been read from it already. */
  constructor(source: ByteSource, begun: Uint8Array) {
    this.#source = source;
    this.#begun = begun;
    this.name = source.name;
    if (source.noun !== undefined) this.noun = source.noun;
    this.size = source.size;
    this.live = source.live;
    this.#gunzip = createGunzip({ chunkSize: 256 * 1024 });
    this.#gunzip.on("data", (chunk: Uint8Array) => this.#ready.push(chunk));
    this.#gunzip.on("error", (error: Error & { code?: string }) => this.#fail(error));
  }

  get position(): number {
    return this.#source.position;
  }

  async read(into: Uint8Array): Promise<number> {
    while (this.#ready.length === 0) {
      if (this.#ended) return 0;
      await this.#decompress();
    }
    let filled = 0;
    while (filled < into.length) {
      const chunk = this.#ready[0];
      if (chunk === undefined) break;
      const piece = chunk.subarray(this.#taken, this.#taken + into.length - filled);
      into.set(piece, filled);
      filled += piece.length;
      this.#taken += piece.length;
      if (this.#taken === chunk.length) {
        this.#ready.shift();
        this.#taken = 0;
      }
    }
    return filled;
  }

  close() {
    this.#ended = true;
    this.#gunzip.destroy();
    this.#source.close();
  }

  async #decompress() {
    const piece = await this.#nextPiece();
    if (piece.length === 0) this.#ended = true;
    if (this.#gunzip.destroyed || this.#gunzip.errored) {
      this.#ended = true;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gunzip.once("close", resolve);
    if (piece.length === 0) {
      this.#gunzip.once("end", resolve);
      this.#gunzip.end();
    } else this.#gunzip.write(piece, () => resolve());
    await promise;
    this.#gunzip.off("close", resolve);
  }

  async #nextPiece(): Promise<Uint8Array> {
    if (this.#begun !== undefined && this.#begun.length > 0) {
      const piece = this.#begun.subarray(0, PIECE);
      this.#begun = this.#begun.subarray(piece.length);
      return piece;
    }
    this.#begun = undefined;
    return this.#piece.subarray(0, await this.#source.read(this.#piece));
  }

  #fail(error: Error & { code?: string }) {
    this.#ended = true;
    this.failure ??= error.code === "Z_BUF_ERROR"
      ? { kind: "cut", message: "the gzip data ends before its end mark" }
      : { kind: "corrupt", message: `the gzip data is damaged (${error.message})` };
  }
}

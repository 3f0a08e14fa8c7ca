/**
 * An MQTT client that came by TCP or TLS. Reading stops while more than a
 * chunk waits, so a publisher that is too fast is slowed by TCP itself.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Identity } from "../access/tokens.ts";
import { CHUNK_BYTES, type SocketLimits, SocketStream } from "./socket_stream.ts";

/** Smallest read buffer, bytes; the largest is a chunk. */
const LEAST_BYTES = 4 << 10;
const SMALL_READS = 16;

/** The connection is closed when the stream is destroyed. */
export class TcpStream extends SocketStream {
  readonly #conn: Deno.Conn;
  #reading = false;
  #buffer = new Uint8Array(LEAST_BYTES);
  /** Reads in a row that a smaller buffer could have taken. */
  #small = 0;

  constructor(conn: Deno.Conn, identity: Identity | null, limits: SocketLimits) {
    super((conn.remoteAddr as Deno.NetAddr).hostname, identity, limits);
    this.#conn = conn;
  }

  override _read() {
    if (!this.#reading) this.#pump();
  }

  async #pump() {
    this.#reading = true;
    try {
      let more = true;
      while (more && !this.destroyed) {
        const count = await this.#conn.read(this.#buffer);
        if (count === null) {
          this.push(null);
          return;
        }
        more = this.receive(this.#taken(count));
      }
    } catch (error) {
      this.destroy(error as Error);
    } finally {
      this.#reading = false;
    }
  }

  /**
   * What was read. Little is copied out, so that the buffer serves again and
   * a small message keeps no large one alive; the buffer follows what comes.
   */
  #taken(count: number): Uint8Array {
    const buffer = this.#buffer;
    const size = buffer.length;
    if (count < size / 4) {
      this.#small++;
      if (this.#small > SMALL_READS && size > LEAST_BYTES) this.#buffer = new Uint8Array(size / 4);
      return Buffer.from(buffer.subarray(0, count));
    }
    this.#small = 0;
    this.#buffer = new Uint8Array(count === size ? Math.min(size * 4, CHUNK_BYTES) : size);
    return buffer.subarray(0, count);
  }

  protected override async transmit(bytes: Uint8Array) {
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
  }

  protected override release() {
    try {
      this.#conn.close();
    } catch {
      // Already closed by the peer.
    }
  }
}

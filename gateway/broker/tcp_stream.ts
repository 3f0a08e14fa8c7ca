/**
 * An MQTT client that came by TCP or TLS. Reading stops while more than a
 * chunk waits, so a publisher that is too fast is slowed by TCP itself.
 *
 * @module
 */
import type { Identity } from "../access/tokens.ts";
import { CHUNK_BYTES, type SocketLimits, SocketStream } from "./socket_stream.ts";

/** The connection is closed when the stream is destroyed. */
export class TcpStream extends SocketStream {
  readonly #conn: Deno.Conn;
  #reading = false;

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
        const buffer = new Uint8Array(CHUNK_BYTES);
        const count = await this.#conn.read(buffer);
        if (count === null) {
          this.push(null);
          return;
        }
        // A small message must not keep 64 KiB alive.
        const bytes = count < CHUNK_BYTES / 4 ? buffer.slice(0, count) : buffer.subarray(0, count);
        more = this.receive(bytes);
      }
    } catch (error) {
      this.destroy(error as Error);
    } finally {
      this.#reading = false;
    }
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

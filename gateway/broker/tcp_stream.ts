/**
 * An MQTT client that came by TCP or TLS. Reading stops while more than a
 * chunk waits, so a publisher that is too fast is slowed by TCP itself.
 *
 * @module
 */
import type { Identity } from "../access/tokens.ts";
import type { ConnectionTap } from "../taps.ts";
import { ReadBuffer } from "./read_buffer.ts";
import { type SocketLimits, SocketStream } from "./socket_stream.ts";

/** The connection is closed when the stream is destroyed. */
export class TcpStream extends SocketStream {
  readonly #conn: Deno.Conn;
  readonly #buffer = new ReadBuffer();
  #reading = false;
  #endedByPeer = false;

  constructor(
    conn: Deno.Conn,
    identity: Identity | null,
    limits: SocketLimits,
    tap: ConnectionTap,
  ) {
    super((conn.remoteAddr as Deno.NetAddr).hostname, identity, limits, tap);
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
        const count = await this.#conn.read(this.#buffer.bytes);
        if (count === null) {
          this.#endedByPeer = !this.destroyed;
          this.push(null);
          return;
        }
        const bytes = this.#buffer.taken(count);
        this.tap.received(bytes);
        more = this.receive(bytes);
      }
    } catch (error) {
      this.#broken(error as Error);
      this.destroy(error as Error);
    } finally {
      this.#reading = false;
    }
  }

  #broken(error: Error) {
    // Data that is no TLS is refused by us.
    const refused = error instanceof Deno.errors.InvalidData;
    if (!this.destroyed && !refused) this.#endedByPeer = true;
  }

  protected override async transmit(bytes: Uint8Array) {
    this.tap.sent(bytes);
    try {
      for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
    } catch (error) {
      this.#broken(error as Error);
      throw error;
    }
  }

  protected override release() {
    this.tap.closed(this.#endedByPeer);
    try {
      this.#conn.close();
    } catch {
      // Already closed by the peer.
    }
  }
}

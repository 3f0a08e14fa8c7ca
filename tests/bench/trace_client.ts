/**
 * Readers of a live trace over HTTP, by a bare TCP connection so that they cost the load generator
 * little: one reads everything, one nothing.
 *
 * @module
 */

const decoder = new TextDecoder();

/** A connection that reads a live trace; whoever opens it closes it. */
export class TraceClient implements Disposable {
  /** Bytes that came, HTTP's own among them. */
  bytes = 0;
  /** Called with what comes; it may not be kept. */
  onbytes: ((bytes: Uint8Array) => void) | undefined;
  readonly #conn: Deno.TcpConn;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /**
   * Asks for everything.
   *
   * @param port The gateway's HTTP port.
   * @throws {Error} When it is refused.
   */
  static async open(port: number): Promise<TraceClient> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    const request = `GET /traces/live.pcapng HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
    await conn.write(new TextEncoder().encode(request));
    const buffer = new Uint8Array(4096);
    const length = await conn.read(buffer) ?? 0;
    const answer = decoder.decode(buffer.subarray(0, length));
    if (!answer.startsWith("HTTP/1.1 200 ")) {
      conn.close();
      throw new Error(`Cannot read a trace: ${answer.slice(0, 300)}`);
    }
    return new TraceClient(conn);
  }

  /** Reads all that comes until it is closed. */
  async read() {
    const buffer = new Uint8Array(1 << 18);
    try {
      for (;;) {
        const length = await this.#conn.read(buffer);
        if (length === null) return;
        this.bytes += length;
        this.onbytes?.(buffer.subarray(0, length));
      }
    } catch {
      // Closed.
    }
  }

  [Symbol.dispose]() {
    this.#conn.close();
  }
}

/**
 * One MQTT publisher over a plain TCP socket, cheap enough to fill a broker.
 *
 * @module
 */
import { AckCounter, connect, DISCONNECT } from "./mqtt_packets.ts";

/** A connected publisher; whoever opens it closes it. */
export class Publisher {
  /** Why the connection ended before {@linkcode close}; undefined while it stands. */
  lost: string | undefined;
  readonly acks: AckCounter = new AckCounter();
  #conn: Deno.TcpConn;
  #closing = false;
  #writing = false;
  #waiting: (() => void)[] = [];

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /**
   * Connects and waits for CONNACK.
   *
   * @throws {Error} When the broker refuses.
   */
  static async open(port: number, clientId: string): Promise<Publisher> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    conn.setNoDelay(true);
    const publisher = new Publisher(conn);
    publisher.#read();
    await publisher.write(connect(clientId));
    await publisher.until(() => publisher.acks.connacks > 0);
    if (publisher.acks.connectCode !== 0) {
      publisher.close();
      throw new Error(`Cannot connect publisher: code ${publisher.acks.connectCode}`);
    }
    return publisher;
  }

  /** Whether a write has not ended yet. */
  get writing(): boolean {
    return this.#writing;
  }

  async #read() {
    const buffer = new Uint8Array(65_536);
    try {
      for (;;) {
        const length = await this.#conn.read(buffer);
        if (length === null) break;
        this.acks.feed(buffer.subarray(0, length));
        this.#wake();
      }
      this.#end("closed by the broker");
    } catch (error) {
      this.#end(error instanceof Error ? error.message : String(error));
    }
  }

  #end(why: string) {
    if (!this.#closing) this.lost ??= why;
    this.#wake();
  }

  #wake() {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /**
   * Writes all bytes; they must not change before it is done. TCP back-pressure
   * makes it wait. A lost connection ends it quietly; see {@linkcode lost}.
   */
  async write(bytes: Uint8Array): Promise<void> {
    this.#writing = true;
    try {
      for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
    } catch (error) {
      this.#end(error instanceof Error ? error.message : String(error));
    } finally {
      this.#writing = false;
    }
  }

  /**
   * Waits until the answers satisfy a condition.
   *
   * @returns Whether they do; false when the connection was lost.
   */
  async until(condition: () => boolean): Promise<boolean> {
    while (!condition()) {
      if (this.lost !== undefined || this.#closing) return false;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return true;
  }

  /** Says goodbye and closes the socket. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    if (this.lost === undefined) await this.write(DISCONNECT);
    this.#conn.close();
    this.#wake();
  }
}

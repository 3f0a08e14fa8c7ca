/**
 * One WebSocket client of the load generator: a raw TCP socket with a
 * hand-made upgrade that counts the stamps it gets. It speaks as much of
 * `edgewire.v1` as keeps the connection: pongs and `received`.
 *
 * @module
 */
import { clientFrame, OPCODE, StampScanner, walkFrames } from "./frames.ts";
import { MARKER, nowMicros, stampSeq, stampTime } from "./stamp.ts";
import type { Histogram } from "./histogram.ts";

/** A `received` is due after so many bytes. */
const REPORT_BYTES = 32_768;

export interface ReceiverOptions {
  port: number;
  path: string;
  /** Subprotocol to ask for; none for a plain client. */
  protocol?: string;
  /** Send `received` as `edgewire.v1` wants it. */
  reports?: boolean;
  /** Where every update's latency goes, and its sequence is checked; absent: updates are counted. */
  latencies?: Histogram | undefined;
  /** Size of the read buffer, in bytes; it grows for a larger frame. @default 65536 */
  buffer?: number;
  /** Waits for this client's turn to read; absent: it reads at once. */
  turn?: (() => Promise<void>) | undefined;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** RFC 6455 section 4.1: 16 bytes in base64; nobody here depends on chance. */
const KEY = "ZWRnZXdpcmUtYmVuY2gtMQ==";

/** A connected WebSocket client; whoever opens it closes it. */
export class Receiver {
  /** Payload bytes of all data frames. */
  bytes = 0;
  /** Data frames. */
  frames = 0;
  /** Updates with a stamp since the start or {@linkcode restart}. */
  updates = 0;
  /** Sequence number of the last stamp; -1 before the first. */
  lastSeq = -1;
  /** Updates that were not the successor of the one before (looked at where latencies are kept). */
  disorder = 0;
  /** Sequence number after which the first of them came; undefined when there is none. */
  firstBreak: number | undefined;
  /** Why the connection ended before {@linkcode close}. */
  ended: string | undefined;
  readonly options: ReceiverOptions;
  #conn: Deno.TcpConn;
  #buffer: Uint8Array<ArrayBuffer>;
  #filled = 0;
  #reported = 0;
  #writing = false;
  #closing = false;
  #scanner = new StampScanner(MARKER);
  #take: (opcode: number, start: number, end: number) => void;

  private constructor(conn: Deno.TcpConn, options: ReceiverOptions) {
    this.#conn = conn;
    this.options = options;
    this.#buffer = new Uint8Array(options.buffer ?? 65_536);
    this.#take = options.latencies === undefined
      ? (opcode, start, end) => this.#count(opcode, start, end)
      : (opcode, start, end) => this.#look(opcode, start, end, options.latencies!);
  }

  /**
   * Connects and upgrades. Nothing is read on before {@linkcode receive} or {@linkcode start}.
   *
   * @throws {Error} When the server refuses the upgrade or the subprotocol.
   */
  static async open(options: ReceiverOptions): Promise<Receiver> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: options.port });
    conn.setNoDelay(true);
    const receiver = new Receiver(conn, options);
    try {
      await receiver.#upgrade();
    } catch (error) {
      await receiver.close();
      throw error;
    }
    return receiver;
  }

  async #upgrade() {
    const { port, path, protocol } = this.options;
    const lines = [
      `GET ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${KEY}`,
      ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
    ];
    await this.#write(encoder.encode(lines.join("\r\n") + "\r\n\r\n"));
    for (;;) {
      if (!await this.#fill()) throw new Error(`Cannot upgrade ${path}: ${this.ended}`);
      const head = decoder.decode(this.#buffer.subarray(0, this.#filled));
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) continue;
      const accepted = head.slice(0, end).match(/^sec-websocket-protocol: *(\S+)/im)?.[1];
      if (!head.startsWith("HTTP/1.1 101 ") || accepted !== protocol) {
        throw new Error(`Cannot upgrade ${path}: ${head.slice(0, 300)}`);
      }
      return this.#keep(encoder.encode(head.slice(0, end + 4)).length);
    }
  }

  /** Moves what is not yet walked over to the front. */
  #keep(from: number) {
    if (from > 0) this.#buffer.copyWithin(0, from, this.#filled);
    this.#filled -= from;
    if (this.#filled === this.#buffer.length) {
      const larger = new Uint8Array(this.#buffer.length * 2);
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
  }

  /** Reads once; false at the end. */
  async #fill(): Promise<boolean> {
    try {
      const room = this.#filled === 0 ? this.#buffer : this.#buffer.subarray(this.#filled);
      const length = await this.#conn.read(room);
      if (length !== null) {
        this.#filled += length;
        return true;
      }
      this.#end("closed with no close frame");
    } catch (error) {
      this.#end(error instanceof Error ? error.message : String(error));
    }
    return false;
  }

  #end(why: string) {
    if (!this.#closing) this.ended ??= why;
  }

  #walk() {
    this.#keep(walkFrames(this.#buffer, this.#filled, this.#take));
    if (this.bytes - this.#reported >= REPORT_BYTES) this.report();
  }

  /**
   * Reads until so many payload bytes have come in since the connection was opened.
   *
   * @throws {Error} When it ends before.
   */
  async receive(bytes: number): Promise<void> {
    this.#walk();
    while (this.bytes < bytes) {
      if (!await this.#fill()) throw new Error(`Cannot join ${this.options.path}: ${this.ended}`);
      this.#walk();
      if (this.ended !== undefined) throw new Error(`Cannot join: ${this.ended}`);
    }
  }

  /** Reads until the connection ends; {@linkcode ended} then says why. */
  async start(): Promise<void> {
    const { turn } = this.options;
    this.#walk();
    while (await this.#fill()) {
      this.#walk();
      if (turn !== undefined) await turn();
    }
  }

  #count(opcode: number, start: number, end: number) {
    if (opcode >= OPCODE.close) return this.#control(opcode, start, end);
    const buffer = this.#buffer, scanner = this.#scanner;
    this.bytes += end - start;
    this.frames++;
    let at = scanner.first(buffer, start, end);
    if (at < 0) return;
    let last = at;
    while (at >= 0) {
      this.updates++;
      last = at;
      at = scanner.next(buffer, at, end);
    }
    this.lastSeq = stampSeq(buffer, last);
  }

  #look(opcode: number, start: number, end: number, latencies: Histogram) {
    if (opcode >= OPCODE.close) return this.#control(opcode, start, end);
    const buffer = this.#buffer, scanner = this.#scanner;
    this.bytes += end - start;
    this.frames++;
    const now = nowMicros();
    let at = scanner.first(buffer, start, end);
    while (at >= 0) {
      this.updates++;
      const seq = stampSeq(buffer, at);
      if (seq !== this.lastSeq + 1) {
        this.disorder++;
        this.firstBreak ??= this.lastSeq;
      }
      this.lastSeq = seq;
      latencies.add(now - stampTime(buffer, at));
      at = scanner.next(buffer, at, end);
    }
  }

  #control(opcode: number, start: number, end: number) {
    const payload = this.#buffer.subarray(start, end);
    if (opcode === OPCODE.ping) this.#write(clientFrame(OPCODE.pong, payload));
    if (opcode !== OPCODE.close) return;
    const code = payload.length < 2 ? "without a code" : payload[0]! << 8 | payload[1]!;
    this.#end(`close ${code} ${decoder.decode(payload.subarray(2))}`.trim());
  }

  /** Counts updates from zero again; what comes next has to follow what came last. */
  restart() {
    this.updates = 0;
    this.disorder = 0;
    this.firstBreak = undefined;
  }

  /** Sends `received` when there is something new to say. */
  report() {
    if (!this.options.reports || this.bytes === this.#reported || this.#writing) return;
    this.#reported = this.bytes;
    const message = encoder.encode(`{"type":"received","bytes":${this.bytes}}`);
    this.#write(clientFrame(OPCODE.text, message));
  }

  async #write(bytes: Uint8Array) {
    this.#writing = true;
    try {
      for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
    } catch (error) {
      this.#end(error instanceof Error ? error.message : String(error));
    } finally {
      this.#writing = false;
    }
  }

  /** Sends bytes as one binary frame. */
  send(bytes: Uint8Array): Promise<void> {
    return this.#write(clientFrame(OPCODE.binary, bytes));
  }

  /** Sends a close frame and closes the socket. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    if (this.ended === undefined) {
      await this.#write(clientFrame(OPCODE.close, new Uint8Array([0x03, 0xe8])));
    }
    this.#conn.close();
  }
}

/**
 * A WebSocket client on a bare socket (RFC 6455 section 5), for tests that
 * decide themselves when to read, what to answer and how fast.
 *
 * @module
 */
import { PROTOCOL, type ServerMessage } from "../../gateway/sessions/messages.ts";

const Opcode = { text: 1, close: 8, ping: 9, pong: 10 } as const;
const MASKED = 0x80;

export interface RawWsOptions {
  /** Whether to ask for `edgewire.v1`. @default true */
  v1?: boolean;
  /** Whether `read` answers pings. @default true */
  pong?: boolean;
  /** Connect here instead, as through a proxy. */
  port?: number;
}

/** Opens with {@linkcode RawWs.open}; `using` closes the socket. */
export class RawWs implements Disposable {
  /** Everything read, arrays taken apart, in order. */
  readonly messages: ServerMessage[] = [];
  /** Payload bytes of the text messages read. */
  bytes = 0;
  /** Code of the close frame, once it was read. */
  closeCode: number | undefined;
  readonly #conn: Deno.TcpConn;
  readonly #pong: boolean;
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array();

  private constructor(conn: Deno.TcpConn, pong: boolean) {
    this.#conn = conn;
    this.#pong = pong;
  }

  /** Completes the upgrade and reads nothing more than its answer. */
  static async open(url: URL, options: RawWsOptions = {}): Promise<RawWs> {
    const port = options.port ?? Number(url.port);
    const raw = new RawWs(
      await Deno.connect({ hostname: "127.0.0.1", port }),
      options.pong ?? true,
    );
    const protocol = options.v1 === false ? "" : `Sec-WebSocket-Protocol: ${PROTOCOL}\r\n`;
    await raw.write(new TextEncoder().encode(
      `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nUpgrade: websocket\r\n` +
        `Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n` +
        `Sec-WebSocket-Version: 13\r\n${protocol}\r\n`,
    ));
    await raw.#readHead();
    return raw;
  }

  async #readHead() {
    let head = "";
    const byte = new Uint8Array(1);
    while (!head.endsWith("\r\n\r\n")) {
      if (await this.#conn.read(byte) === null) throw new Error(`no upgrade: ${head}`);
      head += String.fromCharCode(byte[0]!);
    }
    if (!head.startsWith("HTTP/1.1 101")) throw new Error(`no upgrade: ${head}`);
  }

  async write(bytes: Uint8Array) {
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
  }

  /** Sends one frame, masked with zeros. */
  async frame(opcode: number, payload: Uint8Array) {
    const { length } = payload;
    const head = length < 126
      ? [0x80 | opcode, MASKED | length]
      : [0x80 | opcode, MASKED | 126, length >> 8, length & 255];
    await this.write(new Uint8Array([...head, 0, 0, 0, 0, ...payload]));
  }

  async send(message: unknown) {
    await this.frame(Opcode.text, new TextEncoder().encode(JSON.stringify(message)));
  }

  /** Reads once, at most so many bytes. @returns How many; `null` at the end. */
  async read(atMost = 1 << 16): Promise<number | null> {
    const buffer = new Uint8Array(atMost);
    const count = await this.#conn.read(buffer);
    if (count === null) return null;
    const all = new Uint8Array(this.#rest.length + count);
    all.set(this.#rest);
    all.set(buffer.subarray(0, count), this.#rest.length);
    this.#rest = all;
    while (await this.#takeFrame());
    return count;
  }

  async #takeFrame(): Promise<boolean> {
    const bytes = this.#rest;
    if (bytes.length < 2) return false;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const short = bytes[1]! & 0x7f;
    const head = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (bytes.length < head) return false;
    const length = head === 10
      ? Number(view.getBigUint64(2))
      : head === 4
      ? view.getUint16(2)
      : short;
    if (bytes.length < head + length) return false;
    const payload = bytes.slice(head, head + length);
    this.#rest = bytes.slice(head + length);
    await this.#take(bytes[0]! & 0xf, payload);
    return true;
  }

  async #take(opcode: number, payload: Uint8Array<ArrayBuffer>) {
    if (opcode === Opcode.text) {
      this.bytes += payload.length;
      const parsed = JSON.parse(new TextDecoder().decode(payload));
      this.messages.push(...Array.isArray(parsed) ? parsed : [parsed]);
    } else if (opcode === Opcode.ping && this.#pong) {
      await this.frame(Opcode.pong, payload);
    } else if (opcode === Opcode.close) {
      this.closeCode = payload.length < 2 ? 1005 : new DataView(payload.buffer).getUint16(0);
    }
  }

  /** Reads until `done`, or the end. */
  async readUntil(done: () => boolean) {
    while (!done()) if (await this.read() === null) return;
  }

  [Symbol.dispose]() {
    try {
      this.#conn.close();
    } catch {
      // It was closed already.
    }
  }
}

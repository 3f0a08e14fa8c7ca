/**
 * The addresses of a gateway that `edgewire trace` asks, and nothing behind them: tests say what is
 * streamed.
 *
 * @module
 */
import { PcapngWriter } from "../../../traces/files/pcapng_writer.ts";

export interface FakeOptions {
  /** A token that every request has to show. */
  token?: string;
  cert?: string;
  key?: string;
  port?: number;
  /** Answer to `GET /traces`. */
  traces?: (port: number) => unknown;
  /** What is answered instead of a stream. */
  refuse?: { status: number; body: string };
  /** Bytes with which a stream begins. @default a section with two interfaces */
  start?: Uint8Array<ArrayBuffer>;
}

/** A link type 252 packet that Wireshark knows as JSON. */
export function jsonPdu(text: string): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode("json");
  const body = new TextEncoder().encode(text);
  return Uint8Array.of(0, 12, 0, name.length, ...name, 0, 0, 0, 0, ...body);
}

/** The beginning of a stream as the gateway writes it, and the writer to go on with. */
export function newSection(bigEndian = false): PcapngWriter {
  const writer = new PcapngWriter({ bigEndian });
  writer.section({ application: "edgewire test" });
  writer.interface({ linkType: 252, name: "room" });
  writer.interface({ linkType: 101, name: "mqtt" });
  return writer;
}

/** Writes the n-th packet of the room, and returns its bytes. @param time_ms Unix time. */
export function packet(
  writer: PcapngWriter,
  n: number,
  time_ms = Date.now(),
): Uint8Array<ArrayBuffer> {
  writer.packet({
    interface: 0,
    time: BigInt(Math.round(time_ms * 1000)) * 1000n,
    data: jsonPdu(`{"n":${n}}`),
    comment: `edgewire id=Ab12Cd-${n} hop=room dir=out channel=desk seq=${n}`,
  });
  return writer.take();
}

/** Listens until it is disposed of. */
export class FakeGateway implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #readers = new Set<ReadableStreamDefaultController<Uint8Array>>();
  readonly #options: FakeOptions;
  readonly #waiting: (() => void)[] = [];
  /** Path and query of each request for a capture. */
  readonly asked: string[] = [];

  constructor(options: FakeOptions = {}) {
    this.#options = options;
    const { port = 0, cert, key } = options;
    const listen = { hostname: "127.0.0.1", port, onListen() {} };
    const handler = (request: Request) => this.#answer(request);
    this.#server = cert === undefined || key === undefined
      ? Deno.serve(listen, handler)
      : Deno.serve({ ...listen, cert, key }, handler);
  }

  get port(): number {
    return this.#server.addr.port;
  }

  get url(): string {
    return `${this.#options.cert === undefined ? "http" : "https"}://127.0.0.1:${this.port}`;
  }

  /** Settles when a stream has been asked for that had not been before. */
  async reader(): Promise<void> {
    if (this.#readers.size > 0) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** To all who read. */
  send(bytes: Uint8Array<ArrayBuffer>) {
    for (const reader of this.#readers) reader.enqueue(bytes);
  }

  /** Ends all streams in good order. */
  end() {
    for (const reader of this.#readers) reader.close();
    this.#readers.clear();
  }

  async [Symbol.asyncDispose]() {
    if (this.#readers.size > 0) this.end();
    await this.#server.shutdown();
  }

  #answer(request: Request): Response {
    const { pathname, search } = new URL(request.url);
    const { token, refuse, traces } = this.#options;
    if (token !== undefined && request.headers.get("authorization") !== `Bearer ${token}`) {
      return Response.json({ error: { message: "an access token is needed" } }, { status: 401 });
    }
    if (refuse !== undefined) return new Response(refuse.body, { status: refuse.status });
    if (pathname === "/hello") return new Response("hello over the wire");
    if (pathname === "/traces") {
      return Response.json(traces?.(this.port) ?? { http: { port: this.port, tls: false } });
    }
    if (!/^\/traces\/(?:live|recent)\.pcapng$/.test(pathname)) {
      return new Response("", { status: 404 });
    }
    this.asked.push(pathname + search);
    return new Response(this.#stream());
  }

  #stream(): ReadableStream<Uint8Array> {
    let mine: ReadableStreamDefaultController<Uint8Array>;
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        mine = controller;
        controller.enqueue(this.#options.start ?? newSection().take());
        this.#readers.add(controller);
        for (const resolve of this.#waiting.splice(0)) resolve();
      },
      cancel: () => void this.#readers.delete(mine),
    });
  }
}

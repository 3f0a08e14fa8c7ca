/**
 * Captures that grow while a test goes on: traces of a gateway, and what dumpcap sees on loopback.
 *
 * @module
 */
import assert from "node:assert/strict";
import { eventually } from "./eventually.ts";
import type { GatewayProcess } from "./gateway.ts";
import { pcapngBlocks } from "./pcapng_blocks.ts";

const TIMEOUT_MS = 20_000;
/** What dumpcap may be late by. */
const BUFFER_MIB = "64";
/** Sent over loopback until it is in what was captured. */
const PROBE = "dumpcap sees this";

/** What a request for a trace has besides. */
type TraceInit = RequestInit & { client?: Deno.HttpClient };

/** `await using` ends it and removes its file. */
export class TraceCapture implements AsyncDisposable {
  /** Settles when the stream has ended. */
  readonly ended: Promise<void>;
  readonly #chunks: Uint8Array[] = [];
  readonly #stop: () => void;
  #wake = Promise.withResolvers<void>();
  #path: string | undefined;

  /** @param stop ends the stream @default it is cancelled */
  private constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>, stop?: () => void) {
    const reader = stream.getReader();
    this.#stop = stop ?? (() => void reader.cancel());
    this.ended = this.#read(reader);
  }

  /** `/traces/live.pcapng`, from when it has begun. @param query as `?hop=ws` */
  static async live(gateway: GatewayProcess, query = "", init: TraceInit = {}) {
    const response = await fetch(new URL(`/traces/live.pcapng${query}`, gateway.url), init);
    assert.equal(response.status, 200);
    const capture = new TraceCapture(response.body!);
    // The beginning of the file.
    await capture.until("edgewire ");
    return capture;
  }

  /** `/traces/recent.pcapng`, whole. */
  static async recent(gateway: GatewayProcess, query = "", init: TraceInit = {}) {
    const response = await fetch(new URL(`/traces/recent.pcapng${query}`, gateway.url), init);
    assert.equal(response.status, 200);
    const capture = new TraceCapture(response.body!);
    await capture.ended;
    return capture;
  }

  /** What comes on a connection from now on. */
  static of(connection: Deno.TcpConn): TraceCapture {
    return new TraceCapture(connection.readable);
  }

  /** What a trace port gives, from when it has begun. */
  static async port(port: number): Promise<TraceCapture> {
    const capture = TraceCapture.of(await Deno.connect({ hostname: "127.0.0.1", port }));
    await capture.until("edgewire ");
    return capture;
  }

  /** The real dumpcap on loopback, from when it captures. @param ports of TCP */
  static async wire(ports: number[]): Promise<TraceCapture> {
    using probe = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const filter = [...ports, probe.addr.port].map((port) => `tcp port ${port}`).join(" or ");
    const child = new Deno.Command("dumpcap", {
      args: ["-q", "-B", BUFFER_MIB, "-i", "lo", "-f", filter, "-w", "-"],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const stop = () => {
      try {
        child.kill("SIGINT");
      } catch {
        // It has ended.
      }
    };
    const capture = new TraceCapture(child.stdout, stop);
    await eventually("dumpcap", async () => {
      await say(probe, PROBE);
      return capture.has(PROBE);
    });
    return capture;
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>) {
    try {
      for (let value; (value = (await reader.read()).value) !== undefined;) {
        this.#chunks.push(value);
        this.#wake.resolve();
        this.#wake = Promise.withResolvers();
      }
    } finally {
      this.#wake.resolve();
    }
  }

  /** What came so far. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return concat(this.#chunks);
  }

  /** Whether a text in ASCII, or bytes, came. */
  has(what: string | Uint8Array): boolean {
    const bytes = typeof what === "string" ? new TextEncoder().encode(what) : what;
    const text = (part: Uint8Array) => new TextDecoder("latin1").decode(part);
    return text(this.bytes).includes(text(bytes));
  }

  /** Waits until a text in ASCII comes, also one that came before. */
  async until(text: string, from = 0) {
    const decoder = new TextDecoder("latin1");
    const late = AbortSignal.timeout(TIMEOUT_MS);
    let ended = false;
    this.ended.then(() => ended = true, () => ended = true);
    let seen = decoder.decode(this.bytes.subarray(from));
    for (let next = this.#chunks.length; !seen.includes(text);) {
      if (next < this.#chunks.length) {
        seen = seen.slice(-text.length) + decoder.decode(this.#chunks[next++]);
        continue;
      }
      assert.ok(!ended, `the capture ended without ${text}`);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const fail = () => reject(new Error(`no ${text} came in time`));
      late.addEventListener("abort", fail, { once: true });
      this.#wake.promise.then(resolve);
      if (next < this.#chunks.length) resolve();
      await promise;
      late.removeEventListener("abort", fail);
    }
  }

  /** Ends it, and keeps what came as a file of whole blocks. @returns its path */
  async file(): Promise<string> {
    this.#stop();
    await this.ended;
    const { bytes } = this;
    const { rest } = pcapngBlocks(bytes);
    this.#path ??= await Deno.makeTempFile({ prefix: "edgewire-trace-", suffix: ".pcapng" });
    await Deno.writeFile(this.#path, bytes.subarray(0, bytes.length - rest));
    return this.#path;
  }

  async [Symbol.asyncDispose]() {
    this.#stop();
    await this.ended;
    if (this.#path !== undefined) await Deno.remove(this.#path);
  }
}

/** Sends a text to a listener. */
async function say(listener: Deno.TcpListener, text: string) {
  const accepted = listener.accept();
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  await connection.write(new TextEncoder().encode(text));
  (await accepted).close();
}

/** Puts byte arrays together. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/**
 * Where the bytes of a decode come from: an upload, whose sender is not made to wait, or a trace of
 * the gateway's own, which is read no faster than it is decoded.
 *
 * @module
 */
import { DecodeSpool } from "./decode_spool.ts";

/** Read by one `DecodeJob`, which closes it. */
export interface DecodeInput {
  /** What it is, in messages. */
  readonly name: string;
  /** Bytes in all; undefined when nobody says. */
  readonly size: number | undefined;
  /** It may be silent for as long as it likes. */
  readonly live: boolean;
  /** Bytes that came. */
  readonly received: number;
  /** Why it ends before its end: it is too large. */
  readonly tooLarge: string | undefined;
  /**
   * Takes in what comes, where that is not left to `take`.
   *
   * @param onBytes Called whenever something came.
   * @throws {SenderGone}
   * @throws {Error} with what is wrong
   */
  receive(onBytes: () => void): Promise<void>;
  /**
   * The next bytes, which are the caller's then; undefined at the end, or once it is closed.
   *
   * @throws {Error} with what is wrong
   */
  take(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Nobody wants more: ends who waits. */
  close(): void;
}

/** There is nobody to answer. */
export class SenderGone extends Error {
  override name = "SenderGone";
}

/** The body of a request; what the decoder has no room for waits in a `DecodeSpool`. */
export class UploadInput implements DecodeInput {
  readonly name = "upload";
  readonly live = false;
  received = 0;
  tooLarge: string | undefined;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  readonly #limitBytes: number;
  readonly #spool = new DecodeSpool();
  #closed = false;

  /** @param limitBytes Largest body, bytes. */
  constructor(
    body: ReadableStream<Uint8Array<ArrayBuffer>>,
    readonly size: number | undefined,
    limitBytes: number,
  ) {
    this.#reader = body.getReader();
    this.#limitBytes = limitBytes;
  }

  async receive(onBytes: () => void): Promise<void> {
    while (!this.#closed) {
      let part: Uint8Array<ArrayBuffer> | undefined;
      try {
        part = (await this.#reader.read()).value;
      } catch {
        throw new SenderGone();
      }
      if (part === undefined) break;
      onBytes();
      if (this.received + part.length > this.#limitBytes) {
        this.tooLarge = `the body is larger than limits.decodeBytes, ${this.#limitBytes} bytes`;
        this.#reader.cancel().catch(() => {});
        break;
      }
      this.received += part.length;
      // Deno gives each part a large buffer, however little came.
      const kept = part.length < part.buffer.byteLength / 2 ? part.slice() : part;
      await this.#kept(this.#spool.push(kept));
    }
    this.#spool.end();
  }

  take(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#kept(this.#spool.take());
  }

  async #kept<T>(step: Promise<T>): Promise<T> {
    try {
      return await step;
    } catch (error) {
      const reason = (error as Error).message;
      throw new Error(`the upload can't be kept until it is decoded: ${reason}`);
    }
  }

  close(): void {
    this.#closed = true;
    this.#spool.close();
    this.#reader.cancel().catch(() => {});
  }
}

/** A trace; it is lossy by itself towards who reads slowly, and counts what is lost. */
export class TraceInput implements DecodeInput {
  readonly name = "trace";
  readonly size = undefined;
  readonly tooLarge = undefined;
  received = 0;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

  /** @param live What comes from now on, and not what was recorded. */
  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>, readonly live: boolean) {
    this.#reader = stream.getReader();
  }

  receive(): Promise<void> {
    return Promise.resolve();
  }

  async take(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { value } = await this.#reader.read();
    this.received += value?.length ?? 0;
    return value;
  }

  close(): void {
    this.#reader.cancel().catch(() => {});
  }
}

/**
 * A connection to a broker as the Node stream that `mqtt` reads from and writes to.
 *
 * `mqtt` writes nearly every field by itself, between cork and uncork; what it writes in one turn of
 * the event loop goes out in one write here.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import { type ConnectionTap, noConnectionTap, type Taps } from "../taps.ts";
import { AckGate, type Durable } from "./ack_gate.ts";
import { CHUNK_BYTES } from "./read_buffer.ts";
import { dial, type Upstream } from "./upstream.ts";

export interface UpstreamStreamOptions {
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://`. */
  url: string;
  /** Certificate authority, PEM text. */
  ca?: string;
  taps: Taps;
  /** MQTT client id. */
  clientId: string;
  /** Acknowledges what comes only when it is durable, if the connection lasts. @default at once */
  durable?: Durable | null;
}

/** What may wait here when it comes by WebSocket, bytes: one large message. */
const BACKLOG_BYTES = 64 << 20;
/** Time for the broker to end the connection after us, milliseconds. */
const FAREWELL_MS = 1000;
const NOTHING = Buffer.alloc(0);

/** Dials at once; `destroy` gives up dialling too. */
export class UpstreamStream extends Duplex {
  readonly #dialling = new AbortController();
  readonly #gate: AckGate | null = null;
  #upstream: Upstream | null = null;
  /** What was asked for before the connection stood. */
  #early: (() => void) | null = null;
  /** Lets more come. */
  #resume: (() => void) | null = null;
  #farewell: ReturnType<typeof setTimeout> | undefined;

  constructor(options: UpstreamStreamOptions) {
    super({ readableHighWaterMark: CHUNK_BYTES });
    this.once("end", () => this.destroy());
    if (options.durable) {
      // A write brings what was released in between other writes.
      this.#gate = new AckGate(options.durable, () => this.writable && this.write(NOTHING));
    }
    this.#dial(options);
  }

  /** Hears what passes. */
  get tap(): ConnectionTap {
    return this.#upstream?.tap ?? noConnectionTap;
  }

  async #dial({ url, ca, taps, clientId }: UpstreamStreamOptions) {
    const events = {
      onBytes: (bytes: Uint8Array) => this.#take(bytes),
      onEnd: (error: Error | null) => this.#ended(error),
      backlogBytes: BACKLOG_BYTES,
    };
    const { signal } = this.#dialling;
    try {
      const options = { taps, signal, ...(ca === undefined ? {} : { ca }) };
      this.#upstream = await dial(url, events, options);
    } catch (error) {
      this.destroy(error as Error);
      return;
    }
    this.#upstream.tap.named(clientId);
    if (this.destroyed) this.#upstream.close();
    else this.#early?.();
  }

  #take(bytes: Uint8Array): Promise<void> | undefined {
    if (this.destroyed) return undefined;
    if (this.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))) return undefined;
    return new Promise((resolve) => this.#resume = resolve);
  }

  #ended(error: Error | null) {
    if (error === null) this.push(null);
    else this.destroy(error);
  }

  override _read() {
    this.#resume?.();
    this.#resume = null;
  }

  override _write(bytes: Uint8Array, _encoding: string, done: (error?: Error | null) => void) {
    if (this.#upstream === null) {
      this.#early = () => this._write(bytes, _encoding, done);
      return;
    }
    const passing = this.#gate === null ? bytes : this.#gate.pass(bytes);
    if (passing.length === 0) done();
    else this.#upstream.write(passing).then(done as () => void, done);
  }

  override _writev(chunks: { chunk: Uint8Array }[], done: (error?: Error | null) => void) {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), "", done);
  }

  override _final(done: (error?: Error | null) => void) {
    if (this.#upstream === null) {
      this.#early = () => this._final(done);
      return;
    }
    this.#upstream.end();
    this.#farewell = setTimeout(() => this.destroy(), FAREWELL_MS);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void) {
    clearTimeout(this.#farewell);
    this.#dialling.abort();
    this.#upstream?.close();
    this.#resume?.();
    done(error);
  }
}

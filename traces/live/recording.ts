/**
 * One recording: a gateway's stream, with the packets of the wire if wanted, into an outlet.
 * Whatever ends it, what was written are whole blocks, with statistics at the end.
 *
 * @module
 */
import { OutputClosed } from "../command/output.ts";
import { BlockStream } from "./block_stream.ts";
import type { HttpAnswer } from "./http_answer.ts";
import { KeyLogFollower } from "./key_log_follower.ts";
import type { Outlet } from "./outlet.ts";
import { SectionCounts } from "./section_counts.ts";
import { WireCapture, type WireEvents } from "./wire_capture.ts";
import { WireMerge } from "./wire_merge.ts";

/** How often held packets and the key log are looked at, ms. */
const TICK_MS = 50;

/** How a stream ended. */
export type StreamEnd =
  /** We stopped it. */
  | { readonly kind: "stopped" }
  /** The gateway ended it in good order. */
  | { readonly kind: "ended" }
  /** The connection broke, or what came was no pcapng. */
  | { readonly kind: "lost"; readonly message: string }
  /** Nobody reads what we write. */
  | { readonly kind: "unread" };

/** Packets of the wire as well. */
export interface WireOptions {
  /** pcap-filter expression. */
  readonly filter: string;
  /** Path of a TLS key log to follow. */
  readonly keyLog: string | undefined;
}

/** Writes streams one after the other, each as a section of its own. */
export class Recording {
  readonly #outlet: Outlet;
  readonly #say: (message: string) => void;
  readonly #counts = new SectionCounts();
  /** Rejects when it is known that no more can be written. */
  readonly #unread = Promise.withResolvers<never>();
  #failure: unknown;
  #bytes = 0;

  /** @param say What is told to the user. */
  constructor(outlet: Outlet, say: (message: string) => void) {
    this.#outlet = outlet;
    this.#say = say;
    this.#unread.promise.catch(() => {});
    outlet.gone.then(() => this.#fail(new OutputClosed()));
  }

  /** Packets written. */
  get packets(): number {
    return this.#counts.packets;
  }

  /** Packets that the gateway or the capture of the wire lost because somebody was too slow. */
  get dropped(): number {
    return this.#counts.dropped;
  }

  /** Bytes written. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Writes a stream until it ends.
   *
   * @param signal That also ends the stream.
   * @throws {Error} when the outlet can't be written
   */
  async run(
    stream: HttpAnswer,
    wire: WireOptions | undefined,
    signal: AbortSignal,
  ): Promise<StreamEnd> {
    try {
      const end = wire === undefined
        ? await this.#copy(stream, signal)
        : await this.#merge(stream, wire, signal);
      await this.#write(this.#counts.statistics(Date.now()));
      return end;
    } catch (error) {
      if (error instanceof OutputClosed) return { kind: "unread" };
      // On a full disk there may be room for them where there was none for packets.
      await this.#write(this.#counts.statistics(Date.now())).catch(() => {});
      throw error;
    }
  }

  async #copy(stream: HttpAnswer, signal: AbortSignal): Promise<StreamEnd> {
    const write = this.#counted();
    return await this.#follow(stream, signal, new BlockStream(() => {}), async (runs) => {
      for (const run of runs) await write(run);
    });
  }

  /** Writes whole blocks, and counts those that were written. */
  #counted(): (bytes: Uint8Array<ArrayBuffer>) => Promise<void> {
    const written = new BlockStream((block) => this.#counts.count(block));
    return async (bytes) => {
      await this.#write(bytes);
      written.push(bytes);
    };
  }

  async #merge(
    stream: HttpAnswer,
    options: WireOptions,
    signal: AbortSignal,
  ): Promise<StreamEnd> {
    const merge = new WireMerge();
    const flush = this.#flusher(merge, options.keyLog);
    const wire = await WireCapture.start(options.filter, this.#wireEvents(merge, signal));
    if (typeof wire === "string") this.#say(`goes on without the wire: ${wire}`);
    const timer = setInterval(() => void flush(Date.now()).catch(() => {}), TICK_MS);
    try {
      const blocks = new BlockStream((block) => merge.block(block));
      return await this.#follow(stream, signal, blocks, () => flush(Date.now()));
    } finally {
      clearInterval(timer);
      if (typeof wire !== "string") await wire.stop();
      await flush(Infinity);
      const lost = merge.takeLost();
      if (lost > 0) this.#say(`${lost} packets of the wire were lost: the reader is too slow`);
    }
  }

  /** Writes what is due, one write after the other; a failure is everybody's who asks later. */
  #flusher(merge: WireMerge, keyLog: string | undefined): (now_ms: number) => Promise<void> {
    const keys = keyLog === undefined ? undefined : new KeyLogFollower(keyLog);
    const write = this.#counted();
    let writing = Promise.resolve();
    return (now_ms) => {
      for (const lines of keys?.next() ?? []) merge.secrets(lines);
      writing = writing.then(() => write(merge.take(now_ms)));
      return writing;
    };
  }

  #wireEvents(merge: WireMerge, signal: AbortSignal): WireEvents {
    return {
      frame: (frame, source) => merge.frame(frame, source),
      dropped: (source, count) => this.#counts.addDropped(merge.idOf(source) ?? -1, count),
      ended: (message) => {
        // A signal from the terminal goes to all.
        if (signal.aborted) return;
        this.#say(`goes on without the wire: its capture ended: ${message}`);
      },
    };
  }

  /** Reads a stream to its end, handing on whole blocks. */
  async #follow(
    { chunks }: HttpAnswer,
    signal: AbortSignal,
    blocks: BlockStream,
    take: (runs: Uint8Array<ArrayBuffer>[]) => Promise<void>,
  ): Promise<StreamEnd> {
    const iterator = chunks[Symbol.asyncIterator]();
    for (;;) {
      let next;
      try {
        next = await Promise.race([iterator.next(), this.#unread.promise]);
      } catch (error) {
        if (error === this.#failure) throw error;
        if (signal.aborted) return { kind: "stopped" };
        return { kind: "lost", message: `the gateway is gone (${(error as Error).message})` };
      }
      if (next.done) break;
      await take(blocks.push(next.value));
      const { problem } = blocks;
      if (problem !== undefined) {
        return { kind: "lost", message: `the gateway's stream can't be read: ${problem}` };
      }
    }
    if (signal.aborted) return { kind: "stopped" };
    if (blocks.pending === 0) return { kind: "ended" };
    return { kind: "lost", message: "the gateway is gone (in the middle of a packet)" };
  }

  #fail(error: unknown) {
    this.#failure ??= error;
    this.#unread.reject(this.#failure);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    try {
      await this.#outlet.write(bytes);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    this.#bytes += bytes.length;
  }
}

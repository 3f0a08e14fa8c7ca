/**
 * Gathers frames into radio envelopes: an envelope goes when it is full or when its oldest frame has
 * waited long enough. What cannot go stays, up to a limit; then the oldest frames are dropped and
 * counted.
 *
 * @module
 */
import { encodeEnvelope, type RadioRecord } from "../../traces/sensors/radio_envelope.ts";

/** When an envelope goes, and how much is kept when none can go. */
export interface BatchOptions {
  /** Frames per envelope, 1 to 255. @default 32 */
  frames?: number;
  /** ms. @default 20 */
  age_ms?: number;
  /** Frames kept. @default 4096 */
  limit?: number;
}

/** An envelope that is to be published. */
export interface Batch {
  payload: Uint8Array;
  frames: number;
}

/** Frames of one node that wait for being published. */
export class EnvelopeBatcher {
  readonly #boot: number;
  readonly #frames: number;
  readonly #age_ms: number;
  readonly #limit: number;
  readonly #records: RadioRecord[] = [];
  /** When each record came, ms. */
  readonly #times: number[] = [];
  #batch = 0;
  #dropped = 0;

  /** @param boot of the node, 32 bits */
  constructor(boot: number, options: BatchOptions = {}) {
    this.#boot = boot;
    this.#frames = options.frames ?? 32;
    this.#age_ms = options.age_ms ?? 20;
    this.#limit = options.limit ?? 4096;
  }

  /** Frames that wait. */
  get waiting(): number {
    return this.#records.length;
  }

  /** Frames dropped since the node booted; each envelope says it, modulo 2^32. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Whether there is enough for an envelope. */
  get full(): boolean {
    return this.#records.length >= this.#frames;
  }

  /** When an envelope is due by age, ms; Infinity while nothing waits. */
  get due_ms(): number {
    return this.#records.length === 0 ? Infinity : this.#times[0]! + this.#age_ms;
  }

  /** Adds a frame. */
  add(record: RadioRecord, now_ms: number): void {
    this.#records.push(record);
    this.#times.push(now_ms);
    if (this.#records.length <= this.#limit) return;
    this.#records.shift();
    this.#times.shift();
    this.#dropped++;
  }

  /** An envelope of the oldest frames; undefined when none waits. */
  take(): Batch | undefined {
    if (this.#records.length === 0) return undefined;
    const records = this.#records.splice(0, this.#frames);
    this.#times.splice(0, records.length);
    const header = { boot: this.#boot, batch: this.#batch, dropped: this.#dropped % 2 ** 32 };
    this.#batch = (this.#batch + 1) % 2 ** 32;
    return { payload: encodeEnvelope(header, records), frames: records.length };
  }
}

import { signal } from "@preact/signals";
import type { ChannelModel } from "../channel_model.ts";

/**
 * Subscriptions that may be asked for at once, and then per second. Each is given up once, and the
 * gateway takes twice as many.
 */
const BURST = 90;
const PER_SECOND = 45;
/** From look to look for whether more may go out, milliseconds. */
const PACE = 100;

export interface WatchedChannel {
  model: ChannelModel;
  release: () => void;
}

export interface WatchPoolParts {
  /** Subscribes. */
  watch(name: string): WatchedChannel;
  /** Reads it now and then, without a subscription. */
  poll(name: string): WatchedChannel;
  /** Subscriptions that the pool may have. */
  limit(): number;
  /** How long one is still there after its release, milliseconds. */
  linger: number;
  /** The time, milliseconds. */
  now?: () => number;
}

interface Want {
  name: string;
  granted: (model: ChannelModel) => void;
  /** Ends what it has now. */
  release?: () => void;
}

/**
 * Subscriptions for many tiles: never more than the gateway allows, nor asked for faster than it
 * takes requests. Those beyond are polled until there is room.
 */
export class WatchPool {
  /** Whether some had to be polled. */
  readonly overflowed = signal(false);
  readonly #parts: WatchPoolParts;
  /** Those without a subscription, in the order they came. */
  readonly #queue = new Set<Want>();
  /** Subscriptions that the gateway may count now. */
  #open = 0;
  #tokens = BURST;
  #earned: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: WatchPoolParts) {
    this.#parts = parts;
    this.#earned = this.#now();
  }

  #now(): number {
    return this.#parts.now?.() ?? performance.now();
  }

  /**
   * @param granted Called with what tells the values; again when something better takes over.
   * @returns Ends it.
   */
  want(name: string, granted: (model: ChannelModel) => void): () => void {
    const want: Want = { name, granted };
    this.#queue.add(want);
    this.#pump();
    return () => {
      want.release?.();
      if (this.#queue.delete(want)) return;
      setTimeout(() => {
        this.#open--;
        this.#pump();
      }, this.#parts.linger);
    };
  }

  #give(want: Want, { model, release }: WatchedChannel): void {
    want.release?.();
    want.release = release;
    want.granted(model);
  }

  /** Does what may be done now, and comes back for the rest. */
  #pump(): void {
    clearTimeout(this.#timer);
    const time = this.#now();
    const earned = (time - this.#earned) / 1000 * PER_SECOND;
    this.#tokens = Math.min(BURST, this.#tokens + earned);
    this.#earned = time;
    const { watch, poll, limit } = this.#parts;
    for (const want of this.#queue) {
      if (this.#open < limit()) {
        if (this.#tokens < 1) {
          this.#timer = setTimeout(() => this.#pump(), PACE);
          return;
        }
        this.#tokens--;
        this.#open++;
        this.#queue.delete(want);
        this.#give(want, watch(want.name));
      } else if (!want.release) {
        this.overflowed.value = true;
        this.#give(want, poll(want.name));
      }
    }
  }
}

import { signal } from "@preact/signals";
import type { ChannelModel } from "../channel_model.ts";

/** Requests that may go out at once, and then per second: well below what the gateway takes. */
const BURST = 150;
const PER_SECOND = 60;
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
}

interface Want {
  name: string;
  granted: (model: ChannelModel) => void;
  channel?: WatchedChannel;
  polled: boolean;
}

/**
 * Subscriptions for many tiles: never more than the gateway allows, nor asked for faster than it
 * takes requests. Those beyond are polled until there is room.
 */
export class WatchPool {
  /** Whether some had to be polled. */
  readonly overflowed = signal(false);
  readonly #parts: WatchPoolParts;
  readonly #queue = new Set<Want>();
  readonly #leaving = new Map<string, WatchedChannel>();
  #open = 0;
  #tokens = BURST;
  #earned = performance.now();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: WatchPoolParts) {
    this.#parts = parts;
  }

  /** Subscriptions that the gateway may count now. */
  get open(): number {
    return this.#open;
  }

  /**
   * @param granted Called with what tells the values; again when something better takes over.
   * @returns Ends it.
   */
  want(name: string, granted: (model: ChannelModel) => void): () => void {
    const want: Want = { name, granted, polled: false };
    const kept = this.#leaving.get(name);
    if (kept) {
      this.#leaving.delete(name);
      this.#give(want, kept);
    } else {
      this.#queue.add(want);
      this.#pump();
    }
    return () => this.#leave(want);
  }

  #give(want: Want, channel: WatchedChannel): void {
    if (want.polled) want.channel?.release();
    want.polled = false;
    want.channel = channel;
    this.#queue.delete(want);
    want.granted(channel.model);
  }

  #leave(want: Want): void {
    this.#queue.delete(want);
    const { channel, name, polled } = want;
    if (!channel) return;
    if (polled) channel.release();
    else if (this.#leaving.has(name)) this.#release(channel);
    else this.#leaving.set(name, channel);
    this.#pump();
  }

  #release(channel: WatchedChannel): void {
    channel.release();
    setTimeout(() => {
      this.#open--;
      this.#pump();
    }, this.#parts.linger);
  }

  /** Does what may be done now, and comes back for the rest. */
  #pump(): void {
    clearTimeout(this.#timer);
    this.#earn();
    while (this.#tokens >= 1 && this.#step()) this.#tokens--;
    const waits = this.#leaving.size > 0 || (this.#queue.size > 0 && !this.#full);
    if (waits) this.#timer = setTimeout(() => this.#pump(), PACE);
    else if (this.#queue.size > 0) this.#pollRest();
  }

  get #full(): boolean {
    return this.#open >= this.#parts.limit();
  }

  /** Subscribes to one or gives one up. @returns Whether there was anything to do. */
  #step(): boolean {
    const [want] = this.#queue;
    if (want && !this.#full) {
      this.#open++;
      this.#give(want, this.#parts.watch(want.name));
      return true;
    }
    const [oldest] = this.#leaving;
    if (!oldest) return false;
    this.#leaving.delete(oldest[0]);
    this.#release(oldest[1]);
    return true;
  }

  #pollRest(): void {
    this.overflowed.value = true;
    for (const want of this.#queue) {
      if (want.polled) continue;
      want.polled = true;
      want.channel = this.#parts.poll(want.name);
      want.granted(want.channel.model);
    }
  }

  #earn(): void {
    const time = performance.now();
    const earned = (time - this.#earned) / 1000 * PER_SECOND;
    this.#tokens = Math.min(BURST, this.#tokens + earned);
    this.#earned = time;
  }
}

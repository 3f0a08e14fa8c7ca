/**
 * How many messages of each channel were given to the uplink, and how far the cloud has them: what
 * numbers them without a hole, and tells what was dropped. On disk it lags behind the outbox, from
 * which the rest follows at a start.
 *
 * @module
 */

/** One channel. */
export interface ChannelNumbers {
  readonly channel: string;
  /** `n` of its newest message. */
  given: number;
  /** `n` of the newest message that was sent, or told as dropped, in this run. */
  sent: number;
  /** The same of those acknowledged, which is kept. */
  acknowledged: number;
  /** Number in the outbox of that one. */
  outbox: number;
  /** Another than on disk. */
  isDirty: boolean;
}

/** Channels known; beyond, the oldest of which nothing waits are forgotten. */
const MAX_CHANNELS = 100_000;
const KEY = "n:";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class ChannelBook {
  readonly #channels = new Map<string, ChannelNumbers>();
  readonly #put: (key: string, value: Uint8Array | null) => void;
  readonly #dirty = new Set<ChannelNumbers>();

  /** @param put Keeps a value, or removes it. */
  constructor(put: (key: string, value: Uint8Array | null) => void) {
    this.#put = put;
  }

  /** Takes an entry that was kept. @returns whether it is one of a channel */
  load(key: string, value: Uint8Array): boolean {
    if (!key.startsWith(KEY)) return false;
    const [given = 0, acknowledged = 0, outbox = 0] = decoder.decode(value).split(" ").map(Number);
    const channel = key.slice(KEY.length);
    const known = { channel, given, sent: acknowledged, acknowledged, outbox, isDirty: false };
    this.#channels.set(channel, known);
    return true;
  }

  /** Made where it is not known. */
  of(channel: string): ChannelNumbers {
    let known = this.#channels.get(channel);
    if (known !== undefined) return known;
    known = { channel, given: 0, sent: 0, acknowledged: 0, outbox: 0, isDirty: false };
    this.#channels.set(channel, known);
    if (this.#channels.size > MAX_CHANNELS) this.#forgetOne();
    return known;
  }

  #forgetOne() {
    for (const known of this.#channels.values()) {
      if (known.acknowledged < known.given) continue;
      this.#channels.delete(known.channel);
      this.#dirty.delete(known);
      this.#put(KEY + known.channel, null);
      return;
    }
  }

  /** The number of the next message of a channel. */
  give(numbers: ChannelNumbers): number {
    this.#changed(numbers);
    return ++numbers.given;
  }

  /** The outbox has a message of which the book on disk knows nothing yet. */
  found(channel: string, n: number) {
    const numbers = this.of(channel);
    if (n <= numbers.given) return;
    numbers.given = n;
    this.#changed(numbers);
  }

  /** @param outbox Its number in the outbox. */
  acknowledge(numbers: ChannelNumbers, n: number, outbox: number) {
    if (n <= numbers.acknowledged) return;
    numbers.acknowledged = n;
    numbers.outbox = outbox;
    this.#changed(numbers);
  }

  #changed(numbers: ChannelNumbers) {
    if (numbers.isDirty) return;
    numbers.isDirty = true;
    this.#dirty.add(numbers);
  }

  /** Channels of which something was dropped that nobody has been told. */
  *untold(): Generator<ChannelNumbers> {
    for (const numbers of this.#channels.values()) if (numbers.sent < numbers.given) yield numbers;
  }

  /** Channels that are not on disk as they are here. */
  get changes(): number {
    return this.#dirty.size;
  }

  /** Keeps what has changed. */
  save() {
    for (const numbers of this.#dirty) {
      const { channel, given, acknowledged, outbox } = numbers;
      this.#put(KEY + channel, encoder.encode(`${given} ${acknowledged} ${outbox}`));
      numbers.isDirty = false;
    }
    this.#dirty.clear();
  }
}

/**
 * What two browsers wrote down, and whether each number was told once or is in a named gap.
 *
 * @module
 */

/**
 * - `begin`: nothing is known any more;
 * - `connected`: on a new connection;
 * - `snapshot`: number, -, epoch;
 * - `data` (and events): number, value, epoch;
 * - `gap`: first number, last number, reason.
 */
export type Told = [
  who: "page" | "plain",
  kind: "begin" | "connected" | "snapshot" | "data" | "gap",
  channel?: string,
  seq?: number,
  value?: unknown,
  epoch?: string,
];

/** One channel as one browser is told of it. */
interface Track {
  last: number;
  /** Named since: `recovered` may have had the browser go on behind them on another connection. */
  gaps: [from: number, to: number][];
}

export class ToldCheck {
  /** What is wrong; the first of it. */
  readonly faults: string[] = [];
  /** Values by channel and number. */
  readonly values: Map<string, Map<number, unknown>> = new Map();
  readonly epochs: Set<string> = new Set();
  messages = 0;
  connections = 0;
  /** Gaps and numbers in them, by reason. */
  readonly gaps: Record<string, { gaps: number; numbers: number }> = {};
  readonly #tracks = new Map<string, Track>();

  /** The number up to which a browser was told of a channel. */
  lastOf(who: Told[0], channel: string): number {
    return this.#tracks.get(`${who} ${channel}`)?.last ?? -1;
  }

  take([who, kind, channel, seq, value, epoch]: Told) {
    const key = `${who} ${channel}`;
    if (kind === "begin") {
      for (const key of this.#tracks.keys()) if (key.startsWith(who)) this.#tracks.delete(key);
    } else if (kind === "connected") {
      this.connections++;
    } else if (kind === "snapshot") {
      if (this.#tracks.has(key)) this.#fault(`${key} had to start over at ${seq}`);
      this.#tracks.set(key, { last: seq!, gaps: [] });
      this.epochs.add(epoch!);
    } else if (kind === "gap") this.#gap(key, seq!, value as number, epoch!);
    else {
      this.epochs.add(epoch!);
      this.#data(key, channel!, seq!, value);
    }
  }

  #gap(key: string, from: number, to: number, reason: string) {
    const track = this.#tracks.get(key);
    if (track === undefined || from > to || from <= track.last) {
      this.#fault(`${key}: a gap ${from}-${to} (${reason}) behind ${track?.last}`);
    }
    track?.gaps.push([from, to]);
    const sum = this.gaps[reason] ??= { gaps: 0, numbers: 0 };
    sum.gaps++;
    sum.numbers += to - from + 1;
  }

  #data(key: string, channel: string, seq: number, value: unknown) {
    this.messages++;
    const track = this.#tracks.get(key);
    if (track === undefined) return this.#fault(`${key}: ${seq} before a snapshot`);
    if (seq <= track.last) return this.#fault(`${key}: ${seq} came behind ${track.last}`);
    for (let missing = track.last + 1; missing < seq;) {
      const gap = track.gaps.find(([from, to]) => from <= missing && missing <= to);
      if (gap === undefined) {
        this.#fault(`${key}: ${missing} is missing before ${seq}, and no gap names it`);
        break;
      }
      missing = gap[1] + 1;
    }
    track.last = seq;
    track.gaps = track.gaps.filter(([, to]) => to > seq);
    this.#value(key, channel, seq, value);
  }

  /** Every browser has to be told the same. */
  #value(key: string, channel: string, seq: number, value: unknown) {
    let values = this.values.get(channel);
    if (values === undefined) this.values.set(channel, values = new Map());
    if (values.has(seq) && values.get(seq) !== value) {
      this.#fault(`${key}: ${seq} is ${value}, and was ${values.get(seq)}`);
    }
    values.set(seq, value);
  }

  #fault(text: string) {
    if (this.faults.length < 20) this.faults.push(text);
  }
}

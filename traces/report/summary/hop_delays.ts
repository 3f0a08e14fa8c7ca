/**
 * How long it took from one hop to the next: count, quantiles within 1 %, and the worst exactly.
 *
 * @module
 */
import { Durations } from "./durations.ts";
import { detached } from "../../files/hop_line.ts";

export interface HopDelay {
  /** Stage, or `NOT_IN_FILE`. */
  readonly from: number;
  readonly to: number;
  /** From an id's first packet, not from the hop before. */
  readonly whole: boolean;
  readonly durations: Durations;
  /** Frame at whose end the longest took, and its id. */
  worstFrame: number;
  worstId: string;
}

export class HopDelays {
  /** By stages: some dozens. */
  readonly #delays = new Map<number, HopDelay>();

  /** @param us microseconds */
  add(from: number, to: number, whole: boolean, us: number, frame: number, id: string): void {
    const key = (whole ? 256 : 0) + 16 * (from + 1) + to;
    let delay = this.#delays.get(key);
    if (delay === undefined) {
      const durations = new Durations();
      delay = { from, to, whole, durations, worstFrame: frame, worstId: detached(id) };
      this.#delays.set(key, delay);
    }
    const { durations } = delay;
    const seconds = us / 1e6;
    if (seconds > durations.greatest) {
      delay.worstFrame = frame;
      delay.worstId = detached(id);
    }
    durations.add(seconds);
  }

  /** In the order of the hops; the whole way comes last, and what is not known to be from where. */
  sorted(): HopDelay[] {
    const place = ({ from, to, whole }: HopDelay) =>
      (whole ? 1000 : 0) + (from < 0 ? 500 : 16 * from) + to;
    return [...this.#delays.values()].sort((a, b) => place(a) - place(b));
  }
}

/**
 * How often a node gives a sign, and so how long it may be silent: from its own gaps, or from the
 * period that its status tells.
 *
 * @module
 */
import type { ClientSession } from "./client_session.ts";
import { GapHistory } from "./gap_history.ts";
import { clamp, type LivenessSettings } from "./settings.ts";

/** Status gaps that show whether a node repeats its status. */
const STATUS_GAPS = 3;
/** Other signs of life that show how often they come. */
const SIGN_GAPS = 3;
/** Batches that show how often they come. */
const FRAME_GAPS = 8;
/** Longest period that a status is believed, seconds. */
const MAX_PERIOD = 86_400;

/** All times are running times, milliseconds. */
export class NodeRhythm {
  readonly #settings: LivenessSettings;
  readonly #frameGaps = new GapHistory();
  readonly #signGaps = new GapHistory();
  #statusGaps: number[] = [];
  #periodMs = 0;

  constructor(settings: LivenessSettings) {
    this.#settings = settings;
  }

  /** Frames came so long after those before. */
  frames(gap: number) {
    this.#frameGaps.add(gap);
  }

  /** A sign came so long after the one before. */
  sign(gap: number) {
    this.#signGaps.add(gap);
  }

  /** The status came so long after the one before. */
  status(gap: number) {
    if (!Number.isFinite(gap)) return;
    this.#statusGaps.push(gap);
    if (this.#statusGaps.length > STATUS_GAPS) this.#statusGaps.shift();
  }

  /** A status was said for another reason than that its time had come. */
  forgetStatus() {
    this.#statusGaps = [];
  }

  /** What the status says of its period, seconds. */
  period(seconds: number | undefined) {
    const believed = seconds !== undefined && seconds > 0 && seconds <= MAX_PERIOD;
    this.#periodMs = believed ? seconds * 1000 : 0;
  }

  /** Longest silence of frames that is nothing yet. */
  get framesWithinMs(): number {
    const { framesFactor, nodeMinMs, nodeMaxMs, nodeFirstMs } = this.#settings;
    const { long, count } = this.#frameGaps;
    const bound = clamp(long * framesFactor, nodeMinMs, nodeMaxMs);
    const first = count < FRAME_GAPS ? clamp(nodeFirstMs, nodeMinMs, nodeMaxMs) : 0;
    return Math.max(bound, first, long * 1.5);
  }

  /** Longest silence of signs that is nothing yet; 0: not known. */
  signsWithinMs(sessions: Iterable<ClientSession>): number {
    const repeated = this.statusWithinMs;
    if (repeated > 0) return repeated;
    if (this.#signGaps.count >= SIGN_GAPS) return this.#within(this.#signGaps.longest);
    let keepalive = 0;
    for (const { open, keepaliveMs } of sessions) {
      if (open) keepalive = Math.max(keepalive, keepaliveMs);
    }
    return keepalive === 0 ? 0 : Math.max(this.#settings.nodeMinMs, keepalive * 1.5 + 2000);
  }

  /** As long as a status is due; 0: it is not repeated, as far as known. */
  get statusWithinMs(): number {
    if (this.#periodMs > 0) return this.#within(this.#periodMs);
    const gaps = this.#statusGaps;
    if (gaps.length < STATUS_GAPS) return 0;
    const longest = Math.max(...gaps);
    return longest > 2 * Math.min(...gaps) + 1000 ? 0 : this.#within(longest);
  }

  #within(period: number): number {
    const { statusFactor, nodeMinMs, nodeMaxMs } = this.#settings;
    return Math.max(clamp(period * statusFactor, nodeMinMs, nodeMaxMs), period * 1.5);
  }
}

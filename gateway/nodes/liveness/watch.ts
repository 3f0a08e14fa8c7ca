/**
 * What nodes and devices share in being watched: the clock, the grace after a stall, and who is told.
 *
 * @module
 */
import { RunningClock } from "../../running_clock.ts";
import { now as unixNow } from "../../clock.ts";
import type { Cause, Liveness, LiveState } from "../answers.ts";
import { DEFAULT_SETTINGS, type LivenessSettings } from "./settings.ts";

/** Something became online, late or lost, or is lost for another reason than before. */
export interface LivenessChange {
  kind: "node" | "device";
  name: string;
  /** `null`: it is heard for the first time. */
  before: LiveState | null;
  now: Liveness;
}

export interface WatchOptions {
  settings?: Partial<LivenessSettings>;
  onChange: (change: LivenessChange) => void;
  /** The gateway itself has stood still so long, milliseconds. */
  onStall?: (ms: number) => void;
  /** Milliseconds that never go back. @default performance.now */
  monotonic?: () => number;
  /** Unix milliseconds, for people. @default the gateway's clock */
  unix?: () => number;
}

/** How often all are looked at, milliseconds. */
export const TICK_MS = 250;
/** A stall that calls for a grace period of its own whatever came before, milliseconds. */
const LONG_STALL_MS = 5000;
/** Of the time, the part that graces after short stalls may take: one in three. */
const GRACE_SPACING = 3;

export class Watch {
  readonly settings: LivenessSettings;
  readonly clock: RunningClock;
  readonly #onChange: (change: LivenessChange) => void;
  readonly #onStall: ((ms: number) => void) | undefined;
  readonly #unix: () => number;
  #graceFrom = -Infinity;

  constructor(options: WatchOptions) {
    this.settings = { ...DEFAULT_SETTINGS, ...options.settings };
    this.#onChange = options.onChange;
    this.#onStall = options.onStall;
    this.#unix = options.unix ?? unixNow;
    this.clock = new RunningClock({
      periodMs: TICK_MS,
      limitMs: this.settings.stallMs,
      onStall: (ms) => this.#stalled(ms),
      ...(options.monotonic === undefined ? {} : { monotonic: options.monotonic }),
    });
  }

  /** An overloaded gateway is late all the time; it still has to say who is gone. */
  #stalled(ms: number) {
    const now = this.clock.monotonic - this.clock.stalledMs;
    const spacing = this.settings.graceMs * GRACE_SPACING;
    if (ms >= LONG_STALL_MS || now - this.#graceFrom > spacing) this.#graceFrom = now;
    this.#onStall?.(ms);
  }

  /** Whether the gateway stood still not long ago. @param now Running time */
  inGrace(now: number): boolean {
    return now - this.#graceFrom < this.settings.graceMs;
  }

  /** Unix time of a monotonic time; 0: there is none. */
  unix(monotonic: number): number {
    const ago = this.clock.monotonic - monotonic;
    return Number.isFinite(ago) ? this.#unix() - ago : 0;
  }

  told(change: LivenessChange) {
    this.#onChange(change);
  }
}

const RANK: Record<LiveState, number> = { online: 0, late: 1, lost: 2 };

/** One that is watched: its state, and since when. */
export abstract class Watched {
  abstract readonly kind: "node" | "device";
  readonly name: string;
  protected readonly watch: Watch;
  /** `null` until it is heard. */
  #state: LiveState | null = null;
  #reason: Cause | null = null;
  #detail = "";
  /** Running time at which the state began, and monotonic time. */
  #since = -Infinity;
  #sinceAt = -Infinity;
  /** When it was last heard, running time. */
  protected seen = -Infinity;
  /** How long the process had stood still by then. */
  #stalledBy = 0;

  constructor(name: string, watch: Watch) {
    this.name = name;
    this.watch = watch;
  }

  /** Of one that was never heard: lost. */
  get state(): LiveState {
    return this.#state ?? "lost";
  }

  get reason(): Cause | null {
    return this.#reason;
  }

  /** Whether it was heard at all, or known of. */
  get isKnown(): boolean {
    return this.#state !== null;
  }

  /** When it was last heard, running time. */
  get lastSeen(): number {
    return this.seen;
  }

  /** Running time at which the state began. */
  get since(): number {
    return this.#since;
  }

  /** State and reason as the API tells them. */
  get liveness(): Liveness {
    return {
      state: this.state,
      ...(this.#reason === null ? {} : { reason: this.#reason }),
      ...(this.#detail === "" ? {} : { detail: this.#detail }),
      since: this.watch.unix(this.#sinceAt),
      lastSeen: this.watch.unix(this.seen + this.#stalledBy),
    };
  }

  /** Looks whether its time is up. @param now Running time */
  abstract look(now: number): void;

  /** It was heard. @param now Running time */
  protected saw(now: number) {
    if (now <= this.seen) return;
    this.seen = now;
    this.#stalledBy = this.watch.clock.stalledMs;
  }

  /** It is there. */
  protected back(now: number) {
    if (this.#state !== "online") this.#become("online", null, "", now);
  }

  /**
   * It is late or lost.
   *
   * @param own Whether it said so itself: a stall of ours has no part in it
   * @returns false when that is held back
   */
  protected gone(
    state: LiveState,
    reason: Cause,
    detail: () => string,
    now: number,
    own = false,
  ): boolean {
    if (this.#state === state && this.#reason === reason) return true;
    if (!own && this.#state !== null && this.watch.inGrace(now) && RANK[state] > 0) return false;
    this.#become(state, reason, detail(), now);
    return true;
  }

  /** Says the cause in other words; nobody is told. */
  protected explain(detail: string) {
    this.#detail = detail;
  }

  #become(state: LiveState, reason: Cause | null, detail: string, now: number) {
    const before = this.#state;
    if (before !== state) {
      this.#since = now;
      this.#sinceAt = now + this.watch.clock.stalledMs;
    }
    this.#state = state;
    this.#reason = reason;
    this.#detail = detail;
    this.watch.told({ kind: this.kind, name: this.name, before, now: this.liveness });
  }
}

/** A time for people. @param ms Milliseconds */
export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

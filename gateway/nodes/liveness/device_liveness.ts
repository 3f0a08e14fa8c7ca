/**
 * Whether a device is alive: by how often it is usually heard, and by who could hear it.
 *
 * @module
 */
import type { Cause, LiveState } from "../answers.ts";
import { GapHistory } from "./gap_history.ts";
import type { NodeLiveness } from "./node_liveness.ts";
import { clamp } from "./settings.ts";
import { duration, type Watch, Watched } from "./watch.ts";

/** Receivers remembered; the one that heard it longest ago goes. */
const MAX_RECEIVERS = 16;
/** Gaps after which the bounds are worked out anew. */
const RENEW = 32;
/** A device without receivers is looked at again after so long, milliseconds. */
const AGAIN_MS = 5000;
/** Receivers named in a detail. */
const MAX_NAMED = 4;
/** The interval is a low quantile of the time: where packets are lost, gaps are several intervals. */
const INTERVAL_SHARE = 0.1;
const MIN_GAPS = 4;

/** Made by `LivenessMonitor.device`. */
export class DeviceLiveness extends Watched {
  readonly kind = "device";
  readonly #gaps = new GapHistory();
  readonly #receivers: NodeLiveness[] = [];
  /** When each receiver heard it last, running times. */
  readonly #heardBy: number[] = [];
  #last = 0;
  /** The newest packet that was no copy, running time. */
  #newest = NaN;
  #learned = 0;
  #irregular = false;
  /** What a node of another dialect says of it. */
  #told: boolean | null = null;
  /** Longest silence that needs no look, milliseconds. */
  #patience = 0;
  #lateMs = 0;
  #lostMs = 0;

  constructor(name: string, watch: Watch) {
    super(name, watch);
    this.#bounds();
  }

  /**
   * A receiver heard a packet. Called for each, so it does little and allocates nothing.
   *
   * Intervals go by the time of the packet, silence by when it arrived: `NodeLiveness.frames` has
   * been told that. So a node whose clock is off makes nobody late.
   *
   * @param at Monotonic time of the packet, milliseconds; not later than now
   * @param irregular Whether it sends when something happens, not in intervals
   * @param copy Whether the packet was heard before, by this receiver or another
   */
  heard(node: NodeLiveness, at: number, irregular: boolean, copy = false) {
    const { clock } = this.watch;
    const now = at > clock.lookBy ? clock.look(clock.monotonic) : at - clock.stalledMs;
    if (irregular !== this.#irregular) {
      this.#irregular = irregular;
      this.#bounds();
    }
    if (!copy) {
      // Who was away is not known by that; who changed its interval is, step by step.
      if (this.reason !== "receivers lost") this.#learn(now - this.#newest);
      if (!(now < this.#newest)) this.#newest = now;
    }
    const arrived = node.framesAt > now ? node.framesAt : now;
    this.saw(arrived);
    this.#hears(node, arrived);
    if (this.state !== "online") this.#back(arrived);
  }

  #learn(gap: number) {
    // NaN of the first packet is not less.
    if (!(gap < Infinity)) return;
    this.#gaps.add(gap < this.#lostMs ? gap : this.#lostMs);
    if (++this.#learned >= RENEW || this.#gaps.count <= RENEW || gap > this.#lateMs) this.#bounds();
  }

  #hears(node: NodeLiveness, now: number) {
    const receivers = this.#receivers;
    if (receivers[this.#last] !== node) {
      let at = receivers.indexOf(node);
      if (at < 0) at = this.#place(node);
      this.#last = at;
    }
    this.#heardBy[this.#last] = now;
  }

  #place(node: NodeLiveness): number {
    let at = this.#receivers.length;
    if (at >= MAX_RECEIVERS) at = this.#heardBy.indexOf(Math.min(...this.#heardBy));
    this.#receivers[at] = node;
    this.#heardBy[at] = 0;
    return at;
  }

  #back(now: number) {
    if (this.#told === false) this.#told = null;
    this.#patience = this.#lateMs;
    this.back(now);
  }

  /**
   * A node of another dialect says whether it is there.
   *
   * @param at Monotonic time of the message, milliseconds
   * @param node Who says it
   */
  availability(online: boolean, at: number, node?: NodeLiveness) {
    const now = this.watch.clock.look(at);
    this.#told = online;
    if (node !== undefined) this.#hears(node, now);
    if (online) {
      this.saw(now);
      this.#bounds();
      this.#back(now);
    } else {
      this.#patience = 0;
      this.look(now);
    }
  }

  /** Learned time between its packets, seconds; `undefined` while not known. */
  get interval(): number | undefined {
    if (this.#irregular || this.#gaps.count < MIN_GAPS) return undefined;
    return this.#gaps.quantile(INTERVAL_SHARE) / 1000;
  }

  /** Silence after which it is late, milliseconds. */
  get lateMs(): number {
    return this.#lateMs;
  }

  /** Silence after which it is lost, milliseconds. */
  get lostMs(): number {
    return this.#lostMs;
  }

  #bounds() {
    this.#learned = 0;
    const { settings } = this.watch;
    const { lateMinMs, lateMaxMs, lostMinMs, lostMaxMs } = settings;
    if (this.#irregular) {
      this.#lateMs = this.#lostMs = lostMaxMs;
    } else {
      const { long, count } = this.#gaps;
      const isNew = count < settings.learnedGaps;
      const late = Math.max(long * settings.lateFactor, isNew ? settings.lateFirstMs : 0);
      const lost = Math.max(long * settings.lostFactor, isNew ? settings.lostFirstMs : 0);
      this.#lateMs = clamp(late, lateMinMs, lateMaxMs);
      this.#lostMs = clamp(lost, Math.max(lostMinMs, this.#lateMs), lostMaxMs);
    }
    if (this.state === "online") this.#patience = this.#lateMs;
  }

  override look(now: number) {
    const silence = now - this.seen;
    if (silence <= this.#patience && this.#told !== false) return;
    if (!this.isKnown && this.#told === null) return;
    if (this.#told !== null) this.#lookAtTold(now, silence);
    else if (silence > this.#lostMs) this.#lost(now, silence);
    else if (silence > this.#lateMs) this.#late(now, silence);
    else this.#patience = this.#lateMs;
  }

  /** Whose node watches it is silent as long as it likes, unless that node is gone as well. */
  #lookAtTold(now: number, silence: number) {
    if (this.#told === false) {
      this.gone("lost", "silent", () => "as its node says", now);
      return;
    }
    this.#patience = silence + AGAIN_MS;
    if (silence > this.#lateMs && this.#cause(now) === "receivers lost") {
      this.gone("lost", "receivers lost", () => this.#names(), now);
    }
  }

  #late(now: number, silence: number) {
    const cause = this.#cause(now) ?? "silent";
    if (this.state === "lost" || this.#gone("late", cause, now, silence)) {
      this.#patience = this.#lostMs;
    }
  }

  #lost(now: number, silence: number) {
    const cause = this.#cause(now);
    if (cause === null) {
      if (this.state === "online") this.#late(now, silence);
      return;
    }
    // Once its receivers are back they have to hear others for as long before it counts as silent.
    const { reason, state } = this;
    const settled = state === "lost" && reason !== cause;
    if (settled && (reason === "silent" || !this.#heardAgain(now))) {
      this.#patience = silence + AGAIN_MS;
    } else if (this.#gone("lost", cause, now, silence)) {
      this.#patience = cause === "receivers lost" ? silence + AGAIN_MS : Infinity;
    }
  }

  #gone(state: LiveState, cause: Cause, now: number, silence: number): boolean {
    const detail = () => {
      const { interval } = this;
      const usual = interval === undefined ? "" : `, usually every ${duration(interval * 1000)}`;
      const silent = `not heard for ${duration(silence)}${usual}`;
      return cause === "receivers lost" ? `${this.#names()}; ${silent}` : silent;
    };
    return this.gone(state, cause, detail, now);
  }

  /** Whether the receiver heard it lately, when it was still heard. */
  #isRecent(index: number): boolean {
    return this.#heardBy[index]! >= this.seen - Math.max(this.#lateMs, AGAIN_MS);
  }

  /** Why it may be silent; `null`: not to be said yet. */
  #cause(now: number): Cause | null {
    let undecided = false;
    for (let i = 0; i < this.#receivers.length; i++) {
      const node = this.#receivers[i]!;
      if (!this.#isRecent(i) || node.state === "lost" || node.isForgotten) continue;
      if (!node.isUndecided(this.#heardBy[i]!, now)) return "silent";
      undecided = true;
    }
    if (undecided) return null;
    return this.#receivers.length === 0 ? "silent" : "receivers lost";
  }

  #heardAgain(now: number): boolean {
    return this.#receivers.some((node, i) =>
      this.#isRecent(i) && node.state !== "lost" && !node.isForgotten &&
      now - node.since > this.#lostMs
    );
  }

  /** Its lost receivers, with what is wrong with them. */
  #names(): string {
    const names: string[] = [];
    for (let i = 0; i < this.#receivers.length; i++) {
      const { name, state, reason } = this.#receivers[i]!;
      if (this.#isRecent(i) && state === "lost") names.push(`${name}: ${reason ?? "unknown"}`);
    }
    const more = names.length - MAX_NAMED;
    return names.slice(0, MAX_NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
  }
}

/**
 * Which of several gateways at one broker does what only one may do: upload, republish, announce.
 *
 * Each beats once a second, on a topic of the broker, and says whether it leads. Who leads stays;
 * when it has been silent for {@linkcode SILENT_MS}, said goodbye or left its will, the one with the
 * lowest id of those that are there takes its place. Beats come back to their sender too: who leads
 * and has not seen its own for {@linkcode LEASE_MS} stops, which is before the others begin. So two
 * lead at once only where the broker itself falls apart, with gateways on both sides, and until its
 * parts hear each other again: then the lowest id stays. (Ids are what all see alike; who has been
 * there for longest they may see differently.)
 *
 * Here are no timers and no topics: time goes in with each call, in ms of a monotonic clock.
 *
 * @module
 */
import { Absences } from "./absences.ts";
import type { Beat } from "./beat.ts";

/** Time between two beats. */
export const BEAT_MS = 1000;
/** Who leads stops when its own beats have not come back for so long, by when they were sent. */
export const LEASE_MS = 2500;
/** Who was not heard for so long is gone. */
export const SILENT_MS = 3500;
/** Who has just come waits for so long for one that leads. */
export const LISTEN_MS = 1500;
/** Beats of which none ever comes back: the broker lets nobody hear them. */
const UNHEARD_MS = 5000;
/** Who passed the lead on does not take it back for so long. */
const REST_MS = 5000;
/** What a broker does not hand on in this time to all is not promised to be in the right order. */
export const SKEW_MS = 10_000;
/** Who is not the first waits for so long for each that is before it to lead. */
const PATIENCE_MS = 3000;
/** Who leads but cannot upload lets another try, after so long. */
const STUCK_MS = 30_000;

/** What the uplink tells, where there is one. */
export interface UplinkView {
  /** Age of the oldest message that the cloud has not acknowledged, ms; `null`: none waits. */
  oldestMs(): number | null;
  /** Whether the cloud cannot be reached now. */
  isStuck(): boolean;
}

interface Peer {
  heardAt: number;
  beat: Beat;
}

/** Of one gateway. */
export class Election {
  readonly id: string;
  readonly run: string;
  /** What waits here for the cloud; `null`: nothing is uploaded. */
  uplink: UplinkView | null = null;
  readonly #peers = new Map<string, Peer>();
  readonly #absences: Absences;
  #connectedAt: number | null = null;
  /** Since when nothing was missed. */
  #hearsSince: number | null = null;
  #n = 0;
  /** When beats that have not come back were sent. */
  readonly #sent = new Map<number, number>();
  /** When the newest beat that came back was sent. */
  #echoed: number | null = null;
  #leads = false;
  #ledSince = 0;
  #restUntil = -Infinity;
  #tickedAt: number | null = null;
  #stuckSince: number | null = null;
  /** Since when nobody leads. */
  #orphanedAt: number | null = null;
  /** Whom the next beat names. */
  #passes: string | undefined;

  /**
   * @param now When this run began.
   * @param heardUntil When an earlier run heard the last message for certain; by default not known.
   */
  constructor(id: string, run: string, now: number, heardUntil = -Infinity) {
    this.id = id;
    this.run = run;
    this.#absences = new Absences(now, heardUntil);
  }

  /** @param isNewSession The broker has kept nothing for us: something may have been missed. */
  connected(now: number, isNewSession: boolean) {
    this.#connectedAt = now;
    this.#echoed = null;
    this.#sent.clear();
    if (isNewSession) this.#hearsSince = null;
    this.#absences.ended(now, !isNewSession);
    this.#hearsSince ??= now;
    // Those that were there get the time to be heard again.
    for (const peer of this.#peers.values()) peer.heardAt = now;
  }

  /** Alone, it goes on with what it has; else the others go on. */
  disconnected(now: number) {
    if (this.#connectedAt !== null) this.#absences.began(now);
    this.#connectedAt = null;
    if (this.#peers.size > 0) this.#leads = false;
  }

  /** The ids of those that are there, ourselves left out. */
  get peers(): string[] {
    return [...this.#peers.keys()];
  }

  /** Who leads as far as is known, ourselves included. */
  leader(now: number): string | null {
    return this.leads(now) ? this.id : this.#leadingPeer()?.[0] ?? null;
  }

  /** Whether we lead, for certain. */
  leads(now: number): boolean {
    return this.#leads && (this.#peers.size === 0 || this.#isHeard(now) || this.#isBack(now));
  }

  /** Connected just now, so that no beat can have come back yet. */
  #isBack(now: number): boolean {
    return this.#echoed === null && this.#connectedAt !== null &&
      now - this.#connectedAt <= LEASE_MS;
  }

  /** Whether we do what is of the moment, as to republish: who is to lead begins with that. */
  speaks(now: number): boolean {
    if (this.leads(now)) return true;
    return !this.#leads && this.#leadingPeer() === undefined && this.#isFirst();
  }

  #isFirst(): boolean {
    return this.peers.every((id) => this.id < id);
  }

  #isHeard(now: number): boolean {
    return this.#echoed !== null && now - this.#echoed <= LEASE_MS;
  }

  /** What is to be said now. */
  beat(now: number): Beat {
    const n = ++this.#n;
    this.#sent.set(n, now);
    for (const old of this.#sent.keys()) {
      if (old <= n - 60) this.#sent.delete(old);
    }
    const leads = this.leads(now);
    const passes = this.#passes;
    this.#passes = undefined;
    return {
      n,
      run: this.run,
      leads,
      ...(this.#hearsSince === null ? {} : { hears: Math.round(now - this.#hearsSince) }),
      ...(leads && this.uplink !== null ? { waits: Math.ceil(this.uplink.oldestMs() ?? 0) } : {}),
      ...(this.#wants(now) ? { wants: true } : {}),
      ...(passes === undefined ? {} : { passes }),
    };
  }

  /** @returns Whether it is somebody new, who should hear of us at once. */
  heard(id: string, beat: Beat, now: number): boolean {
    if (id === this.id) {
      this.#returned(beat);
      return false;
    }
    const isNew = !this.#peers.has(id);
    this.#peers.set(id, { heardAt: now, beat });
    if (beat.passes === this.id && this.#connectedAt !== null) this.#lead(now);
    else if (beat.passes !== undefined) this.#expect(beat.passes, now);
    else if (beat.leads && this.#leads && id < this.id) this.#leads = false;
    return isNew;
  }

  #returned({ n, run }: Beat) {
    const sent = this.#sent.get(n);
    if (run !== this.run || sent === undefined) return;
    this.#echoed = Math.max(this.#echoed ?? -Infinity, sent);
    this.#absences.heard(this.#echoed);
    this.#sent.delete(n);
  }

  #lead(now: number) {
    if (!this.#leads) this.#ledSince = now;
    this.#leads = true;
  }

  /** It was named as the one to lead, and has not said so itself yet. */
  #expect(id: string, now: number) {
    const peer = this.#peers.get(id);
    if (peer !== undefined) {
      this.#peers.set(id, { heardAt: now, beat: { ...peer.beat, leads: true } });
    }
  }

  /** It said goodbye, or the broker says that it is gone. */
  gone(id: string) {
    this.#peers.delete(id);
  }

  #leadingPeer(): [string, Peer] | undefined {
    return [...this.#peers].find(([, { beat }]) => beat.leads);
  }

  /** To be called a few times a second. */
  tick(now: number) {
    if (this.#leads && !this.leads(now)) this.#leads = false;
    this.#wake(now);
    for (const [id, { heardAt }] of this.#peers) {
      // What a broker that is away does not bring says nothing of those behind it.
      if (now - heardAt > SILENT_MS && this.#connectedAt !== null) this.#peers.delete(id);
    }
    if (this.#connectedAt === null) return;
    if (this.#leads) this.#passOn(now);
    else if (this.#mayLead(now, now - this.#connectedAt)) {
      this.#lead(now);
      this.#orphanedAt = null;
    }
  }

  /** What the others said while this process stood still has yet to be read. */
  #wake(now: number) {
    const asleep = now - (this.#tickedAt ?? now) > BEAT_MS;
    this.#tickedAt = now;
    if (asleep) { for (const peer of this.#peers.values()) peer.heardAt = now; }
  }

  #mayLead(now: number, connectedMs: number): boolean {
    if (this.#leadingPeer() !== undefined) this.#orphanedAt = null;
    if (this.#leadingPeer() !== undefined || connectedMs < LISTEN_MS) return false;
    const others = this.peers;
    if (others.length === 0) return this.#isHeard(now) || connectedMs >= UNHEARD_MS;
    if (now < this.#restUntil || !this.#isHeard(now)) return false;
    // Those before us may be unable to.
    this.#orphanedAt ??= now;
    return now - this.#orphanedAt >= PATIENCE_MS * others.filter((id) => id < this.id).length;
  }

  /** Whether beats come back; else the broker lets nobody hear them, and we are as if alone. */
  isUnheard(now: number): boolean {
    return this.#connectedAt !== null && this.#echoed === null &&
      now - this.#connectedAt >= UNHEARD_MS;
  }

  /** For so long another is sure to have heard what we heard, ms; `null`: nobody leads. */
  #covered(now: number): { from: number; to: number } | null {
    const leading = this.#leads ? undefined : this.#leadingPeer();
    if (leading === undefined) return null;
    const { heardAt, beat: { hears, waits } } = leading[1];
    if (hears === undefined || waits === undefined) return null;
    const since = now - heardAt;
    return { from: hears + since, to: waits + since + SKEW_MS };
  }

  /** Age of the oldest message that waits, ms; of one that the broker had kept, the most it can be. */
  #oldest(now: number): number | null {
    const age = this.uplink?.oldestMs() ?? null;
    return age === null ? null : this.#absences.ageOf(age, now);
  }

  #wants(now: number): boolean {
    const covered = this.#covered(now);
    const oldest = this.#oldest(now);
    return covered !== null && oldest !== null && oldest > covered.from;
  }

  /**
   * What has waited here for longer than this, ms, the one that leads heard too, and the cloud has
   * acknowledged it; `null`: all has to be kept.
   */
  doneElsewhere(now: number): number | null {
    const covered = this.#covered(now);
    const oldest = this.#oldest(now);
    if (covered === null || oldest === null || oldest > covered.from) return null;
    return (this.uplink?.oldestMs() ?? 0) > covered.to ? covered.to : null;
  }

  /** Whoever has what nobody else has, or may reach the cloud when we cannot, gets the lead. */
  #passOn(now: number) {
    const { uplink } = this;
    if (uplink === null || this.#peers.size === 0 || this.#passes !== undefined) return;
    if (!uplink.isStuck()) this.#stuckSince = null;
    else this.#stuckSince ??= now;
    const others = this.peers.sort();
    let next: string | undefined;
    if (this.#stuckSince !== null && now - this.#stuckSince >= STUCK_MS) {
      // In turn, so that each gets it.
      next = others.find((id) => id > this.id) ?? others[0];
    } else if (this.#isDrained(now)) {
      next = others.find((id) => this.#peers.get(id)!.beat.wants === true);
    }
    if (next === undefined) return;
    this.#stuckSince = null;
    this.#leads = false;
    this.#restUntil = now + REST_MS;
    this.#passes = next;
    this.#expect(next, now);
  }

  /** Whether all that came in before we led is with the cloud, and no more waits than is usual. */
  #isDrained(now: number): boolean {
    const age = this.#oldest(now) ?? 0;
    return age < SKEW_MS && now - age >= this.#ledSince;
  }

  /** Whom we have just told to lead: a beat has to say so at once. */
  get isPassing(): boolean {
    return this.#passes !== undefined;
  }
}

/**
 * Where each id was seen: the newest ids only, so that memory stays bounded.
 *
 * @module
 */
import { detached, MQTT, RADIO, ROOM, UPLINK, WS } from "../../files/hop_line.ts";
import { Missing } from "./hop_missing.ts";

/** Ids remembered. */
export const MAX_IDS = 100_000;
/** What is this near to an end of the file, in seconds, may have its other hops outside of it. */
export const EDGE = 1;
/** A hop before that is not in the file. */
export const NOT_IN_FILE = -1;

/** Hop and direction as one number. */
export function stageOf(hop: number, out: boolean): number {
  return 2 * hop + (out ? 1 : 0);
}

/** Names of stages. */
export const STAGES = [
  "radio in",
  "radio out",
  "mqtt in",
  "mqtt out",
  "room",
  "room out",
  "ws in",
  "ws out",
  "uplink in",
  "uplink out",
] as const;

const MQTT_IN = stageOf(MQTT, false);
const MQTT_OUT = stageOf(MQTT, true);
const WS_OUT = stageOf(WS, true);
/** Stages that nothing goes on from: what goes out by MQTT, WebSocket or the uplink has arrived. */
const ENDS = 1 << MQTT_OUT | 1 << WS_OUT | 1 << stageOf(UPLINK, true);
/** Hop that commonly comes before a stage; -1: none. */
const BEFORE = [-1, -1, RADIO, WS, MQTT, MQTT, -1, ROOM, -1, ROOM];
const HOP_COUNT = 5;
/** Times of packets and `since_us` agree when they differ by so many microseconds, or such a share. */
const AGREES_US = 10;
const AGREES_SHARE = 0.1;

export class HopIds {
  readonly #slots = new Map<string, number>();
  readonly #ids: string[] = [];
  /** By slot and hop, seconds; NaN where it was not seen. */
  readonly #times = new Float64Array(MAX_IDS * HOP_COUNT);
  /** Frame that the id was seen in first. */
  readonly #frames = new Float64Array(MAX_IDS);
  /** One bit per stage. */
  readonly #seen = new Uint8Array(MAX_IDS);
  #next = 0;
  /** Ids no longer remembered. */
  forgotten = 0;
  readonly #lost = new Missing();
  readonly #fileStart: number;

  /** @param fileStart seconds since 1970 */
  constructor(fileStart: number) {
    this.#fileStart = fileStart;
  }

  /** The id's slot, good until the next call. @param time seconds, of this frame */
  slotOf(id: string, time: number, frame: number): number {
    const known = this.#slots.get(id);
    if (known !== undefined) return known;
    const slot = this.#next;
    this.#next = (slot + 1) % MAX_IDS;
    const old = this.#ids[slot];
    if (old !== undefined) {
      if (this.#isLost(slot, time)) this.#lost.add(old, this.#frames[slot]!);
      this.#slots.delete(old);
      this.forgotten++;
    }
    const kept = detached(id);
    this.#ids[slot] = kept;
    this.#slots.set(kept, slot);
    this.#times.fill(NaN, slot * HOP_COUNT, (slot + 1) * HOP_COUNT);
    this.#frames[slot] = frame;
    this.#seen[slot] = 0;
    return slot;
  }

  /** Whether the id was seen at a stage. */
  saw(slot: number, stage: number): boolean {
    return (this.#seen[slot]! & 1 << stage) !== 0;
  }

  /** The id is at a stage now. */
  mark(slot: number, stage: number, time: number): void {
    const bit = 1 << stage;
    this.#seen[slot]! |= bit;
    if ((bit & ENDS) === 0) this.#times[slot * HOP_COUNT + (stage >> 1)] = time;
  }

  /**
   * The stage before. Where the usual one was not seen, it is the one whose packet is as far back as
   * `sinceUs` says; a trace may leave hops out, so that it can be none of those in the file.
   */
  before(slot: number, stage: number, time: number, sinceUs: number): number {
    const usual = BEFORE[stage]!;
    if (usual >= 0 && !Number.isNaN(this.timeAt(slot, usual))) return this.#stageAt(slot, usual);
    let best = -1;
    let bestOff = Math.max(AGREES_US, sinceUs * AGREES_SHARE);
    for (let hop = 0; hop < HOP_COUNT; hop++) {
      if (hop === stage >> 1 && (1 << stage & ENDS) === 0) continue;
      const off = Math.abs((time - this.timeAt(slot, hop)) * 1e6 - sinceUs);
      if (!(off <= bestOff)) continue;
      best = hop;
      bestOff = off;
    }
    return best < 0 ? NOT_IN_FILE : this.#stageAt(slot, best);
  }

  /** Hop of the earliest packet with the id; -1 when there is none. */
  #first(slot: number): number {
    let first = -1;
    for (let hop = 0; hop < HOP_COUNT; hop++) {
      const time = this.timeAt(slot, hop);
      if (!Number.isNaN(time) && (first < 0 || time < this.timeAt(slot, first))) first = hop;
    }
    return first;
  }

  /** Stage of the earliest packet with the id, unless that is the room; else `NOT_IN_FILE`. */
  origin(slot: number): number {
    const first = this.#first(slot);
    return first < 0 || first === ROOM ? NOT_IN_FILE : this.#stageAt(slot, first);
  }

  /** When the id was at a hop, seconds; NaN when it was not seen there. */
  timeAt(slot: number, hop: number): number {
    return this.#times[slot * HOP_COUNT + hop]!;
  }

  /** @param hop one that was seen */
  #stageAt(slot: number, hop: number): number {
    if (hop === MQTT || hop === WS) return stageOf(hop, false);
    return stageOf(hop, !this.saw(slot, stageOf(hop, false)));
  }

  /** Radio records that came to no other hop; `end` is the time of the file's end. */
  lost(end: number): Missing {
    const lost = this.#lost.copy();
    for (const [id, slot] of this.#slots) {
      if (this.#isLost(slot, end)) lost.add(id, this.#frames[slot]!);
    }
    return lost;
  }

  #isLost(slot: number, now: number): boolean {
    if (this.#seen[slot] !== 1 << stageOf(RADIO, false)) return false;
    const time = this.timeAt(slot, RADIO);
    if (now - time < EDGE || time - this.#fileStart < EDGE) return false;
    // The PUBLISH that carried it may be there under its own id alone.
    const id = this.#ids[slot]!;
    const carrier = this.#slots.get(id.replace(/\.\d*$/, ""));
    return carrier === undefined || !this.saw(carrier, MQTT_IN);
  }
}

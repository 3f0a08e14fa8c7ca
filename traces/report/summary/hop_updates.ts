/**
 * Updates by channel and number: at which hops each was seen. The newest only.
 *
 * @module
 */
import { Activity } from "./hop_activity.ts";
import { EDGE } from "./hop_ids.ts";
import { MQTT, ROOM, WS } from "../../files/hop_line.ts";
import { Missing } from "./hop_missing.ts";

/** Updates remembered. */
export const MAX_UPDATES = 100_000;
/** Beside the bits of hops: a session that had the channel went without it. */
const MISSED = 16;
/** Numbers looked up for holes in all: who writes absurd numbers shall not make it slow. */
const MAX_LOOKUPS = 50_000_000;

export class HopChannel extends Activity {
  /** By number, where the update is remembered. */
  readonly updates = new Map<number, number>();
}

/** What is missing between hops; `had`: those that a session with their channel went without. */
export interface MissingUpdates {
  readonly mqttNotRoom: Missing;
  readonly mqttNotWs: Missing;
  readonly mqttNotWsHad: Missing;
  readonly roomNotWs: Missing;
  readonly roomNotWsHad: Missing;
}

export class HopUpdates {
  readonly #channels: HopChannel[] = [];
  readonly #numbers = new Float64Array(MAX_UPDATES);
  readonly #times = new Float64Array(MAX_UPDATES);
  readonly #frames = new Float64Array(MAX_UPDATES);
  readonly #seen = new Uint8Array(MAX_UPDATES);
  #next = 0;
  forgotten = 0;
  #lookups = 0;
  readonly #fileStart: number;
  readonly #missing: MissingUpdates = {
    mqttNotRoom: new Missing(),
    mqttNotWs: new Missing(),
    mqttNotWsHad: new Missing(),
    roomNotWs: new Missing(),
    roomNotWsHad: new Missing(),
  };

  constructor(fileStart: number) {
    this.#fileStart = fileStart;
  }

  /** An update at a hop. @returns Whether it had not been seen there. */
  mark(channel: HopChannel, seq: number, hop: number, time: number, frame: number): boolean {
    let slot = channel.updates.get(seq);
    if (slot === undefined) {
      // What only WebSocket has is missing nowhere behind it.
      if (hop === WS) return true;
      slot = this.#place(channel, seq, time, frame);
    }
    const bit = 1 << hop;
    if ((this.#seen[slot]! & bit) !== 0) return false;
    this.#seen[slot]! |= bit;
    return true;
  }

  #place(channel: HopChannel, seq: number, time: number, frame: number): number {
    const slot = this.#next;
    this.#next = (slot + 1) % MAX_UPDATES;
    const old = this.#channels[slot];
    if (old !== undefined) {
      this.#judge(slot, time, this.#missing);
      old.updates.delete(this.#numbers[slot]!);
      this.forgotten++;
    }
    channel.updates.set(seq, slot);
    this.#channels[slot] = channel;
    this.#numbers[slot] = seq;
    this.#times[slot] = time;
    this.#frames[slot] = frame;
    this.#seen[slot] = 0;
    return slot;
  }

  /**
   * A session got nothing of a channel's numbers `from` to `to`.
   *
   * @returns How many of them are updates that other hops had.
   */
  miss(channel: HopChannel, from: number, to: number): number {
    const { updates } = channel;
    let known = 0;
    const take = (slot: number | undefined) => {
      if (slot === undefined) return;
      this.#seen[slot]! |= MISSED;
      known++;
    };
    const steps = Math.min(to - from + 1, updates.size);
    this.#lookups += steps;
    if (this.#lookups > MAX_LOOKUPS) return 0;
    if (to - from < updates.size) { for (let i = from; i <= to; i++) take(updates.get(i)); }
    else for (const [seq, slot] of updates) if (seq >= from && seq <= to) take(slot);
    return known;
  }

  /** Numbers of a channel's updates that came at least `EDGE` before `end`, in order. */
  settled(channel: HopChannel, end: number): number[] {
    return [...channel.updates]
      .filter(([, slot]) => end - this.#times[slot]! >= EDGE)
      .map(([seq]) => seq)
      .sort((a, b) => a - b);
  }

  /** What is missing; `end` is the time of the file's end. */
  missing(end: number): MissingUpdates {
    const { mqttNotRoom, mqttNotWs, mqttNotWsHad, roomNotWs, roomNotWsHad } = this.#missing;
    const all: MissingUpdates = {
      mqttNotRoom: mqttNotRoom.copy(),
      mqttNotWs: mqttNotWs.copy(),
      mqttNotWsHad: mqttNotWsHad.copy(),
      roomNotWs: roomNotWs.copy(),
      roomNotWsHad: roomNotWsHad.copy(),
    };
    for (let slot = 0; slot < this.#channels.length; slot++) this.#judge(slot, end, all);
    return all;
  }

  #judge(slot: number, now: number, into: MissingUpdates): void {
    const seen = this.#seen[slot]!;
    const inMqtt = (seen & 1 << MQTT) !== 0;
    const inRoom = (seen & 1 << ROOM) !== 0;
    const inWs = (seen & 1 << WS) !== 0;
    const missed = (seen & MISSED) !== 0;
    if (inWs && (inRoom || !inMqtt)) return;
    const time = this.#times[slot]!;
    const edge = now - time < EDGE || time - this.#fileStart < EDGE;
    if (edge && !missed) return;
    const name = `${this.#channels[slot]!.name} ${this.#numbers[slot]!}`;
    const frame = this.#frames[slot]!;
    if (inMqtt && !inRoom && !edge) into.mqttNotRoom.add(name, frame);
    if (inWs) return;
    if (inMqtt) into.mqttNotWs.add(name, frame);
    if (inMqtt && missed) into.mqttNotWsHad.add(name, frame);
    if (inRoom) into.roomNotWs.add(name, frame);
    if (inRoom && missed) into.roomNotWsHad.add(name, frame);
  }
}

/**
 * The nodes of a replay as the gateway sees them: each boots anew, so that a gateway that has had
 * their batches takes them again.
 *
 * @module
 */
import {
  encodeEnvelope,
  RadioEnvelope,
  RadioFlag,
  RadioLink,
  RECORD_BYTES,
} from "../sensors/radio_envelope.ts";
import type { ReplayClock } from "./replay_clock.ts";

/** A node's clock as a gateway follows it: says when a frame was heard. */
export interface FollowedClock {
  /** Both times and the result are ms. */
  at(node: number, arrival: number): number;
}

/** Makes such a clock; `settable`: of Unix time, not of time since boot. */
export type FollowClock = (settable: boolean) => FollowedClock;

interface Node {
  /** Boot id in the capture; -1 before its first envelope. */
  boot: number;
  readonly unixClock: FollowedClock;
  bootClock: FollowedClock;
}

/** Boots remembered; of one that is forgotten the node boots once more. */
const MOST_BOOTS = 10_000;
const BATCHES = 2 ** 32;
/** Where a record has its time and its flags. */
const TIME_AT = 4;
const FLAGS_AT = 14;

export class NodeBoots {
  readonly #clock: ReplayClock;
  readonly #follow: FollowClock;
  readonly #nodes = new Map<string, Node>();
  /** New boot ids, by node and old one. */
  readonly #boots = new Map<string, number>();
  readonly #envelope = new RadioEnvelope();

  constructor(clock: ReplayClock, follow: FollowClock) {
    this.#clock = clock;
    this.#follow = follow;
  }

  /** The boot id that stands for one of the capture. */
  boot(node: string, old: number): number {
    const key = `${old} ${node}`;
    let boot = this.#boots.get(key);
    if (boot === undefined) {
      if (this.#boots.size >= MOST_BOOTS) {
        this.#boots.delete(this.#boots.keys().next().value!);
      }
      this.#boots.set(key, boot = randomBoot());
    }
    return boot;
  }

  /**
   * Makes an envelope of the capture one of this replay: with its boot id, and its frames' times those
   * at which a gateway found that they were heard.
   *
   * @param payload is changed
   * @param time when it was published, microseconds since 1970
   * @returns the envelope to publish before; undefined: none is needed
   */
  renew(node: string, payload: Uint8Array, time: number): Uint8Array | undefined {
    const envelope = this.#envelope;
    if (!envelope.open(payload)) return undefined;
    const { boot: old, batch, dropped } = envelope.header;
    const known = this.#node(node);
    const booted = known.boot !== old;
    if (booted) {
      known.boot = old;
      known.bootClock = this.#follow(false);
    }
    const boot = this.boot(node, old);
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    view.setUint32(4, boot, true);
    while (envelope.next()) {
      const { record } = envelope;
      const unix = (record.flags & RadioFlag.UnixTime) !== 0;
      const clock = unix ? known.unixClock : known.bootClock;
      const heard = 1000 * clock.at(record.time / 1000, time / 1000);
      const start = record.start - RECORD_BYTES;
      const nodeTime = this.#clock.nodeTime(heard);
      view.setUint32(start + TIME_AT, nodeTime % 2 ** 32, true);
      view.setUint32(start + TIME_AT + 4, Math.floor(nodeTime / 2 ** 32), true);
      payload[start + FLAGS_AT] = record.flags & ~RadioFlag.UnixTime;
    }
    const before = (batch + BATCHES - 1) % BATCHES;
    return booted ? clockEnvelope(boot, before, dropped, this.#clock.showing(time)) : undefined;
  }

  /** A status with the boot id of this replay; the same bytes where it has none. */
  renewStatus(node: string, payload: Uint8Array): Uint8Array {
    try {
      const status = JSON.parse(new TextDecoder().decode(payload));
      if (typeof status?.boot !== "number") return payload;
      status.boot = this.boot(node, status.boot);
      return new TextEncoder().encode(JSON.stringify(status));
    } catch {
      return payload;
    }
  }

  #node(name: string): Node {
    let node = this.#nodes.get(name);
    if (node === undefined) {
      node = { boot: -1, unixClock: this.#follow(true), bootClock: this.#follow(false) };
      this.#nodes.set(name, node);
    }
    return node;
  }
}

/** 32 bits. */
export function randomBoot(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]!;
}

/**
 * An envelope that says what a node's clock shows: one record, of a frame of which not a byte is
 * there.
 */
export function clockEnvelope(
  boot: number,
  batch: number,
  dropped: number,
  time: number,
): Uint8Array {
  const record = {
    linkType: RadioLink.WpanNoFcs,
    time,
    rssi: 127,
    channel: 255,
    flags: RadioFlag.Cut,
    lqi: 255,
    data: new Uint8Array(0),
    start: 0,
    end: 0,
  };
  return encodeEnvelope({ boot, batch, dropped }, [record]);
}

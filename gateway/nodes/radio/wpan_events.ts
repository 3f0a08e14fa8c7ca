/**
 * Beacons and association requests of IEEE 802.15.4 as events of the node that heard them.
 *
 * @module
 */
import { deviceIdText } from "../../../traces/sensors/device_id.ts";
import type { DeviceId } from "../../../traces/sensors/sensor_decoder.ts";
import type { Rooms } from "../../rooms/rooms.ts";
import type { Hearing } from "./hearing.ts";
import type { RadioNode } from "./radio_node.ts";

/** A coordinator's beacons are told when they begin, and then so often at most, ms. */
const BEACON_MS = 60_000;
/** Association requests of one device that are one: repeats and copies of other nodes, ms. */
const REQUEST_MS = 1000;
const MAX_REMEMBERED = 1000;
/** Events of one node and kind in a minute; how many more there were is told after it. */
const MAX_EVENTS = 10;
const MINUTE_MS = 60_000;

interface Told {
  /** When the minute began, ms of the monotonic clock. */
  since: number;
  count: number;
  leftOut: number;
}

export class WpanEvents {
  readonly #rooms: Pick<Rooms, "event">;
  readonly #monotonic: () => number;
  readonly #beacons = new Map<string, { at: number; count: number }>();
  readonly #requests = new Map<string, number>();
  /** By node and kind. */
  readonly #told = new WeakMap<RadioNode, Map<string, Told>>();

  /** @param monotonic milliseconds that never go back */
  constructor(rooms: Pick<Rooms, "event">, monotonic: () => number = () => performance.now()) {
    this.#rooms = rooms;
    this.#monotonic = monotonic;
  }

  /** A beacon of a coordinator. */
  beacon({ node, at, rssi }: Hearing, pan: number, coordinator: DeviceId) {
    const key = `${node.name}\n${pan}\n${coordinator}`;
    const known = this.#beacons.get(key);
    if (known !== undefined) known.count++;
    if (known !== undefined && at - known.at < BEACON_MS) return;
    const beacons = known?.count ?? 1;
    remember(this.#beacons, key, { at, count: 0 });
    this.#event(node, "beacon", {
      node: node.name,
      pan: panText(pan),
      coordinator: deviceIdText(coordinator),
      rssi,
      beacons,
    });
  }

  /** A device asks a coordinator to let it in. */
  associationRequest({ node, at, rssi }: Hearing, device: DeviceId, pan: number) {
    const key = `${pan}\n${device}`;
    const last = this.#requests.get(key) ?? -Infinity;
    remember(this.#requests, key, at);
    if (at - last < REQUEST_MS) return;
    this.#event(node, "association request", {
      node: node.name,
      pan: panText(pan),
      device: deviceIdText(device),
      rssi,
    });
  }

  /** Anybody can send beacons in any number of names. */
  #event(node: RadioNode, kind: string, detail: Record<string, unknown>) {
    const time = this.#monotonic();
    let kinds = this.#told.get(node);
    if (kinds === undefined) this.#told.set(node, kinds = new Map());
    let told = kinds.get(kind);
    if (told === undefined || time - told.since >= MINUTE_MS) {
      const leftOut = told?.leftOut ?? 0;
      if (leftOut > 0) this.#rooms.event(node.name, `more: ${kind}`, { node: node.name, leftOut });
      kinds.set(kind, told = { since: time, count: 0, leftOut: 0 });
    }
    if (told.count >= MAX_EVENTS) {
      told.leftOut++;
      return;
    }
    told.count++;
    this.#rooms.event(node.name, kind, detail);
  }
}

function panText(pan: number): string {
  return `0x${pan.toString(16).padStart(4, "0")}`;
}

function remember<V>(map: Map<string, V>, key: string, value: V) {
  if (map.size >= MAX_REMEMBERED && !map.has(key)) map.delete(map.keys().next().value as string);
  map.set(key, value);
}

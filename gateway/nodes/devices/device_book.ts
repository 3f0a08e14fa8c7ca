/**
 * All devices by address and by name; bounded.
 *
 * @module
 */
import { deviceIdName, parseDeviceId } from "../../../traces/sensors/device_id.ts";
import type { DeviceId } from "../../../traces/sensors/sensor_decoder.ts";
import { SensorKey } from "../../../traces/sensors/sensor_packet.ts";
import type { WpanKey } from "../../../traces/flows/wpan.ts";
import type { ConfiguredDevice } from "../../config/schema.ts";
import type { Rooms } from "../../rooms/rooms.ts";
import { DeviceUpdates, type ReadingListener } from "./device_updates.ts";
import { KnownDevice } from "./known_device.ts";
import type { LivenessMonitor } from "../liveness/liveness_monitor.ts";

/** Devices that nobody configured; beyond that the one that was silent longest is forgotten. */
const MAX_STRANGERS = 5000;
/** Of the channels there may be, they take this part at most. */
const STRANGERS_PART = 0.5;
/** New ones at once, and then per second: whoever makes up addresses is not to push out the others. */
const NEW_AT_ONCE = 2000;
const NEW_PER_SECOND = 2;

export interface DeviceBookOptions {
  configured: readonly ConfiguredDevice[];
  /** Names of devices that the gateway connects to: no other gets one. */
  linked: ReadonlySet<string>;
  /** Channels that there may be in all. */
  maxChannels: number;
  rooms: Rooms;
  monitor: LivenessMonitor;
  onReading: ReadingListener | null;
  onForget: (name: string) => void;
}

export class DeviceBook {
  /** Keys of sensors by device. */
  readonly keys: Map<DeviceId, SensorKey> = new Map();
  /** Keys of the MAC layer of IEEE 802.15.4. */
  readonly wpanKeys: WpanKey[] = [];
  /** Last frame counter of those that have such a key; kept though the device is forgotten. */
  readonly frameCounters: Map<DeviceId, number> = new Map();
  readonly #frameKeys = new Set<DeviceId>();
  readonly #configured = new Set<DeviceId>();
  readonly #maxStrangers: number;
  #strangers = 0;
  #mayMeet = NEW_AT_ONCE;
  #metAt = performance.now();
  readonly #options: DeviceBookOptions;
  readonly #names = new Map<DeviceId, string>();
  /** Extended addresses by PAN and short address. */
  readonly #extended = new Map<DeviceId, DeviceId>();
  readonly #byId = new Map<DeviceId, KnownDevice>();
  readonly #byName = new Map<string, KnownDevice>();

  constructor(options: DeviceBookOptions) {
    this.#options = options;
    this.#maxStrangers = Math.min(
      MAX_STRANGERS,
      Math.ceil(options.maxChannels * STRANGERS_PART),
    );
    for (const { address, short, name, key } of options.configured) {
      const id = parseDeviceId(address);
      const shortId = parseDeviceId(short ?? "");
      if (id === undefined) continue;
      this.#configured.add(id);
      if (name !== undefined) this.#names.set(id, name);
      if (shortId !== undefined) this.#extended.set(shortId, id);
      if (key === undefined) continue;
      const bytes = Uint8Array.fromHex(key);
      if (typeof id === "number") this.keys.set(id, new SensorKey(bytes));
      else {
        this.wpanKeys.push(wpanKey(id, shortId, bytes));
        this.#frameKeys.add(id);
      }
    }
  }

  get size(): number {
    return this.#byId.size;
  }

  all(): Iterable<KnownDevice> {
    return this.#byId.values();
  }

  get(id: DeviceId): KnownDevice | undefined {
    return this.#byId.get(id);
  }

  /** The id under which a device is kept: an extended address rather than a short one. */
  resolve(id: DeviceId): DeviceId {
    return typeof id === "number" ? id : this.#extended.get(id) ?? id;
  }

  named(name: string): KnownDevice | undefined {
    return this.#byName.get(name);
  }

  /** Whether a device has this name, or the configuration gives it to one that was not heard yet. */
  isNamed(name: string): boolean {
    return this.#isTaken(name) || this.#names.values().some((given) => given === name);
  }

  #isTaken(name: string): boolean {
    return this.#byName.has(name) || this.#options.linked.has(name);
  }

  /** Whether frames of this device are only believed with an integrity code. */
  hasFrameKey(id: DeviceId): boolean {
    return this.#frameKeys.has(id);
  }

  /**
   * Makes a device that was not known.
   *
   * @param foreign its name, where it has no address
   * @returns `null` while too many new ones come
   */
  make(id: DeviceId, foreign?: string): KnownDevice | null {
    const { rooms, monitor, onReading } = this.#options;
    if (!this.#configured.has(id) && !this.#admit()) return null;
    const name = this.#freeName(foreign ?? this.#names.get(id) ?? deviceIdName(id), id);
    const updates = new DeviceUpdates(name, rooms, onReading);
    const known = new KnownDevice(id, name, updates, monitor.device(name), foreign !== undefined);
    this.#byId.set(id, known);
    this.#byName.set(name, known);
    return known;
  }

  #admit(): boolean {
    const time = performance.now();
    const since = (time - this.#metAt) / 1000;
    this.#metAt = time;
    this.#mayMeet = Math.min(NEW_AT_ONCE, this.#mayMeet + since * NEW_PER_SECOND);
    if (this.#mayMeet < 1) return false;
    this.#mayMeet--;
    if (this.#strangers >= this.#maxStrangers) this.#forgetOldest();
    this.#strangers++;
    return true;
  }

  /** A name that belongs to another device already gets its own address behind it. */
  #freeName(name: string, id: DeviceId): string {
    const plain = name.replaceAll(/[+#$\0]/g, "_");
    let free = plain;
    for (let i = 1; this.#isTaken(free); i++) {
      const address = deviceIdName(id).replaceAll(/[/+#$\0]/g, "_");
      free = i === 1 ? `${plain}-${address}` : `${plain}-${address}-${i}`;
    }
    return free;
  }

  /** Forgets a device until it is heard again. */
  forget(known: KnownDevice) {
    const { id, name } = known;
    if (this.#byId.get(id) !== known) return;
    this.#byId.delete(id);
    this.#byName.delete(name);
    if (!this.#configured.has(id)) this.#strangers--;
    known.updates.close();
    this.#options.monitor.forgetDevice(name);
    this.#options.onForget(name);
  }

  #forgetOldest() {
    let oldest: KnownDevice | undefined;
    for (const known of this.#byId.values()) {
      if (this.#configured.has(known.id)) continue;
      if (oldest === undefined || known.lastAt < oldest.lastAt) oldest = known;
    }
    if (oldest !== undefined) this.forget(oldest);
  }
}

function wpanKey(id: string, short: DeviceId | undefined, key: Uint8Array): WpanKey {
  const source = BigInt(`0x${id}`);
  if (typeof short !== "string") return { key, source };
  const [pan, address] = short.split("-").map((half) => parseInt(half, 16));
  return { key, source, pan: pan!, short: address! };
}

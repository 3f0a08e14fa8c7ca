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

/** Beyond so many the one that was silent longest is forgotten. */
const MAX_DEVICES = 10_000;

export interface DeviceBookOptions {
  configured: readonly ConfiguredDevice[];
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
  readonly #options: DeviceBookOptions;
  readonly #names = new Map<DeviceId, string>();
  /** Extended addresses by PAN and short address. */
  readonly #extended = new Map<DeviceId, DeviceId>();
  readonly #byId = new Map<DeviceId, KnownDevice>();
  readonly #byName = new Map<string, KnownDevice>();

  constructor(options: DeviceBookOptions) {
    this.#options = options;
    for (const { address, short, name, key } of options.configured) {
      const id = parseDeviceId(address);
      const shortId = parseDeviceId(short ?? "");
      if (id === undefined) continue;
      if (name !== undefined) this.#names.set(id, name);
      if (shortId !== undefined) this.#extended.set(shortId, id);
      if (key === undefined) continue;
      const bytes = Uint8Array.fromHex(key);
      if (typeof id === "number") this.keys.set(id, new SensorKey(bytes));
      else if (bytes.length === 16) this.wpanKeys.push(wpanKey(id, shortId, bytes));
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

  /** Makes a device that was not known. @param foreign its name, where it has no address */
  make(id: DeviceId, foreign?: string): KnownDevice {
    const { rooms, monitor, onReading } = this.#options;
    if (this.#byId.size >= MAX_DEVICES) this.#forgetOldest();
    const name = this.#freeName(foreign ?? this.#names.get(id) ?? deviceIdName(id), id);
    const updates = new DeviceUpdates(name, rooms, onReading);
    const known = new KnownDevice(id, name, updates, monitor.device(name), foreign !== undefined);
    this.#byId.set(id, known);
    this.#byName.set(name, known);
    return known;
  }

  /** A name that belongs to another address already gets its address behind it. */
  #freeName(name: string, id: DeviceId): string {
    const plain = name.replaceAll(/[+#$\0]/g, "_");
    return this.#byName.has(plain) ? `${plain}-${deviceIdName(id)}`.replaceAll("/", "_") : plain;
  }

  /** Forgets a device until it is heard again. @returns whether it was known */
  forget(name: string): boolean {
    const known = this.#byName.get(name);
    if (known === undefined) return false;
    this.#byName.delete(name);
    this.#byId.delete(known.id);
    known.updates.close();
    this.#options.monitor.forgetDevice(name);
    this.#options.onForget(name);
    return true;
  }

  #forgetOldest() {
    let oldest: KnownDevice | undefined;
    let at = Infinity;
    for (const known of this.#byId.values()) {
      const { lastAt } = known;
      if (lastAt < at) [oldest, at] = [known, lastAt];
    }
    if (oldest !== undefined) this.forget(oldest.name);
  }
}

function wpanKey(id: string, short: DeviceId | undefined, key: Uint8Array): WpanKey {
  const source = BigInt(`0x${id}`);
  if (typeof short !== "string") return { key, source };
  const [pan, address] = short.split("-").map((half) => parseInt(half, 16));
  return { key, source, pan: pan!, short: address! };
}

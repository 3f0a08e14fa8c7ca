/**
 * Topics of single properties, made of messages that have many.
 *
 * @module
 */
import type { DerivedTopic, Rooms } from "../../rooms/rooms.ts";
import type { KnownDevice } from "../devices/known_device.ts";
import type { PropertyTopic } from "./dialect.ts";
import type { ForeignDevices } from "./foreign_devices.ts";

const MAX_PROPERTIES = 50_000;

export interface Property {
  /** As it was told last: the same object means the same. */
  told: PropertyTopic;
  readonly device: KnownDevice;
  readonly derived: DerivedTopic;
  /** What was said of it, to see whether it is told otherwise now. */
  readonly described: string;
}

export class ForeignProperties {
  readonly #rooms: Rooms;
  readonly #devices: ForeignDevices;
  readonly #properties = new Map<string, Property>();

  constructor(rooms: Rooms, devices: ForeignDevices) {
    this.#rooms = rooms;
    this.#devices = devices;
  }

  /** The property, made or told anew where it is not known so; `null` when there are too many. */
  take(dialect: string, told: PropertyTopic): Property | null {
    const { topic, unit, control, command } = told;
    const device = this.#devices.take(dialect, told.device);
    if (device === null) return null;
    const known = this.#properties.get(topic);
    const isHis = known?.device === device;
    if (isHis && known.told === told) return known;
    const described = JSON.stringify([unit, control, command]);
    if (isHis && known.described === described) {
      known.told = told;
      return known;
    }
    // The device was forgotten, and may have another channel now.
    if (known !== undefined && !isHis) this.forget(topic);
    if (known === undefined && this.#properties.size >= MAX_PROPERTIES) return null;
    const { name } = device;
    const derived = this.#rooms.derive({
      topic,
      channel: name,
      device: name,
      ...(unit === undefined ? {} : { unit }),
      ...(control === undefined ? {} : { control }),
      ...(command === undefined ? {} : { command }),
    });
    const property = { told, device, derived, described };
    this.#properties.set(topic, property);
    return property;
  }

  forget(topic: string) {
    const known = this.#properties.get(topic);
    if (known === undefined) return;
    this.#properties.delete(topic);
    this.#rooms.underive(known.derived);
  }
}

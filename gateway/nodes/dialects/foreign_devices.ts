/**
 * Devices without an address: nodes of other dialects name them.
 *
 * @module
 */
import { parseDeviceId } from "../../../traces/sensors/device_id.ts";
import type { Rooms } from "../../rooms/rooms.ts";
import type { DeviceBook } from "../devices/device_book.ts";
import { readingTopic } from "../devices/device_updates.ts";
import type { KnownDevice } from "../devices/known_device.ts";
import type { NodeBook } from "../radio/node_book.ts";
import type { NamedDevice } from "./dialect.ts";

export interface ForeignDevicesOptions {
  rooms: Rooms;
  nodes: NodeBook;
  book: DeviceBook;
}

export class ForeignDevices {
  readonly #options: ForeignDevicesOptions;

  constructor(options: ForeignDevicesOptions) {
    this.#options = options;
  }

  /** The device, if it is known. */
  get(dialect: string, { path }: NamedDevice): KnownDevice | undefined {
    return this.#options.book.get(idOf(dialect, path));
  }

  /**
   * The device, made where it is not known; `null` while too many new ones come.
   *
   * Its channel has the name that its node gives it. Where that is another's channel already, it is
   * called by its path instead: nobody's values and controls get among another's.
   */
  take(dialect: string, device: NamedDevice): KnownDevice | null {
    const known = this.get(dialect, device);
    if (known !== undefined) return known;
    const { path } = device;
    const name = device.name.replaceAll(/[+#$\0]/g, "_");
    const other = path === device.name ? `${name} (${dialect})` : path;
    const channel = this.#isFree(name, path) ? name : other;
    const made = this.#options.book.make(idOf(dialect, path), channel);
    if (made !== null) made.dialect = dialect;
    return made;
  }

  #isFree(name: string, path: string): boolean {
    const { rooms, nodes, book } = this.#options;
    // Whoever has this address may be heard later.
    if (parseDeviceId(name) !== undefined || book.isNamed(name)) return false;
    if (nodes.get(name) !== undefined) return false;
    const room = rooms.get(name);
    if (room === undefined) return true;
    // It may be known from before.
    const [own, reading] = [`${path}/`, readingTopic(name, "")];
    return room.topics.keys().every((topic) => topic.startsWith(own) || topic.startsWith(reading));
  }
}

function idOf(dialect: string, path: string): string {
  return `${dialect}:${path}`;
}

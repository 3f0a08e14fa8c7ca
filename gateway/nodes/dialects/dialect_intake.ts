/**
 * What nodes of other dialects say, made updates.
 *
 * @module
 */
import { UNKNOWN_CHANNEL, UNKNOWN_RSSI } from "../../../traces/sensors/radio_envelope.ts";
import type { Rooms } from "../../rooms/rooms.ts";
import { Heard, type Said, Verdict } from "../devices/device.ts";
import type { DeviceBook } from "../devices/device_book.ts";
import type { Meaning, Origin } from "../devices/device_updates.ts";
import type { KnownDevice } from "../devices/known_device.ts";
import type { SensorIntake } from "../devices/sensor_intake.ts";
import type { KnownNode, NodeBook } from "../radio/node_book.ts";
import type { Hearing } from "../radio/hearing.ts";
import type {
  DialectSink,
  ForeignDevice,
  NamedDevice,
  NamedValue,
  PropertyTopic,
  Reception,
} from "./dialect.ts";
import { ForeignDevices } from "./foreign_devices.ts";
import { ForeignProperties } from "./foreign_properties.ts";

export interface DialectIntakeOptions {
  rooms: Rooms;
  nodes: NodeBook;
  book: DeviceBook;
  sensors: SensorIntake;
  onDevice: (device: KnownDevice) => void;
  onProblem: (node: string, text: string) => void;
}

/** A message about to be read. */
export interface ForeignMessage {
  readonly dialect: string;
  /** Of the message. */
  readonly id: string;
  /** It is a retained message that the broker repeats. */
  readonly replayed: boolean;
  /** When it came, ms of our monotonic clock. */
  readonly arrival: number;
  /** When it was published, as far as known: ms of our monotonic clock, and Unix ms. */
  readonly at: number;
  readonly time: number;
  /** MQTT client id, where known. */
  readonly client: string | undefined;
  /** The broker published it for the node; undefined: not known. */
  readonly will: boolean | undefined;
}

/** While we decode a device's packets ourselves, what others decoded of it is no news, ms. */
const OWN_DECODING_MS = 10_000;
const OWN_DECODING_INTERVALS = 3;
/** A time that a node says is believed if it is so long ago at most, ms. */
const MAX_DELAY_MS = 60_000;

interface Parts extends DialectIntakeOptions {
  devices: ForeignDevices;
  properties: ForeignProperties;
}

export class DialectIntake {
  readonly #parts: Parts;

  constructor(options: DialectIntakeOptions) {
    const devices = new ForeignDevices(options);
    const properties = new ForeignProperties(options.rooms, devices);
    this.#parts = { ...options, devices, properties };
  }

  /** What takes in what is read from a message. */
  sink(message: ForeignMessage): DialectSink {
    return new MessageSink(this.#parts, message);
  }
}

class MessageSink implements DialectSink {
  readonly #parts: Parts;
  readonly #message: ForeignMessage;

  constructor(parts: Parts, message: ForeignMessage) {
    this.#parts = parts;
    this.#message = message;
  }

  node(
    path: string,
    { state, details, version }: {
      readonly state?: "online" | "offline";
      readonly details?: Readonly<Record<string, string | number | boolean>>;
      readonly version?: string;
    },
  ) {
    const node = this.#node(path);
    if (node === null) return;
    if (details !== undefined) node.details = { ...node.details, ...details };
    if (version !== undefined) node.version = version;
    const { replayed, arrival, client, will } = this.#message;
    if (state !== undefined) node.live.status({ state, replayed, will }, arrival, client);
    else if (!replayed) node.live.heard(arrival, client);
  }

  advertisement(path: string, address: number, data: Uint8Array, rssi: number, time: number) {
    const node = this.#frame(path);
    if (node === null) return;
    const hearing: Hearing = {
      node,
      message: this.#message.id,
      record: -1,
      at: this.#heardAt(time),
      time: this.#message.time,
      rssi: signal(rssi),
      channel: UNKNOWN_CHANNEL,
    };
    this.#parts.sensors.advertisement(hearing, address, data, 0, data.length);
  }

  values(
    path: string,
    said: ForeignDevice,
    values: readonly NamedValue[],
    reception: Reception,
  ) {
    const from = this.#frame(path);
    if (from === null) return;
    const device = this.#device(said, values);
    if (device === null) return;
    const at = this.#heardAt(reception.time);
    const own = Math.max(OWN_DECODING_MS, OWN_DECODING_INTERVALS * device.device.interval || 0);
    if (at - device.acceptedAt < own) {
      device.device.heardToo(device.device.receiver(from.name), at, signal(reception.rssi));
      device.live.heard(from.live, at, device.irregular, true);
      return;
    }
    if (at > device.lastAt) device.lastAt = at;
    if (this.#merge(device, from, values, reception, at)) {
      this.#update(device, from, values, reception.rssi);
    }
  }

  /** Counts what a node decoded for its receiver. @returns whether it is news */
  #merge(
    { device, live, irregular }: KnownDevice,
    from: KnownNode,
    values: readonly NamedValue[],
    { rssi, sequence, sequenceModulus }: Reception,
    at: number,
  ): boolean {
    const content = JSON.stringify([sequence, values.map(({ name, value }) => [name, value])]);
    const bytes = new TextEncoder().encode(content);
    const receiver = device.receiver(from.name);
    const heard = device.hear(receiver, bytes, 0, bytes.length, at, signal(rssi));
    live.heard(from.live, at, irregular, heard === Heard.Copy);
    if (heard !== Heard.Unknown) return false;
    // Nodes of all dialects tell the same numbers of a device.
    const format = `modulo ${sequenceModulus}`;
    const said: Said = { format, sequence, sequenceModulus, stale: false };
    return device.judge(device.content, receiver, said, false, at, signal(rssi)) === Verdict.New;
  }

  /** A device is made for values, not for a mere sighting; `null`: there is none. */
  #device(said: ForeignDevice, values: readonly NamedValue[]): KnownDevice | null {
    const { book, devices, onDevice } = this.#parts;
    const { dialect } = this.#message;
    const { address, name, model, localName } = said;
    const named = { path: name, name };
    let device = (address >= 0 ? book.get(address) : devices.get(dialect, named)) ?? null;
    if (device === null && values.length > 0) {
      device = address >= 0 ? book.make(address) : devices.take(dialect, named);
    }
    if (device === null) return null;
    const news = model !== undefined && model !== device.model ||
      localName !== undefined && localName !== device.localName;
    if (model !== undefined) device.model = model;
    if (localName !== undefined) device.localName = localName;
    device.dialect = dialect;
    if (news) onDevice(device);
    return device;
  }

  #update(
    device: KnownDevice,
    { name: node, member }: KnownNode,
    values: readonly NamedValue[],
    rssi: number,
  ) {
    const origin: Origin = {
      node,
      nodeMember: member,
      id: this.#message.id,
      time: this.#message.time,
    };
    for (const { name, value, unit, quantity } of values) {
      if (value === null) continue;
      const meaning: Meaning = { kind: kindOf(value), unit, quantity, diagnostic: false };
      device.updates.value(name, value, meaning, origin);
    }
    if (!Number.isNaN(rssi)) device.updates.rssi(rssi, origin);
  }

  property(path: string, topic: PropertyTopic, json: string) {
    const from = this.#node(path);
    if (from === null) return;
    const { dialect, id, replayed, arrival, at, time, client } = this.#message;
    const property = this.#parts.properties.take(dialect, topic);
    if (property === null) return;
    if (!replayed) {
      const { device } = property;
      from.live.heard(arrival, client);
      device.lastAt = at;
      // Zigbee2MQTT's devices speak when they like; it watches over them itself.
      device.irregular = true;
      device.live.heard(from.live, at, true);
    }
    this.#parts.rooms.put(property.derived, json, from.member, id, time, replayed);
  }

  describe(topic: PropertyTopic) {
    this.#parts.properties.take(this.#message.dialect, topic);
  }

  undescribe(topic: string) {
    this.#parts.properties.forget(topic);
  }

  device(_path: string, named: NamedDevice, model: string | undefined) {
    const device = this.#parts.devices.take(this.#message.dialect, named);
    if (device === null || model === undefined || model === device.model) return;
    device.model = model;
    this.#parts.onDevice(device);
  }

  gone(named: NamedDevice) {
    const device = this.#parts.devices.get(this.#message.dialect, named);
    if (device !== undefined) this.#parts.book.forget(device);
  }

  availability(path: string, named: NamedDevice, online: boolean) {
    const node = this.#node(path);
    const device = this.#parts.devices.get(this.#message.dialect, named);
    if (node === null || device === undefined) return;
    device.live.availability(online, this.#message.at, node.live);
  }

  malformed(path: string, text: string) {
    const node = this.#node(path);
    if (node === null) return;
    node.malformed++;
    this.#parts.onProblem(node.name, text);
  }

  #node(path: string): KnownNode | null {
    return this.#parts.nodes.foreign(path, this.#message.dialect);
  }

  /** The node that heard a device now; `null`: nobody did, or not now. */
  #frame(path: string): KnownNode | null {
    const node = this.#node(path);
    const { replayed, arrival, client } = this.#message;
    if (node === null || replayed) return null;
    node.frames++;
    node.live.frames(arrival, client);
    return node;
  }

  /**
   * When a device was heard, ms of our monotonic clock: what the node says, if that can be, else
   * when its message came.
   */
  #heardAt(time: number): number {
    const { at, time: published } = this.#message;
    const delay = published - time;
    if (!(delay >= 0 && delay <= MAX_DELAY_MS)) return at;
    // Whole seconds say that it was heard within that second.
    return at - (time % 1000 === 0 ? Math.max(0, delay - 1000) : delay);
  }
}

/** dBm as receivers have it. */
function signal(rssi: number): number {
  return Number.isNaN(rssi) ? UNKNOWN_RSSI : rssi;
}

function kindOf(value: number | boolean | string): Meaning["kind"] {
  if (typeof value === "number") return "number";
  return typeof value === "boolean" ? "binary" : "text";
}

/**
 * What nodes of other dialects say, made updates.
 *
 * @module
 */
import { UNKNOWN_RSSI } from "../../../traces/sensors/radio_envelope.ts";
import type { DeviceId } from "../../../traces/sensors/sensor_decoder.ts";
import { now } from "../../clock.ts";
import type { DerivedTopic, Rooms } from "../../rooms/rooms.ts";
import { Repeat } from "../devices/device.ts";
import type { DeviceBook } from "../devices/device_book.ts";
import type { Meaning, Origin } from "../devices/device_updates.ts";
import type { DialectSink, ForeignDevice, NamedValue, PropertyTopic } from "./dialect.ts";
import type { KnownDevice } from "../devices/known_device.ts";
import type { LivenessMonitor } from "../liveness/liveness_monitor.ts";
import type { KnownNode, NodeBook } from "../radio/node_book.ts";
import type { Hearing } from "../radio/radio_intake.ts";
import type { SensorIntake } from "../devices/sensor_intake.ts";

export interface DialectIntakeOptions {
  rooms: Rooms;
  nodes: NodeBook;
  book: DeviceBook;
  monitor: LivenessMonitor;
  sensors: SensorIntake;
  onDevice: (device: KnownDevice) => void;
  onProblem: (node: string, text: string) => void;
}

interface Property {
  /** As it was told last: the same object means the same. */
  told: PropertyTopic;
  derived: DerivedTopic;
  /** What was said of it, to see whether it is told otherwise now. */
  described: string;
}

const MAX_PROPERTIES = 50_000;
/** While we decode a device's packets ourselves, what others decoded of it is no news, ms. */
const OWN_DECODING_MS = 10_000;
const OWN_DECODING_INTERVALS = 3;

export class DialectIntake implements DialectSink {
  readonly #options: DialectIntakeOptions;
  readonly #properties = new Map<string, Property>();
  readonly #utf8 = new TextEncoder();
  /** Of the message being read. */
  #dialect = "";
  #id = "";
  #replayed = false;
  #arrival = 0;
  #client: string | undefined;

  constructor(options: DialectIntakeOptions) {
    this.#options = options;
  }

  /**
   * Begins a message; its reader then calls the methods of the sink.
   *
   * @param arrival ms of our monotonic clock
   */
  begin(dialect: string, id: string, replayed: boolean, arrival: number, client?: string): this {
    this.#dialect = dialect;
    this.#id = id;
    this.#replayed = replayed;
    this.#arrival = arrival;
    this.#client = client;
    return this;
  }

  node(
    name: string,
    { state, details, version }: {
      readonly state?: "online" | "offline";
      readonly details?: Readonly<Record<string, string | number | boolean>>;
      readonly version?: string;
    },
  ) {
    const node = this.#node(name);
    if (node === null) return;
    if (details !== undefined) node.details = { ...node.details, ...details };
    if (version !== undefined) node.version = version;
    if (state === undefined) {
      if (!this.#replayed) node.live.heard(this.#arrival, this.#client);
    } else node.live.status({ state, replayed: this.#replayed }, this.#arrival, this.#client);
  }

  advertisement(node: string, address: number, data: Uint8Array, rssi: number) {
    const from = this.#node(node);
    if (from === null || this.#replayed) return;
    from.frames++;
    from.live.frames(this.#arrival, this.#client);
    const hearing: Hearing = {
      node: from,
      at: this.#arrival,
      rssi: Number.isNaN(rssi) ? UNKNOWN_RSSI : rssi,
    };
    this.#options.sensors.advertisement(hearing, address, data, 0, data.length);
  }

  values(
    node: string,
    device: ForeignDevice,
    values: readonly NamedValue[],
    rssi: number,
    _time: number,
    sequence: number,
  ) {
    const from = this.#node(node);
    if (from === null || this.#replayed) return;
    from.frames++;
    from.live.frames(this.#arrival, this.#client);
    const known = this.#device(device, values);
    if (known === undefined) return;
    const at = this.#arrival;
    const receiver = known.device.receiver(from.name);
    const own = Math.max(OWN_DECODING_MS, OWN_DECODING_INTERVALS * known.device.interval || 0);
    if (at - known.acceptedAt < own) {
      known.device.heardToo(receiver, at);
      receiver.signal(Number.isNaN(rssi) ? UNKNOWN_RSSI : rssi, at);
      known.live.heard(from.live, at, known.irregular, true);
      return;
    }
    const said = this.#utf8.encode(
      JSON.stringify([sequence, values.map(({ name, value }) => [name, value])]),
    );
    const repeat = known.device.repeats(receiver, said, 0, said.length, at);
    receiver.signal(Number.isNaN(rssi) ? UNKNOWN_RSSI : rssi, at);
    known.lastAt = at;
    known.live.heard(from.live, at, known.irregular, repeat === Repeat.Copy);
    if (repeat !== Repeat.No) return;
    known.device.settle(receiver, this.#dialect, -1, 0, false, at);
    this.#update(known, from, values, rssi);
  }

  /** A device is made for values, not for a mere sighting. */
  #device(device: ForeignDevice, values: readonly NamedValue[]): KnownDevice | undefined {
    const { book } = this.#options;
    const { address, name, model, localName } = device;
    const id: DeviceId = address >= 0 ? address : `${this.#dialect}:${name}`;
    let known = book.get(id);
    if (known === undefined) {
      if (values.length === 0) return undefined;
      known = address >= 0 ? book.make(id) : book.make(id, name.replaceAll(/[+#$\0]/g, "_"));
    }
    const news = model !== undefined && model !== known.model ||
      localName !== undefined && localName !== known.localName;
    if (model !== undefined) known.model = model;
    if (localName !== undefined) known.localName = localName;
    known.dialect = this.#dialect;
    if (news) this.#options.onDevice(known);
    return known;
  }

  #update(
    known: KnownDevice,
    from: KnownNode,
    values: readonly NamedValue[],
    rssi: number,
  ) {
    const origin: Origin = {
      node: from.name,
      nodeMember: from.member,
      id: this.#id,
      time: now(),
    };
    for (const { name, value, unit, quantity } of values) {
      if (value === null) continue;
      const kind = typeof value === "number"
        ? "number"
        : typeof value === "boolean"
        ? "binary"
        : "text";
      const meaning: Meaning = { kind, unit, quantity, diagnostic: false };
      known.updates.value(name, value, meaning, origin);
    }
    if (Number.isNaN(rssi)) return;
    known.updates.value("rssi", rssi, {
      kind: "number",
      unit: "dBm",
      quantity: "signal_strength",
      diagnostic: false,
    }, origin);
  }

  property(node: string, topic: PropertyTopic, json: string) {
    const from = this.#node(node);
    if (from === null) return;
    const property = this.#property(topic);
    if (property === undefined) return;
    const at = this.#arrival;
    if (!this.#replayed) {
      from.live.heard(at, this.#client);
      const known = this.#named(topic.device);
      known.lastAt = at;
      // Zigbee2MQTT's devices speak when they like; it watches over them itself.
      known.irregular = true;
      known.live.heard(from.live, at, true);
    }
    const { rooms } = this.#options;
    rooms.put(property.derived, json, from.member, this.#id, now(), this.#replayed);
  }

  #named(name: string): KnownDevice {
    const id = `${this.#dialect}:${name}`;
    const { book } = this.#options;
    const known = book.get(id);
    if (known !== undefined) return known;
    const made = book.make(id, name);
    made.dialect = this.#dialect;
    return made;
  }

  describe(topic: PropertyTopic) {
    this.#property(topic);
  }

  #property(topic: PropertyTopic): Property | undefined {
    const known = this.#properties.get(topic.topic);
    if (known?.told === topic) return known;
    const { unit, control, command } = topic;
    const described = JSON.stringify([unit, control, command]);
    if (known?.described === described) {
      known.told = topic;
      return known;
    }
    if (known === undefined && this.#properties.size >= MAX_PROPERTIES) return undefined;
    const property = { told: topic, derived: this.#options.rooms.derive(topic), described };
    this.#properties.set(topic.topic, property);
    return property;
  }

  undescribe(topic: string) {
    const known = this.#properties.get(topic);
    if (known === undefined) return;
    this.#properties.delete(topic);
    this.#options.rooms.underive(known.derived);
  }

  device(_node: string, device: string, model: string | undefined) {
    const known = this.#named(device);
    if (model === undefined || model === known.model) return;
    known.model = model;
    this.#options.onDevice(known);
  }

  gone(device: string) {
    const { book } = this.#options;
    if (book.get(`${this.#dialect}:${device}`) !== undefined) book.forget(device);
  }

  availability(node: string, device: string, online: boolean) {
    if (this.#node(node) === null) return;
    this.#options.monitor.device(device).availability(online, this.#arrival);
  }

  malformed(node: string, text: string) {
    const from = this.#node(node);
    if (from !== null) from.malformed++;
    this.#options.onProblem(node, text);
  }

  #node(name: string): KnownNode | null {
    return this.#options.nodes.node(name, this.#dialect);
  }
}

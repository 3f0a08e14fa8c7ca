/**
 * Announces decoded devices to Home Assistant by its MQTT discovery, in the device form
 * `<prefix>/device/<object id>/config` (home-assistant.io/integrations/mqtt, "Device discovery
 * payload").
 *
 * Announcements and availability are retained: Home Assistant may start later than we, and asks for
 * neither. Both are withdrawn with an empty retained message when a device is forgotten.
 *
 * @module
 */
import {
  type Component,
  componentConfig,
  learnEvent,
  makeComponent,
} from "./home_assistant_component.ts";
import { type Publish, type PublishedReading, READINGS } from "./readings_publisher.ts";
import type { LiveState } from "../answers.ts";

export interface HomeAssistantOptions {
  publish: Publish;
  /** Publishes a reading once more, for a Home Assistant that has only just subscribed. */
  repeat: (reading: PublishedReading) => void;
  /** First levels of discovery topics. */
  prefix: string;
  /** Of this program. */
  version: string;
  /** Where a retained "online" or "offline" says whether this gateway lives; absent: nobody says. */
  gatewayTopic?: string;
  /** A device is announced when nothing new was learned of it for so long, ms. @default 1000 */
  settleMs?: number;
  /** Longest random wait before everything is announced again, ms. @default 5000 */
  birthMs?: number;
  /** How long Home Assistant gets to subscribe before readings are repeated, ms. @default 2000 */
  repeatMs?: number;
}

/** What is known of a device beside its readings. */
export interface DeviceFacts {
  /** As shown: `A4:C1:38:8D:18:B2`. */
  address?: string | undefined;
  model?: string | undefined;
  localName?: string | undefined;
}

/** What became of announcing. */
export interface HomeAssistantCounters {
  announced: number;
  withdrawn: number;
  failed: number;
}

interface Known {
  readonly name: string;
  readonly id: string;
  facts: DeviceFacts;
  readonly components: Map<string, Component>;
  available: boolean;
  /** Home Assistant has been told of it. */
  announced: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
  repeatTimer: ReturnType<typeof setTimeout> | undefined;
  /** When the first change that is not announced yet was learned, ms; 0: there is none. */
  changedAt: number;
}

const MAX_COMPONENTS = 200;
/** A device that keeps changing is announced after so many times the settling time. */
const LONGEST_SETTLING = 10;
const EMPTY = new Uint8Array(0);
const utf8 = new TextEncoder();

/** Runs until `close()`. */
export class HomeAssistant {
  readonly counters: HomeAssistantCounters = { announced: 0, withdrawn: 0, failed: 0 };
  readonly #options: Required<Omit<HomeAssistantOptions, "gatewayTopic">>;
  readonly #gatewayTopic: string | undefined;
  readonly #statusTopic: string;
  readonly #devices = new Map<string, Known>();
  #birthTimer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor({ gatewayTopic, ...options }: HomeAssistantOptions) {
    this.#options = { settleMs: 1000, birthMs: 5000, repeatMs: 2000, ...options };
    this.#gatewayTopic = gatewayTopic;
    this.#statusTopic = `${options.prefix}/status`;
  }

  /** Learns what a device says. Never throws. */
  reading(reading: PublishedReading) {
    const known = this.#devices.get(reading.device) ?? this.#meet(reading.device);
    let component = known.components.get(reading.name);
    if (component?.unit !== reading.unit || component.kind !== reading.kind) {
      if (component === undefined && known.components.size >= MAX_COMPONENTS) return;
      const topic = `${READINGS}${known.name}/${reading.name}`;
      component = makeComponent(reading, known.id, topic);
      known.components.set(reading.name, component);
      this.#changed(known);
    }
    if (reading.kind !== "event") component.last = reading;
    else if (learnEvent(component, reading)) this.#changed(known);
  }

  #meet(name: string): Known {
    const known: Known = {
      name,
      id: `edgewire_${idOf(name)}`,
      facts: {},
      components: new Map(),
      available: true,
      announced: false,
      timer: undefined,
      repeatTimer: undefined,
      changedAt: 0,
    };
    this.#devices.set(name, known);
    return known;
  }

  /** What is known of a device is new. */
  device(name: string, { address, model, localName }: DeviceFacts) {
    const known = this.#devices.get(name) ?? this.#meet(name);
    known.facts = { address, model, localName };
    this.#changed(known);
  }

  /** Says whether a device is there; one that is late still counts as there. */
  liveness(device: string, state: LiveState) {
    const known = this.#devices.get(device);
    if (known === undefined) return;
    const available = state !== "lost";
    if (known.available === available) return;
    known.available = available;
    if (known.announced) this.#sendAvailability(known);
  }

  /** Hears whether Home Assistant has started. */
  take(topic: string, payload: Uint8Array) {
    if (topic !== this.#statusTopic || this.#closed) return;
    if (new TextDecoder().decode(payload) !== "online") return;
    clearTimeout(this.#birthTimer);
    // Everybody hears of its start at once; Home Assistant asks not to answer all at once.
    const wait = Math.random() * this.#options.birthMs;
    this.#birthTimer = setTimeout(() => this.#announceAll(), wait);
  }

  /** The broker is there (again); it may have lost what it retained. */
  connected() {
    if (this.#closed) return;
    if (this.#gatewayTopic !== undefined) this.#send(this.#gatewayTopic, utf8.encode("online"));
    this.#announceAll();
  }

  #announceAll() {
    for (const known of this.#devices.values()) {
      if (known.timer === undefined) this.#announce(known);
    }
  }

  /** Announces it when things have settled. */
  #changed(known: Known) {
    if (this.#closed) return;
    const { settleMs } = this.#options;
    const now = performance.now();
    if (known.timer === undefined) known.changedAt = now;
    else if (now - known.changedAt > LONGEST_SETTLING * settleMs) return;
    clearTimeout(known.timer);
    known.timer = setTimeout(() => {
      known.timer = undefined;
      this.#announce(known);
    }, settleMs);
  }

  #announce(known: Known) {
    // Phones and tags that say no more than who they are come and go, with new addresses.
    if (![...known.components.values()].some(({ telling }) => telling)) return;
    known.announced = true;
    this.counters.announced++;
    this.#sendAvailability(known);
    this.#send(this.#configTopic(known), utf8.encode(JSON.stringify(this.#config(known))));
    for (const component of known.components.values()) component.announced = component.last;
    clearTimeout(known.repeatTimer);
    known.repeatTimer = setTimeout(() => this.#repeat(known), this.#options.repeatMs);
  }

  /**
   * What was not said again meanwhile is repeated: some values are told only when they change, and
   * would be unknown there for days.
   */
  #repeat({ components }: Known) {
    for (const { last, announced } of components.values()) {
      if (last !== null && last === announced) this.#options.repeat(last);
    }
  }

  #configTopic({ id }: Known): string {
    return `${this.#options.prefix}/device/${id}/config`;
  }

  #availabilityTopic({ name }: Known): string {
    return `${READINGS}${name}/availability`;
  }

  #config(known: Known) {
    const { id, facts: { address, model }, components } = known;
    const topic = this.#availabilityTopic(known);
    const gateway = this.#gatewayTopic;
    return {
      dev: {
        ids: [id],
        name: shownName(known),
        ...(model === undefined ? {} : { mdl: model }),
        ...(isBluetooth(address) ? { cns: [["bluetooth", address]] } : {}),
      },
      o: { name: "Edgewire", sw: this.#options.version },
      ...(gateway === undefined
        ? { avty_t: topic }
        : { avty: [{ t: topic }, { t: gateway }], avty_mode: "all" }),
      cmps: Object.fromEntries(
        [...components].map(([name, component]) => [name, componentConfig(component)]),
      ),
    };
  }

  #sendAvailability(known: Known) {
    const said = utf8.encode(known.available ? "online" : "offline");
    this.#send(this.#availabilityTopic(known), said);
  }

  /** What fails is sent again when the broker is back. */
  async #send(topic: string, payload: Uint8Array) {
    try {
      await this.#options.publish(topic, payload, { retain: true, qos: 1 });
    } catch {
      this.counters.failed++;
    }
  }

  /** Takes a device out of Home Assistant, until it is heard again. */
  forget(device: string) {
    const known = this.#devices.get(device);
    if (known === undefined) return;
    this.#devices.delete(device);
    clearTimeout(known.timer);
    clearTimeout(known.repeatTimer);
    if (!known.announced) return;
    this.counters.withdrawn++;
    this.#send(this.#configTopic(known), EMPTY);
    this.#send(this.#availabilityTopic(known), EMPTY);
  }

  /** Stops; says that the gateway is gone, so that nobody takes old values for new ones. */
  async close() {
    this.#closed = true;
    clearTimeout(this.#birthTimer);
    for (const { timer, repeatTimer } of this.#devices.values()) {
      clearTimeout(timer);
      clearTimeout(repeatTimer);
    }
    if (this.#gatewayTopic !== undefined) {
      await this.#send(this.#gatewayTopic, utf8.encode("offline"));
    }
  }
}

/** A device without a name of its own is shown by what it calls itself, or its model. */
function shownName({ name, facts: { address, model, localName } }: Known): string {
  if (address === undefined || name !== address.replaceAll(":", "")) return name;
  const end = name.slice(-4);
  if (localName !== undefined) return localName.endsWith(end) ? localName : `${localName} ${end}`;
  return model === undefined ? address : `${model} ${end}`;
}

function isBluetooth(address: string | undefined): address is string {
  return address !== undefined && /^(?:[0-9A-F]{2}:){5}[0-9A-F]{2}$/.test(address);
}

/**
 * A name in the letters that ids may have, `[a-zA-Z0-9_-]`: others become `_` and their UTF-8 bytes
 * in hexadecimal, and `_` two of it, so that no two names have the same id.
 */
export function idOf(name: string): string {
  let id = "";
  for (const byte of utf8.encode(name)) {
    const letter = String.fromCharCode(byte);
    if (/[a-zA-Z0-9-]/.test(letter)) id += letter;
    else id += letter === "_" ? "__" : `_${byte.toString(16).padStart(2, "0")}`;
  }
  return id;
}

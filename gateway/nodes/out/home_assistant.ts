/**
 * Announces decoded devices to Home Assistant by its MQTT discovery, in the device form
 * `<prefix>/device/<object id>/config` (home-assistant.io/integrations/mqtt, "Device discovery
 * payload").
 *
 * Announcements and availability are retained: Home Assistant may start later than we, and asks for
 * neither. Both are withdrawn with an empty retained message when a device is forgotten.
 *
 * What is retained stays at the broker for good, and anybody can send packets in any number of
 * names. So a device that nobody configured has to be heard for a while first.
 *
 * @module
 */
import { learnEvent, makeComponent } from "./home_assistant_component.ts";
import { HomeDevice } from "./home_assistant_device.ts";
import type { DeviceFacts } from "./home_assistant_names.ts";
import type { Publish, PublishedReading } from "./readings_publisher.ts";
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
  /** Whether the configuration names this device: it is announced at once. @default none */
  configured?: (device: string) => boolean;
  /** Others are announced when they were heard over so long, ms... @default 120000 */
  steadyMs?: number;
  /** ... and with new content so many times. @default 5 */
  steadyPackets?: number;
  /** Devices announced at a time. @default 1000 */
  maxDevices?: number;
}

/** What became of announcing. */
export interface HomeAssistantCounters {
  announced: number;
  withdrawn: number;
  failed: number;
  /** Times that a device was not announced because there were too many. */
  overLimit: number;
}

const MAX_COMPONENTS = 200;
/** A device that keeps changing is announced after so many times the settling time. */
const LONGEST_SETTLING = 10;
const EMPTY = new Uint8Array(0);
const utf8 = new TextEncoder();

/** Runs until `close()`. */
export class HomeAssistant {
  readonly counters: HomeAssistantCounters = {
    announced: 0,
    withdrawn: 0,
    failed: 0,
    overLimit: 0,
  };
  readonly #options: Required<Omit<HomeAssistantOptions, "gatewayTopic">>;
  readonly #gatewayTopic: string | undefined;
  readonly #statusTopic: string;
  readonly #devices = new Map<string, HomeDevice>();
  /** Of those, how many are announced. */
  #announced = 0;
  #birthTimer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor({ gatewayTopic, ...options }: HomeAssistantOptions) {
    this.#options = {
      settleMs: 1000,
      birthMs: 5000,
      repeatMs: 2000,
      configured: () => false,
      steadyMs: 120_000,
      steadyPackets: 5,
      maxDevices: 1000,
      ...options,
    };
    this.#gatewayTopic = gatewayTopic;
    this.#statusTopic = `${options.prefix}/status`;
  }

  /** Learns what a device says. Never throws. */
  reading(reading: PublishedReading) {
    const known = this.#devices.get(reading.device) ?? this.#meet(reading.device);
    const { steadyMs, steadyPackets } = this.#options;
    if (!known.steady && known.hears(reading.time, steadyMs, steadyPackets)) this.#changed(known);
    let component = known.components.get(reading.name);
    if (component?.unit !== reading.unit || component.kind !== reading.kind) {
      if (component === undefined && known.components.size >= MAX_COMPONENTS) return;
      component = makeComponent(reading, known.id);
      known.components.set(reading.name, component);
      this.#changed(known);
    }
    if (reading.kind !== "event") component.last = reading;
    else if (learnEvent(component, reading)) this.#changed(known);
  }

  #meet(name: string): HomeDevice {
    const known = new HomeDevice(name, this.#options.configured(name));
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
  #changed(known: HomeDevice) {
    if (this.#closed || !known.steady) return;
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

  #announce(known: HomeDevice) {
    if (!known.announced && !this.#mayAnnounce(known)) return;
    this.counters.announced++;
    this.#sendAvailability(known);
    const config = known.config(this.#options.version, this.#gatewayTopic);
    this.#send(this.#configTopic(known), utf8.encode(JSON.stringify(config)));
    for (const component of known.components.values()) component.announced = component.last;
    clearTimeout(known.repeatTimer);
    known.repeatTimer = setTimeout(() => this.#repeat(known), this.#options.repeatMs);
  }

  #mayAnnounce(known: HomeDevice): boolean {
    if (!known.steady || !known.isTelling) return false;
    if (this.#announced >= this.#options.maxDevices) {
      this.counters.overLimit++;
      return false;
    }
    this.#announced++;
    known.announced = true;
    return true;
  }

  /**
   * What was not said again meanwhile is repeated: some values are told only when they change, and
   * would be unknown there for days.
   */
  #repeat({ components }: HomeDevice) {
    for (const { last, announced } of components.values()) {
      if (last !== null && last === announced) this.#options.repeat(last);
    }
  }

  #configTopic({ id }: HomeDevice): string {
    return `${this.#options.prefix}/device/${id}/config`;
  }

  #sendAvailability(known: HomeDevice) {
    const said = utf8.encode(known.available ? "online" : "offline");
    this.#send(known.availabilityTopic, said);
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
    this.#send(known.availabilityTopic, EMPTY);
    if (this.#announced-- >= this.#options.maxDevices) this.#announceNext();
  }

  /** There is room for one that had none. */
  #announceNext() {
    for (const known of this.#devices.values()) {
      if (known.announced || !known.steady || !known.isTelling) continue;
      this.#changed(known);
      return;
    }
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

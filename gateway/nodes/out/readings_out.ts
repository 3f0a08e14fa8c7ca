/**
 * What goes back out again of what was decoded: readings for other MQTT clients, devices for Home
 * Assistant; each where the configuration wants it.
 *
 * @module
 */
import type { Broker } from "../../broker/broker.ts";
import type { Config } from "../../config/schema.ts";
import type { ReadingListener } from "../devices/device_updates.ts";
import { HomeAssistant, type HomeAssistantCounters } from "./home_assistant.ts";
import { idOf } from "./home_assistant_names.ts";
import type { KnownDevice } from "../devices/known_device.ts";
import { deviceIdName, deviceIdText, parseDeviceId } from "../../../traces/sensors/device_id.ts";
import type { LivenessChange } from "../liveness/liveness_monitor.ts";
import { type PublishedReading, ReadingsPublisher } from "./readings_publisher.ts";

export interface ReadingsOutOptions {
  config: Config;
  /** The broker, when there is one. */
  broker: () => Pick<Broker, "publish" | "hears">;
  /** Of this program. */
  version: string;
  /** Our client id at an external broker. */
  clientId: string;
  log: (line: string) => void;
}

/** Ends with `close()`. */
export class ReadingsOut {
  /** Hears of every update made of a reading; `null`: nothing goes out. */
  readonly onReading: ReadingListener | null;
  /** Where the external broker is to say that we are gone; absent: nobody needs to know. */
  readonly willTopic: string | undefined;
  readonly #publisher: ReadingsPublisher;
  readonly #home: HomeAssistant | null;

  constructor({ config, broker, version, clientId, log }: ReadingsOutOptions) {
    const { broker: { url }, readings: { publish: wanted }, homeAssistant } = config;
    // Home Assistant gets its values from what is published.
    const auto = url === undefined || homeAssistant.discovery;
    const on = wanted === "on" || wanted === "auto" && auto;
    const publish: Broker["publish"] = (...message) => broker().publish(...message);
    this.#publisher = new ReadingsPublisher({ publish, hears: (topic) => broker().hears(topic) });
    const discovery = on && homeAssistant.discovery;
    if (homeAssistant.discovery && !on) {
      log("homeAssistant.discovery has no effect: readings.publish is off");
    }
    if (discovery && url !== undefined) {
      this.willTopic = `edgewire/v1/gateways/${idOf(clientId)}/state`;
    }
    this.#home = !discovery ? null : new HomeAssistant({
      publish,
      repeat: (reading) => this.#publisher.reading(reading),
      prefix: homeAssistant.prefix,
      version,
      configured: configuredNames(config),
      ...(this.willTopic === undefined ? {} : { gatewayTopic: this.willTopic }),
    });
    this.onReading = on ? this.#listener() : null;
  }

  #listener(): ReadingListener {
    const publisher = this.#publisher;
    const home = this.#home;
    if (home === null) return (reading) => publisher.reading(reading);
    return (reading: PublishedReading) => {
      publisher.reading(reading);
      home.reading(reading);
    };
  }

  /** What became of readings that somebody hears. */
  get counters(): ReadingsPublisher["counters"] {
    return this.#publisher.counters;
  }

  /** What became of announcing devices to Home Assistant. */
  get announcements(): HomeAssistantCounters {
    return this.#home?.counters ?? { announced: 0, withdrawn: 0, failed: 0, overLimit: 0 };
  }

  /** What is known of a device is new. */
  device({ name, id, model, localName }: KnownDevice) {
    // Devices without an address have a dialect and a name as id.
    const address = typeof id === "string" && id.includes(":") ? undefined : deviceIdText(id);
    this.#home?.device(name, { address, model, localName });
  }

  liveness({ kind, name, now: { state } }: LivenessChange) {
    if (kind === "device") this.#home?.liveness(name, state);
  }

  forget(device: string) {
    this.#home?.forget(device);
  }

  /** Hears every message. */
  take(topic: string, payload: Uint8Array) {
    this.#home?.take(topic, payload);
  }

  /** The broker came. */
  connected() {
    this.#home?.connected();
  }

  /** Says goodbye while the broker is still there. */
  async close() {
    await this.#home?.close();
  }
}

/** Whether a device has a name that the configuration gives, or the address that it names. */
function configuredNames({ devices }: Config): (device: string) => boolean {
  const names = new Set<string>();
  for (const { address, name } of devices) {
    const id = parseDeviceId(address);
    if (name !== undefined) names.add(name.replaceAll(/[+#$\0]/g, "_"));
    else if (id !== undefined) names.add(deviceIdName(id));
  }
  return (device) => names.has(device);
}

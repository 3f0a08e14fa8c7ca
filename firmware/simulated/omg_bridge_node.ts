/**
 * A bridge node that speaks as OpenMQTTGateway does: it decodes what it hears and publishes JSON on
 * `home/<name>/BTtoMQTT/<address>`, quality of service 0, not retained. `home/<name>/LWT` says
 * whether it is there, `home/<name>/SYStoMQTT` how it is.
 *
 * It hears some of the house's beacons, and two devices that no other node does.
 *
 * @module
 */
import type { Air } from "./air.ts";
import type { Content, Value } from "./beacons/beacon.ts";
import { Drift } from "./beacons/drift.ts";
import { addressText, deviceLevel } from "./device_catalogue.ts";
import { NodeClient, type NodeOptions } from "./node_client.ts";
import { Random } from "./random.ts";

/** What is published of a device; keys as in OpenMQTTGateway's documentation. */
type Message = Record<string, Value>;

/** What it says besides the values, by format. Other formats it does not know. */
const MODELS: Readonly<Record<string, Message>> = {
  "Ruuvi 5": { brand: "Ruuvi", model: "RuuviTag", model_id: "RuuviTag_RAWv2" },
  "pvvx": { brand: "Xiaomi", model: "TH Sensor", model_id: "LYWSD03MMC_PVVX", type: "THB" },
  "ATC1441": { brand: "Xiaomi", model: "TH Sensor", model_id: "LYWSD03MMC_ATC", type: "THB" },
  "BTHome v2": { brand: "BTHome", model: "BTHome", model_id: "BTHome", type: "UNIQ" },
  "MiBeacon v2": { brand: "Xiaomi", model: "MiJia_H&T", model_id: "LYWSDCGQ", type: "THB" },
  "iBeacon": { brand: "GENERIC", model: "iBeacon", model_id: "IBEACON", mfid: "4c00" },
};

/** Its names for values. */
const KEYS: Readonly<Record<string, string>> = {
  temperature: "tempc",
  humidity: "hum",
  pressure: "pres",
  battery: "batt",
  voltage: "volt",
  illuminance: "lux",
  moisture: "moi",
  count: "count",
  motion: "motion",
  movement_counter: "mov",
  uuid: "uuid",
  major: "major",
  minor: "minor",
  measured_power: "txpower",
};

const STANDARD_GRAVITY = 9.80665;
/** Devices are published once per scan, ms. */
const SCAN_MS = 10_000;
const SYSTEM_PERIOD_MS = 120_000;
/** Devices that only this node hears. */
const OWN = {
  plant: { address: 0xc47c_8d6a_2f01, name: "Flower care" },
  thermometer: { address: 0xe37e_9d12_4402, name: "TempoDisc" },
};

function fahrenheit(celsius: number): number {
  return Math.round(celsius * 180 + 3200) / 100;
}

function decoded({ format, values }: Content): Message | undefined {
  const model = MODELS[format];
  if (model === undefined) return undefined;
  const message: Message = { ...model };
  for (const [name, value] of Object.entries(values)) {
    const key = KEYS[name];
    if (key !== undefined) {
      message[key] = name === "uuid" ? String(value).replaceAll("-", "") : value;
    }
    const axis = /^acceleration_([xyz])$/.exec(name)?.[1];
    if (axis) message[`acc${axis}`] = Number((Number(value) * STANDARD_GRAVITY).toFixed(3));
  }
  if (typeof message.tempc === "number") message.tempf = fahrenheit(message.tempc);
  return message;
}

/** Addresses and names of the devices that only this node hears. */
export function omgDevices(): { address: string; name: string }[] {
  return Object.values(OWN).map(({ address, name }) => ({
    address: addressText(address),
    name: name.toLowerCase().replace(" ", "-"),
  }));
}

/** What it publishes and when. */
export interface OmgBridgeOptions extends NodeOptions {
  /** Multiplies how often devices are published. */
  rate: number;
  seed: number;
}

/** A running node. Whoever made it closes it. */
export class OmgBridgeNode implements AsyncDisposable {
  readonly #name: string;
  readonly #scan_ms: number;
  readonly #client: NodeClient;
  readonly #began = performance.now();
  /** When a device was published last. */
  readonly #published = new Map<string, number>();
  readonly #random: Random;
  readonly #soil: Drift;
  readonly #room: Drift;
  #scanned_ms = -Infinity;
  #reported_ms = -Infinity;

  /** Starts to connect. It hears what its namesake among the receivers of the air does. */
  constructor(options: OmgBridgeOptions, air: Air) {
    const { rate, seed, ...rest } = options;
    this.#name = options.name;
    this.#scan_ms = SCAN_MS / rate;
    this.#random = new Random(seed);
    this.#soil = new Drift(this.#random, { mean: 33, spread: 5, min: 0, max: 100 });
    this.#room = new Drift(this.#random, { mean: 23, spread: 1 });
    const topic = `home/${options.name}`;
    this.#client = new NodeClient({
      ...rest,
      period_ms: Math.min(1000, this.#scan_ms),
      presence: { topic: `${topic}/LWT`, online: "online", offline: "offline", qos: 0 },
      announce: (client) => {
        client.publish(`${topic}/version`, "v1.8.1", { retain: true });
        this.#reported_ms = -Infinity;
      },
      tick: () => this.#tick(),
    });
    air.listen(options.name, ({ device, content }, { rssi }) => {
      const message = device.key === undefined ? decoded(content) : undefined;
      if (message === undefined) return false;
      return this.#publish(device.address, device.name, rssi, message);
    });
  }

  /** See {@linkcode NodeClient.ready}. */
  get ready(): Promise<void> {
    return this.#client.ready;
  }

  /** Says "offline" and disconnects. */
  close(): Promise<void> {
    return this.#client.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Publishes a device, if it was not in this scan. @returns whether it did */
  #publish(address: string, name: string, rssi: number, message: Message): boolean {
    const now_ms = performance.now();
    if (now_ms - (this.#published.get(address) ?? -Infinity) < this.#scan_ms) return false;
    const topic = `home/${this.#name}/BTtoMQTT/${deviceLevel(address)}`;
    const payload = { id: address, name, rssi, ...message };
    if (!this.#client.online || !this.#client.publish(topic, JSON.stringify(payload))) return false;
    this.#published.set(address, now_ms);
    return true;
  }

  #tick() {
    const now_ms = performance.now();
    if (!this.#client.online) return;
    if (now_ms - this.#reported_ms >= SYSTEM_PERIOD_MS) {
      this.#reported_ms = now_ms;
      this.#client.publish(`home/${this.#name}/SYStoMQTT`, JSON.stringify(this.#system()));
    }
    if (now_ms - this.#scanned_ms < this.#scan_ms) return;
    this.#scanned_ms = now_ms;
    for (const [device, message] of this.#own()) {
      const rssi = Math.round(-74 + 3 * this.#random.normal());
      this.#publish(addressText(device.address), device.name, rssi, message);
    }
  }

  #own(): [{ address: number; name: string }, Message][] {
    const seconds = this.#scan_ms / 1000;
    const soil = Number(this.#soil.step(seconds).toFixed(0));
    const tempc = Number(this.#room.step(seconds).toFixed(1));
    const tempf = fahrenheit(tempc);
    const plant = { brand: "Xiaomi", model: "Miflora", model_id: "HHCCJCY01HHCC", type: "PLANT" };
    const disc = { brand: "BlueMaestro", model: "TempoDisc", model_id: "BM_V23", type: "THB" };
    return [
      [OWN.plant, { ...plant, tempc, tempf, lux: 1200, moi: soil, fer: 310 }],
      [OWN.thermometer, { ...disc, tempc, tempf, hum: 44.6, dp: 10.1, volt: 2.96 }],
    ];
  }

  /** Addresses are those that RFC 5737 keeps for documentation. */
  #system() {
    return {
      uptime: Math.round((performance.now() - this.#began) / 1000),
      version: "v1.8.1",
      env: "esp32dev-ble",
      freemem: 118_000 + Math.round(2000 * this.#random.normal()),
      rssi: Math.round(-58 + 2 * this.#random.normal()),
      ip: "192.0.2.20",
      mac: "24:0A:C4:12:34:56",
      modules: ["BT"],
    };
  }
}

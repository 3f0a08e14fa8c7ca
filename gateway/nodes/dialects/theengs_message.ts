/**
 * A message about one device, as OpenMQTTGateway and Theengs Gateway send it: values that Theengs'
 * decoders found, or the advertisement's raw data, or both.
 *
 * @module
 */
import { advertisingData } from "./advertising_data.ts";
import type { DialectSink, ForeignDevice, NamedValue, Reception } from "./dialect.ts";
import { addressOf, booleanOf, isoTime, numberOf, rssiOf, unixTime, wordsOf } from "./fields.ts";
import type { Json, JsonObject } from "./json.ts";
import { NO_VALUES, VALUE_KEYS, type ValueKey } from "./theengs_values.ts";

/** Values of one message, at most. */
const MAX_VALUES = 64;
const MAX_NAME = 64;
const MAX_TEXT = 256;

const STANDARD_GRAVITY = 9.80665;
/** A tag feels 9.8 m/s², unless it falls; Theengs' decoder has made a tenth of it. */
const LEAST_GRAVITY = 3;

/** What Theengs' decoder makes of the codes that stand for "not available" (Ruuvi format 5). */
const RUUVI_ABSENT: Readonly<Record<string, readonly number[]>> = {
  tempc: [-163.84],
  tempf: [-262.91, -262.912],
  hum: [163.8375, 163.84],
  pres: [1155.35],
  volt: [3.647],
  tx: [22],
  mov: [255],
};

const AXES = ["accx", "accy", "accz"];

/** A key as the last level of a topic. */
function levelOf(key: string): string {
  return key.toLowerCase().replaceAll(/[^a-z0-9_]/g, "_").slice(0, MAX_NAME);
}

function named(key: ValueKey, value: number | boolean | null, unit = key.unit): NamedValue {
  const { name, quantity } = key;
  return quantity === undefined ? { name, value, unit } : { name, value, unit, quantity };
}

/** Celsius from Fahrenheit, to a hundredth. */
function celsius(fahrenheit: number): number {
  return Math.round((fahrenheit - 32) / 1.8 * 100) / 100;
}

/** Reads one message's members one by one. */
class ValueReader {
  readonly values: NamedValue[] = [];
  /** Whether a decoder of the node's knew the device and found something. */
  decoded = false;
  readonly #said: JsonObject;
  readonly #isRuuvi: boolean;
  readonly #gravity: number;

  constructor(said: JsonObject) {
    this.#said = said;
    this.#isRuuvi = typeof said.model_id === "string" && said.model_id.startsWith("RuuviTag");
    this.#gravity = this.#isRuuvi ? Math.hypot(...AXES.map((key) => numberOf(said[key]))) : NaN;
  }

  read(): this {
    for (const key in this.#said) {
      if (this.values.length >= MAX_VALUES) break;
      if (NO_VALUES.has(key)) continue;
      const known = VALUE_KEYS.get(key);
      const value = this.#said[key] as Json;
      if (known !== undefined) this.#known(key, known, value);
      else if (key.startsWith("tempf")) this.#fahrenheit(key, value);
      else this.#unknown(key, value);
    }
    if (this.#said.model_id !== undefined && this.values.length > 0) this.decoded = true;
    return this;
  }

  #known(key: string, known: ValueKey, value: Json) {
    this.decoded = true;
    if (value === null) {
      this.#add(named(known, null));
      return;
    }
    if (known.binary) {
      const binary = booleanOf(value);
      if (binary !== undefined) this.#add(named(known, binary));
      // The same word may be a number or text with another decoder.
      else this.#unknown(key, value);
      return;
    }
    const number = numberOf(value);
    if (Number.isNaN(number)) this.#unknown(key, value);
    else if (this.#isRuuvi) this.#ruuvi(key, known, number);
    else this.#add(named(known, number, this.#unit(key, known)));
  }

  /** Two keys may mean the same: the first counts. */
  #add(value: NamedValue) {
    if (!this.values.some(({ name }) => name === value.name)) this.values.push(value);
  }

  /** Tyres have bar, scales say their unit. */
  #unit(key: string, known: ValueKey): string {
    if (key === "pres" && this.#said.type === "TIRE") return "bar";
    return key === "weight" ? wordsOf(this.#said.unit, 8) ?? known.unit : known.unit;
  }

  #ruuvi(key: string, known: ValueKey, number: number) {
    if (RUUVI_ABSENT[key]?.includes(number)) {
      this.#add(named(known, null));
    } else if (!AXES.includes(key)) {
      this.#add(named(known, number));
    } else if (this.#gravity >= LEAST_GRAVITY) {
      // As our own decoder has it.
      const g = Math.round(number / STANDARD_GRAVITY * 1e4) / 1e4;
      this.#add(named(known, g, "g"));
    }
  }

  /** Celsius is said as well, as a rule. Theengs' own list calls the unit of `tempf` °C: it is not. */
  #fahrenheit(key: string, value: Json) {
    const inCelsius = key.replace("tempf", "tempc");
    const known = VALUE_KEYS.get(inCelsius);
    if (known === undefined) return this.#unknown(key, value);
    this.decoded = true;
    if (!Number.isNaN(numberOf(this.#said[inCelsius]))) return;
    const number = numberOf(value);
    if (!Number.isNaN(number)) this.#add(named(known, celsius(number)));
  }

  #unknown(key: string, value: Json) {
    const name = levelOf(key);
    if (name === "" || typeof value === "object") return;
    if (typeof value === "string" && value.length > MAX_TEXT) return;
    this.#add({ name, value, unit: "" });
  }
}

type Numbered = Pick<Reception, "sequence" | "sequenceModulus">;

/** Members that count packets: one byte of BTHome, MiBeacon, ATC; two of Ruuvi format 5, without 65535. */
const PACKET_NUMBERS = [["packet", 0x100], ["seq", 0xffff]] as const;

/** Number that changes with the content. */
function numbered(said: JsonObject): Numbered {
  for (const [key, sequenceModulus] of PACKET_NUMBERS) {
    const sequence = numberOf(said[key]);
    if (Number.isInteger(sequence) && sequence >= 0 && sequence < sequenceModulus) {
      return { sequence, sequenceModulus };
    }
  }
  return NO_NUMBER;
}

const NO_NUMBER: Numbered = { sequence: -1, sequenceModulus: 0 };

/** When the device was heard, Unix ms: `unixtime` (s or ms), else `UTCtime` (ISO 8601, UTC); NaN: not said. */
function timeOf(said: JsonObject): number {
  const time = unixTime(said.unixtime);
  return Number.isNaN(time) ? isoTime(said.UTCtime) : time;
}

/** Brand and model in one. */
function modelOf(said: JsonObject): string | undefined {
  const brand = wordsOf(said.brand, 40);
  const model = wordsOf(said.model, 60) ?? wordsOf(said.model_id, 60);
  if (model === undefined || brand === undefined || brand === "GENERIC") return model;
  return model.startsWith(brand) ? model : `${brand} ${model}`;
}

function deviceOf(said: JsonObject, address: number): ForeignDevice {
  const model = modelOf(said);
  const localName = wordsOf(said.name);
  return {
    address,
    name: address === -1 ? levelName(wordsOf(said.id) ?? "") : "",
    ...model === undefined ? {} : { model },
    ...localName === undefined ? {} : { localName },
  };
}

/** A name that can be a level of a topic. */
function levelName(id: string): string {
  return id.replaceAll(/[/+#$\0]/g, "_").slice(0, MAX_NAME);
}

/**
 * Whether our own decoder knows better what is in the raw data: Ruuvi (company 0x0499), and BTHome
 * version 2 that is not encrypted, which Theengs knows in some layouts alone.
 */
function oursIsBetter(said: JsonObject): boolean {
  const manufacturer = said.manufacturerdata;
  if (typeof manufacturer === "string" && manufacturer.startsWith("9904")) return true;
  const { servicedata, servicedatauuid } = said;
  return typeof servicedata === "string" && typeof servicedatauuid === "string" &&
    /^4[0246]/.test(servicedata) &&
    /^(?:0x|0000)?fcd2(?:$|-)/i.test(servicedatauuid);
}

/** Whether it answers a command (`ble_write_...`, `ble_read_...`): nothing was heard. */
function isReply(said: JsonObject): boolean {
  return said.service !== undefined && said.characteristic !== undefined;
}

/**
 * Hands on what a message says.
 *
 * @param topicAddress Address that the topic says; -1: none
 */
export function readDeviceMessage(
  node: string,
  topicAddress: number,
  said: JsonObject,
  sink: DialectSink,
): void {
  if (isReply(said)) return;
  const own = addressOf(said.id);
  const address = own === -1 ? topicAddress : own;
  const rssi = rssiOf(said.rssi);
  const time = timeOf(said);
  const { values, decoded } = new ValueReader(said).read();
  if (address !== -1 && (!decoded || oursIsBetter(said) || said.model_id === "IBEACON")) {
    const data = advertisingData(said);
    if (data !== undefined) return sink.advertisement(node, address, data, rssi, time);
  }
  const device = deviceOf(said, address);
  if (address === -1 && device.name === "") return sink.malformed(node, "says no device");
  // The tracker of Theengs Gateway: the device was not heard for a while.
  if (said.presence !== undefined) {
    const home = said.presence !== "absent" && said.presence !== false;
    values.push({ name: "presence", value: home, unit: "", quantity: "presence" });
  }
  sink.values(node, device, values, { rssi, time, ...numbered(said) });
}

/** A presence message: how far away the node believes the device to be, m. */
export function readPresenceMessage(node: string, said: JsonObject, sink: DialectSink): void {
  const address = addressOf(said.id);
  const device = deviceOf(said, address);
  if (address === -1 && device.name === "") return sink.malformed(node, "says no device");
  const values: NamedValue[] = [];
  const distance = numberOf(said.distance);
  if (distance >= 0) {
    values.push({ name: "distance", value: distance, unit: "m", quantity: "distance" });
  }
  if (said.presence !== undefined) {
    const home = said.presence !== "absent" && said.presence !== false;
    values.push({ name: "presence", value: home, unit: "", quantity: "presence" });
  }
  const reception = { rssi: rssiOf(said.rssi), time: timeOf(said), ...NO_NUMBER };
  sink.values(node, device, values, reception);
}

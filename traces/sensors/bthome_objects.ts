/**
 * The objects of BTHome (bthome.io/format, "Sensor data" to "Device information"): what each id
 * means, how many bytes it has, how they become a value.
 *
 * @module
 */
import { type Measure, number, other } from "./measure.ts";

/** How the bytes of an object become a value. */
export const Form = {
  Unsigned: 0,
  Signed: 1,
  /** 0 or 1. */
  Binary: 2,
  Button: 3,
  Dimmer: 4,
  /** UTF-8, in version 2 behind a length byte. */
  Text: 5,
  /** Bytes, in version 2 behind a length byte. */
  Raw: 6,
  /** A number per byte, the last byte first: 4.2.1.0. */
  Firmware: 7,
} as const;
export type Form = typeof Form[keyof typeof Form];

export interface BtHomeObject {
  readonly measure: Measure;
  readonly form: Form;
  /** Bytes of the value in version 2; 0: a length byte says it. */
  readonly length: number;
}

/** Objects by id; undefined: not defined by the format. */
export type BtHomeTable = readonly (BtHomeObject | undefined)[];

/** Id, type, divisor, name, unit, device class, multiplier. */
type NumberRow = readonly [
  id: number,
  type: `${"u" | "s"}int${8 | 16 | 24 | 32}`,
  divisor: number,
  name: string,
  unit: string,
  quantity?: string | undefined,
  multiplier?: number,
];

const NUMBERS: readonly NumberRow[] = [
  [0x00, "uint8", 1, "packet_id", ""],
  [0x01, "uint8", 1, "battery", "%", "battery"],
  [0x02, "sint16", 100, "temperature", "°C", "temperature"],
  [0x03, "uint16", 100, "humidity", "%", "humidity"],
  [0x04, "uint24", 100, "pressure", "hPa", "pressure"],
  [0x05, "uint24", 100, "illuminance", "lx", "illuminance"],
  [0x06, "uint16", 100, "mass", "kg", "weight"],
  [0x07, "uint16", 100, "mass", "lb", "weight"],
  [0x08, "sint16", 100, "dew_point", "°C", "temperature"],
  [0x09, "uint8", 1, "count", ""],
  [0x0a, "uint24", 1000, "energy", "kWh", "energy"],
  [0x0b, "uint24", 100, "power", "W", "power"],
  [0x0c, "uint16", 1000, "voltage", "V", "voltage"],
  [0x0d, "uint16", 1, "pm25", "µg/m³", "pm25"],
  [0x0e, "uint16", 1, "pm10", "µg/m³", "pm10"],
  [0x12, "uint16", 1, "co2", "ppm", "carbon_dioxide"],
  [0x13, "uint16", 1, "tvoc", "µg/m³", "volatile_organic_compounds"],
  [0x14, "uint16", 100, "moisture", "%", "moisture"],
  [0x2e, "uint8", 1, "humidity", "%", "humidity"],
  [0x2f, "uint8", 1, "moisture", "%", "moisture"],
  [0x3d, "uint16", 1, "count", ""],
  [0x3e, "uint32", 1, "count", ""],
  [0x3f, "sint16", 10, "rotation", "°"],
  [0x40, "uint16", 1, "distance", "mm", "distance"],
  [0x41, "uint16", 10, "distance", "m", "distance"],
  [0x42, "uint24", 1000, "duration", "s", "duration"],
  [0x43, "uint16", 1000, "current", "A", "current"],
  [0x44, "uint16", 100, "speed", "m/s", "speed"],
  [0x45, "sint16", 10, "temperature", "°C", "temperature"],
  [0x46, "uint8", 10, "uv_index", ""],
  [0x47, "uint16", 10, "volume", "L", "volume"],
  [0x48, "uint16", 1, "volume", "mL", "volume"],
  [0x49, "uint16", 1000, "volume_flow_rate", "m³/h", "volume_flow_rate"],
  [0x4a, "uint16", 10, "voltage", "V", "voltage"],
  [0x4b, "uint24", 1000, "gas", "m³", "gas"],
  [0x4c, "uint32", 1000, "gas", "m³", "gas"],
  [0x4d, "uint32", 1000, "energy", "kWh", "energy"],
  [0x4e, "uint32", 1000, "volume", "L", "volume"],
  [0x4f, "uint32", 1000, "water", "L", "water"],
  // Unix time. Home Assistant's class "timestamp" takes ISO 8601 and no number.
  [0x50, "uint32", 1, "timestamp", "s"],
  [0x51, "uint16", 1000, "acceleration", "m/s²"],
  [0x52, "uint16", 1000, "gyroscope", "°/s"],
  [0x55, "uint32", 1000, "volume_storage", "L", "volume_storage"],
  [0x56, "uint16", 1, "conductivity", "µS/cm", "conductivity"],
  [0x57, "sint8", 1, "temperature", "°C", "temperature"],
  [0x58, "sint8", 100, "temperature", "°C", "temperature", 35],
  [0x59, "sint8", 1, "count", ""],
  [0x5a, "sint16", 1, "count", ""],
  [0x5b, "sint32", 1, "count", ""],
  [0x5c, "sint32", 100, "power", "W", "power"],
  [0x5d, "sint16", 1000, "current", "A", "current"],
  [0x5e, "uint16", 100, "direction", "°"],
  [0x5f, "uint16", 10, "precipitation", "mm", "precipitation"],
  [0x60, "uint8", 1, "channel", ""],
  [0x61, "uint16", 1, "rotational_speed", "rpm"],
  [0x62, "sint32", 1_000_000, "speed", "m/s", "speed"],
  [0x63, "sint32", 1_000_000, "acceleration", "m/s²"],
  [0x64, "uint8", 1, "light_level", ""],
  [0xf0, "uint16", 1, "device_type", ""],
];

/** Id, name, what 0 and 1 mean, device class. Names differ from those of numbers. */
type BinaryRow = readonly [id: number, name: string, off: string, on: string, quantity?: string];

const BINARIES: readonly BinaryRow[] = [
  [0x0f, "generic", "off", "on"],
  [0x10, "power_on", "off", "on", "power"],
  [0x11, "opening", "closed", "open", "opening"],
  [0x15, "battery_low", "normal", "low", "battery"],
  [0x16, "battery_charging", "not charging", "charging", "battery_charging"],
  [0x17, "carbon_monoxide", "not detected", "detected", "carbon_monoxide"],
  [0x18, "cold", "normal", "cold", "cold"],
  [0x19, "connectivity", "disconnected", "connected", "connectivity"],
  [0x1a, "door", "closed", "open", "door"],
  [0x1b, "garage_door", "closed", "open", "garage_door"],
  [0x1c, "gas_detected", "clear", "detected", "gas"],
  [0x1d, "heat", "normal", "hot", "heat"],
  [0x1e, "light", "no light", "light detected", "light"],
  [0x1f, "lock", "locked", "unlocked", "lock"],
  [0x20, "moisture_detected", "dry", "wet", "moisture"],
  [0x21, "motion", "clear", "detected", "motion"],
  [0x22, "moving", "not moving", "moving", "moving"],
  [0x23, "occupancy", "clear", "detected", "occupancy"],
  [0x24, "plug", "unplugged", "plugged in", "plug"],
  [0x25, "presence", "away", "home", "presence"],
  [0x26, "problem", "ok", "problem", "problem"],
  [0x27, "running", "not running", "running", "running"],
  // Home Assistant's class "safety" is on when it is unsafe: the other way round.
  [0x28, "safe", "unsafe", "safe"],
  [0x29, "smoke", "clear", "detected", "smoke"],
  [0x2a, "sound", "clear", "detected", "sound"],
  [0x2b, "tamper", "off", "on", "tamper"],
  [0x2c, "vibration", "clear", "detected", "vibration"],
  [0x2d, "window", "closed", "open", "window"],
];

/** Of interest only to who looks after devices. */
const DIAGNOSTIC: ReadonlySet<string> = new Set([
  ...["packet_id", "battery", "battery_low", "device_type", "firmware"],
]);

/** Most bytes that a number of version 1 may have here. */
export const MAX_V1_BYTES = 6;

/** What buttons do, by code (object 0x3A). */
export function buttonEvent(code: number): string | undefined {
  return code === 0x80 ? "hold_press" : BUTTON_EVENTS[code];
}

const BUTTON_EVENTS: readonly (string | undefined)[] = [
  undefined,
  "press",
  "double_press",
  "triple_press",
  "long_press",
  "long_double_press",
  "long_triple_press",
];

/** What dimmers do, by code (object 0x3C). */
export const DIMMER_EVENTS: readonly (string | undefined)[] = [
  undefined,
  "rotate_left",
  "rotate_right",
];

function hexId(id: number): string {
  return `0x${id.toString(16).toUpperCase().padStart(2, "0")}`;
}

/** Smallest and largest raw number of `bytes` bytes. */
function rawRange(bytes: number, signed: boolean): [number, number] {
  const half = 2 ** (8 * bytes - 1);
  return signed ? [-half, half - 1] : [0, 2 * half - 1];
}

function numberObject(version: 1 | 2, row: NumberRow): BtHomeObject {
  const [id, type, divisor, name, unit, quantity, multiplier = 1] = row;
  const signed = type.startsWith("s");
  const length = Number(type.slice(4)) / 8;
  // In version 1 the packet says how many bytes a number has, and whether it has a sign.
  const [low, high] = version === 2
    ? rawRange(length, signed)
    : [rawRange(MAX_V1_BYTES, true)[0], rawRange(MAX_V1_BYTES, false)[1]];
  const order = version === 1 || length > 1 ? ", little-endian" : "";
  const factor = divisor === 1 ? "" : `, x ${multiplier / divisor}`;
  const width = version === 2 ? type : "number of the length and type it says";
  const measure = number(
    name,
    unit,
    [low * multiplier / divisor, high * multiplier / divisor],
    `BTHome v${version}, object ${hexId(id)}: ${width}${order}${factor}`,
    {
      multiplier,
      divisor,
      diagnostic: DIAGNOSTIC.has(name),
      ...(quantity === undefined ? {} : { quantity }),
    },
  );
  return { measure, form: signed ? Form.Signed : Form.Unsigned, length };
}

function makeTable(version: 1 | 2): (BtHomeObject | undefined)[] {
  const table = new Array<BtHomeObject | undefined>(256).fill(undefined);
  const rule = (id: number, text: string) => `BTHome v${version}, object ${hexId(id)}: ${text}`;
  for (const row of NUMBERS) table[row[0]] = numberObject(version, row);
  for (const [id, name, off, on, quantity] of BINARIES) {
    const measure = other(name, "binary", rule(id, `uint8, 0 = ${off}, 1 = ${on}`), {
      diagnostic: DIAGNOSTIC.has(name),
      ...(quantity === undefined ? {} : { quantity }),
    });
    table[id] = { measure, form: Form.Binary, length: 1 };
  }
  const button = other("button", "event", rule(0x3a, "uint8, what was done; 0x00 = nothing"), {
    quantity: "button",
  });
  table[0x3a] = { measure: button, form: Form.Button, length: 1 };
  const dimmer = other("dimmer", "event", rule(0x3c, "uint8, where to; 0x00 = nothing"));
  table[0x3c] = { measure: dimmer, form: Form.Dimmer, length: 2 };
  const length = version === 2 ? "length byte, then " : "";
  const text = other("text", "text", rule(0x53, `${length}UTF-8`));
  table[0x53] = { measure: text, form: Form.Text, length: 0 };
  const raw = other("raw", "text", rule(0x54, `${length}bytes, in hexadecimal`));
  table[0x54] = { measure: raw, form: Form.Raw, length: 0 };
  for (const [id, bytes] of [[0xf1, 4], [0xf2, 3]] as const) {
    const measure = other("firmware", "text", rule(id, `${bytes} numbers of a byte, last first`), {
      diagnostic: true,
    });
    table[id] = { measure, form: Form.Firmware, length: bytes };
  }
  return table;
}

function dimmerSteps(version: 1 | 2): Measure {
  return number(
    "dimmer_steps",
    "",
    [0, 255],
    `BTHome v${version}, object 0x3C: uint8 behind the event, steps`,
  );
}

/** Version 2. */
export const OBJECTS_V2: BtHomeTable = makeTable(2);
export const STEPS_V2: Measure = dimmerSteps(2);

/** Version 1: ids mean the same; lengths and types stand in the packet. */
export const OBJECTS_V1: BtHomeTable = makeTable(1);
export const STEPS_V1: Measure = dimmerSteps(1);

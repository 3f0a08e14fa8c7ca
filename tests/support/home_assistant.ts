/**
 * Home Assistant's rules for MQTT discovery, as far as our announcements touch them: from
 * home-assistant/core, `components/mqtt/{discovery,schemas,sensor,binary_sensor,event}.py`,
 * `components/sensor/const.py`, `components/binary_sensor/__init__.py`,
 * `components/event/__init__.py`.
 *
 * @module
 */
import assert from "node:assert/strict";

type Json = Record<string, unknown>;

/** `<prefix>/device/<object id>/config`. */
export interface DeviceConfig {
  dev: { ids: string[]; name: string; mdl?: string; cns?: string[][] };
  o: { name: string; sw: string };
  avty_t?: string;
  avty?: { t: string }[];
  avty_mode?: string;
  cmps: Record<string, Json>;
}

const DEVICE_KEYS = new Set(["ids", "name", "mdl", "cns", "mf", "sw", "hw", "sn", "cu", "sa"]);
const ROOT_KEYS = new Set(["dev", "o", "cmps", "avty", "avty_mode", "avty_t", "qos"]);

const M = ["measurement"];
const TOTALS = ["total", "total_increasing"];
const ALL = [...M, ...TOTALS];

/** Units and state classes that each class of sensor may have. */
const SENSORS: Record<string, [units: string[], stateClasses: string[]]> = {
  battery: [["%"], M],
  carbon_dioxide: [["ppm"], M],
  conductivity: [["S/cm", "mS/cm", "µS/cm"], M],
  current: [["A", "mA"], M],
  distance: [["km", "m", "cm", "mm", "mi", "nmi", "yd", "in", "ft"], ALL],
  duration: [["d", "h", "min", "s", "ms"], ALL],
  energy: [["J", "kJ", "MJ", "GJ", "mWh", "Wh", "kWh", "MWh", "GWh", "TWh"], TOTALS],
  gas: [["m³", "ft³", "CCF"], TOTALS],
  humidity: [["%"], M],
  illuminance: [["lx"], M],
  moisture: [["%"], M],
  pm1: [["µg/m³"], M],
  pm10: [["µg/m³"], M],
  pm25: [["µg/m³"], M],
  power: [["W", "kW", "MW", "GW", "TW"], M],
  precipitation: [["cm", "in", "mm"], ALL],
  pressure: [["Pa", "hPa", "kPa", "bar", "cbar", "mbar", "mmHg", "inHg", "psi"], M],
  signal_strength: [["dB", "dBm"], M],
  speed: [["ft/s", "in/s", "m/s", "km/h", "kn", "mph", "Beaufort", "mm/s"], M],
  temperature: [["°C", "°F", "K"], M],
  volatile_organic_compounds: [["µg/m³"], M],
  voltage: [["V", "mV"], M],
  volume: [["L", "mL", "m³", "ft³", "CCF", "gal", "fl. oz."], TOTALS],
  volume_flow_rate: [["m³/h", "ft³/min", "L/min", "gal/min", "mL/s"], M],
  volume_storage: [["L", "mL", "m³", "ft³", "CCF", "gal", "fl. oz."], M],
  water: [["L", "m³", "ft³", "CCF", "gal"], TOTALS],
  weight: [["kg", "g", "mg", "µg", "oz", "lb", "st"], ALL],
};

const BINARY_SENSORS = new Set(
  ("battery battery_charging carbon_monoxide cold connectivity door garage_door gas heat light " +
    "lock moisture motion moving occupancy opening plug power presence problem running safety " +
    "smoke sound tamper update vibration window").split(" "),
);
const EVENTS = new Set(["button", "doorbell", "motion"]);

const COMMON = ["p", "name", "uniq_id", "stat_t", "val_tpl", "ent_cat", "en", "qos", "dev_cla"];
const KEYS: Record<string, Set<string>> = {
  sensor: new Set([...COMMON, "unit_of_meas", "stat_cla"]),
  binary_sensor: new Set(COMMON),
  event: new Set([...COMMON, "event_types"]),
};

/** What a path of a template gives in a JSON payload. */
function lookUp(payload: string, path: string): unknown {
  return path.split(".").slice(1).reduce<unknown>(
    (value, key) => (value as Json | undefined)?.[key],
    JSON.parse(payload),
  );
}

function checkSensor(config: Json, value: unknown) {
  const { dev_cla: deviceClass, unit_of_meas: unit, stat_cla: stateClass } = config;
  if (deviceClass !== undefined) {
    const rule = SENSORS[deviceClass as string];
    assert.ok(rule, `sensor class ${deviceClass}`);
    assert.ok(rule[0].includes(unit as string), `${deviceClass} in ${unit}`);
    assert.ok(stateClass === undefined || rule[1].includes(stateClass as string));
  }
  if (unit !== undefined || stateClass !== undefined) assert.equal(typeof value, "number");
}

function checkComponent(config: Json, payloads: ReadonlyMap<string, string>) {
  const platform = config.p as string;
  const keys = KEYS[platform];
  assert.ok(keys, `platform ${platform}`);
  for (const key of Object.keys(config)) assert.ok(keys.has(key), `${key} of ${platform}`);
  assert.ok(["diagnostic", undefined].includes(config.ent_cat as string | undefined));
  const payload = payloads.get(config.stat_t as string);
  assert.ok(payload !== undefined, `published on ${config.stat_t}`);
  const paths = [...String(config.val_tpl).matchAll(/value_json(?:\.\w+)+/g)].map(([path]) => path);
  assert.equal(paths.length, 1);
  const value = lookUp(payload, paths[0]!);
  assert.notEqual(value, undefined, `${paths[0]} in ${payload}`);
  if (platform === "sensor") checkSensor(config, value);
  else if (platform === "binary_sensor") {
    assert.equal(typeof value, "boolean");
    assert.ok(config.dev_cla === undefined || BINARY_SENSORS.has(config.dev_cla as string));
  } else {
    assert.ok((config.event_types as unknown[]).includes(value), `event type ${value}`);
    assert.ok(config.dev_cla === undefined || EVENTS.has(config.dev_cla as string));
  }
}

/**
 * Checks what is announced as Home Assistant would.
 *
 * @param payloads by topic, one of each that the components read
 */
export function checkConfig(config: DeviceConfig, payloads: ReadonlyMap<string, string>) {
  for (const key of Object.keys(config)) assert.ok(ROOT_KEYS.has(key), `key ${key}`);
  for (const key of Object.keys(config.dev)) assert.ok(DEVICE_KEYS.has(key), `key dev.${key}`);
  assert.ok(config.dev.ids.length > 0);
  assert.ok(config.o.name !== "");
  assert.ok((config.avty_t === undefined) !== (config.avty === undefined));
  const components = Object.entries(config.cmps);
  assert.ok(components.length > 0);
  const ids = components.map(([, { uniq_id }]) => uniq_id);
  assert.equal(new Set(ids).size, ids.length, "unique ids");
  for (const [name, component] of components) {
    try {
      checkComponent(component, payloads);
    } catch (error) {
      throw new Error(`${name}: ${(error as Error).message}`);
    }
  }
}

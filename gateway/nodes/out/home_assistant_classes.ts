/**
 * What Home Assistant takes as `device_class`, with which units and which `state_class`
 * (home-assistant/core, `components/sensor/const.py`, `binary_sensor/__init__.py`,
 * `event/__init__.py`). A sensor whose unit does not go with its class is refused there.
 *
 * @module
 */

export type StateClass = "measurement" | "total" | "total_increasing";

export interface SensorClass {
  /** "" without unit. */
  readonly units: readonly string[];
  /** The one that our values have; absent: the class takes none. */
  readonly state?: StateClass;
}

const measured = (...units: string[]): SensorClass => ({ units, state: "measurement" });
const counted = (...units: string[]): SensorClass => ({ units, state: "total_increasing" });

const ENERGY = ["J", "kJ", "MJ", "GJ", "mWh", "Wh", "kWh", "MWh", "GWh", "TWh"];
const LENGTH = ["km", "m", "cm", "mm", "mi", "yd", "in", "ft"];
const TEMPERATURE = ["°C", "°F", "K"];
const PRESSURE = ["Pa", "hPa", "kPa", "bar", "cbar", "mbar", "mmHg", "inHg", "psi"];
const VOLUME = ["mL", "L", "m³", "ft³", "CCF", "gal", "fl. oz."];
const SPEED = ["m/s", "km/h", "mm/s", "ft/s", "in/s", "mph", "kn", "Beaufort"];

/** Classes of sensors: those that our decoders may give, and what nodes of other dialects might. */
export const SENSOR_CLASSES: ReadonlyMap<string, SensorClass> = new Map<string, SensorClass>([
  ["apparent_power", measured("VA")],
  ["aqi", measured("")],
  ["atmospheric_pressure", measured(...PRESSURE)],
  ["battery", measured("%")],
  ["carbon_dioxide", measured("ppm")],
  ["carbon_monoxide", measured("ppm")],
  ["conductivity", measured("S/cm", "mS/cm", "µS/cm")],
  ["current", measured("A", "mA")],
  ["distance", measured(...LENGTH)],
  ["duration", measured("d", "h", "min", "s", "ms")],
  ["energy", counted(...ENERGY)],
  ["frequency", measured("Hz", "kHz", "MHz", "GHz")],
  ["gas", counted("m³", "ft³", "CCF")],
  ["humidity", measured("%")],
  ["illuminance", measured("lx")],
  ["irradiance", measured("W/m²")],
  ["moisture", measured("%")],
  ["nitrogen_dioxide", measured("µg/m³")],
  ["nitrogen_monoxide", measured("µg/m³")],
  ["ozone", measured("µg/m³")],
  ["ph", measured("")],
  ["pm1", measured("µg/m³")],
  ["pm10", measured("µg/m³")],
  ["pm25", measured("µg/m³")],
  ["power", measured("W", "kW", "MW", "GW", "TW")],
  ["power_factor", measured("%", "")],
  ["precipitation", measured("cm", "mm", "in")],
  ["precipitation_intensity", measured("mm/d", "mm/h", "in/d", "in/h")],
  ["pressure", measured(...PRESSURE)],
  ["reactive_power", measured("var")],
  ["signal_strength", measured("dB", "dBm")],
  ["sound_pressure", measured("dB", "dBA")],
  ["speed", measured(...SPEED)],
  ["sulphur_dioxide", measured("µg/m³")],
  ["temperature", measured(...TEMPERATURE)],
  ["volatile_organic_compounds", measured("µg/m³")],
  ["volatile_organic_compounds_parts", measured("ppm", "ppb")],
  ["voltage", measured("V", "mV")],
  // What a volume measures may go down again.
  ["volume", { units: VOLUME, state: "total" }],
  ["volume_flow_rate", measured("m³/h", "L/min", "mL/s", "ft³/min", "gal/min")],
  ["volume_storage", measured(...VOLUME)],
  ["water", counted("L", "m³", "ft³", "CCF", "gal")],
  ["weight", measured("kg", "g", "mg", "µg", "oz", "lb", "st")],
  ["wind_direction", { units: ["°"] }],
  ["wind_speed", measured(...SPEED)],
]);

/** Classes of binary sensors. */
export const BINARY_CLASSES: ReadonlySet<string> = new Set([
  "battery",
  "battery_charging",
  "carbon_monoxide",
  "cold",
  "connectivity",
  "door",
  "garage_door",
  "gas",
  "heat",
  "light",
  "lock",
  "moisture",
  "motion",
  "moving",
  "occupancy",
  "opening",
  "plug",
  "power",
  "presence",
  "problem",
  "running",
  "safety",
  "smoke",
  "sound",
  "tamper",
  "vibration",
  "window",
]);

/** Classes of events. */
export const EVENT_CLASSES: ReadonlySet<string> = new Set(["button", "doorbell", "motion"]);

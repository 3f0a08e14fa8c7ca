/**
 * What the keys of Theengs' decoders mean (theengs/decoder, "properties"; OpenMQTTGateway has the
 * same decoders): name, unit and kind of quantity as in `traces/sensors`, so that a device says the
 * same whoever decoded it.
 *
 * @module
 */

/** What one key means. */
export interface ValueKey {
  readonly name: string;
  readonly unit: string;
  readonly quantity: string | undefined;
  /** True or false, rather than a number. */
  readonly binary: boolean;
}

type NumberRow = readonly [key: string, name: string, unit: string, quantity?: string];

const NUMBERS: readonly NumberRow[] = [
  ["tempc", "temperature", "°C", "temperature"],
  ["tempc1", "temperature_1", "°C", "temperature"],
  ["tempc2", "temperature_2", "°C", "temperature"],
  ["tempc3", "temperature_3", "°C", "temperature"],
  ["tempc4", "temperature_4", "°C", "temperature"],
  ["tempc5", "temperature_5", "°C", "temperature"],
  ["tempc6", "temperature_6", "°C", "temperature"],
  ["tempc_min", "temperature_min", "°C", "temperature"],
  ["tempc_max", "temperature_max", "°C", "temperature"],
  // A second temperature or the dew point: the sensor's setting says which.
  ["tempc2_dp", "temperature_2", "°C", "temperature"],
  ["dp", "dew_point", "°C", "temperature"],
  ["hum", "humidity", "%", "humidity"],
  ["hum_min", "humidity_min", "%", "humidity"],
  ["hum_max", "humidity_max", "%", "humidity"],
  ["pres", "pressure", "hPa", "pressure"],
  ["batt", "battery", "%", "battery"],
  ["volt", "voltage", "V", "voltage"],
  ["current", "current", "A", "current"],
  ["power", "power", "W", "power"],
  ["energy", "energy", "kWh", "energy"],
  ["lux", "illuminance", "lx", "illuminance"],
  ["moi", "moisture", "%", "moisture"],
  ["fer", "conductivity", "µS/cm", "conductivity"],
  ["co2", "co2", "ppm", "carbon_dioxide"],
  ["pm25", "pm25", "µg/m³", "pm25"],
  ["pm10", "pm10", "µg/m³", "pm10"],
  ["for", "formaldehyde", "mg/m³"],
  ["tvoc", "tvoc", "µg/m³", "volatile_organic_compounds"],
  ["accx", "acceleration_x", "m/s²"],
  ["accy", "acceleration_y", "m/s²"],
  ["accz", "acceleration_z", "m/s²"],
  ["x_axis", "acceleration_x", "m/s²"],
  ["y_axis", "acceleration_y", "m/s²"],
  ["z_axis", "acceleration_z", "m/s²"],
  ["weight", "mass", "kg", "weight"],
  ["impedance", "impedance", "Ω"],
  ["steps", "steps", ""],
  ["bpm", "heart_rate", "bpm"],
  ["act_bpm", "activity_heart_rate", "bpm"],
  ["litres", "volume", "L", "volume"],
  ["gravity", "specific_gravity", "SG"],
  ["lvl_cm", "level_cm", "cm", "distance"],
  ["level", "level", "%"],
  ["position", "position", "%"],
  ["direction", "direction", "°"],
  ["tx", "tx_power", "dBm", "signal_strength"],
  ["mov", "movement_counter", ""],
  ["count", "count", ""],
  ["in_ct", "in_count", ""],
  ["out_ct", "out_count", ""],
  ["push_ct", "push_count", ""],
];

type BinaryRow = readonly [key: string, name: string, quantity?: string];

/** `true` is what the key says: `open` open, `unlocked` unlocked. */
const BINARIES: readonly BinaryRow[] = [
  ["open", "opening", "opening"],
  ["contact", "contact"],
  ["motion", "motion", "motion"],
  ["moving", "moving", "moving"],
  ["unlocked", "lock", "lock"],
  ["alarm", "alarm"],
  ["lowbatt", "battery_low", "battery"],
  ["shake", "shake"],
  ["wake", "wake"],
  ["door", "door", "door"],
  ["window", "window", "window"],
  ["smoke", "smoke", "smoke"],
  ["wet", "moisture_detected", "moisture"],
  ["charging", "battery_charging", "battery_charging"],
];

/** Known keys. */
export const VALUE_KEYS: ReadonlyMap<string, ValueKey> = new Map<string, ValueKey>([
  ...NUMBERS.map(([key, name, unit, quantity]) =>
    [key, { name, unit, quantity, binary: false }] as const
  ),
  ...BINARIES.map(([key, name, quantity]) =>
    [key, { name, unit: "", quantity, binary: true }] as const
  ),
]);

/** Keys that say who or how, not what was measured; and those read otherwise. */
export const NO_VALUES: ReadonlySet<string> = new Set([
  ...["id", "mac", "mac_type", "adv_type", "name", "device", "brand", "model", "model_id", "type"],
  ...["mfr", "mfid", "uuid", "uuids", "servicedata", "servicedatauuid", "manufacturerdata"],
  ...["rssi", "txpower", "distance", "cidc", "acts", "cont", "track", "prmac", "ctrl"],
  // An encrypted packet, as it came.
  ...["encr", "cipher", "ctr", "mic", "bindkey", "irk"],
  ...["unixtime", "UTCtime", "packet", "seq", "presence", "unit"],
]);

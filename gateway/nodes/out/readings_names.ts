/**
 * Names of readings as people write them: "pm25" is PM2.5.
 *
 * @module
 */

/** Where everything that is published about devices stands. */
export const READINGS = "edgewire/v1/readings/";

/** Those that are more than words with a capital letter. */
const LABELS: ReadonlyMap<string, string> = new Map([
  ["co2", "CO₂"],
  ["ephemeral_id", "Ephemeral ID"],
  ["key_id", "Key ID"],
  ["nox_index", "NOx index"],
  ["packet_id", "Packet ID"],
  ["pm1", "PM1"],
  ["pm10", "PM10"],
  ["pm25", "PM2.5"],
  ["pm4", "PM4"],
  ["power_at_0m", "Power at 0 m"],
  ["reported_rssi", "Reported RSSI"],
  ["rssi", "RSSI"],
  ["tag_id", "Tag ID"],
  ["tvoc", "TVOC"],
  ["tx_power", "TX power"],
  ["url", "URL"],
  ["uuid", "UUID"],
  ["uv_index", "UV index"],
  ["voc_index", "VOC index"],
]);

/** The name of a reading without the number of its place: `temperature_2` is `temperature`. */
export function plainName(name: string): string {
  return name.replace(/_\d+$/, "");
}

/** A reading's name for people: `pm25` is "PM2.5", `dew_point_2` "Dew point 2". */
export function readingLabel(name: string): string {
  const plain = plainName(name);
  const words = LABELS.get(plain) ?? capitals(plain.replaceAll("_", " "));
  return plain === name ? words : `${words} ${name.slice(plain.length + 1)}`;
}

/** The first letter is a capital, and so is the axis at the end. */
function capitals(text: string): string {
  return text.replace(/^.| [xyz]$/g, (letter) => letter.toUpperCase());
}

/**
 * Ruuvi Gateway: advertising data as it came over the air, on `<prefix>/<gateway>/<tag>`, and
 * whether the gateway is there on `<prefix>/<gateway>/gw_status`; gateway and tag are addresses.
 *
 * A message is a JSON object (docs.ruuvi.com, "GW data formats"): `data`, hexadecimal; `rssi`, dBm;
 * `ts` and `gwts`, when the tag was heard and when that was sent, Unix seconds, as text. With
 * timestamps off there is `cnt` instead, and the message says no time. Newer firmware can be told to
 * decode the data: where only decoded values come, they are taken as they are.
 *
 * @module
 */
import { isSettings } from "../../access/policy.ts";
import type { Dialect, DialectSink, NamedValue, Reception, TopicReader } from "./dialect.ts";
import { addressOf, bytesOf, numberOf, rssiOf, unixTime } from "./fields.ts";
import { isObject, type Json, type JsonObject, parseJson, parseObject, textOf } from "./json.ts";

/** Extended advertising data, at most (Core 6.0, Vol 6, Part B, 2.3.4.9). */
const MAX_DATA = 1650;

type Row = readonly [member: string, name: string, unit: string, quantity?: string];

/** Decoded members, with names and units of our own decoder. Pressure is said in Pa. */
const DECODED: readonly Row[] = [
  ["temperature", "temperature", "°C", "temperature"],
  ["humidity", "humidity", "%", "humidity"],
  ["pressure", "pressure", "hPa", "pressure"],
  ["accelX", "acceleration_x", "g"],
  ["accelY", "acceleration_y", "g"],
  ["accelZ", "acceleration_z", "g"],
  ["movementCounter", "movement_counter", ""],
  ["voltage", "voltage", "V", "voltage"],
  ["txPower", "tx_power", "dBm", "signal_strength"],
  ["PM1.0", "pm1", "µg/m³", "pm1"],
  ["PM2.5", "pm25", "µg/m³", "pm25"],
  ["PM4.0", "pm4", "µg/m³"],
  ["PM10.0", "pm10", "µg/m³", "pm10"],
  ["CO2", "co2", "ppm", "carbon_dioxide"],
  ["VOC", "voc_index", ""],
  ["NOx", "nox_index", ""],
  ["luminosity", "illuminance", "lx", "illuminance"],
];

function decodedValues(said: JsonObject): NamedValue[] {
  const values: NamedValue[] = [];
  for (const [member, name, unit, quantity] of DECODED) {
    if (said[member] === undefined) continue;
    const number = numberOf(said[member]);
    if (Number.isNaN(number) && said[member] !== null) continue;
    const value = Number.isNaN(number) ? null : name === "pressure" ? number / 100 : number;
    values.push(quantity === undefined ? { name, value, unit } : { name, value, unit, quantity });
  }
  return values;
}

/** How far each data format counts (docs.ruuvi.com): the highest number stands for none, but in 6. */
const MODULI: ReadonlyMap<Json | undefined, number> = new Map<Json, number>([
  [5, 0xffff],
  [0xc5, 0xffff],
  ["C5", 0xffff],
  [6, 0x100],
  [0xe1, 0xffffff],
  ["E1", 0xffffff],
]);

function numbered(said: JsonObject): Pick<Reception, "sequence" | "sequenceModulus"> {
  const sequence = numberOf(said.measurementSequenceNumber);
  const sequenceModulus = MODULI.get(said.dataFormat) ?? 0;
  return Number.isInteger(sequence) && sequence >= 0 && sequence < sequenceModulus
    ? { sequence, sequenceModulus }
    : { sequence: -1, sequenceModulus: 0 };
}

function readTag(node: string, topicAddress: number): TopicReader {
  return (payload, sink) => {
    if (payload.length === 0) return;
    const said = parseObject(payload);
    if (typeof said === "string") return sink.malformed(node, said);
    const data = bytesOf(said.data, MAX_DATA);
    const heard = unixTime(said.ts);
    const time = Number.isNaN(heard) ? unixTime(said.gwts) : heard;
    const rssi = rssiOf(said.rssi);
    if (data !== undefined) return sink.advertisement(node, topicAddress, data, rssi, time);
    const values = said.data === undefined ? decodedValues(said) : [];
    if (values.length === 0) return sink.malformed(node, "no advertising data in it");
    const reception = { rssi, time, ...numbered(said) };
    sink.values(node, { address: topicAddress, name: "" }, values, reception);
  };
}

function readStatus(node: string): TopicReader {
  return (payload, sink) => {
    if (payload.length === 0) return;
    const text = textOf(payload) ?? "";
    const said = parseJson(text);
    const state = isObject(said) ? said.state : text;
    if (state === "online" || state === "offline") sink.node(node, { state });
    else sink.malformed(node, "says neither online nor offline");
  };
}

function ignore(_payload: Uint8Array, _sink: DialectSink) {}

/** Ruuvi Gateways under any prefix. */
export function ruuviGateway(): Dialect {
  return {
    name: "ruuvi",
    reader(topic) {
      const levels = topic.split("/");
      const [gateway, last] = levels.slice(-2);
      if (gateway === undefined || last === undefined || addressOf(gateway) === -1) return null;
      if (isSettings(topic)) return ignore;
      const node = levels.slice(0, -1).join("/");
      const address = addressOf(last);
      if (address !== -1) return readTag(node, address);
      if (last === "gw_status") return readStatus(node);
      return last.startsWith("gw_") ? ignore : null;
    },
  };
}

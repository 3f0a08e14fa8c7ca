/**
 * Advertising data of beacons and Ruuvi's devices. Sources: docs.ruuvi.com (Bluetooth
 * advertisements, "Test vectors"), tests of github.com/Ernst79/bleparser (HCI events), frames made by
 * hand after github.com/google/eddystone.
 *
 * @module
 */
import { SensorDecoder } from "../../../traces/sensors/sensor_decoder.ts";
import type { SensorReport } from "../../../traces/sensors/sensor_report.ts";
import { readingName } from "../../../traces/sensors/measure.ts";

export interface SensorVector {
  /** As `SensorReport.format`; "" when it is no sensor's. */
  readonly format: string;
  readonly address: number;
  /** Advertising data. */
  readonly hex: string;
}

/** Bytes of hexadecimal digits; "XX" (reserved, in Ruuvi's vectors) is `FF`. */
export function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  const pairs = hex.replaceAll(/\s/g, "").replaceAll("X", "F").match(/../g) ?? [];
  return Uint8Array.from(pairs, (pair) => parseInt(pair, 16));
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** One AD structure. */
export function structure(type: number, hex: string): string {
  const content = bytesOf(hex);
  return hexOf(Uint8Array.of(content.length + 1, type, ...content));
}

/** Manufacturer data. @param company as on the air, as `9904` */
export function manufacturerData(company: string, hex: string): string {
  return structure(0xff, company + hex);
}

/** Service data of Eddystone. */
export function eddystone(hex: string): string {
  return structure(0x16, `AAFE${hex}`);
}

/** The advertising data in an HCI LE Advertising Report event, and whose it is. */
export function advertised(event: string): { address: number; hex: string } {
  const bytes = bytesOf(event);
  const [, , , subevent] = bytes;
  const [addressAt, lengthAt] = subevent === 0x0d ? [8, 28] : [7, 13];
  const address = parseInt(hexOf(bytes.slice(addressAt, addressAt + 6).reverse()), 16);
  const start = lengthAt + 1;
  return { address, hex: hexOf(bytes.slice(start, start + bytes[lengthAt]!)) };
}

/** What a decoder that knows nothing yet says. The time is 0. */
export function reportOf(hex: string, address = 0xcbb8334c884f): SensorReport {
  const data = bytesOf(hex);
  return new SensorDecoder().advertisement(address, data, 0, data.length, 0);
}

/** Names and values of a report's readings, in order. */
export function valuesOf({ readings }: SensorReport): Record<string, unknown> {
  return Object.fromEntries(readings.map((reading) => [readingName(reading), reading.value]));
}

/** Address in Ruuvi's vectors. */
export const RUUVI_ADDRESS = 0xcbb8334c884f;

/** Ruuvi's vectors, manufacturer data without the company. */
export const RUUVI = {
  raw1Valid: "03291A1ECE1EFC18F94202CA0B53",
  raw1Max: "03FF7F63FFFF7FFF7FFF7FFFFFFF",
  raw1Min: "0300FF6300008001800180010000",
  raw2Valid: "0512FC5394C37C0004FFFC040CAC364200CDCBB8334C884F",
  raw2Max: "057FFFFFFEFFFE7FFF7FFF7FFFFFDEFEFFFECBB8334C884F",
  raw2Min: "058001000000008001800180010000000000CBB8334C884F",
  raw2None: "058000FFFFFFFF800080008000FFFFFFFFFFFFFFFFFFFFFF",
  cutValid: "C512FC5394C37CAC364200CDCBB8334C884F",
  cutMax: "C57FFFFFFEFFFEFFDEFEFFFECBB8334C884F",
  cutMin: "C58001000000000000000000CBB8334C884F",
  cutNone: "C58000FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
  airValid: "06170C5668C79E007000C90501D9XXCD004C884F",
  airMax: "067FFF9C40FFFE27109C40FAFAFEXXFF074C8F4F",
  airMin: "0680010000000000000000000000XX00004C884F",
  airNone: "068000FFFFFFFFFFFFFFFFFFFFFFXXFFFFFFFFFF",
  extendedValid: "E1170C5668C79E0065007004BD11CA00C90A0213E0ACXXXXXXDECDEE01XXXXXXXXXXCBB8334C884F",
  extendedMax: "E17FFF9C40FFFE27102710271027109C40FAFADC28F0XXXXXXFFFFFE3FXXXXXXXXXXCBB8334C884F",
  extendedMin: "E1800100000000000000000000000000000000000000XXXXXX00000000XXXXXXXXXXCBB8334C884F",
  extendedNone: "E18000FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFXXXXXXFFFFFFFEXXXXXXXXXXFFFFFFFFFFFF",
} as const;

/** HCI events. */
export const EVENTS = {
  ruuvi5:
    "043E2B02010301F27A52FAD4CD1F0201061BFF990405138A5F61C4F0FFE4FFDC0414C5B6EC29B3F27A52FAD4CDBC",
  ruuviUrl:
    "043E2A0201030157168974A5F41E0201060303AAFE1616AAFE10EE037275752E76692F23416A7759414D4666CD",
  iBeacon:
    "043E2A02010001433EA2C96B6A1E02011A1AFF4C000215E2C56DB5DFFB48D2B060D0F5A71096E000640000C5B3",
  altBeacon:
    "043E280201020105988527406D1C1BFFFFFFBEACD3162F5AF3EE494799DB09756062D0FC005A0005C400D4",
} as const;

const RUUVI_NAMES = { "03": "3", "05": "5", "06": "6", C5: "C5", E1: "E1" } as const;

function ruuviVectors(): SensorVector[] {
  return Object.values(RUUVI).map((hex) => ({
    format: `Ruuvi ${RUUVI_NAMES[hex.slice(0, 2) as keyof typeof RUUVI_NAMES]}`,
    address: RUUVI_ADDRESS,
    hex: `020106${manufacturerData("9904", hex)}`,
  }));
}

function eddystoneVector(format: string, hex: string): SensorVector {
  return { format, address: 0xf4a574891657, hex: `0201060303AAFE${eddystone(hex)}` };
}

export const BEACON_VECTORS: readonly SensorVector[] = [
  ...ruuviVectors(),
  { format: "Ruuvi 5", ...advertised(EVENTS.ruuvi5) },
  { format: "Ruuvi 2", ...advertised(EVENTS.ruuviUrl) },
  // https://ruu.vi/#BFwaAMjlQ
  eddystoneVector("Ruuvi 4", "10F603 7275752E76692F23 42467761414D6A6C51"),
  eddystoneVector("Eddystone UID", "00E7 8B0CA750095477CB3E77 0123456789AB 0000"),
  eddystoneVector("Eddystone UID", "00E7 8B0CA750095477CB3E77 0123456789AB"),
  // https://goo.gl/Aq18zF
  eddystoneVector("Eddystone URL", "10EE03 676F6F2E676C2F417131387A46"),
  // http://www.example.com/a.info
  eddystoneVector("Eddystone URL", "10EE00 6578616D706C65 00 61 0B"),
  eddystoneVector("Eddystone TLM", "2000 0BB8 1580 00000102 000003E8"),
  eddystoneVector("Eddystone TLM", "2000 0000 8000 00000000 00000000"),
  eddystoneVector("Eddystone eTLM", "2001 000102030405060708090A0B A1B2 C3D4"),
  eddystoneVector("Eddystone EID", "30EE 0011223344556677"),
  { format: "iBeacon", ...advertised(EVENTS.iBeacon) },
  { format: "AltBeacon", ...advertised(EVENTS.altBeacon) },
  { format: "", address: 0x546ce6af80a5, hex: "0201060B094449592D73656E736F72020AF4" },
];

/**
 * Advertising data made again from what a node tells of it (Core 6.0, Vol 3, Part C, 11).
 *
 * @module
 */
import { bytesOf, numberOf, wordsOf } from "./fields.ts";
import type { JsonObject } from "./json.ts";

/** Types of structures (Assigned Numbers, 2.3). */
const AD = {
  CompleteName: 0x09,
  ServiceData16: 0x16,
  ServiceData32: 0x20,
  ServiceData128: 0x21,
  Manufacturer: 0xff,
} as const;

/** A structure's length byte counts the type too. */
const MAX_CONTENT = 254;

/** UUIDs of 16 and 32 bits stand for one of 128 that ends like this (Core 6.0, Vol 3, Part B, 2.5.1). */
const BASE_UUID = "00001000800000805f9b34fb";

/** The UUID's bytes as they go over the air, last first: 2, 4 or 16. */
function uuidBytes(text: string): Uint8Array | undefined {
  let digits = text.toLowerCase().replace(/^0x/, "").replaceAll("-", "");
  if (digits.length === 32 && digits.endsWith(BASE_UUID)) digits = digits.slice(0, 8);
  if (digits.length === 8 && digits.startsWith("0000")) digits = digits.slice(4);
  if (![4, 8, 32].includes(digits.length)) return undefined;
  return bytesOf(digits, 16)?.reverse();
}

const SERVICE_TYPES: Record<number, number> = {
  2: AD.ServiceData16,
  4: AD.ServiceData32,
  16: AD.ServiceData128,
};

function serviceData(said: JsonObject): [type: number, content: Uint8Array][] {
  const uuid = uuidBytes(wordsOf(said.servicedatauuid) ?? "");
  const data = bytesOf(said.servicedata, MAX_CONTENT);
  if (uuid === undefined || data === undefined) return [];
  const content = new Uint8Array(uuid.length + data.length);
  content.set(uuid);
  content.set(data, uuid.length);
  return [[SERVICE_TYPES[uuid.length] as number, content]];
}

/** An iBeacon that the node took apart: `mfid`, `uuid`, `major`, `minor`, `txpower`. */
function iBeacon(said: JsonObject): Uint8Array | undefined {
  if (wordsOf(said.mfid)?.toLowerCase() !== "4c00") return undefined;
  const uuid = bytesOf((wordsOf(said.uuid) ?? "").replaceAll("-", ""), 16);
  const numbers = [said.major, said.minor].map(numberOf);
  const power = numberOf(said.txpower);
  if (uuid?.length !== 16 || !numbers.every((n) => Number.isInteger(n) && n >= 0 && n <= 0xffff)) {
    return undefined;
  }
  if (!(Number.isInteger(power) && power >= -128 && power <= 127)) return undefined;
  const bytes = new Uint8Array([0x4c, 0x00, 0x02, 0x15, ...uuid, 0, 0, 0, 0, power]);
  const view = new DataView(bytes.buffer);
  numbers.forEach((n, i) => view.setUint16(20 + 2 * i, n));
  return bytes;
}

/**
 * Advertising data of a message with `manufacturerdata` (company first), `servicedata` and
 * `servicedatauuid` (16, 32 or 128 bits in any spelling), or an iBeacon's members; with the name.
 *
 * @returns undefined where nothing of it is there; service data without its UUID says nothing.
 */
export function advertisingData(said: JsonObject): Uint8Array | undefined {
  const structures = serviceData(said);
  const manufacturer = bytesOf(said.manufacturerdata, MAX_CONTENT) ?? iBeacon(said);
  if (manufacturer !== undefined && manufacturer.length >= 2) {
    structures.push([AD.Manufacturer, manufacturer]);
  }
  if (structures.length === 0) return undefined;
  const name = wordsOf(said.name, 60);
  if (name !== undefined) structures.push([AD.CompleteName, new TextEncoder().encode(name)]);
  const fitting = structures.filter(([, content]) => content.length <= MAX_CONTENT);
  const data = new Uint8Array(fitting.reduce((sum, [, content]) => sum + content.length + 2, 0));
  let at = 0;
  for (const [type, content] of fitting) {
    data[at] = content.length + 1;
    data[at + 1] = type;
    data.set(content, at + 2);
    at += content.length + 2;
  }
  return data.length === 0 ? undefined : data;
}

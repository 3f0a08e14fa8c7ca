/**
 * Encrypts sensor packets as devices do, apart from the decoders: what the tests seal is put together
 * here from the formats' descriptions.
 *
 * @module
 */
import { AesCcm } from "../../../traces/wire/aes_ccm.ts";

const NO_AAD = new Uint8Array(0);
const AAD_11 = Uint8Array.of(0x11);
const MIC = 4;

/** An address in the order shown. */
function shown(address: number): Uint8Array {
  return Uint8Array.fromHex(address.toString(16).padStart(12, "0"));
}

function reversed(address: number): Uint8Array {
  return shown(address).reverse();
}

function le(value: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0, rest = value; i < length; i++, rest = Math.floor(rest / 256)) bytes[i] = rest;
  return bytes;
}

export function joined(...parts: (Uint8Array | readonly number[])[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Splits what `AesCcm.seal` gives: message and integrity code. */
function seal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plain: Uint8Array) {
  const sealed = new AesCcm(key).seal(nonce, aad, plain, MIC);
  return [sealed.subarray(0, plain.length), sealed.subarray(plain.length)] as const;
}

/** BTHome v2 service data. @param info device information byte; with bit 1 the address is put in */
export function sealBtHomeV2(
  key: Uint8Array,
  address: number,
  info: number,
  counter: number,
  plain: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const nonce = joined(shown(address), [0xd2, 0xfc, info], le(counter, 4));
  const [cipher, mic] = seal(key, nonce, NO_AAD, plain);
  const inside = (info & 2) !== 0 ? reversed(address) : NO_AAD;
  return joined([info], inside, cipher, le(counter, 4), mic);
}

/** BTHome v1 service data (UUID 0x181E). */
export function sealBtHomeV1(
  key: Uint8Array,
  address: number,
  counter: number,
  plain: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const nonce = joined(shown(address), [0x1e, 0x18], le(counter, 4));
  const [cipher, mic] = seal(key, nonce, AAD_11, plain);
  return joined(cipher, le(counter, 4), mic);
}

/** pvvx (6 bytes) or ATC1441 (3 bytes) service data (UUID 0x181A). */
export function sealAtc(
  key: Uint8Array,
  address: number,
  counter: number,
  plain: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const length = 3 + 1 + plain.length + MIC;
  const nonce = joined(reversed(address), [length, 0x16, 0x1a, 0x18, counter & 0xff]);
  const [cipher, mic] = seal(key, nonce, AAD_11, plain);
  return joined([counter & 0xff], cipher, mic);
}

/** MiBeacon v4 or v5 service data (UUID 0xFE95). @param control frame control, without address */
export function sealMiBeacon(
  key: Uint8Array,
  address: number,
  control: number,
  deviceType: number,
  counter: number,
  plain: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const head = joined(le(deviceType, 2), [counter & 0xff]);
  const extended = le(Math.floor(counter / 256), 3);
  const nonce = joined(reversed(address), head, extended);
  const [cipher, mic] = seal(key, nonce, AAD_11, plain);
  return joined(le(control, 2), head, cipher, extended, mic);
}

/** An AD structure of service data. */
export function serviceData(uuid: number, content: Uint8Array): Uint8Array<ArrayBuffer> {
  return joined([content.length + 3, 0x16, uuid & 0xff, uuid >> 8], content);
}

/** An AD structure of manufacturer data. */
export function manufacturerData(company: number, content: Uint8Array): Uint8Array<ArrayBuffer> {
  return joined([content.length + 3, 0xff, company & 0xff, company >> 8], content);
}

/**
 * Zigbee's key hash and nonce (Zigbee specification 05-3474-22, Annex B.1.3, B.1.4 and B.6; 4.5.2.2).
 *
 * @module
 */
import { createCipheriv } from "node:crypto";

const BLOCK = 16;

/** What a key encrypts (Zigbee specification, Table 4-31). */
export const ZigbeeKeyId = { Data: 0, Network: 1, Transport: 2, Load: 3 } as const;

/** Matyas-Meyer-Oseas hash with AES-128 of up to 8191 bytes: 16 bytes. */
export function zigbeeHash(message: Uint8Array): Uint8Array {
  const length = Math.ceil((message.length + 3) / BLOCK) * BLOCK;
  const padded = new Uint8Array(length);
  padded.set(message);
  padded[message.length] = 0x80;
  padded[length - 2] = message.length * 8 >>> 8;
  padded[length - 1] = message.length * 8;
  let hash: Uint8Array = new Uint8Array(BLOCK);
  for (let at = 0; at < length; at += BLOCK) {
    const block = padded.subarray(at, at + BLOCK);
    const out = createCipheriv("aes-128-ecb", hash, null).setAutoPadding(false).update(block);
    hash = new Uint8Array(BLOCK);
    for (let i = 0; i < BLOCK; i++) hash[i] = out[i]! ^ block[i]!;
  }
  return hash;
}

/** Keyed hash of one byte: 0 makes the key-transport key of a link key, 2 the key-load key. */
export function zigbeeKeyHash(key: Uint8Array, input: number): Uint8Array {
  const inner = new Uint8Array(BLOCK + 1);
  const outer = new Uint8Array(2 * BLOCK);
  for (let i = 0; i < BLOCK; i++) {
    inner[i] = key[i]! ^ 0x36;
    outer[i] = key[i]! ^ 0x5c;
  }
  inner[BLOCK] = input;
  outer.set(zigbeeHash(inner), BLOCK);
  return zigbeeHash(outer);
}

/** Source address, frame counter and security control, low bytes first: 13 bytes into `nonce`. */
export function zigbeeNonce(
  nonce: Uint8Array,
  sourceHi: number,
  sourceLo: number,
  counter: number,
  control: number,
): void {
  for (let i = 0; i < 4; i++) {
    nonce[i] = sourceLo >>> 8 * i;
    nonce[4 + i] = sourceHi >>> 8 * i;
    nonce[8 + i] = counter >>> 8 * i;
  }
  nonce[12] = control;
}

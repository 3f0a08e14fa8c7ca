/**
 * Keys of TLS from its secrets: the PRF of TLS 1.2 (RFC 5246, 5) and of 1.0 and 1.1 (RFC 2246, 5),
 * and HKDF-Expand-Label of TLS 1.3 (RFC 8446, 7.1).
 *
 * @module
 */
import { createHmac } from "node:crypto";

/** Hashes of the PRF; `md5sha1` is that of TLS 1.0 and 1.1. */
export type PrfHash = "sha256" | "sha384" | "md5sha1";

const encoder = new TextEncoder();

/**
 * `length` bytes of the PRF.
 *
 * @param label ASCII, as "key expansion"
 * @param seed bytes behind the label
 */
export function prf(
  hash: PrfHash,
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  length: number,
): Uint8Array {
  const labelled = concat(encoder.encode(label), seed);
  if (hash !== "md5sha1") return pHash(hash, secret, labelled, length);
  const half = Math.ceil(secret.length / 2);
  const out = pHash("md5", secret.subarray(0, half), labelled, length);
  const other = pHash("sha1", secret.subarray(secret.length - half), labelled, length);
  for (let i = 0; i < length; i++) out[i]! ^= other[i]!;
  return out;
}

function pHash(hash: string, secret: Uint8Array, seed: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  let a = seed;
  for (let at = 0; at < length;) {
    a = hmac(hash, secret, a);
    const block = hmac(hash, secret, concat(a, seed));
    out.set(block.subarray(0, Math.min(block.length, length - at)), at);
    at += block.length;
  }
  return out;
}

/**
 * HKDF-Expand-Label.
 *
 * @param label without the prefix "tls13 "
 * @param context transcript hash, or empty
 * @param length at most 255 hashes long
 */
export function expandLabel(
  hash: "sha256" | "sha384",
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const name = encoder.encode(`tls13 ${label}`);
  const info = new Uint8Array(4 + name.length + context.length);
  info[0] = length >> 8;
  info[1] = length & 0xff;
  info[2] = name.length;
  info.set(name, 3);
  info[3 + name.length] = context.length;
  info.set(context, 4 + name.length);
  const out = new Uint8Array(length);
  let block = new Uint8Array(0);
  for (let at = 0, count = 1; at < length; count++) {
    block = hmac(hash, secret, concat(block, info, Uint8Array.of(count)));
    out.set(block.subarray(0, Math.min(block.length, length - at)), at);
    at += block.length;
  }
  return out;
}

function hmac(hash: string, key: Uint8Array, data: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHmac(hash, key).update(data).digest());
}

function concat(...parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

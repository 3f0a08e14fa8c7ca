/**
 * Decrypts the records of one direction of a TLS connection. Counts them, because their number is
 * part of the nonce.
 *
 * TLS 1.3: RFC 8446, 5.2 and 5.3. TLS 1.2: RFC 5246, 6.2.3 with AES-GCM (RFC 5288), AES-CCM (RFC
 * 6655), ChaCha20-Poly1305 (RFC 7905), AES-CBC with MAC and with encrypt-then-MAC (RFC 7366); CBC
 * also in TLS 1.0 (RFC 2246) and 1.1 (RFC 4346).
 *
 * @module
 */
import { createDecipheriv, createHmac } from "node:crypto";
import { AesCcm } from "../wire/aes_ccm.ts";
import type { Suite } from "../wire/tls_suites.ts";
import { Version } from "../wire/tls_values.ts";

/** Keys of one direction. */
export interface DirectionKeys {
  readonly key: Uint8Array;
  /** Fixed part of the nonce; for CBC the first initialization vector. */
  readonly iv: Uint8Array;
  /** Key of the MAC, empty except for CBC. */
  readonly mac: Uint8Array;
}

const NONCE = 12;
const CBC_BLOCK = 16;
/** TLS 1.1, the first version with an explicit initialization vector. */
const TLS_11 = 0x0302;

export class TlsCipher {
  /** Number of the next record. */
  sequence = 0;
  readonly suite: Suite;
  readonly #version: number;
  readonly #keys: DirectionKeys;
  readonly #encryptThenMac: boolean;
  readonly #ccm: AesCcm | undefined;
  readonly #nonce = new Uint8Array(NONCE);
  readonly #number = new Uint8Array(8);
  readonly #head: Uint8Array;
  /** Last block of the record before (TLS 1.0, CBC). */
  #chain: Uint8Array;

  constructor(version: number, suite: Suite, keys: DirectionKeys, encryptThenMac: boolean) {
    this.#version = version;
    this.suite = suite;
    this.#keys = keys;
    this.#encryptThenMac = encryptThenMac;
    this.#ccm = suite.mode === "ccm" ? new AesCcm(keys.key) : undefined;
    this.#head = new Uint8Array(version === Version.Tls13 ? 5 : 13);
    this.#chain = keys.iv;
  }

  /** Bytes that protection adds to a record, as far as that is fixed. */
  get overhead(): number {
    const { explicit, tag } = this.suite;
    return this.#version === Version.Tls13 ? tag + 1 : explicit + tag;
  }

  /**
   * Decrypts the body of record number `sequence`, `data[at, at + length)`, whose header stands
   * before it. Does not count.
   *
   * @returns the plaintext (of TLS 1.3 with type and padding behind it), or undefined when its
   *   authentication fails
   */
  open(data: Uint8Array, at: number, length: number): Uint8Array | undefined {
    this.#numberOf(this.sequence);
    if (this.suite.mode === "cbc") return this.#openCbc(data, at, length);
    return this.#openAead(data, at, length);
  }

  #numberOf(sequence: number): void {
    const number = this.#number;
    let rest = sequence;
    for (let i = 7; i >= 0; i--) {
      number[i] = rest & 0xff;
      rest = Math.floor(rest / 256);
    }
  }

  #openAead(data: Uint8Array, at: number, length: number): Uint8Array | undefined {
    const { tag, mode, explicit } = this.suite;
    const tls13 = this.#version === Version.Tls13;
    const before = tls13 ? 0 : explicit;
    const plain = length - before - tag;
    if (plain < 0) return undefined;
    this.#makeNonce(data, at, tls13 || explicit === 0);
    const head = this.#makeHead(data, at, tls13 ? length : plain);
    const start = at + before;
    const sealed = data.subarray(start, start + plain + tag);
    if (this.#ccm !== undefined) {
      const out = new Uint8Array(plain);
      return this.#ccm.open(this.#nonce, head, sealed, tag, out) ? out : undefined;
    }
    const { key } = this.#keys;
    const body = sealed.subarray(0, plain);
    const code = sealed.subarray(plain);
    try {
      const decipher = mode === "chacha20"
        ? createDecipheriv("chacha20-poly1305", key, this.#nonce, { authTagLength: 16 })
        : createDecipheriv(key.length === 16 ? "aes-128-gcm" : "aes-256-gcm", key, this.#nonce);
      decipher.setAAD(head, { plaintextLength: plain });
      decipher.setAuthTag(code);
      const out = decipher.update(body);
      decipher.final();
      return out;
    } catch {
      return undefined;
    }
  }

  /** The nonce: the fixed part mixed with the number, or followed by the record's explicit part. */
  #makeNonce(data: Uint8Array, at: number, mixed: boolean): void {
    const nonce = this.#nonce;
    const iv = this.#keys.iv;
    if (!mixed) {
      nonce.set(iv);
      for (let i = 0; i < 8; i++) nonce[4 + i] = data[at + i]!;
      return;
    }
    for (let i = 0; i < NONCE; i++) nonce[i] = i < 4 ? iv[i]! : iv[i]! ^ this.#number[i - 4]!;
  }

  /** What is authenticated beside the text: the header, before TLS 1.3 the number before it. */
  #makeHead(data: Uint8Array, at: number, length: number): Uint8Array {
    const head = this.#head;
    const start = head.length - 5;
    if (start > 0) head.set(this.#number);
    for (let i = 0; i < 3; i++) head[start + i] = data[at - 5 + i]!;
    head[start + 3] = length >> 8;
    head[start + 4] = length & 0xff;
    return head;
  }

  #openCbc(data: Uint8Array, at: number, length: number): Uint8Array | undefined {
    const chained = this.#version < TLS_11;
    const before = chained ? 0 : CBC_BLOCK;
    const tag = this.suite.tag;
    const sealed = length - before - (this.#encryptThenMac ? tag : 0);
    if (sealed < CBC_BLOCK || sealed % CBC_BLOCK !== 0) return undefined;
    const start = at + before;
    const body = data.subarray(start, start + sealed);
    if (this.#encryptThenMac && !this.#rightMac(data, at, before + sealed, data, start + sealed)) {
      return undefined;
    }
    const { key } = this.#keys;
    const iv = chained ? this.#chain : data.subarray(at, at + CBC_BLOCK);
    const name = key.length === 16 ? "aes-128-cbc" : "aes-256-cbc";
    const decipher = createDecipheriv(name, key, iv).setAutoPadding(false);
    const out: Uint8Array = decipher.update(body);
    const plain = withoutPadding(out) - (this.#encryptThenMac ? 0 : tag);
    if (plain < 0) return undefined;
    if (!this.#encryptThenMac) {
      const head = this.#makeHead(data, at, plain);
      if (!this.#sameMac(head, out, 0, plain, out, plain)) return undefined;
    }
    if (chained) this.#chain = body.slice(sealed - CBC_BLOCK);
    return out.subarray(0, plain);
  }

  #rightMac(
    data: Uint8Array,
    at: number,
    length: number,
    code: Uint8Array,
    codeAt: number,
  ): boolean {
    return this.#sameMac(this.#makeHead(data, at, length), data, at, length, code, codeAt);
  }

  #sameMac(
    head: Uint8Array,
    text: Uint8Array,
    at: number,
    length: number,
    code: Uint8Array,
    codeAt: number,
  ): boolean {
    const mac = createHmac(this.suite.mac!, this.#keys.mac)
      .update(head).update(text.subarray(at, at + length)).digest();
    for (let i = 0; i < mac.length; i++) if (mac[i] !== code[codeAt + i]) return false;
    return true;
  }
}

/** Bytes before the padding of a CBC record (RFC 5246, 6.2.3.2); -1 when it is wrong. */
function withoutPadding(out: Uint8Array): number {
  const padding = out[out.length - 1]!;
  const end = out.length - 1 - padding;
  for (let i = Math.max(0, end); i < out.length; i++) if (out[i] !== padding) return -1;
  return end;
}

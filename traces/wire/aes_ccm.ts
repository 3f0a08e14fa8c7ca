/**
 * AES in CCM mode (RFC 3610) with the extension CCM* of IEEE 802.15.4 (2015 edition, Annex B.3),
 * in which the integrity code may be left out. Used by IEEE 802.15.4, Zigbee and encrypted sensor
 * advertisements. Composed of AES in ECB (counter blocks) and CBC (the integrity code).
 *
 * @module
 */
import { createCipheriv } from "node:crypto";

const BLOCK = 16;
/** From here on the length of the additional data takes six bytes (RFC 3610, 2.2). */
const LONG_DATA = 0xff00;

/**
 * One key. Keep and reuse it: making one costs more than decrypting a frame.
 *
 * The length field takes what the nonce leaves of 15 bytes: a nonce of 13 bytes, as all radios here
 * use, allows messages of up to 65,535 bytes.
 */
export class AesCcm {
  readonly #ecb;
  readonly #cbc;
  /** The CBC cipher's last output: the first block is mixed with it, so that the chain starts anew. */
  readonly #chain = new Uint8Array(BLOCK);
  #blocks = new Uint8Array(256);
  #counters = new Uint8Array(256);
  readonly #mic = new Uint8Array(BLOCK);

  /**
   * @param key 16 bytes, or 32 (AES-256, in TLS)
   * @throws {RangeError} when the key has another length
   */
  constructor(key: Uint8Array) {
    if (key.length !== BLOCK && key.length !== 2 * BLOCK) {
      throw new RangeError(`make AES-CCM key: ${key.length} bytes, not 16 or 32`);
    }
    const name = key.length === BLOCK ? "aes-128" : "aes-256";
    this.#ecb = createCipheriv(`${name}-ecb`, key, null).setAutoPadding(false);
    this.#cbc = createCipheriv(`${name}-cbc`, key, new Uint8Array(BLOCK)).setAutoPadding(false);
  }

  /**
   * Decrypts and checks.
   *
   * @param nonce 7 to 13 bytes
   * @param aad additional data that is only authenticated
   * @param sealed the encrypted message, followed by the integrity code
   * @param micLength bytes of the integrity code: 0 (CCM* only), 4, 6, ... 16
   * @param out where the message is written, from `at` on; `sealed.length - micLength` bytes
   * @returns whether the integrity code is right; true when there is none
   */
  open(
    nonce: Uint8Array,
    aad: Uint8Array,
    sealed: Uint8Array,
    micLength: number,
    out: Uint8Array,
    at = 0,
  ): boolean {
    const length = sealed.length - micLength;
    if (length < 0) return false;
    const stream = this.#keyStream(nonce, length);
    for (let i = 0; i < length; i++) out[at + i] = sealed[i]! ^ stream[BLOCK + i]!;
    if (micLength === 0) return true;
    const mic = this.#authenticate(nonce, aad, out, at, length, micLength);
    let difference = 0;
    for (let i = 0; i < micLength; i++) difference |= mic[i]! ^ stream[i]! ^ sealed[length + i]!;
    return difference === 0;
  }

  /** Encrypts `message`; returns it with the integrity code behind. Parameters as for `open`. */
  seal(nonce: Uint8Array, aad: Uint8Array, message: Uint8Array, micLength: number): Uint8Array {
    const length = message.length;
    const sealed = new Uint8Array(length + micLength);
    const stream = this.#keyStream(nonce, length);
    for (let i = 0; i < length; i++) sealed[i] = message[i]! ^ stream[BLOCK + i]!;
    if (micLength === 0) return sealed;
    const mic = this.#authenticate(nonce, aad, message, 0, length, micLength);
    for (let i = 0; i < micLength; i++) sealed[length + i] = mic[i]! ^ stream[i]!;
    return sealed;
  }

  /** A_0 for the integrity code, then A_1, ... for the message (RFC 3610, 2.3). */
  #keyStream(nonce: Uint8Array, length: number): Uint8Array {
    const size = BLOCK + Math.ceil(length / BLOCK) * BLOCK;
    if (this.#counters.length < size) this.#counters = new Uint8Array(size * 2);
    const counters = this.#counters;
    counters.fill(0, 0, size);
    for (let at = 0, count = 0; at < size; at += BLOCK, count++) {
      counters[at] = BLOCK - 2 - nonce.length;
      counters.set(nonce, at + 1);
      counters[at + BLOCK - 1] = count;
      counters[at + BLOCK - 2] = count >>> 8;
    }
    return this.#ecb.update(counters.subarray(0, size));
  }

  /** The integrity code before it is encrypted (RFC 3610, 2.2), in the first bytes. */
  #authenticate(
    nonce: Uint8Array,
    aad: Uint8Array,
    message: Uint8Array,
    start: number,
    length: number,
    micLength: number,
  ): Uint8Array {
    const prefix = aad.length === 0 ? 0 : aad.length < LONG_DATA ? 2 : 6;
    const messageAt = BLOCK + Math.ceil((prefix + aad.length) / BLOCK) * BLOCK;
    const size = messageAt + Math.ceil(length / BLOCK) * BLOCK;
    if (this.#blocks.length < size) this.#blocks = new Uint8Array(size * 2);
    const blocks = this.#blocks;
    blocks.fill(0, 0, size);
    blocks[0] = (prefix > 0 ? 0x40 : 0) | (micLength - 2) / 2 << 3 | (BLOCK - 2 - nonce.length);
    blocks.set(nonce, 1);
    for (
      let at = BLOCK - 1, rest = length;
      at > nonce.length;
      at--, rest = Math.floor(rest / 256)
    ) {
      blocks[at] = rest;
    }
    writeLength(blocks, prefix, aad.length);
    blocks.set(aad, BLOCK + prefix);
    for (let i = 0; i < length; i++) blocks[messageAt + i] = message[start + i]!;
    for (let i = 0; i < BLOCK; i++) blocks[i] = blocks[i]! ^ this.#chain[i]!;
    const chained = this.#cbc.update(blocks.subarray(0, size));
    for (let i = 0; i < BLOCK; i++) {
      this.#mic[i] = this.#chain[i] = chained[size - BLOCK + i]!;
    }
    return this.#mic;
  }
}

function writeLength(blocks: Uint8Array, prefix: number, length: number): void {
  if (prefix === 0) return;
  let at = BLOCK;
  if (prefix === 6) {
    blocks[at++] = 0xff;
    blocks[at++] = 0xfe;
    blocks[at++] = length >>> 24;
    blocks[at++] = length >>> 16;
  }
  blocks[at++] = length >>> 8;
  blocks[at] = length;
}

/**
 * The keys of Zigbee networks: given ones, and those that decrypted Transport-Key commands brought.
 *
 * @module
 */
import { AesCcm } from "../wire/aes_ccm.ts";
import { sameBytes } from "../wire/same_bytes.ts";
import { zigbeeKeyHash, ZigbeeKeyId } from "../wire/zigbee_keys.ts";

/** A network, link or trust centre key. */
export interface GivenZigbeeKey {
  /** 16 bytes, in the order in which they are sent. */
  readonly key: Uint8Array;
  /** Shown with frames it opens. */
  readonly label?: string;
  /** Only for this PAN. */
  readonly pan?: number;
}

/** One key, with the keys derived from it. */
export class ZigbeeKey {
  readonly #ciphers: (AesCcm | undefined)[] = [];

  /**
   * @param key 16 bytes
   * @param label of a given key
   * @param frame the key was learned from, 0 for a given key
   */
  constructor(readonly key: Uint8Array, readonly label: string, readonly frame: number) {}

  /** The cipher for a key identifier of the security header. */
  cipher(keyId: number): AesCcm {
    return this.#ciphers[keyId] ??= new AesCcm(this.#derived(keyId));
  }

  #derived(keyId: number): Uint8Array {
    if (keyId === ZigbeeKeyId.Transport) return zigbeeKeyHash(this.key, 0);
    if (keyId === ZigbeeKeyId.Load) return zigbeeKeyHash(this.key, 2);
    return this.key;
  }
}

const NONE: readonly ZigbeeKey[] = [];
const KEY = 16;
const MOST_PANS = 1024;
const MOST_KEYS = 64;

/** Bounded: 64 keys for each of 1,024 PANs; those learned last come first. */
export class ZigbeeKeys {
  readonly #given: ZigbeeKey[] = [];
  readonly #byPan = new Map<number, ZigbeeKey[]>();

  /** @throws {RangeError} when a key is not 16 bytes long */
  constructor(given: readonly GivenZigbeeKey[]) {
    for (const one of given) this.give(one);
  }

  /**
   * Takes a key; one for a PAN is left out when it is known, or the PAN has too many.
   *
   * @throws {RangeError} when the key is not 16 bytes long
   */
  give({ key, label, pan }: GivenZigbeeKey): void {
    if (key.length !== KEY) {
      throw new RangeError(`take Zigbee key: ${key.length} bytes, not ${KEY}`);
    }
    const made = new ZigbeeKey(key, label ?? "", 0);
    if (pan === undefined) {
      this.#given.push(made);
      return;
    }
    const ring = this.#ring(pan);
    if (ring === undefined || ring.length >= MOST_KEYS) return;
    if (!ring.some((one) => sameBytes(one.key, 0, key, 0, KEY))) ring.push(made);
  }

  /** Notes a key that a frame of `pan` brought, unless it is the newest one. */
  learn(pan: number, key: Uint8Array, frame: number): void {
    const ring = this.#ring(pan);
    if (ring === undefined || ring[0] !== undefined && sameBytes(ring[0].key, 0, key, 0, KEY)) {
      return;
    }
    const known = ring.findIndex((one) => sameBytes(one.key, 0, key, 0, KEY));
    if (known > 0 || ring.length >= MOST_KEYS) ring.splice(known > 0 ? known : ring.length - 1, 1);
    ring.unshift(new ZigbeeKey(key, "", frame));
  }

  get given(): readonly ZigbeeKey[] {
    return this.#given;
  }

  ofPan(pan: number): readonly ZigbeeKey[] {
    return this.#byPan.get(pan) ?? NONE;
  }

  #ring(pan: number): ZigbeeKey[] | undefined {
    let ring = this.#byPan.get(pan);
    if (ring === undefined && this.#byPan.size < MOST_PANS) this.#byPan.set(pan, ring = []);
    return ring;
  }
}

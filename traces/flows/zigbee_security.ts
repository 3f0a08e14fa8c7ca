/**
 * Security of Zigbee network and application support frames: the auxiliary header, and decryption
 * (Zigbee specification 05-3474-22, 4.5).
 *
 * @module
 */
import { decodeData } from "../wire/data.ts";
import type { Dissection } from "../wire/dissection.ts";
import { putEui64le, word32le } from "../wire/eui64.ts";
import {
  boolean,
  bytes,
  define,
  eui64,
  frameNumber,
  hex8,
  none,
  string,
  uint32,
  uint8,
} from "../wire/field.ts";
import { rule } from "../wire/problem.ts";
import { ZigbeeKeyId, zigbeeNonce } from "../wire/zigbee_keys.ts";
import type { LearnedAddress, WpanAddresses } from "./wpan_addresses.ts";
import type { ZigbeeKey, ZigbeeKeys } from "./zigbee_keys.ts";

const F = define({
  "zbee.sec.field": hex8("Security Control Field"),
  "zbee.sec.key_id": hex8("Key Id", {
    names: { 0: "Link Key", 1: "Network Key", 2: "Key-Transport Key", 3: "Key-Load Key" },
  }),
  "zbee.sec.ext_nonce": boolean("Extended Nonce"),
  "zbee.sec.counter": uint32("Frame Counter"),
  "zbee.sec.src64": eui64("Extended Source"),
  "zbee.sec.key_seqno": uint8("Key Sequence Number"),
  "zbee.sec.mic": bytes("Message Integrity Code"),
  "zbee.sec.key": bytes("Key"),
  "zbee.sec.key.origin": frameNumber("Key Origin"),
  "zbee.sec.decryption_key": string("Key Label"),
  "zbee_sec.encrypted_payload": none("Encrypted Payload"),
  "zbee_sec.encrypted_payload_sliced": none("Encrypted payload, cut short when capturing"),
  "zbee_sec.extended_source_unknown": none("Extended Source: Unknown"),
});

const CLOSED = rule("zbee_nwk", "note", "no key opens this payload");
const NO_SOURCE = rule(
  "zbee_nwk",
  "note",
  "extended address of the sender is not known; the payload stays closed",
  "05-3474-22, 4.5.2.2",
);

/** Level used on the air though the header says 0: encryption with a 32-bit code (4.5.1.1.1). */
const LEVEL = 5;
const MIC = 4;

/** Addresses of the frame whose security header is read, for the nonce. */
export interface ZigbeeSenders {
  /** PAN of the sender. */
  pan: number;
  /** Short address of the MAC frame's sender, -1 when it has none. */
  macShort: number;
  /** Extended address of the MAC frame's sender, as far as known. */
  mac: LearnedAddress | undefined;
  /** Short address of the network frame's originator. */
  nwkShort: number;
  nwk: LearnedAddress | undefined;
}

export class ZigbeeSecurity {
  readonly #keys: ZigbeeKeys;
  readonly #addresses: WpanAddresses;
  readonly #nonce = new Uint8Array(13);
  #aad = new Uint8Array(256);

  constructor(keys: ZigbeeKeys, addresses: WpanAddresses) {
    this.#keys = keys;
    this.#addresses = addresses;
  }

  /**
   * Reads the auxiliary header and opens what follows as a source of its own, which the caller has to
   * leave.
   *
   * @param start where the authenticated bytes begin
   * @returns false when there is nothing to read on
   */
  open(d: Dissection, start: number, senders: ZigbeeSenders): boolean {
    const controlAt = d.pos;
    const control = d.u8(F["zbee.sec.field"]) & ~7 | LEVEL;
    const keyId = control >>> 3 & 3;
    d.push();
    d.put(F["zbee.sec.key_id"], keyId, controlAt, 1);
    d.putFlag(F["zbee.sec.ext_nonce"], control, 0x20, controlAt, 1);
    d.pop();
    const counter = d.u32le(F["zbee.sec.counter"]);
    const source = (control & 0x20) !== 0
      ? this.#inlineSource(d, keyId, senders)
      : keyId === ZigbeeKeyId.Network
      ? senders.mac
      : senders.nwk;
    if (d.failed !== 0) return false;
    if (source === undefined) {
      d.problem(NO_SOURCE, controlAt);
      d.putNone(F["zbee_sec.extended_source_unknown"], controlAt);
    }
    if (keyId === ZigbeeKeyId.Network) d.u8(F["zbee.sec.key_seqno"]);
    const length = d.limit - d.pos - MIC;
    if (d.failed === 0 && length < 0) d.skip(MIC);
    if (d.failed !== 0) return false;
    if (d.end - MIC >= d.pos) d.putBytes(F["zbee.sec.mic"], d.end - MIC, MIC);
    if (length === 0) return false;
    if (d.end < d.limit) {
      d.putNone(F["zbee_sec.encrypted_payload_sliced"]);
      decodeData(d);
      return false;
    }
    if (source !== undefined) {
      zigbeeNonce(this.#nonce, source.hi, source.lo, counter, control);
      if (this.#decrypt(d, start, controlAt, control, keyId, senders.pan)) return true;
    }
    d.problem(CLOSED, d.pos);
    d.putNone(F["zbee_sec.encrypted_payload"]);
    d.narrow(length);
    decodeData(d);
    d.widen();
    return false;
  }

  /** Reads the sender's address, and notes to which short addresses it belongs. */
  #inlineSource(d: Dissection, keyId: number, senders: ZigbeeSenders): LearnedAddress | undefined {
    const at = d.pos;
    d.skip(8);
    if (d.failed !== 0) return undefined;
    putEui64le(d, F["zbee.sec.src64"], at);
    const lo = word32le(d.data, at);
    const hi = word32le(d.data, at + 4);
    const { pan, macShort, nwkShort } = senders;
    if (keyId === ZigbeeKeyId.Data) {
      senders.nwk = this.#addresses.learn(pan, nwkShort, hi, lo, d.frame);
    } else if (keyId === ZigbeeKeyId.Network) {
      if (macShort >= 0) {
        senders.mac = this.#addresses.learn(pan, macShort, hi, lo, d.frame);
      }
      senders.nwk ??= this.#addresses.learn(pan, nwkShort, hi, lo, d.frame);
    }
    return { hi, lo, frame: d.frame };
  }

  #decrypt(
    d: Dissection,
    start: number,
    controlAt: number,
    control: number,
    keyId: number,
    pan: number,
  ): boolean {
    const learned = this.#keys.ofPan(pan);
    const { given } = this.#keys;
    if (learned.length + given.length === 0) return false;
    const length = d.pos - start;
    if (this.#aad.length < length) this.#aad = new Uint8Array(length * 2);
    for (let i = 0; i < length; i++) this.#aad[i] = d.data[start + i]!;
    this.#aad[controlAt - start] = control;
    const aad = this.#aad.subarray(0, length);
    const sealed = d.data.subarray(d.pos, d.end);
    const size = sealed.length - MIC;
    const at = d.reserve(size);
    const key = this.#find(learned, keyId, aad, sealed, d.arena, at) ??
      this.#find(given, keyId, aad, sealed, d.arena, at);
    if (key === undefined) return false;
    d.putObject(F["zbee.sec.key"], key.key, d.pos, 0);
    if (key.frame === 0) d.putObject(F["zbee.sec.decryption_key"], key.label, d.pos, 0);
    else d.put(F["zbee.sec.key.origin"], key.frame, d.pos, 0);
    return d.enter("Decrypted ZigBee Payload", d.arena, at, size);
  }

  #find(
    keys: readonly ZigbeeKey[],
    keyId: number,
    aad: Uint8Array,
    sealed: Uint8Array,
    out: Uint8Array,
    at: number,
  ): ZigbeeKey | undefined {
    for (const key of keys) {
      if (key.cipher(keyId).open(this.#nonce, aad, sealed, MIC, out, at)) return key;
    }
    return undefined;
  }
}

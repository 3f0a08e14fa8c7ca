/**
 * Zigbee's hash functions against the vectors of the specification (05-3474-22, Annex C.5 and C.6).
 *
 * @module
 */
import assert from "node:assert/strict";
import { zigbeeHash, zigbeeKeyHash, zigbeeNonce } from "../../../traces/wire/zigbee_keys.ts";
import { hex } from "../support/wpan_frames.ts";

Deno.test("hash of one byte and of a whole block", () => {
  assert.equal(zigbeeHash(hex("c0")).toHex(), "ae3a102a28d43ee0d4a09e22788b206c");
  const block = hex("c0c1c2c3c4c5c6c7c8c9cacbcccdcecf");
  assert.equal(zigbeeHash(block).toHex(), "a7977e88bc0b61e8210827109a228f2d");
});

Deno.test("keyed hash", () => {
  const key = hex("404142434445464748494a4b4c4d4e4f");
  assert.equal(zigbeeKeyHash(key, 0xc0).toHex(), "4512807bf94cb3400f0e2c25fb76e999");
});

Deno.test("key-transport key of the well-known trust centre key", () => {
  const key = hex("5a6967426565416c6c69616e63653039");
  assert.equal(zigbeeKeyHash(key, 0).toHex(), "4bab0f173e1434a2d572e1c1ef478782");
});

Deno.test("nonce: address, counter and control, low bytes first", () => {
  const nonce = new Uint8Array(13);
  zigbeeNonce(nonce, 0x00112233, 0x44556677, 0x01020304, 0x2d);
  assert.equal(nonce.toHex(), "7766554433221100040302012d");
});

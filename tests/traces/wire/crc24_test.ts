/**
 * The CRC of the Bluetooth LE link layer against its definition, bit by bit.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ADVERTISING_INIT, crc24, mirror24 } from "../../../traces/wire/crc24.ts";
import { Random } from "../support/random.ts";

/** Taps of the shift register: the terms x^10, x^9, x^6, x^4, x^3, x, 1 (Vol 6, Part B, 3.1.1). */
const TAPS = [0, 1, 3, 4, 6, 9, 10];

/** The register as the standard draws it: bits in, least significant of each byte first. */
function registerAfter(pdu: Uint8Array, init: number): number {
  const register = Array.from({ length: 24 }, (_, i) => init >> i & 1);
  for (const byte of pdu) {
    for (let bit = 0; bit < 8; bit++) {
      const feedback = register[23]! ^ byte >> bit & 1;
      for (let i = 23; i > 0; i--) register[i] = register[i - 1]!;
      register[0] = 0;
      for (const tap of TAPS) register[tap]! ^= feedback;
    }
  }
  return register.reduce((value, bit, i) => value | bit << i, 0);
}

Deno.test("crc24 is the register of the standard, sent from its highest position", () => {
  const random = new Random(1);
  for (let run = 0; run < 200; run++) {
    const pdu = Uint8Array.from({ length: random.below(40) }, () => random.below(256));
    const init = run % 2 === 0 ? ADVERTISING_INIT : random.below(1 << 24);
    assert.equal(crc24(pdu, 0, pdu.length, init), mirror24(registerAfter(pdu, init)));
  }
});

Deno.test("crc24 reads only the part it is told", () => {
  const pdu = Uint8Array.of(9, 0x42, 0x00, 9);
  assert.equal(
    crc24(pdu, 1, 3, ADVERTISING_INIT),
    crc24(pdu.subarray(1, 3), 0, 2, ADVERTISING_INIT),
  );
});

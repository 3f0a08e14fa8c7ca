/**
 * AES-CCM against the packet vectors of RFC 3610 and the frames of IEEE 802.15.4-2006, Annex C.
 *
 * @module
 */
import assert from "node:assert/strict";
import { AesCcm } from "../../../traces/wire/aes_ccm.ts";
import { hex } from "../support/wpan_frames.ts";

const KEY = hex("c0c1c2c3c4c5c6c7c8c9cacbcccdcecf");
const OTHER_KEY = hex("d7828d13b2b0bdc325a76236df93cc6b");

/** Bytes of additional data, bytes of the integrity code, nonce, both data, what comes out. */
type Vector = readonly [number, number, string, string, string];

/** RFC 3610, 8, packet vectors 1 to 12: their data counts up from 0. */
const COUNTED: readonly Vector[] = [
  [8, 8, "00000003020100", "1f", "588c979a61c663d2f066d0c2c0f989806d5f6b61dac38417e8d12cfdf926e0"],
  [
    8,
    8,
    "00000004030201",
    "20",
    "72c91a36e135f8cf291ca894085c87e3cc15c439c9e43a3ba091d56e10400916",
  ],
  [
    ...[8, 8, "00000005040302", "21"] as const,
    "51b1e5f44a197d1da46b0f8e2d282ae871e838bb64da8596574adaa76fbd9fb0c5",
  ],
  [12, 8, "00000006050403", "1f", "a28c6865939a9a79faaa5c4c2a9d4a91cdac8c96c861b9c9e61ef1"],
  [12, 8, "00000007060504", "20", "dcf1fb7b5d9e23fb9d4e131253658ad86ebdca3e51e83f077d9c2d93"],
  [12, 8, "00000008070605", "21", "6fc1b011f006568b5171a42d953d469b2570a4bd87405a0443ac91cb94"],
  [
    ...[8, 10, "00000009080706", "1f"] as const,
    "0135d1b2c95f41d5d1d4fec185d166b8094e999dfed96c048c56602c97acbb7490",
  ],
  [
    ...[8, 10, "0000000a090807", "20"] as const,
    "7b75399ac0831dd2f0bbd75879a2fd8f6cae6b6cd9b7db24c17b4433f434963f34b4",
  ],
  [
    ...[8, 10, "0000000b0a0908", "21"] as const,
    "82531a60cc24945a4b8279181ab5c84df21ce7f9b73f42e197ea9c07e56b5eb17e5f4e",
  ],
  [12, 10, "0000000c0b0a09", "1f", "07342594157785152b074098330abb141b947b566aa9406b4d999988dd"],
  [12, 10, "0000000d0c0b0a", "20", "676bb20380b0e301e8ab79590a396da78b834934f53aa2e9107a8b6c022c"],
  [
    12,
    10,
    "0000000e0d0c0b",
    "21",
    "c0ffa0d6f05bdb67f24d43a4338d2aa4bed7b20e43cd1aa31662e7ad65d6db",
  ],
];

/** RFC 3610, 8, packet vectors 13 to 24. */
const RANDOM: readonly Vector[] = [
  [
    ...[8, 8, "00412b4ea9cdbe"] as const,
    "0be1a88bace018b108e8cf97d820ea258460e96ad9cf5289054d895ceac47c",
    "4cb97f86a2a4689a877947ab8091ef5386a6ffbdd080f8e78cf7cb0cddd7b3",
  ],
  [
    ...[8, 8, "0033568ef7b263"] as const,
    "63018f76dc8a1bcb9020ea6f91bdd85afa0039ba4baff9bfb79c7028949cd0ec",
    "4ccb1e7ca981befaa0726c55d378061298c85c92814abc33c52ee81d7d77c08a",
  ],
  [
    ...[8, 8, "00103fe4133671"] as const,
    "aa6cfa36cae86b40b916e0eacc1c00d7dcec68ec0b3bbb1a02de8a2d1aa346132e",
    "b1d23a2220ddc0ac900d9aa03c61fcf4a559a4417767089708a776796edb723506",
  ],
  [
    ...[12, 8, "00764c63b8058e"] as const,
    "d0d0735c531e1becf049c24412daac5630efa5396f770ce1a66b21f7b2101c",
    "14d253c3967b70609b7cbb7c499160283245269a6f49975bcadeaf",
  ],
  [
    ...[12, 8, "00f8b678094e3b"] as const,
    "77b60f011c03e1525899bcaee88b6a46c78d63e52eb8c546efb5de6f75e9cc0d",
    "5545ff1a085ee2efbf52b2e04bee1e2336c73e3f762c0c7744fe7e3c",
  ],
  [
    ...[12, 8, "00d560912d3f70"] as const,
    "cd9044d2b71fdb8120ea60c06435acbafb11a82e2f071d7ca4a5ebd93a803ba87f",
    "009769ecabdf48625594c59251e6035722675e04c847099e5ae0704551",
  ],
  [
    ...[8, 10, "0042fff8f1951c"] as const,
    "d85bc7e69f944fb88a19b950bcf71a018e5e6701c91787659809d67dbedd18",
    "bc218daa947427b6db386a99ac1aef23ade0b52939cb6a637cf9bec2408897c6ba",
  ],
  [
    ...[8, 10, "00920f40e56cdc"] as const,
    "74a0ebc9069f5b371761433c37c5a35fc1f39f406302eb907c6163be38c98437",
    "5810e6fd25874022e80361a478e3e9cf484ab04f447efff6f0a477cc2fc9bf548944",
  ],
  [
    ...[8, 10, "0027ca0c7120bc"] as const,
    "44a3aa3aae6475caa434a8e58500c6e41530538862d686ea9e81301b5ae4226bfa",
    "f2beed7bc5098e83feb5b31608f8e29c38819a89c8e776f1544d4151a4ed3a8b87b9ce",
  ],
  [
    ...[12, 10, "005b8ccbcd9af8"] as const,
    "ec46bb63b02520c33c49fd70b96b49e21d621741632875db7f6c9243d2d7c2",
    "31d750a09da3ed7fddd49a2032aabf17ec8ebf7d22c8088c666be5c197",
  ],
  [
    ...[12, 10, "003ebe94044b9a"] as const,
    "47a65ac78b3d594227e85e71e2fcfbb880442c731bf95167c8ffd7895e337076",
    "e882f1dbd38ce3eda7c23f04dd65071eb41342acdf7e00dccec7ae52987d",
  ],
  [
    ...[12, 10, "008d493b30ae8b"] as const,
    "6e37a6ef546d955d34ab6059abf21c0b02feb88f856df4a37381bce3cc128517d4",
    "f32905b88a641b04b9c9ffb58cc390900f3da12ab16dce9e82efa16da62059",
  ],
];

function check(ccm: AesCcm, nonce: Uint8Array, data: Uint8Array, vector: Vector): void {
  const [aadLength, mic, , , expected] = vector;
  const aad = data.subarray(0, aadLength);
  const message = data.subarray(aadLength);
  const sealed = ccm.seal(nonce, aad, message, mic);
  assert.equal(sealed.toHex(), expected);
  const out = new Uint8Array(message.length + 3);
  assert.equal(ccm.open(nonce, aad, sealed, mic, out, 3), true);
  assert.deepEqual(out.subarray(3), message);
  for (let i = 0; i < sealed.length; i++) {
    const wrong = sealed.slice();
    wrong[i] = wrong[i]! ^ 0x10;
    assert.equal(ccm.open(nonce, aad, wrong, mic, out), false);
  }
}

Deno.test("packet vectors 1 to 12 of RFC 3610, one key object for all", () => {
  const ccm = new AesCcm(KEY);
  for (const vector of COUNTED) {
    const data = Uint8Array.from({ length: parseInt(vector[3], 16) }, (_, i) => i);
    check(ccm, hex(vector[2] + "a0a1a2a3a4a5"), data, vector);
  }
});

Deno.test("packet vectors 13 to 24 of RFC 3610", () => {
  const ccm = new AesCcm(OTHER_KEY);
  for (const vector of RANDOM) check(ccm, hex(vector[2] + "3c9696766cfa"), hex(vector[3]), vector);
});

const NONCE_PREFIX = "acde480000000001";

Deno.test("beacon of IEEE 802.15.4-2006, C.2.1: authenticated only, level 2", () => {
  const frame = hex("08d08421430100000000 48deac 02 05000000 55cf000051525354");
  const sealed = new AesCcm(KEY).seal(hex(NONCE_PREFIX + "0000000502"), frame, hex(""), 8);
  assert.equal(sealed.toHex(), "223bc1ec841ab553");
});

Deno.test("data of IEEE 802.15.4-2006, C.2.2: encrypted only, level 4", () => {
  const nonce = hex(NONCE_PREFIX + "0000000504");
  const ccm = new AesCcm(KEY);
  const sealed = ccm.seal(nonce, hex("69dc"), hex("61626364"), 0);
  assert.equal(sealed.toHex(), "d43e022b");
  const out = new Uint8Array(4);
  assert.equal(ccm.open(nonce, hex("ffff"), sealed, 0, out), true);
  assert.equal(out.toHex(), "61626364");
});

Deno.test("command of IEEE 802.15.4-2006, C.2.3: encrypted and authenticated, level 6", () => {
  const header = hex("2bdc8421430200000000 48deac ffff 0100000000 48deac 06 05000000 01");
  const sealed = new AesCcm(KEY).seal(hex(NONCE_PREFIX + "0000000506"), header, hex("ce"), 8);
  assert.equal(sealed.toHex(), "d84fde529061f9c6f1");
});

Deno.test("long additional data, empty message, every code length, short nonce", () => {
  const ccm = new AesCcm(KEY);
  for (const length of [0, 1, 14, 15, 0xfeff, 0xff00, 70000]) {
    for (const mic of [4, 6, 8, 10, 12, 14, 16]) {
      const aad = new Uint8Array(length).fill(7);
      const sealed = ccm.seal(new Uint8Array(7), aad, new Uint8Array(0), mic);
      assert.equal(ccm.open(new Uint8Array(7), aad, sealed, mic, new Uint8Array(0)), true);
      if (length > 0) aad[length - 1] = 8;
      assert.equal(ccm.open(new Uint8Array(7), aad, sealed, mic, new Uint8Array(0)), length === 0);
    }
  }
});

Deno.test("messages longer than 255 counter blocks", () => {
  const ccm = new AesCcm(KEY);
  const message = Uint8Array.from({ length: 9000 }, (_, i) => i);
  const sealed = ccm.seal(new Uint8Array(13), hex("01"), message, 4);
  const out = new Uint8Array(9000);
  assert.equal(ccm.open(new Uint8Array(13), hex("01"), sealed, 4, out), true);
  assert.deepEqual(out, message);
});

Deno.test("shorter than its integrity code; key of a wrong length", () => {
  const ccm = new AesCcm(KEY);
  assert.equal(ccm.open(new Uint8Array(13), hex(""), hex("010203"), 4, new Uint8Array(0)), false);
  assert.throws(() => new AesCcm(hex("00")), /AES-CCM key: 1 bytes, not 16/);
});

import assert from "node:assert/strict";
import { invalidUtf8 } from "../../../traces/wire/utf8.ts";
import { Random } from "../support/random.ts";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function isText(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

Deno.test("edges of RFC 3629, 3 and 4", () => {
  const cases: [number[], number][] = [
    [[], -1],
    [[0x00, 0x7f], -1],
    [[0xc2, 0x80], -1],
    [[0xdf, 0xbf], -1],
    [[0xe0, 0xa0, 0x80], -1],
    [[0xed, 0x9f, 0xbf], -1],
    [[0xee, 0x80, 0x80], -1],
    [[0xf0, 0x90, 0x80, 0x80], -1],
    [[0xf4, 0x8f, 0xbf, 0xbf], -1],
    [[0x61, 0x80], 1],
    [[0xc0, 0x80], 0],
    [[0xc1, 0xbf], 0],
    [[0xe0, 0x9f, 0xbf], 0],
    [[0xed, 0xa0, 0x80], 0],
    [[0xf0, 0x8f, 0xbf, 0xbf], 0],
    [[0xf4, 0x90, 0x80, 0x80], 0],
    [[0xf5, 0x80, 0x80, 0x80], 0],
    [[0x61, 0xe2, 0x82], 1],
    [[0xf0, 0x9f, 0x98], 0],
  ];
  for (const [bytes, where] of cases) {
    assert.equal(invalidUtf8(Uint8Array.from(bytes), 0, bytes.length), where, String(bytes));
  }
});

Deno.test("agrees with TextDecoder on random bytes and on cut text", () => {
  const random = new Random(1);
  const text = new TextEncoder().encode("aé€😀z");
  for (let round = 0; round < 20_000; round++) {
    const bytes = round % 2 === 0 ? random.bytes(random.below(6)) : Uint8Array.from(text);
    if (round % 2 === 1) bytes[random.below(bytes.length)] = random.below(256);
    const end = random.below(bytes.length + 1);
    assert.equal(
      invalidUtf8(bytes, 0, end) < 0,
      isText(bytes.subarray(0, end)),
      String(bytes.subarray(0, end)),
    );
  }
});

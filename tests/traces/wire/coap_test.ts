import assert from "node:assert/strict";
import { decodeCoap } from "../../../traces/wire/coap.ts";
import type { Dissection } from "../../../traces/wire/dissection.ts";
import { fieldOf } from "../../../traces/wire/field.ts";
import { valueText } from "../../../traces/report/value.ts";
import { Random } from "../support/random.ts";
import { treeOf } from "../support/tree_of.ts";
import { hex } from "../support/wpan_frames.ts";

function decode(text: string): Dissection {
  return treeOf(hex(text), decodeCoap);
}

/** Values of a field, in order. */
function values(d: Dissection, name: string): string[] {
  const found: string[] = [];
  for (let i = 0; i < d.tree.count; i++) {
    if (fieldOf(d.tree.id[i]!).name === name) found.push(valueText(d, i));
  }
  return found;
}

const GET = "42 01 1234 aabb" + // confirmable, token of 2, GET, message 4660
  "b4 74656d70" + // Uri-Path (11) "temp"
  "01 61" + // Uri-Path "a"
  "11 32" + // Content-Format (12) 50
  "ff 68656c6c6f";

Deno.test("a request with options and payload", () => {
  const d = decode(GET);
  assert.deepEqual(values(d, "coap.code"), ["1"]);
  assert.deepEqual(values(d, "coap.mid"), ["4660"]);
  assert.deepEqual(values(d, "coap.token"), ["aabb"]);
  assert.deepEqual(values(d, "coap.opt.uri_path"), ["temp", "a"]);
  assert.deepEqual(values(d, "coap.opt.ctype"), ["application/json"]);
  assert.deepEqual(values(d, "coap.payload_length"), ["5"]);
  assert.equal(d.infoColumn, "CON, MID:4660, GET");
  assert.deepEqual(d.problems, []);
});

Deno.test("long option, observe, block, error text", () => {
  const d = decode(
    "60 84 0001" + // acknowledgment, 4.04
      "61 05" + // Observe (6) 5
      "d1 04 1e" + // Block2 (23): number 1, more, 1024
      "dd ff 01" + "61".repeat(14) + // option 291, 14 bytes
      "ff 6e6f",
  );
  assert.deepEqual(values(d, "coap.opt.observe"), ["5"]);
  assert.deepEqual(values(d, "coap.opt.block_number"), ["1"]);
  assert.deepEqual(values(d, "coap.opt.block_mflag"), ["1"]);
  assert.deepEqual(values(d, "coap.opt.block_size"), ["6"]);
  assert.deepEqual(values(d, "coap.opt.delta_ext"), ["4", "255"]);
  assert.deepEqual(values(d, "coap.opt.length_ext"), ["1"]);
  assert.deepEqual(values(d, "coap.opt.unknown"), ["61".repeat(14)]);
  assert.match(values(d, "coap.payload")[0]!, /text\/plain.*no Content-Format.*Length: 2/);
});

Deno.test("rules broken", () => {
  const broken = (text: string) => decode(text).problems.map(({ rule }) => rule.text);
  assert.deepEqual(broken("80 01 0001"), ["version is not 1"]);
  assert.deepEqual(broken("49 01 0001 010203040506070809"), [
    "token length of 9 to 15 is reserved",
  ]);
  assert.deepEqual(broken("40 01 0001 f1 00"), ["option delta or length is reserved"]);
  assert.deepEqual(broken("40 01 0001 b4 74"), ["option is longer than the message"]);
  assert.deepEqual(broken("40 01 0001 73 000001"), ["option value has a wrong length"]);
  assert.deepEqual(broken("40 01 0001 ff"), ["payload marker without payload"]);
});

Deno.test("every prefix, and random bytes", () => {
  const whole = hex(GET);
  for (let length = 0; length < whole.length; length++) {
    const d = treeOf(whole.subarray(0, length), decodeCoap);
    if (length < 6) assert.equal(d.failed, 2);
  }
  const random = new Random(7252);
  for (let i = 0; i < 20_000; i++) {
    const bytes = random.bytes(random.below(40));
    if (bytes.length > 0) bytes[0] = 0x40 | bytes[0]! & 0x3f;
    treeOf(bytes, decodeCoap);
  }
});

/**
 * Advertising data: vectors from the layout in the standard, and what is wrong with others.
 *
 * @module
 */
import assert from "node:assert/strict";
import { adStructures } from "../../../traces/wire/ad_structures.ts";
import { valueText } from "../../../traces/report/value.ts";
import { fieldOf } from "../../../traces/wire/field.ts";
import { ad } from "../support/ble_frames.ts";
import { Random } from "../support/random.ts";
import { treeOf } from "../support/tree_of.ts";

function read(bytes: readonly number[]) {
  let whole = false;
  const d = treeOf(Uint8Array.from(bytes), (d) => whole = adStructures(d));
  const values: Record<string, string[]> = {};
  for (let i = 0; i < d.tree.count; i++) {
    const name = fieldOf(d.tree.id[i]!).name.replace("btcommon.eir_ad.entry.", "");
    (values[name] ??= []).push(valueText(d, i));
  }
  return { d, whole, values, problems: d.problems.map(({ rule, offset }) => [offset, rule.text]) };
}

Deno.test("adStructures reads a usual advertisement", () => {
  const { values, whole, problems } = read([
    ...[2, 0x01, 0x06], // Flags: general discoverable, BR/EDR not supported
    ...[5, 0x09, 0x54, 0xc3, 0xa9, 0x72], // complete name, UTF-8
    ...[5, 0x03, 0x1a, 0x18, 0x0f, 0x18], // two 16-bit UUIDs
    ...[2, 0x0a, 0xf8], // -8 dBm
    ...[3, 0x19, 0x44, 0x05], // appearance
    ...[5, 0xff, 0x99, 0x04, 0x05, 0x12], // company, data
    ...[6, 0x16, 0xd2, 0xfc, 0x40, 0x02, 0xc4], // service data
  ]);
  assert.equal(whole, true);
  assert.deepEqual(problems, []);
  assert.deepEqual(values["type"], ["0x01", "0x09", "0x03", "0x0a", "0x19", "0xff", "0x16"]);
  assert.deepEqual(values["flags.bredr_not_supported"], ["0x01"]);
  assert.deepEqual(values["flags.le_general_discoverable_mode"], ["0x01"]);
  assert.deepEqual(values["flags.le_limited_discoverable_mode"], ["0x00"]);
  assert.deepEqual(values["device_name"], ["Tér"]);
  assert.deepEqual(values["uuid_16"], ["0x181a", "0x180f", "0xfcd2"]);
  assert.deepEqual(values["power_level"], ["-8"]);
  assert.deepEqual(values["appearance"], ["0x0544"]);
  assert.deepEqual(values["company_id"], ["0x0499"]);
  assert.deepEqual(values["data"], ["0512"]);
  assert.deepEqual(values["service_data"], ["4002c4"]);
});

Deno.test("adStructures shows 128-bit UUIDs as they are written, and tells the standard's own", () => {
  const own = [0xfb, 0x34, 0x9b, 0x5f, 0x80, 0, 0, 0x80, 0, 0x10, 0, 0, 0x1a, 0x18, 0, 0];
  const other = Array.from({ length: 16 }, (_, i) => i);
  const { values } = read([...ad(0x07, own, other)]);
  assert.deepEqual(values["uuid_128"], ["0000181a00001000800000805f9b34fb"]);
  assert.deepEqual(values["custom_uuid_128"], ["0f0e0d0c0b0a09080706050403020100"]);
});

Deno.test("adStructures keeps what it does not know, and bytes beyond what a type has", () => {
  const { values, problems } = read([...ad(0x77, 1, 2), ...ad(0x01, 6, 0xaa)]);
  assert.deepEqual(values["data"], ["0102", "aa"]);
  assert.deepEqual(problems, []);
});

Deno.test("adStructures goes on behind a structure that is too short", () => {
  const { values, problems, whole } = read([...ad(0x0a), ...ad(0x19, 1), ...ad(0x01, 4)]);
  assert.equal(whole, true);
  assert.deepEqual(values["type"], ["0x0a", "0x19", "0x01"]);
  assert.deepEqual(values["flags.bredr_not_supported"], ["0x01"]);
  assert.deepEqual(problems, [
    [0, "AD structure is too short for its type"],
    [2, "AD structure is too short for its type"],
  ]);
});

Deno.test("adStructures shows what there is of a structure that reaches beyond the end", () => {
  const { values, problems, whole, d } = read([...ad(0x01, 6), 9, 0x09, 0x41, 0x42]);
  assert.equal(whole, false);
  assert.equal(d.failed, 0);
  assert.deepEqual(values["device_name"], ["AB"]);
  assert.deepEqual(problems, [[3, "AD structure is longer than the data it is in"]]);
});

Deno.test("adStructures ends at a length of zero, behind which only zeros belong", () => {
  assert.deepEqual(read([...ad(0x01, 6), 0, 0, 0]).problems, []);
  const { problems, values } = read([...ad(0x01, 6), 0, 0, 5]);
  assert.deepEqual(values["type"], ["0x01"]);
  assert.deepEqual(problems, [
    [5, "bytes behind the early end of advertising data are not zero"],
  ]);
});

Deno.test("adStructures says where a list of UUIDs is cut", () => {
  const { values, problems } = read([...ad(0x03, 0x1a, 0x18, 0x0f)]);
  assert.deepEqual(values["uuid_16"], ["0x181a"]);
  assert.deepEqual(values["data"], ["0f"]);
  assert.deepEqual(problems, [[4, "list of UUIDs does not end with a whole one"]]);
});

Deno.test("adStructures reads any bytes of any type without failing", () => {
  const random = new Random(2);
  for (let type = 0; type < 256; type++) {
    for (let size = 0; size < 64; size += 1 + random.below(4)) {
      const data = Array.from({ length: size }, () => random.below(256));
      const { d, whole } = read([...ad(type, data), ...ad(0x01, 6)]);
      assert.equal(whole, true);
      assert.equal(d.failed, 0);
      assert.equal(d.pos, d.end);
    }
  }
});

import assert from "node:assert/strict";
import { valueText } from "../../../traces/report/value.ts";
import { Style } from "../../../traces/report/text_style.ts";
import {
  absoluteTime,
  boolean,
  bytes,
  char,
  define,
  double,
  ether,
  eui64,
  frameNumber,
  guid,
  hex16,
  hex24,
  hex32,
  hex40,
  hex48,
  hex64,
  hex8,
  int16,
  int64,
  ipv4,
  none,
  protocol,
  relativeTime,
  string,
  uint64,
} from "../../../traces/wire/field.ts";
import type { Dissection } from "../../../traces/wire/dissection.ts";
import { treeOf } from "../support/tree_of.ts";

const LAYER = protocol("edgewire.test", "Test", "Test layer");
const DATA = protocol("data", "Data", "Data");
const F = define({
  "edgewire.test.none": none("None"),
  "edgewire.test.boolean": boolean("Boolean"),
  "edgewire.test.char": char("Character"),
  "edgewire.test.double": double("Double"),
  "edgewire.test.hex8": hex8("Hex"),
  "edgewire.test.hex16": hex16("Hex"),
  "edgewire.test.hex24": hex24("Hex"),
  "edgewire.test.hex32": hex32("Hex"),
  "edgewire.test.hex40": hex40("Hex"),
  "edgewire.test.hex48": hex48("Hex"),
  "edgewire.test.hex64": hex64("Hex"),
  "edgewire.test.int16": int16("Signed"),
  "edgewire.test.int64": int64("Signed"),
  "edgewire.test.uint64": uint64("Unsigned"),
  "edgewire.test.bytes": bytes("Bytes"),
  "edgewire.test.ether": ether("Address"),
  "edgewire.test.eui64": eui64("Address"),
  "edgewire.test.ipv4": ipv4("Address"),
  "edgewire.test.guid": guid("Identifier"),
  "edgewire.test.frame": frameNumber("Frame"),
  "edgewire.test.string": string("Text"),
  "edgewire.test.since": relativeTime("Since"),
  "edgewire.test.at": absoluteTime("At"),
});

const SIXTEEN = Uint8Array.from({ length: 16 }, (_, i) => i * 17);

function text(fill: (d: Dissection) => void, style: number = Style.Fields): string {
  return valueText(treeOf(SIXTEEN, fill), 0, style);
}

Deno.test("numbers: width by type, sign, 64 bits", () => {
  const cases: [keyof typeof F, number | bigint, string][] = [
    ["edgewire.test.boolean", 0, "0"],
    ["edgewire.test.boolean", 1, "1"],
    ["edgewire.test.hex8", 7, "0x07"],
    ["edgewire.test.hex16", 0xabc, "0x0abc"],
    ["edgewire.test.hex24", 0xabcdef, "0xabcdef"],
    ["edgewire.test.hex32", 0xffffffff, "0xffffffff"],
    ["edgewire.test.hex40", 0x12_3456_789a, "0x000000123456789a"],
    ["edgewire.test.hex48", 0xffff_ffff_ffff, "0x0000ffffffffffff"],
    ["edgewire.test.hex64", 0xfedc_ba98_7654_3210n, "0xfedcba9876543210"],
    ["edgewire.test.int16", -32768, "-32768"],
    ["edgewire.test.int64", -9223372036854775808n, "-9223372036854775808"],
    ["edgewire.test.uint64", 18446744073709551615n, "18446744073709551615"],
    ["edgewire.test.uint64", 9007199254740991, "9007199254740991"],
    ["edgewire.test.frame", 4294967295, "4294967295"],
    ["edgewire.test.frame", 1234567890, "1234567890"],
    ["edgewire.test.ipv4", 0xc0a80001, "192.168.0.1"],
    ["edgewire.test.eui64", 0x0011_2233_4455_6677n, "00:11:22:33:44:55:66:77"],
    ["edgewire.test.eui64", 1, "00:00:00:00:00:00:00:01"],
    ["edgewire.test.double", 0.1, "0.1"],
    ["edgewire.test.double", 1 / 3, "0.333333333333333"],
    ["edgewire.test.double", 1e15, "1e+15"],
    ["edgewire.test.char", 0x41, "'A'"],
    ["edgewire.test.char", 0x0a, "'\\n'"],
    ["edgewire.test.char", 0xff, "'\\xff'"],
    ["edgewire.test.since", 1.5, "1.500000000"],
  ];
  for (const [name, value, expected] of cases) {
    const fill = (d: Dissection) =>
      typeof value === "bigint" ? d.putObject(F[name], value) : d.put(F[name], value);
    assert.equal(text(fill), expected, `${name} ${value}`);
  }
});

Deno.test("whole numbers of every length", () => {
  for (let digits = 1; digits <= 15; digits++) {
    for (
      const value of [
        10 ** (digits - 1),
        10 ** digits - 1,
        Number("123456789012345".slice(0, digits)),
      ]
    ) {
      assert.equal(text((d) => d.put(F["edgewire.test.uint64"], value)), String(value));
    }
  }
});

Deno.test("bytes by type", () => {
  assert.equal(text((d) => d.bytes(3, F["edgewire.test.bytes"])), "001122");
  assert.equal(text((d) => d.bytes(6, F["edgewire.test.ether"])), "00:11:22:33:44:55");
  assert.equal(text((d) => d.bytes(8, F["edgewire.test.eui64"])), "00:11:22:33:44:55:66:77");
  assert.equal(text((d) => d.bytes(4, F["edgewire.test.ipv4"])), "0.17.34.51");
  assert.equal(
    text((d) => d.bytes(16, F["edgewire.test.guid"])),
    "00112233-4455-6677-8899-aabbccddeeff",
  );
});

Deno.test("bytes in reversed order", () => {
  assert.equal(text((d) => d.reversed(6, F["edgewire.test.ether"])), "55:44:33:22:11:00");
  assert.equal(text((d) => d.reversed(8, F["edgewire.test.eui64"])), "77:66:55:44:33:22:11:00");
  assert.equal(text((d) => d.putReversed(F["edgewire.test.bytes"], 13, 3)), "ffeedd");
  assert.equal(text((d) => d.reversed(4, F["edgewire.test.ipv4"])), "51.34.17.0");
  const d = treeOf(SIXTEEN, (d) => d.reversed(17, F["edgewire.test.bytes"]));
  assert.equal(d.tree.count, 0);
  assert.notEqual(d.failed, 0);
});

Deno.test("times keep every nanosecond", () => {
  const since = F["edgewire.test.since"];
  assert.equal(text((d) => d.putTime(since, 1763644341, 123456789)), "1763644341.123456789");
  assert.equal(text((d) => d.putTime(since, 0, -1)), "-0.000000001");
  assert.equal(text((d) => d.putTime(since, -3, -500000000)), "-3.500000000");
  assert.match(
    text((d) => d.putTime(F["edgewire.test.at"], 1763644341, 5)),
    /^Nov (19|20|21), 2025 \d\d:\d\d:21\.000000005 \S+$/,
  );
});

Deno.test("what is present without a value", () => {
  assert.equal(text((d) => d.putNone(F["edgewire.test.none"])), "1");
  assert.equal(text((d) => d.layer(LAYER)), "edgewire.test");
  assert.equal(text((d) => d.lengthOf(d.layer(DATA), 2)), "0011");
});

Deno.test("text is made safe for where it goes", () => {
  const put = (value: string) => (d: Dissection) => d.putObject(F["edgewire.test.string"], value);
  assert.equal(text(put('a\tb\n\0"\\'), Style.Fields), "a\\tb\\n");
  assert.equal(text(put('a\tb\n\0"\\'), Style.Json), 'a\\tb\\n\\u0000\\"\\\\');
  assert.equal(text(put("a\x1b[31m\u202eb\x85"), Style.Plain), "a\\x1b[31m\\u202eb\\x85");
});

import assert from "node:assert/strict";
import { DisplayFilter } from "../../../traces/report/filter/display_filter.ts";
import { DisplayFilterError } from "../../../traces/report/filter/filter_error.ts";
import {
  boolean,
  bytes,
  define,
  ether,
  hex16,
  ipv4,
  ipv6,
  none,
  protocol,
  relativeTime,
  string,
  uint16,
  uint64,
  uint8,
} from "../../../traces/wire/field.ts";
import { treeOf } from "../support/tree_of.ts";

const LAYER = protocol("edgewire.filter", "Filter", "Filter test");
const F = define({
  "edgewire.filter.kind": uint8("Kind", { names: { 3: "Publish Message", 4: "Ack" } }),
  "edgewire.filter.port": uint16("Port"),
  "edgewire.filter.flags": hex16("Flags"),
  "edgewire.filter.set": boolean("Set"),
  "edgewire.filter.topic": string("Topic"),
  "edgewire.filter.body": bytes("Body"),
  "edgewire.filter.mac": ether("Address"),
  "edgewire.filter.radio": ether("Address"),
  "edgewire.filter.v4": ipv4("Address"),
  "edgewire.filter.v6": ipv6("Address"),
  "edgewire.filter.wide": uint64("Wide"),
  "edgewire.filter.wait": relativeTime("Wait"),
  "edgewire.filter.mark": none("Mark"),
  "edgewire.filter.absent": uint8("Absent"),
});

const BYTES = Uint8Array.from([
  ...[0x00, 0x11, 0x22, 0x33, 0x44, 0x55],
  ...[192, 168, 1, 9],
  ...[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  ...new TextEncoder().encode("Hello, MQTT"),
]);

const tree = treeOf(BYTES, (d) => {
  d.lengthOf(d.layer(LAYER), 10);
  d.bytes(6, F["edgewire.filter.mac"]);
  d.putReversed(F["edgewire.filter.radio"], 0, 6);
  d.bytes(4, F["edgewire.filter.v4"]);
  d.bytes(16, F["edgewire.filter.v6"]);
  d.bytes(11, F["edgewire.filter.body"]);
  d.put(F["edgewire.filter.kind"], 3);
  d.put(F["edgewire.filter.port"], 1883);
  d.put(F["edgewire.filter.port"], 50000);
  d.put(F["edgewire.filter.flags"], 0x12);
  d.put(F["edgewire.filter.set"], 1);
  d.putObject(F["edgewire.filter.topic"], "Lab/lüx");
  d.putObject(F["edgewire.filter.wide"], 0xffff_ffff_ffff_ffffn);
  d.putTime(F["edgewire.filter.wait"], 1, 500_000_000);
  d.putNone(F["edgewire.filter.mark"]);
});

/** The field names of a filter are written without their first part. */
function full(filter: string): string {
  return filter.replace(/\$(\w*)/g, (_, name) => `edgewire.filter${name === "" ? "" : `.${name}`}`);
}

function passes(filter: string): boolean {
  return new DisplayFilter(full(filter)).test(tree);
}

const PASS = [
  "$",
  "$mark",
  "$kind == 3",
  "$kind eq 0x03",
  "$kind == 03",
  '$kind == "publish message"',
  "$kind in {1, 3..5}",
  "$kind not in {1, 2, 4..9}",
  "$port == 1883",
  "$port !== 1883",
  "!($port != 1883)",
  "all $port > 1000",
  "any $port < 2000",
  "count($port) == 2",
  "max($port) == 50000 and min($port) == 1883",
  "$flags & 0x02",
  "$flags & 0x12 == 0x12",
  "($flags & 0xf0) == 0x10",
  "{$flags & 0xf0} == 0x10",
  "$set == true",
  "$set == 1",
  '$topic == "Lab/lüx"',
  '$topic contains "b/l"',
  '$topic matches "^lab/"',
  '$topic ~ r"l\\wb/"',
  'lower($topic) == "lab/lüx"',
  "len($topic) == 8",
  "$topic[0:3] == 4c:61:62",
  '$topic[0:3] == "Lab"',
  "$mac == 00:11:22:33:44:55",
  "$mac[0:3] == 00:11:22",
  "$mac[-1] == 55",
  "$mac[1] & 10",
  "$mac[0]",
  "$mac[1-2,5] == 11:22:55",
  "$radio == 55:44:33:22:11:00",
  "$radio[0:2] == 55:44",
  "$radio contains 33:22",
  "$radio > $mac",
  "$v4 == 192.168.1.9",
  "$v4 == 192.168.0.0/16",
  "$v4 in {10.0.0.0/8, 192.168.1.1..192.168.1.10}",
  "$v6 == 2001:db8::1",
  "$v6 == 2001:db8::/32",
  "$wide == 18446744073709551615",
  "$wide > 18446744073709551614",
  "$wide & 0x8000000000000000",
  "$wait == 1.5",
  "$wait > 1.499999999",
  '$body contains "MQTT"',
  "$body contains 4d:51",
  "$body[0] == 48",
  '$ contains "MQTT"',
  '$ matches "mqtt"',
  "len($) == 10",
  "$port + 1 == 1884",
  "$port % 1000 == 0",
  "$kind == 3 && ($port == 1 || $port == 1883)",
  "$kind == 1 xor $port == 1883",
  "not $kind == 1 and not $absent",
  "!($absent == 1)",
  "1 < $kind < 4",
  "$port > $kind",
  "3 == $kind",
  'string($v4) matches "^192"',
];

const FAIL = [
  "$absent",
  "$mac[0] & 1",
  "$radio == 00:11:22:33:44:55",
  "$radio contains 22:33",
  "$absent == 1",
  "$absent != 1",
  "$absent > 0 or $kind > 3",
  "$port != 1883",
  "$port === 1883",
  '$kind == "Ack"',
  "$set == false",
  "$flags & 0x04",
  '$topic contains "B/L"',
  '$topic matches "(?-i)^lab"',
  "$topic == lab",
  "$mac[4:9] == 44:55",
  "$v4 == 192.168.2.0/24",
  "$v6 == 2001:db9::/32",
  "$wide < 18446744073709551615",
  "$wait == 1.500000001",
  "count($absent) == 0",
  "$kind == 3 and not ($port == 1883)",
];

Deno.test("filters that let the frame through", () => {
  for (const filter of PASS) assert.equal(passes(filter), true, filter);
});

Deno.test("filters that do not", () => {
  for (const filter of FAIL) assert.equal(passes(filter), false, filter);
});

Deno.test("errors say what is wrong and where", () => {
  // The place is marked with "¦".
  const cases: [string, RegExp][] = [
    ["¦", /empty/],
    ["¦$topci == 3", /did you mean edgewire.filter.topic\?/],
    ["$kind == 3 && ¦nosuch.field", /no field or protocol/],
    ["$kind ==¦", /the filter ends here: expected a field or a value/],
    ["($kind¦", /expected "\)"/],
    ["$kind¦)", /expected the end of the filter/],
    ["$kind == ¦300", /too large for edgewire.filter.kind: at most 255/],
    ["$kind == ¦abc", /not a number or a value name/],
    ["$v4 == ¦300.1.1.1", /no IPv4 address/],
    ["$v4 == ¦10.0.0.0/33", /at most 32 bits/],
    ["$mac == ¦0g", /no bytes/],
    ['$topic matches ¦"("', /[Rr]egular expression/],
    ['$topic == ¦"abc', /no closing quote/],
    ['$topic == "¦\\q"', /not an escape/],
    ["$mac¦[0:3 == 1", /no closing \]/],
    ["$mac¦[a] == 1", /no slice/],
    ["¦$kind[0] == 1", /cannot be sliced/],
    ["$mark == ¦1", /no value/],
    ["$kind ¦== $topic", /cannot be compared/],
    ["$kind ¦contains 3", /holds nothing/],
    ["¦foo($kind) == 1", /no function foo\(\)/],
    ["¦len() == 1", /takes one field/],
    ["¦3 == 4", /no field/],
    ["$kind == 3 ¦$port", /expected the end/],
    ["¦#", /not expected here/],
  ];
  for (const [marked, message] of cases) {
    const at = full(marked).indexOf("¦");
    assert.throws(() => passes(marked.replace("¦", "")), (error) => {
      assert.ok(error instanceof DisplayFilterError, `${marked}: ${error}`);
      assert.match(error.message, message, marked);
      assert.equal(error.at, at, marked);
      return true;
    });
  }
  assert.throws(() => passes("(".repeat(3_000)), /nested too deep/);
  assert.throws(() => passes("(".repeat(10_000)), /too long/);
  assert.throws(() => passes("!".repeat(3_000)), /nested too deep/);
  assert.throws(() => passes("-".repeat(3_000)), /nested too deep/);
});

Deno.test("a filter wants just its own fields", () => {
  const d = treeOf(new Uint8Array(), () => {});
  d.want.fill(0);
  new DisplayFilter(full("$kind == 3 and len($topic) > 1 or $mac[0] == 1")).want(d);
  const wanted = [...d.want.keys()].filter((id) => d.want[id] === 1);
  const expected = ["kind", "topic", "mac"].map((name) =>
    F[`edgewire.filter.${name}` as keyof typeof F]
  );
  assert.deepEqual(wanted, expected.sort((a, b) => a - b));
});

Deno.test("garbage never breaks the compiler in any other way", () => {
  const words = ["edgewire.filter.kind", "==", "(", ")", "{", "}", "&", "!", "in", "..", ",", "1"]
    .concat([
      '"a"',
      "-",
      "len",
      "[0:1]",
      "[",
      "contains",
      "matches",
      "00:11",
      "'a'",
      "any",
      "~",
      "/",
    ]);
  let state = 1;
  const random = (below: number) => {
    state = Math.imul(state, 1103515245) + 12345 >>> 0;
    return (state >>> 8) % below;
  };
  for (let i = 0; i < 20_000; i++) {
    const filter = Array.from({ length: 1 + random(8) }, () => words[random(words.length)]).join(
      " ",
    );
    try {
      new DisplayFilter(filter).test(tree);
    } catch (error) {
      assert.ok(error instanceof DisplayFilterError, `${filter}: ${error}`);
    }
  }
});

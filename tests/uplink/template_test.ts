import assert from "node:assert/strict";
import { Template, TemplateError, type TemplateSource } from "../../gateway/uplink/template.ts";
import { TopicFilter } from "../../gateway/topics/topic_filter.ts";

const FILTER = new TopicFilter("devices/:room/#");
const SOURCE: TemplateSource = {
  topic: "devices/living room/a/b",
  channel: "living room",
  seq: 7,
  time: Date.UTC(2025, 5, 1, 12, 0, 0, 250) + 0.4,
  json: '{"t":21.50,"name":"a\\"b","deep":{"x.y":1,"z":[10,20]},"no":null}',
};

function fill(text: string, more: Partial<TemplateSource> & { isTopic?: boolean } = {}) {
  const { isTopic = false, ...source } = more;
  const whole = { ...SOURCE, ...source };
  return Template.parse(text, { names: ["room"], isTopic }).fill(whole, FILTER.match(whole.topic)!);
}

Deno.test("templates fill in names of the filter, and what is known of the update", () => {
  const cases: [string, string][] = [
    ["plain", "plain"],
    ["{room}", "living room"],
    ["{topic} {channel} {seq} {rest}", "devices/living room/a/b living room 7 a/b"],
    ["{device}", "living room"],
    ["{time} {ms} {seconds}", "2025-06-01T12:00:00.250Z 1748779200250 1748779200"],
    ["{value.t}", "21.5"],
    ["{value.name} {value.name|json}", 'a"b "a\\"b"'],
    ["{value.name|percent}", "a%22b"],
    ["{value.deep.z} {value.deep.z.1}", "[10,20] 20"],
    ["{value.no}", "null"],
    ["{room|json} {room|percent}", '"living room" living%20room'],
    ['{"v":{value.t},"in":{"room":{room|json}}}', '{"v":21.5,"in":{"room":"living room"}}'],
    ["{{room} {{{room}} {} { x }", "{room} {living room} {} { x }"],
  ];
  for (const [text, expected] of cases) assert.equal(fill(text), expected, text);
  assert.equal(fill("{device}", { device: "A4:C1" }), "A4:C1");
});

Deno.test("a value keeps its digits; a text loses its quotes", () => {
  const value = (json: string, text = "{value}") => fill(text, { json });
  assert.equal(value("21.50"), "21.50");
  assert.equal(value(" 12345678901234567890\n"), "12345678901234567890");
  assert.equal(value('"on & off"'), "on & off");
  assert.equal(value('"on & off"', "{value|percent}"), "on%20%26%20off");
  assert.equal(value('"on"', "{value|json}"), '"on"');
  assert.equal(value("true", "{value|json}"), "true");
  assert.equal(value('[1, "a"]'), '[1, "a"]');
});

Deno.test("a member that is not there makes nothing", () => {
  for (const text of ["{value.none}", "{value.t.x}", "{value.deep.toString}", "{value.no.x}"]) {
    assert.equal(fill(text), null, text);
  }
  assert.equal(fill("{value.x}", { json: "21.5" }), null);
  assert.equal(fill("{value.length}", { json: '"text"' }), null);
});

Deno.test("nothing filled into a topic adds a level or a wildcard", () => {
  const of = (text: string, json: string) => fill(text, { json, isTopic: true });
  assert.equal(of("a/{value}/b", '"x/y+#\\u0000z"'), "a/x%2Fy%2B%23%00z/b");
  assert.equal(of("a/{value|percent}", '"x/y %"'), "a/x%2Fy%20%25");
  assert.equal(of("site/{topic}", "1"), "site/devices/living room/a/b");
  assert.equal(of("{rest}", "1"), "a/b");
  assert.equal(of("{value}", '""'), null);
  assert.equal(of("{value}", JSON.stringify("x".repeat(65_536))), null);
  assert.equal(of("{value}", JSON.stringify("x".repeat(65_535)))?.length, 65_535);
});

Deno.test("what cannot be used is said with its place", () => {
  const cases: [string, boolean, number, RegExp][] = [
    ["a {valu}", false, 2, /\{valu\} is not known; there are \{room\}, \{topic\}/],
    ["{value", false, 0, /is no placeholder/],
    ["x{value|xml}", false, 1, /"\|xml" is neither/],
    ["{room.x}", false, 0, /\{room\} has no members/],
    ["{value..x}", false, 0, /is no placeholder/],
    ["a/+/b", true, 2, /no wildcard/],
    ["a/{room}/#", true, 9, /no wildcard/],
    ["", true, 0, /empty/],
  ];
  for (const [text, isTopic, at, message] of cases) {
    assert.throws(
      () => Template.parse(text, { names: ["room"], isTopic }),
      (error: Error) => {
        assert.ok(error instanceof TemplateError);
        assert.match(error.message, message);
        assert.equal(error.at, at, text);
        return true;
      },
      text,
    );
  }
});

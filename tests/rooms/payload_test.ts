import assert from "node:assert/strict";
import { payloadToJson, valueToPayload } from "../../gateway/rooms/payload.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("JSON passes as it came, digit by digit", () => {
  const texts = ["123456789012345678901234567890", "1.0", "1e999", '{"a": [1,\n2]}', '"\\ud800"'];
  for (const text of texts) assert.equal(payloadToJson(bytes(text)), text);
});

Deno.test("what is not JSON is text, and what is not text is base64", () => {
  const cases: [Uint8Array<ArrayBuffer>, string][] = [
    [bytes("on"), '"on"'],
    [bytes(""), '""'],
    [bytes("NaN"), '"NaN"'],
    [bytes("01"), '"01"'],
    [bytes("\ufeff1"), '"\ufeff1"'],
    [bytes('a\0b"\n'), '"a\\u0000b\\"\\n"'],
    [new Uint8Array([0xc3, 0x28]), '{"base64":"wyg="}'],
    [new Uint8Array([0xed, 0xa0, 0x80]), '{"base64":"7aCA"}'],
  ];
  for (const [payload, json] of cases) assert.equal(payloadToJson(payload), json);
});

Deno.test("whatever comes, the message stays one JSON value", () => {
  for (const text of ["1,2", "1}", '"a', "[1", "{}{}", "//", "[".repeat(50_000), "1 "]) {
    JSON.parse(`{"value":${payloadToJson(bytes(text))}}`);
  }
});

Deno.test("a value is published as text, bytes or JSON", () => {
  const text = (value: unknown) => new TextDecoder().decode(valueToPayload(value));
  assert.equal(text("on"), "on");
  assert.equal(text(21.5), "21.5");
  assert.equal(text(null), "null");
  assert.equal(text({ base64: "aGk=" }), "hi");
  assert.equal(text({ base64: "not base64!" }), '{"base64":"not base64!"}');
  assert.equal(text({ base64: "aGk=", other: 1 }), '{"base64":"aGk=","other":1}');
});

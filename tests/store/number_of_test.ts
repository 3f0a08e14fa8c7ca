import assert from "node:assert/strict";
import { isBoolean, numberIn, numberOf } from "../../gateway/store/number_of.ts";

Deno.test("the number to plot", () => {
  const cases: [unknown, number | null][] = [
    [7, 7],
    [{ value: 7 }, 7],
    [true, 1],
    [{ value: false }, 0],
    ["7", null],
    [{ value: "7" }, null],
    [{}, null],
    [[7], null],
    [null, null],
  ];
  for (const [value, number] of cases) assert.equal(numberOf(value), number);
});

/** Of JSON text that stands between other bytes. */
function inBytes(json: string): number {
  const bytes = new TextEncoder().encode(`12${json}34`);
  return numberIn(bytes, 2, bytes.length - 4);
}

Deno.test("the number in JSON bytes is what parsing says", () => {
  const texts = [
    ...["0", "-0", "7", "-7.25", "0.1", "123456789012345", "1234567890123456", "0.000000000000001"],
    ...["1e3", "-2E-7", "1e999", " 7", "7 ", "true", "false", "null", '"7"', '""', "[]", "{}"],
    ...['{"value":7}', '{"value":"7"}', '{ "a": "value", "value" : true }', '{"a":{"value":7}}'],
    ...['"true"', '{"value":1e999}', '"ä"', '{"value":1,"text":"ä😀"}', "[1]"],
  ];
  for (let i = 0; i < 2000; i++) {
    const value = (Math.random() - 0.5) * 10 ** (Math.random() * 12);
    texts.push(`${value}`, value.toFixed(i % 9), value.toPrecision(1 + i % 17));
  }
  for (const text of texts) {
    const number = numberOf(JSON.parse(text));
    const expected = number === null || !Number.isFinite(number) ? NaN : number;
    assert.ok(Object.is(inBytes(text), expected), `${text}: ${inBytes(text)}`);
  }
});

Deno.test("true and false are known from their bytes", () => {
  for (const text of ["true", "false", "1", "null", '"true"', "tru", "[true]"]) {
    const bytes = new TextEncoder().encode(text);
    assert.equal(isBoolean(bytes, 0, bytes.length), text === "true" || text === "false", text);
  }
});

import assert from "node:assert/strict";
import { formatAge } from "../../web/app/values/format_age.ts";
import { formatNumber, formatValue } from "../../web/app/values/format_value.ts";
import { numericValue } from "../../web/app/values/numeric_value.ts";
import { switchState, switchValue } from "../../web/app/values/switch_state.ts";
import { topicLabel } from "../../web/app/values/topic_label.ts";

Deno.test("numericValue takes numbers and what wraps them", () => {
  assert.equal(numericValue(7), 7);
  assert.equal(numericValue({ value: 7, unit: "°C" }), 7);
  for (const other of ["7", true, null, [7], { v: 7 }, { value: "7" }, undefined]) {
    assert.equal(numericValue(other), undefined);
  }
});

Deno.test("switchState knows the control's own values and the usual words", () => {
  assert.deepEqual(
    [true, "on", "ON", "true"].map((value) => switchState(value)),
    Array(4).fill(true),
  );
  assert.deepEqual(
    [false, "off", { value: "Off" }].map((value) => switchState(value)),
    Array(3).fill(false),
  );
  assert.equal(switchState(1), undefined);
  const control = { type: "switch", on: { state: 1 }, off: 0 } as const;
  assert.equal(switchState({ state: 1 }, control), true);
  assert.equal(switchState({ value: 0 }, control), false);
  assert.deepEqual(switchValue(control, true), { state: 1 });
  assert.deepEqual([switchValue(undefined, true), switchValue(undefined, false)], [true, false]);
});

Deno.test("formatValue shows each kind of payload", () => {
  assert.equal(formatValue({ value: 7 }), "7");
  assert.equal(formatValue("door open"), "door open");
  assert.equal(formatValue(true), "true");
  assert.equal(formatValue({ a: [1, null] }), '{"a":[1,null]}');
  assert.equal(formatValue({ base64: "AAECAwQ=" }), "5 bytes");
  assert.equal(formatValue(null), "null");
  assert.equal(formatValue("x".repeat(1000)).length, 401);
});

Deno.test("formatNumber keeps six digits", () => {
  const shown = [0, 21.5, 0.1 + 0.2, 34360.912, 123456.789, 1e12, 1e-7, -3].map(formatNumber);
  assert.deepEqual(shown, [
    "0",
    "21.5",
    "0.3",
    "34360.9",
    "123456.789",
    "1.000e+12",
    "1.000e-7",
    "-3",
  ]);
});

Deno.test("formatAge is coarse, and future times are now", () => {
  assert.deepEqual(
    [-5000, 0, 2000, 89_000, 90_000, 2 * 3600_000, 50 * 3600_000].map(formatAge),
    ["now", "now", "2 s", "89 s", "1 min", "2 h", "2 d"],
  );
});

Deno.test("topicLabel leaves out what the channel says", () => {
  assert.equal(topicLabel("devices/desk/lamp/state", "desk"), "lamp/state");
  assert.equal(topicLabel("lab/door", "lab"), "door");
  assert.equal(topicLabel("lab", "lab"), "lab");
});

/** Which time is shown, in the address and under fingers. */
import assert from "node:assert/strict";
import { clockText, spanText } from "../../web/app/plot/time_text.ts";
import {
  DEFAULT_LENGTH,
  panned,
  pinched,
  readView,
  viewQuery,
  zoomed,
} from "../../web/app/plot/time_view.ts";

const view = (text: string) => readView(new URLSearchParams(text));

Deno.test("the address says a window or a span; nonsense is ignored", () => {
  assert.deepEqual(view(""), { length: DEFAULT_LENGTH, span: undefined });
  assert.equal(view("window=3600000").length, 3_600_000);
  assert.deepEqual(view("from=1000&to=2000").span, { from: 1000, to: 2000 });
  for (const text of ["window=5", "window=x", "window=1e12"]) {
    assert.equal(view(text).length, DEFAULT_LENGTH, text);
  }
  for (const text of ["from=2000&to=1000", "from=1&to=2", "from=a&to=b", "from=1000", "to=5"]) {
    assert.equal(view(text).span, undefined, text);
  }
});

Deno.test("what is said is what was meant", () => {
  for (const text of ["window=3600000", "from=1000&to=2000", ""]) {
    const said = Object.entries(viewQuery(view(text))).filter(([, value]) => value !== undefined);
    assert.equal(String(new URLSearchParams(said as [string, string][])), text);
  }
});

Deno.test("zooming keeps the time under the pointer, panning the size", () => {
  assert.deepEqual(zoomed({ from: 1000, to: 2000 }, 0.5, 0.25), { from: 1125, to: 1625 });
  assert.deepEqual(zoomed({ from: 1125, to: 1625 }, 2, 0.25), { from: 1000, to: 2000 });
  assert.deepEqual(panned({ from: 1000, to: 2000 }, -0.5), { from: 500, to: 1500 });
  const smallest = zoomed({ from: 1000, to: 1010 }, 0.01, 0.5);
  assert.equal(smallest.to - smallest.from, 10);
});

Deno.test("two fingers hold their times", () => {
  const span = { from: 0, to: 100 };
  const held = pinched([40, 60], [0.2, 0.8], span);
  assert.ok(Math.abs(held.from + held.to - 100) < 1e-9);
  assert.ok(Math.abs(held.to - held.from - 20 / 0.6) < 1e-9);
  assert.equal(pinched([40, 60], [0.5, 0.501], span), span, "too close to tell");
  assert.equal(pinched([40, 60], [0.8, 0.2], span), span, "crossed");
});

Deno.test("times are as exact as what is shown", () => {
  const time = new Date(2026, 2, 4, 13, 5, 7, 89).getTime();
  assert.equal(clockText(time, 1), "13:05:07.089");
  assert.equal(clockText(time, 1000), "13:05:07");
  assert.equal(clockText(time, 60_000), "13:05");
  assert.match(clockText(time, 86_400_000), /4/);
  assert.equal(spanText({ from: time, to: time + 600_000 }, time), "13:05:07 – 13:15:07");
  assert.match(spanText({ from: time, to: time + 600_000 }, time + 9e8), /4.* 13:05:07 – 13:15:07/);
});

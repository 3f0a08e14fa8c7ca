import assert from "node:assert/strict";
import { AnswerText } from "../../gateway/nodes/answer_text.ts";

/** An answer that takes so long to make, ms, and counts. */
function scene(cost: number, parts?: number) {
  const state = { time: 0, made: 0 };
  const make = () => {
    state.time += cost;
    return { made: ++state.made };
  };
  return { state, answer: new AnswerText(make, parts, () => state.time) };
}

Deno.test("an answer that took 50 ms is given again for half a second", () => {
  const { state, answer } = scene(50);
  for (let i = 0; i < 49; i++, state.time += 10) assert.equal(answer.text, '{"made":1}');
  state.time += 20;
  assert.equal(answer.text, '{"made":2}');
  answer.drop();
  assert.equal(answer.text, '{"made":3}');
});

Deno.test("one that took no time is always new, and none is older than a second", () => {
  const quick = scene(0).answer;
  assert.equal(quick.text, '{"made":1}');
  assert.equal(quick.text, '{"made":2}');
  const { state, answer } = scene(5000);
  assert.equal(answer.text, '{"made":1}');
  state.time += 1001;
  assert.equal(answer.text, '{"made":2}');
});

Deno.test("one of a hundred parts that took 10 ms is given again for a second", () => {
  const { state, answer } = scene(10, 100);
  for (let i = 0; i < 99; i++, state.time += 10) assert.equal(answer.text, '{"made":1}');
  state.time += 20;
  assert.equal(answer.text, '{"made":2}');
});

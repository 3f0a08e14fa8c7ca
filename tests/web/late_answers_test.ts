/** A device's late answers to earlier commands of one movement. */
import assert from "node:assert/strict";
import { LATE, LateAnswers } from "../../web/app/controls/late_answers.ts";

function movement(...values: number[]): LateAnswers {
  const answers = new LateAnswers();
  values.forEach((value, i) => answers.sent(value, i * 100));
  return answers;
}

Deno.test("an earlier value of the movement is late, the last and others are not", () => {
  const answers = movement(20, 30, 40.1);
  const late = (reported: number) => answers.isLate(reported, 100, 300);
  assert.deepEqual([20, 30, 40.1, 35, 0].map(late), [true, true, false, false, false]);
  // As a device with 32-bit numbers says it.
  assert.equal(late(Math.fround(40.1)), false);
  assert.equal(late(Math.fround(30)), true);
});

Deno.test("back at the value it began with, what was between is late", () => {
  const answers = movement(20, 30, 20);
  assert.equal(answers.isLate(20, 100, 300), false);
  assert.equal(answers.isLate(30, 100, 300), true);
});

Deno.test("nothing is late without a command, after one alone, or long after the last", () => {
  assert.equal(new LateAnswers().isLate(1, 100, 0), false);
  assert.equal(movement(20).isLate(30, 100, 0), false);
  const answers = movement(20, 30);
  assert.equal(answers.isLate(20, 100, 100 + LATE), true);
  assert.equal(answers.isLate(20, 100, 101 + LATE), false);
  // A movement of later does not remember that of before.
  answers.sent(50, 100 + LATE);
  assert.equal(answers.isLate(20, 100, 200 + LATE), false);
});

import assert from "node:assert/strict";
import { type Entry, History } from "../../gateway/rooms/history.ts";

function entry(seq: number, { json = "0", time = seq } = {}): Entry {
  return { seq, time, topic: null, json, id: "", node: "" };
}

function filled(limits: Partial<{ count: number; bytes: number; ageMs: number }>, to: number) {
  const history = new History({ count: 1e9, bytes: 1e9, ageMs: 1e9, ...limits });
  for (let seq = 1; seq <= to; seq++) history.append(entry(seq));
  return history;
}

function seqs(entries: Iterable<Entry>): number[] {
  return Array.from(entries, ({ seq }) => seq);
}

Deno.test("keeps the newest, by count", () => {
  const history = filled({ count: 3 }, 10);
  assert.equal(history.length, 3);
  assert.equal(history.firstSeq, 8);
  assert.deepEqual(seqs(history.after(0)), [8, 9, 10]);
  assert.deepEqual(seqs(history.after(8)), [9, 10]);
  assert.deepEqual(seqs(history.after(10)), []);
});

Deno.test("keeps the newest, by bytes, and always the last", () => {
  const history = filled({ bytes: 2000 }, 100);
  assert.ok(history.bytes <= 2000);
  assert.ok(history.length >= 5 && history.length < 20);
  history.append(entry(101, { json: "x".repeat(5000) }));
  assert.deepEqual(seqs(history.after(0)), [101]);
  history.append(entry(102));
  assert.deepEqual(seqs(history.after(0)), [102]);
});

Deno.test("forgets what is too old when it is trimmed", () => {
  const history = filled({ ageMs: 3 }, 10);
  history.trim(11);
  assert.deepEqual(seqs(history.after(0)), [8, 9, 10]);
  history.trim(1000);
  assert.equal(history.length, 0);
  assert.equal(history.firstSeq, null);
  assert.equal(history.bytes, 0);
  history.append(entry(11));
  assert.deepEqual(seqs(history.after(0)), [11]);
});

Deno.test("says whether everything behind a number is still there", () => {
  const history = filled({ count: 3 }, 10);
  assert.equal(history.reaches(6, 10), false);
  assert.equal(history.reaches(7, 10), true);
  assert.equal(history.reaches(10, 10), true);
  history.trim(1e12);
  assert.equal(history.reaches(9, 10), false);
  assert.equal(history.reaches(10, 10), true);
});

Deno.test("finds a span of time", () => {
  const history = filled({}, 10);
  assert.deepEqual(seqs(history.between(4, 6)), [4, 5, 6]);
});

Deno.test("stays the same, and small, over many rounds", () => {
  const history = filled({ count: 1000 }, 50_000);
  assert.deepEqual(seqs(history.after(0)), Array.from({ length: 1000 }, (_, i) => 49_001 + i));
  assert.ok(history.bytes < 1000 * 200);
});

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

Deno.test("goes on behind what is forgotten while it is read", () => {
  const history = filled({ count: 3 }, 10);
  const entries = history.after(0);
  assert.equal(entries.next().value?.seq, 8);
  for (let seq = 11; seq <= 30; seq++) history.append(entry(seq));
  assert.deepEqual(seqs(entries), [28, 29, 30]);
});

Deno.test("gives entries back as they were, however many come and go", () => {
  const history = new History({ count: 1e9, bytes: 1e9, ageMs: 500 });
  const topic = {
    topic: "a/x",
    last: null,
    head: "",
    tail: "",
    stale: false,
    recorded: null,
    stored: 0,
  };
  const said = (seq: number): Entry => ({
    seq,
    time: 1.7e12 + seq + 0.125,
    topic: seq % 3 === 0 ? null : topic,
    json: JSON.stringify(`value ${seq}`),
    id: `run-${seq}`,
    node: seq % 2 === 0 ? "" : ',"node":"attic"',
  });
  // Numbers of a room that is older than 2^31 updates.
  const start = 2 ** 31 - 700;
  let first = start;
  for (let seq = start; seq < start + 3000; seq++) {
    history.append(said(seq));
    if (seq % 1000 !== 0) continue;
    history.trim(said(seq).time);
    first = seq - 500;
  }
  const newest = start + 2999;
  assert.deepEqual(
    [...history.after(0)],
    Array.from({ length: newest - first + 1 }, (_, i) => said(first + i)),
  );
  history.trim(said(newest + 499).time);
  assert.deepEqual([...history.after(0)], [said(newest - 1), said(newest)]);
});

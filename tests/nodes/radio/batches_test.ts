import assert from "node:assert/strict";
import { Batches } from "../../../gateway/nodes/radio/batches.ts";

Deno.test("batches that never came are counted, and no more when they come late", () => {
  const batches = new Batches();
  assert.equal(batches.take(7, 10), "first");
  assert.equal(batches.take(7, 11), "next");
  assert.equal(batches.take(7, 14), "next");
  assert.equal(batches.missed, 2);
  assert.equal(batches.take(7, 12), "next");
  assert.equal(batches.missed, 1);
});

Deno.test("a batch that comes twice is known, also after others", () => {
  const batches = new Batches();
  for (const number of [0, 1, 2, 3]) batches.take(7, number);
  for (const number of [3, 1, 0, 2]) assert.equal(batches.take(7, number), "repeated");
  assert.equal(batches.repeated, 4);
  assert.equal(batches.missed, 0);
});

Deno.test("one from far behind is a repeat", () => {
  const batches = new Batches();
  batches.take(7, 5);
  batches.take(7, 1000);
  assert.equal(batches.take(7, 6), "repeated");
});

Deno.test("numbers wrap", () => {
  const batches = new Batches();
  batches.take(7, 0xffff_fffe);
  batches.take(7, 0xffff_ffff);
  assert.equal(batches.take(7, 1), "next");
  assert.equal(batches.missed, 1);
  assert.equal(batches.take(7, 0), "next");
  assert.equal(batches.missed, 0);
  assert.equal(batches.take(7, 0xffff_ffff), "repeated");
});

Deno.test("a new boot id is a reboot, and counts anew", () => {
  const batches = new Batches();
  batches.take(7, 500);
  assert.equal(batches.take(8, 0), "rebooted");
  assert.equal(batches.take(8, 1), "next");
  assert.deepEqual([batches.reboots, batches.missed], [1, 0]);
});

Deno.test("numbers that jump further than any outage are a new count, not a million losses", () => {
  const batches = new Batches();
  batches.take(7, 5);
  assert.equal(batches.take(7, 3_000_000_000), "rebooted");
  assert.equal(batches.missed, 0);
});

Deno.test("one from before the first that came was not missed, and is read", () => {
  const batches = new Batches();
  batches.take(7, 5);
  assert.equal(batches.take(7, 4), "next");
  assert.equal(batches.take(7, 3), "next");
  assert.equal(batches.take(7, 3), "repeated");
  assert.deepEqual([batches.missed, batches.late], [0, 0]);
  // Nor is one from before a reboot.
  batches.take(8, 9);
  assert.equal(batches.take(8, 8), "next");
  assert.equal(batches.missed, 0);
});

Deno.test("after a restart what came before is known; what came to nobody is not missed", () => {
  const before = new Batches();
  for (const number of [4, 5, 7]) before.take(9, number);
  const batches = new Batches();
  batches.restore(before.bytes());
  assert.equal(batches.take(9, 7), "repeated");
  assert.equal(batches.take(9, 5), "repeated");
  assert.equal(batches.take(9, 6), "next");
  assert.equal(batches.take(9, 12), "next");
  assert.equal(batches.take(9, 7), "repeated");
  assert.equal(batches.take(9, 10), "next");
  assert.deepEqual([batches.missed, batches.late], [0, 0]);
  assert.equal(batches.take(9, 14), "next");
  assert.equal(batches.missed, 1);
  assert.equal(batches.take(10, 0), "rebooted");
});

Deno.test("the first batch after a restart may be one of another boot, or far ahead", () => {
  const before = new Batches();
  before.take(0xffff_ffff, 0xffff_fff0);
  for (const [boot, number, verdict] of [[1, 3, "rebooted"], [0xffff_ffff, 100, "next"]] as const) {
    const batches = new Batches();
    batches.restore(before.bytes());
    assert.equal(batches.take(boot, number), verdict);
    assert.equal(batches.take(boot, number + 2), "next");
    assert.equal(batches.missed, 1);
  }
});

Deno.test("missed and late batches add up, however far numbers jump", () => {
  const batches = new Batches();
  batches.take(7, 0);
  for (const number of [31, 63, 64, 200]) batches.take(7, number);
  assert.equal(batches.missed, 30 + 31 + 135);
  for (const number of [199, 170, 169]) assert.equal(batches.take(7, number), "next");
  assert.deepEqual([batches.missed, batches.late], [30 + 31 + 132, 3]);
  // Too far behind to be told from a repeated one.
  assert.equal(batches.take(7, 168), "repeated");
});

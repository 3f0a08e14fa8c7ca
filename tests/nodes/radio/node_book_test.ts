/** What `/metrics` counts of nodes never falls. */
import assert from "node:assert/strict";
import { type KnownNode, NodeBook } from "../../../gateway/nodes/radio/node_book.ts";
import { World } from "../liveness/world.ts";

function scene() {
  const book = new NodeBook(new World().monitor);
  const node = book.node("attic")!;
  let last = book.totals();
  /** Says the totals, which may not have fallen. */
  const totals = () => {
    const now = book.totals();
    for (const [name, count] of Object.entries(now)) {
      assert.ok(count >= last[name as keyof typeof last], `${name} fell to ${count}`);
    }
    return last = now;
  };
  return { book, node, totals };
}

function batch(node: KnownNode, boot: number, number: number, dropped: number) {
  if (node.batches.take(boot, number) === "rebooted") node.rebooted();
  node.dropped = dropped;
}

Deno.test("frames that nodes dropped add up over reboots", () => {
  const { node, totals } = scene();
  batch(node, 1, 0, 50);
  assert.equal(totals().dropped, 50);
  batch(node, 1, 2, 60);
  // An older one that comes late has an older count.
  batch(node, 1, 1, 55);
  assert.equal(totals().dropped, 60);
  batch(node, 2, 0, 0);
  assert.equal(totals().dropped, 60);
  batch(node, 2, 1, 7);
  assert.deepEqual([totals().dropped, node.dropped], [67, 7]);
  // Its count has 32 bits.
  node.dropped = 2 ** 31 - 1;
  node.dropped = 2 ** 32 - 3;
  node.dropped = 2;
  assert.equal(totals().dropped, 60 + 2 ** 32 + 2);
});

Deno.test("batches that come late are no longer missing, but were", () => {
  const { node, totals } = scene();
  batch(node, 1, 0, 0);
  batch(node, 1, 3, 0);
  assert.deepEqual([totals().missed, totals().late, node.batches.missed], [2, 0, 2]);
  batch(node, 1, 1, 0);
  assert.deepEqual([totals().missed, totals().late, node.batches.missed], [2, 1, 1]);
});

Deno.test("what a node that is forgotten brought stays counted", () => {
  const { book, node, totals } = scene();
  batch(node, 1, 0, 9);
  batch(node, 1, 2, 9);
  batch(node, 1, 2, 9);
  Object.assign(node, { frames: 100, damaged: 3, malformed: 2 });
  const before = totals();
  assert.deepEqual(before, {
    frames: 100,
    damaged: 3,
    malformed: 2,
    dropped: 9,
    missed: 1,
    late: 0,
    repeated: 1,
  });
  book.forget("attic");
  book.forget("attic");
  assert.deepEqual(totals(), before);
  book.node("attic")!.frames = 5;
  assert.equal(totals().frames, 105);
});

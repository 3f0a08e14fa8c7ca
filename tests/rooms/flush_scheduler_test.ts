import assert from "node:assert/strict";
import { type Flushable, FlushScheduler } from "../../gateway/rooms/flush_scheduler.ts";

const GATHER_MS = 5;
/** Timers of a busy machine are late. */
const SLACK_MS = 100;

/** Counts its flushes, and says when one came. */
class Item implements Flushable {
  dirty = false;
  flushes = 0;
  onFlush = () => {};
  #next = Promise.withResolvers<void>();

  flush() {
    this.flushes++;
    const { resolve } = this.#next;
    this.#next = Promise.withResolvers();
    this.onFlush();
    resolve();
  }

  get flushed(): Promise<void> {
    return this.#next.promise;
  }
}

function scheduler() {
  const it = new FlushScheduler(GATHER_MS);
  return Object.assign(it, { [Symbol.dispose]: () => it.close() });
}

function sleep(ms: number) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

Deno.test("what comes after quiet goes out in the same turn", async () => {
  using flush = scheduler();
  const item = new Item();
  flush.mark(item);
  flush.mark(item);
  assert.equal(item.flushes, 0);
  await Promise.resolve();
  assert.equal(item.flushes, 1);
});

Deno.test("what comes while busy gathers, for no longer than the bound", async () => {
  using flush = scheduler();
  const item = new Item();
  item.onFlush = () => {
    for (const end = performance.now() + 3; performance.now() < end;);
  };
  for (let i = 0; i < 20; i++) {
    const { flushed, flushes } = item;
    const start = performance.now();
    flush.mark(item);
    flush.mark(item);
    await flushed;
    assert.equal(item.flushes, flushes + 1);
    assert.ok(performance.now() - start < GATHER_MS + SLACK_MS);
  }
});

Deno.test("a lazily marked item goes out after its delay", async () => {
  using flush = scheduler();
  const item = new Item();
  const start = performance.now();
  flush.markLazily(item, 30);
  await item.flushed;
  const took = performance.now() - start;
  assert.ok(took >= 29 && took < 30 + SLACK_MS, `${took} ms`);
});

Deno.test("a shorter delay wins, whichever came first", async () => {
  using flush = scheduler();
  for (const delays of [[5000, 20], [20, 5000]]) {
    const item = new Item();
    const start = performance.now();
    for (const delay of delays) flush.markLazily(item, delay);
    await item.flushed;
    assert.ok(performance.now() - start < 20 + SLACK_MS);
    assert.equal(item.flushes, 1);
  }
});

Deno.test("one who is marked in every flush leaves turns to others and to timers", async () => {
  using flush = scheduler();
  const greedy = new Item();
  const other = new Item();
  greedy.onFlush = () => flush.mark(greedy);
  flush.mark(greedy);
  await sleep(5);
  flush.mark(other);
  await other.flushed;
  await sleep(5);
  assert.ok(greedy.flushes > 1);
});

Deno.test("nothing is flushed after the end, and no timer is left", async () => {
  const flush = new FlushScheduler(GATHER_MS);
  const items = [new Item(), new Item(), new Item()] as const;
  flush.mark(items[0]);
  flush.markLazily(items[1], 1);
  flush.close();
  flush.mark(items[2]);
  flush.markLazily(items[2], 1);
  await sleep(20);
  assert.deepEqual(items.map(({ flushes }) => flushes), [0, 0, 0]);
});

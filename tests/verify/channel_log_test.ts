import assert from "node:assert/strict";
import { ChannelLog, type Gap, type Listing } from "../../gateway/verify/channel_log.ts";
import { Random } from "../traces/support/random.ts";

interface Sent {
  n: number;
  dup: boolean;
}

/** A log of numbers from 1, with gaps, duplicates and late ones, as `random` wants it. */
function damagedLog(random: Random): Sent[] {
  const log: Sent[] = [];
  for (let n = 1, end = 50 + random.below(500); n <= end; n++) {
    if (random.below(20) === 0) n += random.below(5);
    log.push({ n, dup: false });
    if (random.below(15) === 0) {
      const from = random.below(log.length);
      const again = log.slice(from, from + 1 + random.below(4));
      log.push(...again.map(({ n }) => ({ n, dup: random.below(2) === 0 })));
    }
  }
  for (let swaps = random.below(10); swaps > 0; swaps--) {
    const [moved] = log.splice(random.below(log.length), 1);
    log.splice(random.below(log.length + 1), 0, moved!);
  }
  return log;
}

/** The same, one message after the other. */
function plainly(log: Sent[]) {
  const seen = new Set<number>();
  const found = {
    duplicates: [] as string[],
    reorderings: [] as string[],
    missing: [] as number[],
  };
  let largest = -Infinity;
  for (const { n, dup } of log) {
    if (seen.has(n)) found.duplicates.push(`${n}${dup ? " resent" : ""}`);
    else if (n < largest) found.reorderings.push(`${n} after ${largest}`);
    seen.add(n);
    largest = Math.max(largest, n);
  }
  for (let n = Math.min(...seen); n <= largest; n++) if (!seen.has(n)) found.missing.push(n);
  return found;
}

function numbersOf({ from, to }: { from: number; to: number }): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

function logOf(listing: Listing = { left: 1000 }) {
  return new ChannelLog("k3", "desk", listing);
}

Deno.test("random logs: gaps, duplicates and reorderings are those of a plain computation", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const sent = damagedLog(new Random(seed));
    const expected = plainly(sent);
    const log = logOf();
    for (const { n, dup } of sent) log.take(n, dup);
    const found = {
      duplicates: log.duplicateList.flatMap((run) =>
        numbersOf(run).map((n) => `${n}${run.resent ? " resent" : ""}`)
      ),
      reorderings: log.reorderingList.flatMap((run) =>
        numbersOf(run).map((n) => `${n} after ${run.after}`)
      ),
      missing: [...log.gaps()].flatMap(numbersOf),
    };
    assert.deepEqual(found, expected, `seed ${seed}`);
    assert.deepEqual(
      [log.messages, log.duplicates, log.resent, log.reordered, log.missing],
      [
        sent.length,
        expected.duplicates.length,
        expected.duplicates.filter((text) => text.endsWith("resent")).length,
        expected.reorderings.length,
        expected.missing.length,
      ],
      `seed ${seed}`,
    );
  }
});

Deno.test("random records of drops name every missing number, and no other", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new Random(seed);
    const log = logOf();
    const seen = new Set<number>();
    const reasons = new Map<number, string>();
    let last = 0;
    for (let n = 1; n <= 200; n++) {
      if (random.below(4) > 0) {
        log.take(n, false);
        seen.add(n);
        last = n;
      } else if (random.below(3) > 0) {
        const to = n + random.below(4);
        const reason = random.of(["bytes", "age", "disk"]);
        log.drop(n, to, reason);
        for (let dropped = n; dropped <= to; dropped++) {
          if (!reasons.has(dropped)) reasons.set(dropped, reason);
        }
        last = Math.max(last, to);
      }
    }
    const found = new Map(
      [...log.gaps()].flatMap((gap) => numbersOf(gap).map((n) => [n, gap.reason] as const)),
    );
    for (let n = Math.min(...seen, ...reasons.keys()); n <= last; n++) {
      assert.equal(found.has(n), !seen.has(n), `seed ${seed}: ${n}`);
      // What two records tell has one reason of theirs.
      assert.equal(
        found.get(n) !== undefined,
        !seen.has(n) && reasons.has(n),
        `seed ${seed}: ${n}`,
      );
    }
    assert.equal(found.size, log.missing);
  }
});

Deno.test("a gap is told by parts, each with its reason; also one that nothing follows", () => {
  const log = logOf();
  log.take(10, false);
  log.drop(12, 13, "bytes");
  log.drop(14, 14, "bytes");
  log.drop(16, 16, "age");
  log.take(20, false);
  log.drop(22, 30, "age");
  const gaps: Gap[] = [
    { from: 11, to: 11 },
    { from: 12, to: 14, reason: "bytes" },
    { from: 15, to: 15 },
    { from: 16, to: 16, reason: "age" },
    { from: 17, to: 19 },
    { from: 21, to: 21 },
    { from: 22, to: 30, reason: "age" },
  ];
  assert.deepEqual([...log.gaps()], gaps);
  assert.deepEqual([log.first, log.last, log.missing, log.isClean], [10, 30, 19, false]);
});

Deno.test("a channel of which everything was dropped has a gap", () => {
  const log = logOf();
  log.drop(5, 9, "disk");
  assert.deepEqual([...log.gaps()], [{ from: 5, to: 9, reason: "disk" }]);
  assert.deepEqual([log.messages, log.first, log.last, log.missing], [0, 5, 9, 5]);
});

Deno.test("a record of what came all the same is no gap", () => {
  const log = logOf();
  for (let n = 1; n <= 5; n++) log.take(n, false);
  log.drop(2, 4, "bytes");
  assert.deepEqual([...log.gaps()], []);
  assert.ok(log.isClean);
});

Deno.test("of very many duplicates and reorderings some are listed, all are counted", () => {
  const log = logOf({ left: 100 });
  for (let n = 2; n <= 2000; n += 2) log.take(n, false);
  for (let n = 2; n <= 2000; n += 2) log.take(n, false);
  for (let n = 1; n < 2000; n += 2) log.take(n, false);
  assert.deepEqual([log.duplicates, log.reordered, log.missing], [1000, 1000, 0]);
  assert.equal(log.duplicateList.length + log.reorderingList.length, 100);
});

Deno.test("memory does not grow with messages that come in order", () => {
  const log = logOf();
  const heap = () => Deno.memoryUsage().heapUsed;
  for (let n = 1; n <= 1e6; n++) log.take(n, false);
  const before = heap();
  for (let n = 1e6 + 1; n <= 8e6; n++) log.take(n, false);
  const grown = heap() - before;
  assert.ok(grown < 8e6, `${grown} bytes more after 7 million messages`);
  assert.deepEqual([log.messages, log.missing, log.last], [8e6, 0, 8e6]);
});

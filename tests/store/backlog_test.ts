import assert from "node:assert/strict";
import { Backlog, type BacklogOptions } from "../../gateway/store/backlog.ts";
import { Records } from "../../gateway/store/record_batch.ts";
import type { ToStoreWorker } from "../../gateway/store/store_messages.ts";

/** Far longer than a test takes. */
const NEVER_MS = 60_000;

/** A backlog whose Worker commits when the test says so. */
class Run implements Disposable {
  readonly backlog: Backlog;
  /** Entries of each commit that began. */
  readonly commits: number[] = [];
  #seq = 0;
  #rows = 0;
  #begun = Promise.withResolvers<void>();

  constructor(options: Partial<BacklogOptions> = {}) {
    this.backlog = new Backlog({
      syncMs: NEVER_MS,
      lazyMs: NEVER_MS,
      syncRows: 64,
      commitRows: 5000,
      bytes: 1 << 26,
      send: (message) => this.#take(message),
      ...options,
    });
  }

  #take(message: ToStoreWorker) {
    if (message.type === "records") {
      const { bytes } = message;
      const records = new Records(bytes);
      for (let at = 0; at < bytes.length; at += records.length(at)) this.#rows++;
    } else if (message.type === "commit") {
      this.commits.push(this.#rows);
      this.#rows = 0;
      this.#begun.resolve();
      this.#begun = Promise.withResolvers();
    }
  }

  append(rows: number) {
    for (let i = 0; i < rows; i++) this.backlog.append(1, 2, ++this.#seq, 0, "1", "", "");
  }

  /** Resolves when the next commit begins, with how long that took, ms. */
  async begun(): Promise<number> {
    const from = performance.now();
    await this.#begun.promise;
    return performance.now() - from;
  }

  [Symbol.dispose]() {
    this.backlog.end();
  }
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("a commit that somebody waits for begins with 64 entries, all that came with them in it", async () => {
  using run = new Run();
  run.append(40);
  run.backlog.synced();
  run.append(30);
  run.backlog.synced();
  run.append(5);
  assert.ok(await run.begun() < 10_000);
  assert.deepEqual(run.commits, [75]);
});

Deno.test("with fewer it begins when no more come: who sends may be waiting for it", async () => {
  using run = new Run();
  run.append(16);
  run.backlog.synced();
  assert.ok(await run.begun() < 10_000);
  assert.deepEqual(run.commits, [16]);
});

Deno.test("a trickle gathers for its time, whoever waits", async () => {
  const syncMs = 100;
  using run = new Run({ syncMs });
  const begun = run.begun();
  for (let i = 0; i < 15; i++) {
    run.append(1);
    run.backlog.synced();
    await turn();
  }
  assert.ok(await begun >= syncMs - 1, "not before its time");
  assert.deepEqual(run.commits, [15]);
});

Deno.test("what nobody waits for is not hurried, however much it is", async () => {
  using run = new Run({ lazyMs: 100 });
  const start = performance.now();
  run.append(1000);
  run.backlog.synced(false);
  await run.begun();
  assert.ok(performance.now() - start >= 99);
  assert.deepEqual(run.commits, [1000]);
});

Deno.test("one commit at a time; what comes meanwhile is the next", async () => {
  using run = new Run();
  run.append(100);
  const first = run.backlog.synced();
  await run.begun();
  run.append(200);
  const second = run.backlog.synced();
  run.append(300);
  for (let i = 0; i < 5; i++) await turn();
  assert.deepEqual(run.commits, [100]);
  run.backlog.committed(true);
  assert.deepEqual(run.commits, [100, 500], "at once: it was due");
  assert.equal(await first, true);
  run.backlog.committed(false);
  assert.equal(await second, false);
});

Deno.test("a commit never begins within a turn", async () => {
  using run = new Run({ commitRows: 10 });
  run.append(25);
  run.backlog.send(1, 0, new Uint8Array(1));
  run.backlog.other((batch) => batch.put("s", "k", null));
  assert.deepEqual(run.commits, []);
  await run.begun();
  assert.deepEqual(run.commits, [27], "all of it together");
});

Deno.test("what promises bring in the same turn is in the same commit", async () => {
  using run = new Run({ commitRows: 10 });
  run.append(25);
  for (let i = 0; i < 20; i++) await Promise.resolve();
  run.backlog.other((batch) => batch.put("s", "k", null));
  assert.deepEqual(run.commits, []);
  await run.begun();
  assert.deepEqual(run.commits, [26]);
});

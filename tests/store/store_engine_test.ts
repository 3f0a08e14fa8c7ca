import assert from "node:assert/strict";
import { EngineRun, failingDisk, room } from "./engine_run.ts";
import { StoreFolder } from "./store_fixture.ts";

for (const when of ["before", "behind"] as const) {
  Deno.test(`the disk fails ${when} a commit: what is then on disk is found out`, async () => {
    await using folder = new StoreFolder();
    const run = new EngineRun(folder);
    const first = run.seq + 1;
    assert.equal(run.store(50), true);
    run.maintain();
    assert.equal(run.store(10), true);
    const kept = run.seq;
    {
      using _disk = failingDisk(when);
      assert.equal(run.store(10), false);
      assert.equal(run.states.at(-1)!.state, "failing");
      assert.match(run.states.at(-1)!.reason!, /disk I\/O error/);
      run.maintain();
      assert.equal(run.store(10), false);
      assert.deepEqual(run.range(kept + 1, run.seq).gaps, [
        { channel: room, from: kept + 1, to: run.seq, reason: "disk" },
      ]);
    }
    const lost = run.seq;
    run.maintain();
    assert.equal(run.engine.state.state, "ok");
    assert.equal(run.store(5), true);
    run.maintain();
    const held = run.range(0, 1e15);
    const seqs = held.entries.map(({ seq }) => seq);
    assert.deepEqual(seqs, seqs.toSorted((a, b) => a - b));
    assert.equal(new Set(seqs).size, seqs.length);
    for (let seq = first; seq <= run.seq; seq++) {
      const certain = seq <= kept || seq > lost;
      const named = held.gaps.some(({ from, to }) => from <= seq && seq <= to);
      assert.ok(seqs.includes(seq) || !certain && named, `${seq} is held or named`);
    }
    assert.deepEqual(run.extremes(), [first, run.seq]);
    run.engine.close();
    const again = new EngineRun(folder);
    assert.equal(again.opened.epoch, run.opened.epoch);
    assert.equal(again.seq, run.seq);
    assert.deepEqual(again.range(0, 1e15), held);
    assert.deepEqual(again.extremes(), [first, run.seq]);
    again.engine.close();
  });
}

Deno.test("the disk fails while entries move into chunks: none is lost, none is there twice", async () => {
  await using folder = new StoreFolder();
  for (const when of ["before", "behind"] as const) {
    const run = new EngineRun(folder);
    const first = run.range(0, 1e15).first;
    assert.equal(run.store(100), true);
    {
      using _disk = failingDisk(when);
      run.maintain();
      assert.equal(run.engine.state.state, "failing");
    }
    run.maintain();
    run.maintain();
    assert.equal(run.engine.state.state, "ok");
    assert.equal(run.store(100), true);
    run.maintain();
    const { entries, gaps } = run.range(first, 1e15);
    assert.deepEqual(gaps, []);
    assert.deepEqual(entries.map(({ seq }) => seq), entries.map((_, i) => first + i));
    assert.equal(entries.at(-1)!.seq, run.seq);
    run.engine.close();
  }
});

Deno.test("roll-ups that were not written when the gateway was cut off are made of chunks", async () => {
  await using folder = new StoreFolder();
  const run = new EngineRun(folder);
  const first = run.seq + 1;
  for (let i = 0; i < 300; i++) {
    run.store(100);
    run.maintain();
  }
  const extremes = run.extremes();
  assert.deepEqual(extremes, [first, run.seq]);
  await using cut = await folder.cut();
  const again = new EngineRun(cut);
  assert.ok(again.seq > run.seq);
  assert.deepEqual(again.extremes(), extremes);
  again.engine.close();
  run.engine.close();
});

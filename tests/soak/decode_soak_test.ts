/** Ten million inputs that no program writes, through the whole decoder. */
import assert from "node:assert/strict";
import { CHUNK } from "../traces/support/fuzz_chunk.ts";

const INPUTS = 10_000_000;
const WORKERS = 2;
/** Chunks before memory has found its level. */
const WARM_UP = 200;
/** How much more it may then become, bytes. */
const GROWTH = 150e6;

/** What a worker answers for a chunk. */
interface Answer {
  readonly error?: string;
  readonly frames: number;
  readonly problems: number;
  readonly slowest: number;
}

Deno.test("10,000,000 random and changed inputs of all link types and both formats", async () => {
  const first = Number(Deno.env.get("EDGEWIRE_SEED") ?? Date.now() % 1_000_000_000);
  console.log(`seeds from ${first} (EDGEWIRE_SEED=${first} repeats this run)`);
  const chunks = INPUTS / CHUNK;
  const sums = { frames: 0, problems: 0, slowest: 0, done: 0, settled: 0, peak: 0 };
  let next = 0;
  const work = async () => {
    const worker = new Worker(new URL("decode_soak_worker.ts", import.meta.url), {
      type: "module",
    });
    try {
      while (next < chunks) {
        const answer = await ask(worker, first + next++);
        if (answer.error !== undefined) throw new Error(answer.error);
        sums.frames += answer.frames;
        sums.problems += answer.problems;
        sums.slowest = Math.max(sums.slowest, answer.slowest);
        const { rss } = Deno.memoryUsage();
        if (++sums.done === WARM_UP) sums.settled = rss;
        sums.peak = Math.max(sums.peak, rss);
        if (sums.done > WARM_UP) {
          assert.ok(rss < sums.settled + GROWTH, `memory grew from ${sums.settled} to ${rss}`);
        }
        if (sums.done % 500 === 0) console.log(`${sums.done * CHUNK} inputs, ${rss >> 20} MB`);
      }
    } finally {
      worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  console.log(sums);
  assert.ok(sums.frames > INPUTS, "most inputs have frames");
});

function ask(worker: Worker, seed: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => reject(new Error(`seed ${seed}: ${event.message}`));
    worker.postMessage(seed);
  });
}

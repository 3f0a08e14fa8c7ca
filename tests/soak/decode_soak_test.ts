/** Ten million inputs that no program writes, through the whole decoder. */
import assert from "node:assert/strict";
import { CHUNK } from "../traces/support/fuzz_chunk.ts";

const INPUTS = Number(Deno.env.get("EDGEWIRE_SOAK_INPUTS") ?? 10_000_000);
const WORKERS = 2;
/** Chunks of a worker over which the least memory is taken: garbage comes and goes. */
const WINDOW = 100;
/** How much more the least memory may become from the second window on, bytes. */
const GROWTH = 30e6;
/** Resident memory of all, bytes. */
const MOST = 2e9;

/** What a worker answers for a chunk. */
interface Answer {
  readonly error?: string;
  readonly frames: number;
  readonly problems: number;
  readonly slowest: number;
  /** Memory in use in the worker, bytes. */
  readonly memory: number;
}

/** The least memory of each window. */
class MemoryWatch {
  #seen = 0;
  #least = Infinity;
  readonly #windows: number[] = [];

  add(bytes: number) {
    this.#least = Math.min(this.#least, bytes);
    if (++this.#seen % WINDOW !== 0) return;
    this.#windows.push(this.#least);
    this.#least = Infinity;
    const settled = this.#windows[1] ?? Infinity;
    const now = this.#windows.at(-1)!;
    assert.ok(now < settled + GROWTH, `memory in use grew from ${settled} to ${now}`);
  }
}

Deno.test(`${INPUTS} random and changed inputs of all link types and both formats`, async () => {
  const first = Number(Deno.env.get("EDGEWIRE_SEED") ?? Date.now() % 1_000_000_000);
  console.log(`seeds from ${first} (EDGEWIRE_SEED=${first} repeats this run)`);
  const chunks = INPUTS / CHUNK;
  const sums = { frames: 0, problems: 0, slowest: 0, done: 0 };
  let next = 0;
  const work = async () => {
    const worker = new Worker(new URL("decode_soak_worker.ts", import.meta.url), {
      type: "module",
    });
    const watch = new MemoryWatch();
    try {
      while (next < chunks) {
        const answer = await ask(worker, first + next++);
        if (answer.error !== undefined) throw new Error(answer.error);
        sums.frames += answer.frames;
        sums.problems += answer.problems;
        sums.slowest = Math.max(sums.slowest, answer.slowest);
        watch.add(answer.memory);
        const { rss } = Deno.memoryUsage();
        assert.ok(rss < MOST, `resident memory is ${rss}`);
        if (++sums.done % 500 === 0) console.log(`${sums.done * CHUNK} inputs, ${rss >> 20} MB`);
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

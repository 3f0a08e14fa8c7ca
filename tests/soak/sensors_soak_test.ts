/** Ten million packets that no sensor sends, through all sensor decoders. */
import assert from "node:assert/strict";
import type { SensorFuzzResult } from "../traces/support/sensor_fuzz.ts";

const INPUTS = Number(Deno.env.get("EDGEWIRE_SOAK_INPUTS") ?? 10_000_000);
/** As in the worker. */
const CHUNK = 10_000;
const WORKERS = 2;
/** Chunks of a worker over which the least memory is taken: garbage comes and goes. */
const WINDOW = 50;
/** How much more the least memory may become from the second window on, bytes. */
const GROWTH = 30e6;

type Answer =
  | { readonly error: string }
  | (SensorFuzzResult & { readonly error?: undefined; readonly memory: number });

Deno.test(`${INPUTS} random and changed packets of sensors`, async () => {
  const first = Number(Deno.env.get("EDGEWIRE_SEED") ?? Date.now() % 1_000_000_000);
  console.log(`seeds from ${first} (EDGEWIRE_SEED=${first} repeats this run)`);
  const chunks = Math.ceil(INPUTS / CHUNK);
  const sums = { inputs: 0, readings: 0, problems: 0, opened: 0, findings: 0, frames: 0 };
  let slowest = 0;
  const formats = new Set<string>();
  const started = performance.now();
  let next = 0;
  const work = async () => {
    const worker = new Worker(new URL("sensors_soak_worker.ts", import.meta.url), {
      type: "module",
    });
    const memory: number[] = [];
    try {
      while (next < chunks) {
        const answer = await ask(worker, first + next++);
        if (answer.error !== undefined) throw new Error(answer.error);
        for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += answer[name];
        for (const format of answer.formats) formats.add(format);
        slowest = Math.max(slowest, answer.slowest);
        memory.push(answer.memory);
        if (memory.length % WINDOW === 0) assertFlat(memory);
        if (sums.inputs % 1_000_000 < CHUNK) console.log(`${sums.inputs} packets`);
      }
    } finally {
      worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  const seconds = (performance.now() - started) / 1000;
  console.log({ ...sums, slowestMs: slowest, seconds, formats: [...formats].sort() });
  assert.ok(sums.inputs >= INPUTS);
  assert.ok(sums.opened > sums.inputs / 10, "encrypted packets are opened");
});

/** The least memory of the last window against that of the second. */
function assertFlat(memory: readonly number[]) {
  const settled = Math.min(...memory.slice(WINDOW, 2 * WINDOW));
  const now = Math.min(...memory.slice(-WINDOW));
  assert.ok(now < settled + GROWTH, `memory in use grew from ${settled} to ${now}`);
}

function ask(worker: Worker, seed: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => reject(new Error(`seed ${seed}: ${event.message}`));
    worker.postMessage(seed);
  });
}

import { equal, ok } from "node:assert/strict";
import { makeRingMemory } from "../../gateway/recorder/ring_layout.ts";
import { RingReader } from "../../gateway/recorder/ring_reader.ts";

const EVENTS = 100_000;

Deno.test("ring: read while another thread writes over it, every record is whole and accounted for", async () => {
  const memory = makeRingMemory(1 << 16);
  const stop = new SharedArrayBuffer(4);
  const script = new URL("./ring_threads_worker.ts", import.meta.url);
  const worker = new Worker(script, { type: "module" });
  const records = new Promise<number>((resolve) => worker.onmessage = ({ data }) => resolve(data));
  const reader = new RingReader(memory, "now");
  worker.postMessage({ memory, stop });
  let next = 0;
  let read = 0;
  let lost = 0;
  const take = (bytes: number) => {
    const taken = reader.take(bytes);
    lost += taken.lost;
    next += taken.lost;
    for (const event of taken.events) {
      if (event.kind !== "bytes") throw new Error(event.kind);
      equal(event.time, next);
      equal(event.offset, next);
      equal(event.connection, next & 0xff);
      ok(event.data!.every((byte) => byte === (next & 0xff)), `record ${next}`);
      next++;
      read++;
    }
    return taken.drained;
  };
  for (let i = 0; read < EVENTS; i++) {
    take(1000 + i % 5 * 4000);
    if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  Atomics.store(new Int32Array(stop), 0, 1);
  const written = await records;
  while (!take(1 << 16));
  equal(read + lost, written);
  ok(lost > 0, "the writer was faster");
  worker.terminate();
});

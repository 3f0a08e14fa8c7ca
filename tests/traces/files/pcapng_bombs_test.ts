/** pcapng files that try to fill the memory, in a worker, and a record that is too long. */
import assert from "node:assert/strict";
import { CaptureReader } from "../../../traces/files/capture_reader.ts";
import { BOMBS, INTERFACE, large, SECTION } from "./pcapng_bombs.ts";
import { join } from "./samples.ts";

let worker: Worker | undefined;
Deno.test.afterAll(() => worker?.terminate());

/** @throws {Error} What the worker said. */
async function check(bomb: string) {
  worker ??= new Worker(new URL("pcapng_bombs_worker.ts", import.meta.url), { type: "module" });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(event.message));
  };
  worker.postMessage(bomb);
  const problem = await promise;
  if (problem !== "") throw new Error(problem);
}

for (const bomb of Object.keys(BOMBS)) Deno.test(bomb, () => check(bomb));

Deno.test("a record that is longer than its reader takes is not taken into memory", async () => {
  const bytes = join(SECTION, INTERFACE, large(0x7777, [], new Uint8Array(4), 1_000_000));
  const reader = new CaptureReader(bytes, () => {}, {}, 2_000_000);
  const end = await reader.read();
  assert.equal(end.kind, "unsupported");
  assert.match(
    "message" in end ? end.message : "",
    /a block has 4000012 bytes, and only up to 2000000 are read here \(at byte 48/,
  );
  assert.ok(reader.bufferSize < 4_000_000);
});

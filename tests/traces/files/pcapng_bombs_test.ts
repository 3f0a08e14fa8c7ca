/**
 * pcapng files that try to fill the memory, and a record that is too long. Of blocks without end a
 * few types; the soak tests take all.
 */
import assert from "node:assert/strict";
import { CaptureReader } from "../../../traces/files/capture_reader.ts";
import { BOMBS, INTERFACE, large, SECTION } from "./pcapng_bombs.ts";
import { BombWorker } from "./bomb_worker.ts";
import { join } from "./samples.ts";

/** Types that a reader keeps something of: the last of its kind, or what belongs to the next frame. */
const ENDLESS = /without end.*: (?:sections with comments|names|secrets|marks|simple packets)$/;

const worker = new BombWorker();
Deno.test.afterAll(() => worker.end());

for (const bomb of Object.keys(BOMBS)) {
  if (!bomb.includes("without end") || ENDLESS.test(bomb)) {
    Deno.test(bomb, () => worker.check(bomb));
  }
}

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

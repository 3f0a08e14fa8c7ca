/** What is on disk after the process was killed; the soak tests kill it more often. */
import assert from "node:assert/strict";
import { killRounds } from "./kill_rounds.ts";

Deno.test("what was synced outlives SIGKILL, and no number is used twice", async () => {
  assert.ok(await killRounds(4) > 0, "something was synced");
});

/** A store whose process is killed again and again, and one that has a day to tell of. */
import assert from "node:assert/strict";
import { killRounds } from "../store/kill_rounds.ts";
import { dayKeepsExtremes } from "../store/told_series.ts";

Deno.test("what was synced outlives 200 times SIGKILL", async () => {
  assert.ok(await killRounds(200) > 0, "something was synced");
});

Deno.test("a day of six topics, a value each second: any span keeps its extremes", async () => {
  await dayKeepsExtremes(6);
});

/** A few rounds of SIGKILL; the soak tests have more. */
import assert from "node:assert/strict";
import { nothingLost } from "../support/nothing_lost/rounds.ts";
import { testWith } from "../support/tools.ts";

testWith(
  ["mosquitto"],
  "gateway, publisher, browsers and node are killed: nothing is lost",
  async () => {
    const { messages, batches } = await nothingLost({ rounds: 3, rate: 500, roundMs: 1000 });
    assert.ok((messages as { acknowledged: number }).acknowledged > 0);
    assert.ok((batches as { acknowledged: number }).acknowledged > 0);
  },
);

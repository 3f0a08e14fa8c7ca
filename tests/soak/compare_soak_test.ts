/** What the decoder says of all captures of other projects is what tshark says. */
import assert from "node:assert/strict";
import { testWith } from "../support/tools.ts";
import { compareCaptures, fieldsToCompare } from "../traces/compare/compare_captures.ts";
import { otherCaptures } from "../traces/compare/other_captures.ts";

/** Differences shown of those there are. */
const SHOWN = 40;

testWith(["tshark"], "all captures of other projects are decoded as tshark does", async () => {
  const { fields } = await fieldsToCompare();
  const { differences } = await compareCaptures(otherCaptures(), fields);
  assert.deepEqual(differences.slice(0, SHOWN), [], `${differences.length} differences`);
});

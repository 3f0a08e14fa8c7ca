/** What the decoder says of all samples, and of captures of other projects, is what tshark says. */
import assert from "node:assert/strict";
import { testWith } from "../support/tools.ts";
import { compareCaptures, fieldsToCompare } from "../traces/compare/compare_captures.ts";
import { otherCaptures } from "../traces/compare/other_captures.ts";
import { sampleFiles } from "../traces/support/sample_files.ts";

/** Differences shown of those there are. */
const SHOWN = 40;

testWith(["tshark"], "all samples are decoded as tshark does", async () => {
  await compare(sampleFiles().map(({ path }) => path));
});

testWith(["tshark"], "all captures of other projects are decoded as tshark does", async () => {
  await compare(otherCaptures());
});

async function compare(files: string[]) {
  const { fields } = await fieldsToCompare();
  const { differences } = await compareCaptures(files, fields);
  assert.deepEqual(differences.slice(0, SHOWN), [], `${differences.length} differences`);
}

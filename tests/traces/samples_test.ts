/** Every sample is reported as its expected report says. */
import assert from "node:assert/strict";
import { expectedPath, expectedReport } from "./support/expected_report.ts";
import { sampleFiles } from "./support/sample_files.ts";

for (const sample of sampleFiles()) {
  Deno.test(`sample ${sample.name} is reported as expected`, async () => {
    assert.equal(await expectedReport(sample), await Deno.readTextFile(expectedPath(sample)));
  });
}

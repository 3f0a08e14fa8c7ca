/**
 * `deno task samples:expected`: writes the expected report of every sample anew. What changes is to be
 * reviewed.
 *
 * @module
 */
import { expectedPath, expectedReport } from "../support/expected_report.ts";
import { sampleFiles } from "../support/sample_files.ts";

if (import.meta.main) {
  for (const sample of sampleFiles()) {
    await Deno.writeTextFile(expectedPath(sample), await expectedReport(sample));
  }
}

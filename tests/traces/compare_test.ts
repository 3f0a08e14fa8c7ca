/**
 * What the decoder says of every capture is what tshark says, but for named exceptions: all samples
 * of this project, and those of other projects where they are at hand.
 */
import assert from "node:assert/strict";
import { testWith } from "../support/tools.ts";
import { compareCaptures, fieldsToCompare } from "./compare/compare_captures.ts";
import { EXCEPTIONS } from "./compare/exceptions.ts";
import { sampleFiles } from "./support/sample_files.ts";

/** Captures of other projects, beside the repository. */
const CAPTURES = new URL("../../../shared/captures/", import.meta.url);
/** Differences shown of those there are. */
const SHOWN = 40;

testWith(["tshark"], "every promised field is decoded", async () => {
  const { lacking } = await fieldsToCompare();
  assert.deepEqual(lacking, []);
});

Deno.test("every exception names the clause that shows tshark wrong", () => {
  const without = EXCEPTIONS.filter(({ because }) =>
    !/^(RFC \d+, [\d.]+|MQTT [\d.]+|Bluetooth Core 6\.0, Vol|IANA, |draft-ietf-)/.test(because)
  );
  assert.deepEqual(without.map(({ name }) => name), []);
});

testWith(["tshark"], "samples are decoded as tshark does", async () => {
  await compare(sampleFiles().map(({ path }) => path));
});

testWith(["tshark"], "captures of other projects are decoded as tshark does", async () => {
  await compare(otherCaptures());
});

async function compare(files: string[]) {
  const { fields } = await fieldsToCompare();
  const { differences } = await compareCaptures(files, fields);
  assert.deepEqual(differences.slice(0, SHOWN), [], `${differences.length} differences`);
}

/** None when the folder is not there. */
function otherCaptures(): string[] {
  try {
    return [...Deno.readDirSync(CAPTURES)]
      .filter(({ name, isFile }) => isFile && name !== "README.md")
      .map(({ name }) => new URL(encodeURIComponent(name), CAPTURES).pathname)
      .map(decodeURIComponent)
      .sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/**
 * What the decoder says of every sample of this project is what tshark says, but for named
 * exceptions; the soak tests take the captures of other projects, where they are at hand.
 */
import assert from "node:assert/strict";
import { testWith } from "../support/tools.ts";
import { compareCaptures, fieldsToCompare } from "./compare/compare_captures.ts";
import { EXCEPTIONS } from "./compare/exceptions.ts";
import { sampleFiles } from "./support/sample_files.ts";

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

async function compare(files: string[]) {
  const { fields } = await fieldsToCompare();
  const { differences } = await compareCaptures(files, fields);
  assert.deepEqual(differences.slice(0, SHOWN), [], `${differences.length} differences`);
}

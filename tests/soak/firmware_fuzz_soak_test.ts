/**
 * The firmware's core is given whatever libFuzzer thinks of: envelopes, settings messages, and all
 * that can happen to a node. `EDGEWIRE_SOAK_FUZZ_SECONDS` is how long in all.
 */
import assert from "node:assert/strict";
import { testWith } from "../support/tools.ts";

const FIRMWARE = new URL("../../firmware/", import.meta.url).pathname;
const SECONDS = Number(Deno.env.get("EDGEWIRE_SOAK_FUZZ_SECONDS") ?? 600);
/** A run that got no further has tested nothing. */
const LEAST_RUNS = 10_000;

const FLAGS = "-std=c99 -Wall -Wextra -Wconversion -Wshadow -Wpedantic -Werror -g -O1 " +
  "-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all";

const TARGETS = [
  { name: "envelope", files: /^ew_envelope\.c$/, words: false },
  { name: "settings", files: /^ew_(settings|json|text)\.c$/, words: true },
  { name: "node", files: /\.c$/, words: true },
] as const;

async function run(program: string, args: string[]): Promise<{ code: number; text: string }> {
  const { code, stdout, stderr } = await new Deno.Command(program, { args }).output();
  return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

for (const { name, files, words } of TARGETS) {
  testWith(["clang", "libjsmn-dev"], `fuzz: firmware, ${name}`, async () => {
    const folder = await Deno.makeTempDir({ prefix: `edgewire-fuzz-${name}-` });
    const program = `${folder}/${name}`;
    const sources = [...Deno.readDirSync(`${FIRMWARE}common`)].map((entry) => entry.name)
      .filter((file) => files.test(file)).map((file) => `${FIRMWARE}common/${file}`);
    const target = `${FIRMWARE}fuzz/${name}_fuzz.c`;
    const built = await run("clang", [...FLAGS.split(" "), target, ...sources, "-o", program]);
    assert.equal(built.code, 0, built.text);
    // New inputs go into the first folder.
    await Deno.mkdir(`${folder}/found`);
    const args = [
      `-max_total_time=${Math.max(1, Math.ceil(SECONDS / TARGETS.length))}`,
      "-max_len=4096",
      "-timeout=10",
      "-rss_limit_mb=2048",
      "-print_final_stats=1",
      `-artifact_prefix=${folder}/`,
      ...(words ? [`-dict=${FIRMWARE}fuzz/settings.dict`] : []),
    ];
    const corpus = [`${folder}/found`, `${FIRMWARE}fuzz/corpus/${name}`];
    const { code, text } = await run(program, [...args, ...corpus]);
    // What it found stays where it is, for another run of the program beside it.
    assert.equal(code, 0, text.slice(-8000));
    const runs = Number(/number_of_executed_units: (\d+)/.exec(text)?.[1]);
    assert(runs >= LEAST_RUNS, `only ${runs} runs`);
    console.log(`${name}: ${runs} runs, nothing found`);
    await Deno.remove(folder, { recursive: true });
  });
}

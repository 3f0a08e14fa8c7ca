/**
 * Reads `/metrics` as Prometheus would, strictly.
 *
 * @module
 */
import assert from "node:assert/strict";

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const VALUE = String.raw`[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN`;
const LABEL = String.raw`[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*"`;
const SAMPLE = new RegExp(`^(${NAME}(?:\\{${LABEL}(?:,${LABEL})*\\})?) (${VALUE})$`);
const COMMENT = new RegExp(`^# (?:HELP ${NAME} .+|TYPE (${NAME}) (counter|gauge|histogram))$`);

export interface Scrape {
  /** By name with labels, e.g. `edgewire_dropped_total{cause="over_limit"}`. */
  samples: Map<string, number>;
  /** By name: counter, gauge or histogram. */
  types: Map<string, string>;
}

/** @throws If a line is not of the Prometheus text format, version 0.0.4. */
export function parseMetrics(text: string): Scrape {
  const scrape: Scrape = { samples: new Map(), types: new Map() };
  assert.ok(text.endsWith("\n"), "the last line ends with a line feed");
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const comment = COMMENT.exec(line);
    const sample = SAMPLE.exec(line);
    assert.ok(comment ?? sample, `not Prometheus text: ${line}`);
    if (comment?.[1]) scrape.types.set(comment[1], comment[2]!);
    if (sample) {
      assert.ok(!scrape.samples.has(sample[1]!), `twice: ${line}`);
      scrape.samples.set(sample[1]!, Number(sample[2]!.replace("Inf", "Infinity")));
    }
  }
  return scrape;
}

/** One value of a running gateway; 0 where it has no such sample yet. */
export async function metric(base: URL, name: string): Promise<number> {
  const response = await fetch(new URL("/metrics", base));
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return parseMetrics(text).samples.get(name) ?? 0;
}

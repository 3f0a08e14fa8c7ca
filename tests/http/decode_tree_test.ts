/** `POST /api/decode?format=tree`. */
import assert from "node:assert/strict";
import { DecodeUploads } from "../../gateway/http/decode_upload.ts";
import type { TreeLine } from "../../traces/report/tree_line.ts";

const SAMPLE = new URL("../../traces/samples/mosquitto-mqttjs-mqtt5-tcp.pcapng", import.meta.url);

async function decoded(query: string): Promise<{ status: number; lines: TreeLine[] }> {
  const uploads = new DecodeUploads(1 << 20);
  const request = new Request(`http://localhost/api/decode?${query}`, {
    method: "POST",
    body: await Deno.readFile(SAMPLE),
  });
  const response = await uploads.answer(request);
  const text = await response.text();
  const { status } = response;
  assert.ok(status !== 200 || text.endsWith("\n"), "whole lines");
  uploads.close();
  return { status, lines: text.trimEnd().split("\n").map((line) => JSON.parse(line)) };
}

function kinds(lines: TreeLine[]): string[] {
  return lines.map((line) => Object.keys(line).join()).filter((kind) => kind !== "progress");
}

Deno.test("the first rows that pass the filter, then how many more there were", async () => {
  const all = await decoded("format=tree&filter=mqtt.topic");
  const frames = all.lines.flatMap((line) => "frame" in line ? [line.frame] : []);
  assert.ok(frames.length > 10);
  assert.ok(frames.every(({ protocol, tree }) => protocol === "MQTT" && tree.length > 3));
  assert.deepEqual(kinds(all.lines), [...frames.map(() => "frame"), "end"]);

  const some = await decoded("format=tree&filter=mqtt.topic&rows=4&progress=0");
  assert.deepEqual(some.lines.slice(0, 4), frames.slice(0, 4).map((frame) => ({ frame })));
  assert.deepEqual(some.lines[4], { skipped: frames.length - 4 });
  assert.deepEqual(some.lines.slice(5), all.lines.slice(-1));
});

Deno.test("what is wrong is said in the query's words", async () => {
  for (
    const [query, message] of [
      ["format=html", /^format: ndjson or tree, not "html"$/],
      ["format=tree&rows=0", /^rows: a whole number from 1 to 1000000, not "0"$/],
      ["format=tree&rows=many", /^rows/],
      ["rows=10", /^rows goes with format=tree$/],
      ["format=tree&summary=1", /^format=tree: leave out fields and summary$/],
      ["format=tree&fields=mqtt.topic", /^format=tree: leave out fields and summary$/],
      ["format=tree&filter=mqtt.topic+%3D%3D", /^filter, column 14: the filter ends here/],
    ] as const
  ) {
    const { status, lines } = await decoded(query);
    assert.equal(status, 400, query);
    assert.match((lines[0] as unknown as { error: Error }).error.message, message);
  }
});

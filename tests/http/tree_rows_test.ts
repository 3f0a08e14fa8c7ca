/** Which frames become lines, and what is done for the others. */
import assert from "node:assert/strict";
import { TreeRows } from "../../gateway/http/tree_rows.ts";
import { ByteWriter } from "../../traces/report/byte_writer.ts";
import { frameOf, treeOf } from "../traces/support/tree_of.ts";

Deno.test("the newest: nothing is rendered but them", () => {
  const writer = new ByteWriter();
  const rows = new TreeRows({ choose: "newest", rows: 3 }, writer);
  const bytes = Uint8Array.of(1);
  const d = treeOf(bytes, () => {});
  rows.want(d);
  const frame = frameOf(bytes);
  let rendered = 0;
  Object.defineProperty(frame, "interface", { get: () => void rendered++ });
  const read = () => {
    for (frame.number = 1; frame.number <= 1000; frame.number++) rows.frame(d, frame);
  };
  read();
  assert.deepEqual([writer.length, rendered], [0, 0]);
  rows.again();
  read();
  rows.end();
  const lines = new TextDecoder().decode(writer.written).trimEnd().split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(lines.map((line) => line.skipped ?? line.frame.number), [997, 998, 999, 1000]);
  // It is looked up more than once in a frame.
  assert.ok(rendered <= 3 * 3, `${rendered}`);
});

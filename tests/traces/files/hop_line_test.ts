/**
 * Comments of hops as nobody should write them: they are read as far as they make sense, within
 * bounds, and never throw.
 *
 * @module
 */
import assert from "node:assert/strict";
import { CaptureFrame } from "../../../traces/files/capture_frame.ts";
import { MAX_ROWS } from "../../../traces/report/summary/hop_activity.ts";
import { HopIds, MAX_IDS, stageOf } from "../../../traces/report/summary/hop_ids.ts";
import { decodedValue, HopLine, readHopLines } from "../../../traces/files/hop_line.ts";
import { Hops } from "../../../traces/report/summary/hops.ts";
import { summaryText } from "../../../traces/report/summary/summary_text.ts";
import { hopsOf, HopTrace, summaryOf } from "../support/hop_trace.ts";
import { Random } from "../support/random.ts";

function linesOf(comment: string): HopLine[] {
  const line = new HopLine();
  const found: HopLine[] = [];
  readHopLines(comment, line, () => found.push(Object.assign(new HopLine(), line)));
  return found;
}

Deno.test("hop lines: every key of the grammar", () => {
  const [line, ...more] = linesOf(
    "edgewire id=Ab12Cd-1f.3 hop=ws dir=out channel=desk%20lamp seq=7 since_us=120 client=a " +
      "node=attic port=8443 synthetic=ack before=1 lost=12 later=x",
  );
  assert.deepEqual(more, []);
  const { id, hop, out, channel, seq, sinceUs, client, node, synthetic, before, lost } = line!;
  assert.deepEqual([id, hop, out, channel, seq, sinceUs], [
    "Ab12Cd-1f.3",
    3,
    true,
    "desk%20lamp",
    7,
    120,
  ]);
  assert.deepEqual([client, node, synthetic, before, lost], ["a", "attic", true, true, 12]);
});

Deno.test("hop lines: nothing of one line stays for the next", () => {
  const [first, second] = linesOf(
    "edgewire id=a-1 hop=mqtt dir=out channel=c seq=1 since_us=2 lost=3 before=1\r\nedgewire hop=room",
  );
  assert.equal(first!.before, true);
  assert.deepEqual(second, Object.assign(new HopLine(), { hop: 2 }));
});

Deno.test("hop lines: what a key should not hold counts as not given", () => {
  for (
    const value of ["", "-1", "1.5", "0x1f", "1e3", "９", "9999999999999999", "9".repeat(60_000)]
  ) {
    const [line] = linesOf(`edgewire hop=ws seq=${value} since_us=${value} lost=${value}`);
    assert.deepEqual([line!.seq, line!.sinceUs, line!.lost], [-1, -1, 0], value);
  }
  const [line] = linesOf(`edgewire hop=ws id=${"x".repeat(65)} channel=${"y".repeat(1025)} = =5 a`);
  assert.deepEqual([line!.id, line!.channel], ["", ""]);
  for (const none of ["edgewire ", "edgewire", "edgewire hop=", "edgewire hop=WS", "hop=ws", ""]) {
    assert.deepEqual(linesOf(none), [], none);
  }
  assert.equal(decodedValue("a%2Fb"), "a/b");
  assert.equal(decodedValue("100%_%zz%C3"), "100%_%zz%C3");
});

Deno.test("hop lines: thousands in a packet, and hostile numbers", () => {
  const trace = new HopTrace();
  trace.open(0, 50_001);
  const many = Array.from({ length: 500 }, (_, i) => `edgewire id=x-${i} hop=ws dir=out seq=${i}`);
  trace.room(5, ...Array.from({ length: 40 }, () => many.join("\n").replaceAll("ws", "room")));
  for (const seq of [1, 999_999_999_999_999, 3, 0]) {
    const line =
      `edgewire id=%E0%A4%A hop=ws dir=out channel=%ff seq=${seq} since_us=999999999999999`;
    trace.ws(10, 50_001, true, '{"type":"gap","channel":"\\uZZZZ","from":1,"to":2}', line);
    trace.ws(
      10,
      50_001,
      false,
      '{"type":"subscribe","channel":"\\ud800"}',
      "edgewire hop=ws dir=in",
    );
  }
  const bytes = trace.take();
  assert.equal(hopsOf(bytes).channels[0].name, "%ff");
  assert.ok(summaryText(summaryOf(bytes)).some((line) => line.includes("%ff")));
});

Deno.test("hop lines: comments made of the right words at random never throw", () => {
  const random = new Random(7);
  const words = ["edgewire", "\n", " ", "=", "id=a-1", "id=a-1.0", "hop=radio", "hop=mqtt"]
    .concat(["hop=room", "hop=ws", "dir=in", "dir=out", "channel=c", "channel=%", "seq=5", "seq=9"])
    .concat(["since_us=7", "since_us=-", "client=x", "client=%zz", "lost=2", "before=1", "node="]);
  const trace = new HopTrace();
  for (let i = 0; i < 500; i++) {
    const comment = () =>
      "edgewire " + Array.from({ length: random.below(12) }, () => random.of(words)).join(" ");
    const port = 50_000 + random.below(3);
    trace.ws(i, port, random.below(2) === 0, '{"type":"event"}', comment(), comment());
    trace.radio(i, comment());
  }
  const bytes = trace.take();
  assert.ok(hopsOf(bytes).packets > 100);
  assert.ok(summaryText(summaryOf(bytes)).length > 10);
});

Deno.test("hops: ids are forgotten, oldest first, once there are too many", () => {
  const ids = new HopIds(0);
  for (let i = 0; i < MAX_IDS + 3; i++) ids.mark(ids.slotOf(`a-${i}`, 10 + i, i), 0, 10 + i);
  assert.equal(ids.forgotten, 3);
  // Those forgotten count too; the last second of the file is not judged.
  const lost = ids.lost(10 + MAX_IDS + 2);
  assert.deepEqual([lost.count, lost.first[0]], [MAX_IDS + 2, { name: "a-0", frame: 0 }]);
  const radio = stageOf(0, false);
  assert.equal(ids.saw(ids.slotOf("a-3", 0, 0), radio), true);
  assert.equal(ids.saw(ids.slotOf("a-0", 0, 0), radio), false);
});

Deno.test("hops: names beyond the bound are counted together", () => {
  const hops = new Hops(0);
  const frame = new CaptureFrame();
  for (let i = 0; i < MAX_ROWS + 10; i++) {
    frame.number = i + 1;
    frame.comments = [`edgewire hop=radio dir=in node=n${i} channel=c${i}`];
    hops.frame(frame, i, undefined);
  }
  assert.deepEqual([hops.nodes.rows.length, hops.nodes.others], [MAX_ROWS, 10]);
  assert.deepEqual([hops.channels.rows.length, hops.channels.others], [MAX_ROWS, 10]);
});

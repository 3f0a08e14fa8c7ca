import assert from "node:assert/strict";
import { KINDS, NO_TOPIC, RecordBatch, Records } from "../../gateway/store/record_batch.ts";

/** Where records begin. */
function starts(records: Records): number[] {
  const found: number[] = [];
  for (let at = 0; at < records.bytes.length; at += records.length(at)) found.push(at);
  return found;
}

Deno.test("records are read as they were written, long and foreign text too", () => {
  const batch = new RecordBatch();
  const texts = ["", "21.5", "wärmer 😀", "x".repeat(100_000), "\ufeffmark", "日本".repeat(30_000)];
  for (const round of [1, 2]) {
    for (const [i, text] of texts.entries()) {
      const seq = 2 ** 53 - 1 - i;
      batch.entry(round, i === 0 ? -1 : i, seq, 1_795_000_000_000.123, text, `id ${text}`, text);
    }
    assert.equal(batch.rows, texts.length);
    const records = new Records(batch.take());
    assert.deepEqual([batch.rows, batch.length], [0, 0]);
    for (const [i, at] of starts(records).entries()) {
      const text = texts[i]!;
      assert.deepEqual(records.texts(at), [text, `id ${text}`, text]);
      assert.equal(records.kind(at), KINDS.entry);
      assert.equal(records.channel(at), round);
      assert.equal(records.topic(at), i === 0 ? NO_TOPIC : i);
      assert.equal(records.seq(at), 2 ** 53 - 1 - i);
      assert.equal(records.time(at), 1_795_000_000_000.123);
      assert.equal(records.jsonLength(at), text.length);
    }
  }
});

Deno.test("definitions, removals and gaps", () => {
  const batch = new RecordBatch();
  batch.channel(7, 1_000_000, "lab/ä");
  batch.topic(8, 7, "lab/ä/b");
  batch.remove(7, 1_000_005);
  batch.gap(7, 3, 2 ** 40, "backlog");
  assert.equal(batch.rows, 0);
  const records = new Records(batch.take());
  const [channel, topic, remove, gap] = starts(records) as [number, number, number, number];
  assert.deepEqual(
    [
      records.kind(channel),
      records.channel(channel),
      records.number(channel),
      records.text(channel),
    ],
    [KINDS.channel, 7, 1_000_000, "lab/ä"],
  );
  assert.deepEqual(
    [records.kind(topic), records.channel(topic), records.topic(topic), records.text(topic)],
    [KINDS.topic, 8, 7, "lab/ä/b"],
  );
  assert.deepEqual(
    [records.kind(remove), records.channel(remove), records.number(remove)],
    [KINDS.remove, 7, 1_000_005],
  );
  assert.deepEqual(
    [records.kind(gap), records.channel(gap), records.gap(gap)],
    [KINDS.gap, 7, { from: 3, to: 2 ** 40, reason: "backlog" }],
  );
});

Deno.test("values, outbox messages, and which of those are done", () => {
  const batch = new RecordBatch();
  const large = crypto.getRandomValues(new Uint8Array(65_536));
  batch.put("ä", "b\0\ufeff日", large);
  batch.put("", "", new Uint8Array());
  batch.put("s", "k", null);
  batch.out(2 ** 52, 1_795_000_000_000.5, large);
  batch.out(7, 0, new Uint8Array());
  batch.sent(2 ** 52);
  assert.equal(batch.rows, 0);
  const records = new Records(batch.take());
  const [put, empty, removed, out, none, sent] = starts(records) as number[];
  assert.equal(starts(records).length, 6);
  assert.deepEqual(records.put(put!), { space: "ä", key: "b\0\ufeff日", value: large });
  assert.deepEqual(records.put(empty!), { space: "", key: "", value: new Uint8Array() });
  assert.deepEqual(records.put(removed!), { space: "s", key: "k", value: null });
  assert.deepEqual(
    [records.n(out!), records.outTime(out!), records.outData(out!)],
    [2 ** 52, 1_795_000_000_000.5, large],
  );
  assert.deepEqual([records.n(none!), records.outData(none!).length], [7, 0]);
  assert.deepEqual([records.kind(sent!), records.n(sent!)], [KINDS.sent, 2 ** 52]);
});

Deno.test("lengths that cannot be end the records", () => {
  for (let round = 0; round < 2000; round++) {
    const bytes = crypto.getRandomValues(new Uint8Array(round % 64));
    if (round % 2 === 0) bytes.fill(0, 4, 8);
    const found = starts(new Records(bytes));
    assert.ok(found.length <= bytes.length / 8 + 1);
  }
});

/**
 * Traffic of several receivers: proper envelopes, the shares that were asked for, the same by seed.
 *
 * @module
 */
import assert from "node:assert/strict";
import { EnvelopeBatcher } from "../../firmware/simulated/envelope_batcher.ts";
import {
  type RadioBatch,
  radioTraffic,
  type RadioTrafficOptions,
} from "../../firmware/simulated/radio_traffic.ts";
import { RadioEnvelope, RadioFlag, type RadioRecord } from "../../traces/sensors/radio_envelope.ts";
import { EnvelopeReader } from "./envelope_reader.ts";

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}

function digest(options: RadioTrafficOptions): string {
  const traffic = radioTraffic({ seconds: 2, ...options });
  const lines = [...traffic].map(({ node, payload, time_ms }) =>
    `${node} ${time_ms} ${payload.toHex()}`
  );
  return lines.join("\n") + JSON.stringify(traffic.log);
}

Deno.test("the same seed gives the same bytes, another seed others", () => {
  assert.equal(digest({ seed: 4 }), digest({ seed: 4 }));
  assert.notEqual(digest({ seed: 4 }), digest({ seed: 5 }));
});

Deno.test("loss, duplicates and rate are as asked for, at each receiver", () => {
  for (const [loss, duplicates] of [[0, 0], [0.3, 0.02], [0.6, 0.3]] as const) {
    const traffic = radioTraffic({ seconds: 20, loss, duplicates, seed: 9 });
    const frames = sum(Iterator.from(traffic).map((batch) => batch.frames));
    const sent = sum(traffic.log.map(({ transmissions }) => transmissions));
    traffic.nodes.forEach((node, i) => {
      const heard = sum(traffic.log.map((content) => content.heard[i]!));
      const share = heard / sent;
      const asked = (1 - loss) * (1 + duplicates);
      assert.ok(Math.abs(share - asked) < 0.02, `${node}: ${share}, not ${asked}`);
    });
    assert.equal(frames, sum(traffic.log.flatMap(({ heard }) => heard)), "the log has every frame");
    assert.ok(Math.abs(frames / 20 - 2000) < 60, `${frames / 20} frames/s`);
  }
});

Deno.test("contents of a device differ, stand apart, and those without a number are sent once", () => {
  const traffic = radioTraffic({ seconds: 20, devices: 120, loss: 0.3 });
  assert.ok([...traffic].length > 0);
  for (const [device, contents] of Map.groupBy(traffic.log, (content) => content.device)) {
    contents.slice(1).forEach((content, i) => {
      const before = contents[i]!;
      assert.ok(content.first_ms - before.first_ms > 150, device);
      assert.ok(content.first_ms - before.last_ms > 50, device);
      const [now, then] = [content, before].map(({ number, values }) => [number, values]);
      assert.notDeepEqual(now, then, device);
      if (content.number < 0) assert.equal(content.transmissions, 1, device);
    });
  }
  const several = traffic.log.filter(({ transmissions }) => transmissions > 1);
  assert.ok(several.length > traffic.log.length / 2);
});

Deno.test("every frame of every receiver is read without a problem, checksums included", () => {
  const traffic = radioTraffic({ seconds: 3, devices: 60, duplicates: 0.2 });
  const readers = new Map(traffic.nodes.map((node) => [node, new EnvelopeReader()]));
  const counts = new Map<string, number>();
  const extended = { hci: 0, air: 0 };
  for (const { node, payload, frames } of traffic) {
    const envelope = readers.get(node)!.read(payload);
    assert.equal(envelope.frames.length, frames);
    assert.equal(envelope.batch, counts.get(node) ?? 0, "batch numbers count from 0");
    counts.set(node, envelope.batch + 1);
    for (const frame of envelope.frames) {
      assert.deepEqual(frame.problems, [], frame.hex);
      assert.ok(frame.address !== undefined && frame.content !== undefined, frame.hex);
      const hci = node === "node-2";
      assert.equal(frame.linkType, hci ? 187 : 251);
      assert.equal(frame.flags, hci ? RadioFlag.Checked : RadioFlag.Checked | RadioFlag.UnixTime);
      if (hci) assert.equal(frame.frameRssi, frame.rssi);
      else assert.ok(frame.channel <= 39);
      if (frame.content.length > 31) extended[hci ? "hci" : "air"]++;
    }
  }
  assert.ok(extended.hci > 0 && extended.air > 0, "both know extended advertising");
});

Deno.test("batches: by count and by age, in the order of their times, times by each node's clock", () => {
  const start_ms = 1_700_000_000_000;
  const options = { start_ms, seconds: 2, framesPerSecond: 6000, batchAge_ms: 15 };
  const batches: RadioBatch[] = [...radioTraffic(options)];
  const envelope = new RadioEnvelope();
  let last_ms = 0;
  for (const { node, payload, frames, time_ms } of batches) {
    assert.ok(time_ms >= last_ms);
    last_ms = time_ms;
    assert.ok(frames <= 32);
    assert.ok(envelope.open(payload));
    assert.ok(envelope.next());
    const origin_ms = node === "node-2" ? 86_400_000 : start_ms;
    const waited_ms = time_ms - (envelope.record.time / 1000 - origin_ms);
    assert.ok(waited_ms > -1 && waited_ms < 15.01, `${node}: ${waited_ms}`);
  }
  assert.ok(batches.some(({ frames }) => frames === 32));
  assert.ok(batches.some(({ frames }) => frames < 32));
});

Deno.test("frames that cannot go are kept up to the limit; the oldest are dropped and counted", () => {
  const batcher = new EnvelopeBatcher(7, { frames: 4, limit: 10, age_ms: 20 });
  const record = (time: number): RadioRecord => (
    {
      linkType: 251,
      time,
      rssi: -50,
      channel: 37,
      flags: 0,
      lqi: 255,
      data: new Uint8Array(1),
      start: 0,
      end: 1,
    }
  );
  for (let i = 0; i < 25; i++) batcher.add(record(i), i);
  assert.equal(batcher.waiting, 10);
  assert.equal(batcher.dropped, 15);
  assert.equal(batcher.due_ms, 35);
  const envelope = new RadioEnvelope();
  const times: number[] = [];
  for (let batch = 0; batcher.waiting > 0; batch++) {
    assert.ok(envelope.open(batcher.take()!.payload));
    assert.deepEqual(envelope.header, { records: batch < 2 ? 4 : 2, boot: 7, batch, dropped: 15 });
    while (envelope.next()) times.push(envelope.record.time);
  }
  assert.deepEqual(times, [15, 16, 17, 18, 19, 20, 21, 22, 23, 24]);
  assert.equal(batcher.take(), undefined);
  assert.equal(batcher.due_ms, Infinity);
});

import assert from "node:assert/strict";
import { CaptureReader } from "../../../traces/files/capture_reader.ts";
import { PcapngWriter } from "../../../traces/files/pcapng_writer.ts";
import { BlockStream } from "../../../traces/live/block_stream.ts";
import { SectionCounts } from "../../../traces/live/section_counts.ts";
import { newSection, packet } from "./fake_gateway.ts";
import { readCapture } from "./read_capture.ts";

function concat(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function example(bigEndian: boolean): Uint8Array<ArrayBuffer> {
  const writer = newSection(bigEndian);
  const pieces = [writer.take(), packet(writer, 1), packet(writer, 2)];
  writer.packet({ interface: 1, time: 5n, data: new Uint8Array(7), dropCount: 3n, comment: "x" });
  writer.obsoletePacket({ interface: 1, time: 6n, data: new Uint8Array(3), drops: 4 });
  writer.simplePacket(new Uint8Array(5));
  return concat([...pieces, writer.take()]);
}

for (const bigEndian of [false, true]) {
  const order = bigEndian ? "big-endian" : "little-endian";
  Deno.test(`blocks, ${order}: the same whole blocks however the bytes are cut`, () => {
    const bytes = example(bigEndian);
    const types: number[] = [];
    new BlockStream(({ type }) => types.push(type)).push(bytes);
    assert.deepEqual(types, [0x0a0d0d0a, 1, 1, 6, 6, 6, 2, 3]);
    for (const step of [1, 2, 3, 5, 7, 11, 12, 13, 64, 100, bytes.length - 1]) {
      const seen: number[] = [];
      const stream = new BlockStream(({ type }) => seen.push(type));
      const out: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += step) {
        const piece = bytes.slice(at, at + step);
        out.push(...stream.push(piece));
        // Whoever gave the bytes may use them again.
        piece.fill(0);
      }
      assert.deepEqual(seen, types, `step ${step}`);
      assert.equal(stream.pending, 0);
      assert.equal(concat(out).length, bytes.length);
    }
  });

  Deno.test(`blocks, ${order}: a stream that stops anywhere gives what was whole`, async () => {
    const bytes = example(bigEndian);
    const ends = new Set<number>();
    let at = 0;
    new BlockStream(({ length }) => ends.add(at += length)).push(bytes);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const counts = new SectionCounts();
      const stream = new BlockStream((block) => counts.count(block));
      const whole = concat(stream.push(bytes.slice(0, cut)));
      const last = Math.max(0, ...[...ends].filter((end) => end <= cut));
      assert.deepEqual(whole, bytes.slice(0, last), `cut at ${cut}`);
      assert.equal(stream.pending, cut - last);
      if (last === 0) continue;
      const file = await readCapture(concat([whole, counts.statistics(1_700_000_000_000)]));
      assert.equal(file.end, "complete");
      assert.equal(file.frames.length, counts.packets);
    }
  });

  Deno.test(`statistics, ${order}: what was received and dropped, in the interface's units`, async () => {
    const writer = new PcapngWriter({ bigEndian });
    writer.section();
    writer.interface({ linkType: 1, name: "fast", resolution: 9 });
    writer.interface({ linkType: 1, name: "slow", resolution: "none" });
    writer.interface({ linkType: 1, name: "told" });
    writer.packet({ interface: 0, time: 1n, data: new Uint8Array(5), dropCount: 3n });
    writer.packet({ interface: 0, time: 2n, data: new Uint8Array(5), comment: "a", dropCount: 4n });
    writer.packet({ interface: 2, time: 2n, data: new Uint8Array(5) });
    writer.statistics({ interface: 2, time: 9n, received: 77n });
    const bytes = writer.take();
    const counts = new SectionCounts();
    new BlockStream((block) => counts.count(block)).push(bytes);
    const file = await readCapture(concat([bytes, counts.statistics(1_700_000_000_123)]));
    assert.deepEqual(file.statistics, [
      ["told", 77n, undefined],
      ["fast", 2n, 7n],
      ["slow", 0n, 0n],
    ]);
    assert.deepEqual([counts.packets, counts.dropped], [3, 7]);
    const times: number[] = [];
    const whole = concat([bytes, counts.statistics(1_700_000_000_123)]);
    const statistics = ({ time }: { time: number }) => void times.push(time);
    await new CaptureReader(whole, () => {}, { statistics }).read();
    assert.deepEqual(times.slice(1), [1_700_000_000.123, 1_700_000_000.123]);
  });
}

Deno.test("blocks: a new section may have the other byte order", () => {
  const types: number[] = [];
  const stream = new BlockStream(({ type }) => types.push(type));
  stream.push(newSection(false).take());
  stream.push(newSection(true).take());
  assert.deepEqual(types, [0x0a0d0d0a, 1, 1, 0x0a0d0d0a, 1, 1]);
});

Deno.test("blocks: what is no pcapng is said, with the place, and nothing is allocated for it", () => {
  const refused = (bytes: Uint8Array<ArrayBuffer>, message: RegExp, whole = 0) => {
    for (const step of [1, 50, bytes.length]) {
      const stream = new BlockStream(() => {});
      const out: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += step) {
        out.push(...stream.push(bytes.slice(at, at + step)));
      }
      assert.match(stream.problem ?? "", message);
      assert.deepEqual(concat(out), bytes.slice(0, whole), `step ${step}`);
    }
  };
  refused(new TextEncoder().encode("<!doctype html><p>"), /does not begin as pcapng.*byte 0/);
  const good = newSection().take();
  const patched = (at: number, value: number) => {
    const bytes = good.slice();
    new DataView(bytes.buffer).setUint32(at, value, true);
    return bytes;
  };
  refused(patched(8, 0x12345678), /byte order/);
  const second = new DataView(good.buffer).getUint32(4, true);
  refused(
    patched(second + 4, 0xffff_fff0),
    new RegExp(`claims 4294967280 bytes .*byte ${second}`),
    second,
  );
  refused(patched(second + 4, 13), /claims 13 bytes/, second);
  refused(patched(second - 4, 4), /lengths differ/);
});

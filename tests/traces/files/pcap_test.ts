/**
 * Classic pcap: layouts, limits, and every frame as pcap-parser sees it.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { CaptureInterface } from "../../../traces/files/capture_frame.ts";
import { CaptureReader } from "../../../traces/files/capture_reader.ts";
import { PcapWriter } from "../../../traces/files/pcap_writer.ts";
import { counting, join, somePcap } from "./samples.ts";
import { readWithPcapParser, type SecondReaderPacket } from "./second_reader.ts";

interface Read {
  frames: { time: string; data: number[]; length: number }[];
  end: string;
  format: string | undefined;
  source: CaptureInterface | undefined;
}

async function read(input: Uint8Array | ReadableStream<Uint8Array>): Promise<Read> {
  const frames: Read["frames"] = [];
  let source: CaptureInterface | undefined;
  const reader = new CaptureReader(input, (frame) =>
    frames.push({
      time: `${frame.seconds}.${String(frame.nanoseconds).padStart(9, "0")}`,
      data: [...frame.data.subarray(frame.start, frame.start + frame.capturedLength)],
      length: frame.length,
    }), { interface: (described) => source = described });
  const end = await reader.read();
  return {
    frames,
    end: "message" in end ? `${end.kind}: ${end.message}` : end.kind,
    format: reader.format,
    source,
  };
}

/** A file header of any kind, in either byte order. */
function header(
  { magic = 0xa1b2c3d4, major = 2, minor = 4, network = 147, snapLength = 65_535, big = false },
): Uint8Array {
  const view = new DataView(new ArrayBuffer(24));
  view.setUint32(0, magic, !big);
  view.setUint16(4, major, !big);
  view.setUint16(6, minor, !big);
  view.setUint32(16, snapLength, !big);
  view.setUint32(20, network, !big);
  return new Uint8Array(view.buffer);
}

/** A record whose header is `headerLength` long, the rest of it filled with ee. */
function record(
  data: Uint8Array,
  { headerLength = 16, first = data.length, second = 50, fraction = 7, big = false } = {},
): Uint8Array {
  const bytes = new Uint8Array(headerLength + data.length).fill(0xee);
  const view = new DataView(bytes.buffer);
  [1_000_000_000, fraction, first, second].forEach((value, index) =>
    view.setUint32(4 * index, value, !big)
  );
  bytes.set(data, headerLength);
  return bytes;
}

for (const nanoseconds of [false, true]) {
  for (const bigEndian of [false, true]) {
    const unit = nanoseconds ? "nanoseconds" : "microseconds";
    const order = bigEndian ? "big-endian" : "little-endian";
    Deno.test(`pcap in ${unit}, ${order}, is read to the unit`, async () => {
      const { frames, end, format, source } = await read(somePcap({ nanoseconds, bigEndian }));
      assert.equal(end, "complete");
      assert.equal(format, `pcap, ${unit}, ${order}`);
      assert.equal(source?.linkType, 147);
      assert.equal(source?.implied, true);
      assert.deepEqual(frames.map(({ time }) => time), [
        "1700000000.999999000",
        "1700000001.999998000",
        "1700000002.999997000",
        "1700000003.999996000",
        "1700000004.999995000",
      ]);
      assert.deepEqual(frames[3]?.data, [...counting(21)]);
      assert.equal(frames[3]?.length, 103);
    });
  }
}

Deno.test("pcap agrees with pcap-parser frame by frame, whatever the pieces", async () => {
  for (const bigEndian of [false, true]) {
    const writer = new PcapWriter({ linkType: 147, nanoseconds: false, bigEndian });
    for (let number = 0; number < 2000; number++) {
      const nanoseconds = number * 499_979 % 1e9;
      writer.packet({ seconds: number * 999_983, nanoseconds }, counting(number % 300), number);
    }
    const bytes = writer.take();
    const { frames } = await read(bytes);
    for (const pieceLength of [65_536, 1000, 17]) {
      const seen: SecondReaderPacket[] = [];
      await readWithPcapParser(bytes, (packet) => seen.push(packet), pieceLength);
      assert.deepEqual(
        frames,
        seen.map(({ header, data }) => ({
          time: `${header.timestampSeconds}.${
            String(header.timestampMicroseconds * 1000).padStart(9, "0")
          }`,
          data: [...data],
          length: header.originalLength,
        })),
      );
    }
  }
});

Deno.test("pcap with IXIA's magic numbers has four more bytes of header", async () => {
  for (const magic of [0x1c0001ac, 0x1c0001ab]) {
    for (const big of [false, true]) {
      const bytes = join(header({ magic, big }), counting(4), record(counting(9), { big }));
      const { frames, end, format } = await read(bytes);
      assert.equal(end, "complete");
      assert.match(format ?? "", /IXIA/);
      assert.deepEqual(frames, [{
        time: "1000000000.000007000",
        data: [...counting(9)],
        length: 50,
      }]);
    }
  }
});

for (
  const { name, magic, headerLength } of [
    { name: "Kuznetsov's", magic: 0xa1b2cd34, headerLength: 24 },
    { name: "SuSE 6.3's", magic: 0xa1b2cd34, headerLength: 28 },
    { name: "Red Hat 6.1's", magic: 0xa1b2c3d4, headerLength: 24 },
    { name: "Nokia's", magic: 0xa1b2c3d4, headerLength: 20 },
  ]
) {
  Deno.test(`pcap with ${name} record header is recognised by its records`, async () => {
    for (const big of [false, true]) {
      const records = [10, 20, 30].map((length) => record(counting(length), { headerLength, big }));
      const { frames, end } = await read(join(header({ magic, big }), ...records));
      assert.equal(end, "complete");
      assert.deepEqual(frames.map(({ data }) => data.length), [10, 20, 30]);
      assert.deepEqual(frames[2]?.data, [...counting(30)]);
    }
  });
}

Deno.test("pcap from a stream is not guessed at", async () => {
  const bytes = join(header({}), record(counting(10), { headerLength: 24 }));
  const { format } = await read(ReadableStream.from([bytes]));
  assert.equal(format, "pcap, microseconds, little-endian");
});

Deno.test("pcap of old versions has its lengths swapped", async () => {
  const data = counting(9);
  for (
    const { major, minor, first, second, length } of [
      { major: 2, minor: 2, first: 50, second: 9, length: 50 },
      { major: 543, minor: 0, first: 50, second: 9, length: 50 },
      { major: 2, minor: 3, first: 50, second: 9, length: 50 },
      { major: 2, minor: 3, first: 9, second: 50, length: 50 },
      { major: 2, minor: 4, first: 9, second: 5, length: 5 },
      { major: 3, minor: 0, first: 9, second: 5, length: 5 },
    ]
  ) {
    const bytes = join(header({ major, minor }), record(data, { first, second }));
    const { frames, end } = await read(bytes);
    assert.equal(end, "complete", `${major}.${minor}`);
    assert.deepEqual(frames[0]?.data, [...data], `${major}.${minor}`);
    assert.equal(frames[0]?.length, length, `${major}.${minor}`);
  }
});

Deno.test("pcap of AIX has interface types and nanoseconds", async () => {
  const file = header({ minor: 2, network: 6 });
  const swapped = { first: 60, second: 9 };
  const ethernet = await read(join(file, record(counting(9), swapped)));
  assert.equal(ethernet.source?.linkType, 1);
  assert.equal(ethernet.frames[0]?.time, "1000000000.000000007");
  const fddi = await read(
    join(header({ minor: 2, network: 15 }), record(counting(9), swapped)),
  );
  assert.equal(fddi.source?.linkType, 10);
  assert.deepEqual(fddi.frames[0]?.data, [3, 4, 5, 6, 7, 8]);
  assert.equal(fddi.frames[0]?.length, 57);
});

Deno.test("pcap tells the length of the frame check sequence", async () => {
  const { source } = await read(header({ network: 0x2400_0001 }));
  assert.equal(source?.linkType, 1);
  assert.equal(source?.fcsLength, 4);
  assert.equal((await read(header({ network: 1 }))).source?.fcsLength, undefined);
});

Deno.test("pcap with reserved bits or of version 1 is refused", async () => {
  assert.match((await read(header({ network: 0x0001_0001 }))).end, /^unsupported: .*reserved bits/);
  assert.match((await read(header({ major: 1 }))).end, /^unsupported: .*version 1\.4/);
});

Deno.test("pcap with a fraction of a second or more carries it over", async () => {
  const { frames } = await read(
    join(header({}), record(counting(1), { fraction: 4_000_000_007 })),
  );
  assert.equal(frames[0]?.time, "1000004000.000007000");
});

Deno.test("pcap with a packet beyond the limit stops there", async () => {
  const bytes = join(
    header({}),
    ...[1, 2, 3].map((length) => record(counting(length))),
    record(counting(3), { first: 262_145, second: 262_145 }),
  );
  const { frames, end } = await read(bytes);
  assert.equal(frames.length, 3);
  assert.match(end, /^corrupt: .*262145 bytes is longer than the limit 262144 \(at byte 78, after/);
});

Deno.test("pcap with a packet at the limit is read", async () => {
  const data = new Uint8Array(262_144).fill(1);
  const { frames, end } = await read(join(header({}), record(data), record(data), record(data)));
  assert.equal(end, "complete");
  assert.deepEqual(frames.map((frame) => frame.data.length), [262_144, 262_144, 262_144]);
});

Deno.test("pcap that is cut tells where", async () => {
  const bytes = somePcap().subarray(0, -3);
  const { frames, end } = await read(bytes);
  assert.equal(frames.length, 4);
  assert.match(end, /^cut: the data: the file ends 41 bytes into a record \(at byte 130, after fr/);
});

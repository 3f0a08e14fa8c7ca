/**
 * Reading captures from everywhere, whole, cut, damaged, compressed and endless.
 *
 * @module
 */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import type { CaptureInput } from "../../../traces/files/byte_source.ts";
import { type CaptureEnd, CaptureReader } from "../../../traces/files/capture_reader.ts";
import { PcapngWriter } from "../../../traces/files/pcapng_writer.ts";
import { counting, everyBlock, join, somePcap, text } from "./samples.ts";

/** One line per frame that tells it apart from others. */
async function read(input: CaptureInput): Promise<{ frames: string[]; end: CaptureEnd }> {
  const frames: string[] = [];
  const end = await new CaptureReader(input, (frame) => {
    const { number, seconds, nanoseconds, start, capturedLength, length } = frame;
    const data = frame.data.subarray(start, start + capturedLength);
    assert.equal(data.length, capturedLength);
    frames.push(`${number} ${seconds}.${nanoseconds} ${data.join("-")} ${length}`);
  }).read();
  return { frames, end };
}

/** `bytes` in pieces of `length`. */
function pieces(bytes: Uint8Array, length: number): ReadableStream<Uint8Array> {
  return ReadableStream.from(function* () {
    for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
  }());
}

async function withFile(bytes: Uint8Array, use: (path: string) => Promise<void>) {
  const path = await Deno.makeTempFile({ suffix: ".pcapng" });
  try {
    await Deno.writeFile(path, bytes);
    await use(path);
  } finally {
    await Deno.remove(path);
  }
}

const SMALL = [
  { name: "pcapng", bytes: everyBlock() },
  { name: "big-endian pcapng", bytes: everyBlock(true) },
  { name: "pcap", bytes: somePcap() },
  {
    name: "big-endian pcap in microseconds",
    bytes: somePcap({ nanoseconds: false, bigEndian: true }),
  },
];

for (const { name, bytes } of SMALL) {
  Deno.test(`${name}: file, stream in any pieces and gzip give the same frames`, async () => {
    const expected = await read(bytes);
    assert.equal(expected.end.kind, "complete");
    assert.ok(expected.frames.length > 0);
    for (const length of [1, 7, 500]) {
      assert.deepEqual(await read(pieces(bytes, length)), expected);
      assert.deepEqual(await read(pieces(gzipSync(bytes), length)), expected);
    }
    assert.deepEqual(await read(gzipSync(bytes)), expected);
    await withFile(bytes, async (path) => assert.deepEqual(await read(path), expected));
    await withFile(gzipSync(bytes), async (path) => assert.deepEqual(await read(path), expected));
  });

  Deno.test(`${name}: every prefix gives the frames before the cut`, async () => {
    const whole = (await read(bytes)).frames;
    let complete = 0;
    for (let length = 0; length < bytes.length; length++) {
      const { frames, end } = await read(bytes.subarray(0, length));
      assert.deepEqual(frames, whole.slice(0, frames.length), `${length} bytes`);
      assert.equal(end.frames, frames.length);
      if (length < 4) assert.equal(end.kind, "not a capture");
      else if (end.kind === "complete") complete++;
      else {
        assert.equal(end.kind, "cut", `${length} bytes`);
        assert.ok("offset" in end && end.offset <= length);
      }
    }
    assert.ok(complete >= whole.length - 1, "a cut between two frames is none");
  });

  Deno.test(`${name}: damage never throws, and frames stay within the data`, async () => {
    let seed = 12_345;
    const random = (below: number) => {
      seed = Math.imul(seed, 1_103_515_245) + 12_345 >>> 0;
      return (seed >>> 8) % below;
    };
    const kinds = new Set<string>();
    for (let round = 0; round < 600; round++) {
      const damaged = bytes.slice(0, random(4) === 0 ? random(bytes.length + 1) : bytes.length);
      for (let count = 1 + random(4); count > 0 && damaged.length > 0; count--) {
        damaged[random(damaged.length)] = [0, 0xff, 0x7f, 0x80, random(256)][random(5)]!;
      }
      const { frames, end } = await read(damaged);
      assert.equal(end.frames, frames.length);
      kinds.add(end.kind);
    }
    for (const kind of ["complete", "cut", "corrupt", "unsupported", "not a capture"]) {
      assert.ok(kinds.has(kind) || kind === "unsupported", kind);
    }
  });
}

Deno.test("a gzip file that is cut gives all that can be had", async () => {
  const writer = new PcapngWriter();
  writer.section();
  writer.interface({ linkType: 147 });
  for (let number = 0; number < 20_000; number++) {
    const time = { seconds: number, nanoseconds: number * 7919 % 1e9 };
    writer.packet({ interface: 0, time, data: counting(number * 31 % 97) });
  }
  const bytes = writer.take();
  const compressed = gzipSync(bytes);
  const whole = await read(compressed);
  assert.deepEqual(whole.end, { kind: "complete", frames: 20_000 });
  for (const part of [0.1, 0.5, 0.99]) {
    const { frames, end } = await read(compressed.subarray(0, compressed.length * part));
    assert.equal(end.kind, "cut");
    assert.match("message" in end ? end.message : "", /gzip data ends before its end mark/);
    assert.ok(frames.length > 20_000 * (part - 0.1), `${frames.length} frames of ${part}`);
    assert.deepEqual(frames, whole.frames.slice(0, frames.length));
  }
  const damaged = compressed.slice();
  damaged.fill(0xff, damaged.length - 8, damaged.length - 4);
  const { frames, end } = await read(damaged);
  assert.equal(end.kind, "corrupt");
  assert.match("message" in end ? end.message : "", /gzip data is damaged/);
  assert.ok(frames.length > 19_000);
});

Deno.test("gzip members in a row are one file", async () => {
  const bytes = everyBlock();
  const members = join(gzipSync(bytes.subarray(0, 100)), gzipSync(bytes.subarray(100)));
  assert.deepEqual(await read(members), await read(bytes));
});

Deno.test("what is no capture is told by name", async () => {
  const pklg = Uint8Array.of(
    0,
    0,
    0,
    0x23,
    0x53,
    0x47,
    0xdc,
    0x39,
    0,
    0x0b,
    4,
    3,
    0xfc,
    0x72,
    0x65,
  );
  const cases: readonly (readonly [bytes: Uint8Array, kind: string, message: RegExp])[] = [
    [new Uint8Array(0), "not a capture", /^the data: the file is empty$/],
    [Uint8Array.of(0x0a, 0x0d), "not a capture", /only 2 bytes/],
    [text("#Format=4\r\n# SNA v3"), "unsupported", /Daintree sniffer file.*Wireshark/],
    [pklg, "unsupported", /Apple PacketLogger file.*Wireshark/],
    [text("btsnoop\0\0\0\0\x01\0\0\x03\xea"), "unsupported", /btsnoop/],
    [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0), "unsupported", /zstd -d/],
    [text("PK\x03\x04........"), "unsupported", /zip archive/],
    [text('{"a": 1, "b": 2, "c": 3}'), "not a capture", /but text/],
    [new Uint8Array(100), "not a capture", /it starts with 00 00 00 00/],
    [gzipSync(text("nothing of the kind")), "not a capture", /but text/],
    [gzipSync(gzipSync(somePcap())), "not a capture", /starts with 1f 8b 08 00/],
    [join(Uint8Array.of(10, 13, 13, 10), counting(40)), "not a capture", /byte-order magic/],
  ];
  for (const [bytes, kind, message] of cases) {
    const { frames, end } = await read(bytes);
    assert.equal(frames.length, 0);
    assert.equal(end.kind, kind);
    assert.match("message" in end ? end.message : "", message);
  }
});

Deno.test("what can't be opened is told", async () => {
  const missing = (await read("/nonexistent/a.pcap")).end;
  assert.equal(missing.kind, "unreadable");
  assert.match(
    "message" in missing ? missing.message : "",
    /^\/nonexistent\/a\.pcap: can't be read/,
  );
  const folder = (await read(new URL(".", import.meta.url).pathname)).end;
  assert.match("message" in folder ? folder.message : "", /folder/);
  const broken = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.error(new Error("the line went dead"));
    },
  });
  const dead = (await read(broken)).end;
  assert.equal(dead.kind, "unreadable");
  assert.match("message" in dead ? dead.message : "", /the line went dead/);
});

Deno.test("a capture comes in by standard input", async () => {
  const reader = new URL("../../../traces/files/capture_reader.ts", import.meta.url);
  const script = `import { CaptureReader } from "${reader}";
    const end = await new CaptureReader("-", () => {}).read();
    console.log(end.kind, end.frames);`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", script],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const sender = child.stdin.getWriter();
  await sender.write(gzipSync(everyBlock()));
  await sender.close();
  const { stdout } = await child.output();
  assert.equal(new TextDecoder().decode(stdout).trim(), "complete 11");
});

Deno.test("progress goes up to the size of the file", async () => {
  await withFile(gzipSync(everyBlock()), async (path) => {
    const seen: [number, number | undefined][] = [];
    const progress = (bytes: number, total: number | undefined) => seen.push([bytes, total]);
    await new CaptureReader(path, () => {}, { progress }).read();
    const { size } = await Deno.stat(path);
    assert.deepEqual(seen.at(-1), [size, size]);
  });
});

Deno.test("frames of a live stream come as they arrive", async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const sender = writable.getWriter();
  const bytes = somePcap();
  let arrived = Promise.withResolvers<number>();
  const reading = new CaptureReader(readable, (frame) => arrived.resolve(frame.number)).read();
  await sender.write(bytes.subarray(0, 28));
  await sender.write(bytes.subarray(28, 41));
  assert.equal(await arrived.promise, 1);
  arrived = Promise.withResolvers();
  await sender.write(bytes.subarray(41, 70));
  assert.equal(await arrived.promise, 2);
  await sender.close();
  assert.equal((await reading).kind, "cut");
});

/** An endless pcapng file, a megabyte or so a piece. */
function endless(limit = Infinity): ReadableStream<Uint8Array> {
  const writer = new PcapngWriter();
  writer.section();
  writer.interface({ linkType: 147 });
  const head = writer.take();
  for (let number = 0; number < 8000; number++) {
    writer.packet({ interface: 0, time: { seconds: number, nanoseconds: 0 }, data: counting(101) });
  }
  const piece = writer.take();
  let sent = 0;
  return new ReadableStream({
    start: (controller) => controller.enqueue(head),
    pull(controller) {
      if ((sent += piece.length) > limit) controller.close();
      else controller.enqueue(piece);
    },
  });
}

Deno.test("reading can be called off, even while nothing comes", async () => {
  const controller = new AbortController();
  let frames = 0;
  const end = await new CaptureReader(endless(), () => {
    if (++frames === 10_000) controller.abort();
  }).read(controller.signal);
  assert.equal(end.kind, "aborted");
  assert.equal(end.frames, frames);
  const silent = new ReadableStream<Uint8Array>({
    start: (stream) => stream.enqueue(somePcap()),
  });
  const signal = AbortSignal.timeout(20);
  assert.deepEqual(await new CaptureReader(silent, () => {}).read(signal), {
    kind: "aborted",
    frames: 5,
  });
  const aborted = await new CaptureReader(somePcap(), () => {}).read(AbortSignal.abort());
  assert.equal(aborted.kind, "aborted");
});

Deno.test("what the callback throws ends the reading", async () => {
  const reading = new CaptureReader(endless(), () => {
    throw new Error("enough");
  }).read();
  await assert.rejects(reading, /enough/);
});

Deno.test("200 MB go through constant memory", async () => {
  const limit = 200 * 1024 * 1024;
  let bytes = 0;
  const reader = new CaptureReader(endless(limit), (frame) => bytes += frame.capturedLength);
  const before = reader.bufferSize;
  const end = await reader.read();
  assert.equal(end.kind, "complete");
  assert.ok(bytes > 0.7 * limit);
  assert.equal(reader.bufferSize, before);
});

Deno.test("a long block takes memory only as its bytes come", async () => {
  const writer = new PcapngWriter();
  writer.section();
  writer.interface({ linkType: 231 });
  const data = counting(5_000_000);
  const time = { seconds: 1, nanoseconds: 0 };
  writer.packet({ interface: 0, time, data });
  writer.packet({ interface: 0, time, data: counting(3) });
  const bytes = writer.take();
  const { frames, end } = await read(bytes);
  assert.equal(end.kind, "complete");
  assert.deepEqual(frames[0]?.split(" ")[2]?.length, data.join("-").length);
  const claims = bytes.slice(0, 2_000_000);
  new DataView(claims.buffer).setUint32(60, 130_000_000, true);
  const reader = new CaptureReader(claims, () => {});
  assert.equal((await reader.read()).kind, "cut");
  assert.ok(reader.bufferSize < 10_000_000, `${reader.bufferSize}`);
});

/**
 * pcapng: every block and option, in both byte orders, and what is refused.
 *
 * @module
 */
import assert from "node:assert/strict";
import type {
  CaptureEvents,
  CaptureNames,
  CaptureSecrets,
  CaptureSection,
  CaptureStatistics,
} from "../../../traces/files/capture_events.ts";
import type { CaptureFrame, CaptureInterface } from "../../../traces/files/capture_frame.ts";
import { type CaptureEnd, CaptureReader } from "../../../traces/files/capture_reader.ts";
import { PcapngWriter } from "../../../traces/files/pcapng_writer.ts";
import { counting, everyBlock, join, text } from "./samples.ts";

class Seen implements CaptureEvents {
  readonly sections: CaptureSection[] = [];
  readonly interfaces: CaptureInterface[] = [];
  readonly named: CaptureNames[] = [];
  readonly keys: CaptureSecrets[] = [];
  readonly counts: CaptureStatistics[] = [];
  readonly frames: CaptureFrame[] = [];

  section(section: CaptureSection) {
    this.sections.push(section);
  }

  interface(described: CaptureInterface) {
    this.interfaces.push(described);
  }

  names(names: CaptureNames) {
    this.named.push(names);
  }

  secrets(secrets: CaptureSecrets) {
    this.keys.push(secrets);
  }

  statistics(statistics: CaptureStatistics) {
    this.counts.push(statistics);
  }
}

async function read(bytes: Uint8Array): Promise<Seen & { end: CaptureEnd }> {
  const seen = new Seen();
  const onFrame = (frame: CaptureFrame) => {
    const { start, capturedLength } = frame;
    const data = frame.data.slice(start, start + capturedLength);
    seen.frames.push({ ...frame, data, start: 0 });
  };
  const end = await new CaptureReader(bytes, onFrame, seen).read();
  return Object.assign(seen, { end });
}

/** A section and an interface, then what `write` writes. */
function file(write: (writer: PcapngWriter) => void, linkType = 147): Uint8Array<ArrayBuffer> {
  const writer = new PcapngWriter();
  writer.section();
  writer.interface({ linkType });
  write(writer);
  return writer.take();
}

const TIME = { seconds: 1, nanoseconds: 0 };

/** A little-endian block whose lengths are as told. */
function rawBlock(type: number, body: Uint8Array, length = body.length + 12, last = length) {
  const bytes = new Uint8Array(body.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, length, true);
  bytes.set(body, 8);
  view.setUint32(8 + body.length, last, true);
  return bytes;
}

function u32s(...values: number[]): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, index) => view.setUint32(4 * index, value, true));
  return new Uint8Array(view.buffer);
}

async function problemOf(bytes: Uint8Array): Promise<{ frames: number; problem: string }> {
  const { frames, end } = await read(bytes);
  return {
    frames: frames.length,
    problem: "message" in end ? `${end.kind}: ${end.message}` : end.kind,
  };
}

for (const bigEndian of [false, true]) {
  const order = bigEndian ? "big-endian" : "little-endian";

  Deno.test(`pcapng, ${order}: sections and interfaces are told with all their options`, async () => {
    const { sections, interfaces, end } = await read(everyBlock(bigEndian));
    assert.deepEqual(end, { kind: "complete", frames: 11 });
    assert.deepEqual(sections, [
      {
        number: 1,
        bigEndian,
        length: 1000n,
        hardware: "Pi",
        os: "Linux",
        application: "edgewire",
        comments: ["first section", "more"],
      },
      { number: 2, bigEndian, length: -1n, comments: [] },
    ]);
    assert.deepEqual(interfaces.map(({ id, section, label }) => ({ id, section, label })), [
      { id: 0, section: 1, label: "eth9" },
      { id: 1, section: 1, label: "only described" },
      { id: 0, section: 2, label: "unknown" },
    ]);
    assert.deepEqual(interfaces[0], {
      id: 0,
      section: 1,
      implied: false,
      timeDigits: 9,
      linkType: 147,
      snapLength: 65_535,
      name: "eth9",
      description: "the wire",
      hardware: "a card",
      label: "eth9",
      comments: ["an interface"],
      pseudoHeaderLength: 0,
      fcsLength: 4,
      options: [
        { name: "if_tsresol", value: "10^-9 s" },
        { name: "if_filter", value: "tcp port 1883" },
        { name: "if_os", value: "none" },
        { name: "if_fcslen", value: "32" },
        { name: "if_IPv4addr", value: "10.0.0.1 255.0.0.0" },
        { name: "if_IPv6addr", value: "fefe:fefe:fefe:fefe:fefe:fefe:fefe:fefe/64" },
        { name: "if_MACaddr", value: "01:02:03:04:05:06" },
        { name: "if_EUIaddr", value: "01:02:03:04:05:06:07:08" },
        { name: "if_speed", value: "100000000" },
        { name: "if_txspeed", value: "1" },
        { name: "if_rxspeed", value: "2" },
        { name: "if_iana_tzname", value: "Europe/Vienna" },
      ],
    });
  });

  Deno.test(`pcapng, ${order}: packets come with all their options`, async () => {
    const { frames } = await read(everyBlock(bigEndian));
    const [plain, full] = frames;
    assert.deepEqual(plain?.data, counting(61));
    assert.equal(plain?.seconds, 1_700_000_000);
    assert.equal(plain?.nanoseconds, 123_456_789);
    assert.equal(full?.interface?.id, 1);
    assert.equal(full?.linkType, 148);
    assert.equal(full?.nanoseconds, 123_456_000);
    assert.equal(full?.length, 900);
    assert.deepEqual(full?.comments, ["one", "two with ümläut"]);
    assert.equal(full?.flags, 0x8000_0201);
    assert.equal(full?.dropCount, 0x1_0000_0002n);
    assert.equal(full?.packetId, 0xffff_ffff_ffff_fffen);
    assert.equal(full?.queue, 3);
  });

  Deno.test(`pcapng, ${order}: other frames say what they are, and leave nothing behind`, async () => {
    const { frames } = await read(everyBlock(bigEndian));
    const plain = { comments: [], flags: -1, packetId: undefined, queue: -1 };
    for (const frame of frames.slice(2, 7)) assert.deepEqual({ ...frame, ...plain }, frame);
    const [, , simple, custom, uncopied, journal, timeless, old, undropped] = frames;
    assert.equal(simple?.hasTime, false);
    assert.deepEqual(simple?.data, counting(33));
    assert.equal(simple?.dropCount, undefined);
    assert.equal(custom?.block, "custom");
    assert.equal(custom?.enterprise, 32_473);
    assert.equal(custom?.interface, undefined);
    assert.equal(custom?.copyable, true);
    assert.deepEqual(custom?.data, join(counting(9), new Uint8Array(3)));
    assert.equal(uncopied?.copyable, false);
    assert.equal(journal?.block, "journal");
    assert.equal(journal?.enterprise, -1);
    assert.equal(journal?.seconds, 1_700_000_000);
    assert.equal(journal?.nanoseconds, 654_321_000);
    assert.equal(new TextDecoder().decode(journal?.data).slice(-6), "hello\n");
    assert.equal(timeless?.hasTime, false);
    assert.equal(old?.dropCount, 7n);
    assert.deepEqual(old?.comments, ["old"]);
    assert.equal(old?.block, "packet");
    assert.equal(undropped?.dropCount, undefined);
    assert.deepEqual(undropped?.comments, []);
    assert.equal(undropped?.nanoseconds, 5000);
  });

  Deno.test(`pcapng, ${order}: a new section counts interfaces from 0`, async () => {
    const [simple, empty] = (await read(everyBlock(bigEndian))).frames.slice(9);
    assert.equal(simple?.section, 2);
    assert.equal(simple?.linkType, 149);
    assert.deepEqual(simple?.data, counting(4));
    assert.equal(simple?.length, 40);
    assert.equal(empty?.capturedLength, 0);
    assert.equal(empty?.number, 11);
    assert.equal(empty?.hasTime, true);
  });

  Deno.test(`pcapng, ${order}: names, secrets and statistics are told`, async () => {
    const { named, keys, counts } = await read(everyBlock(bigEndian));
    assert.deepEqual(named, [
      {
        kind: "ipv4",
        address: Uint8Array.of(10, 0, 0, 1),
        names: ["broker", "broker.local"],
      },
      { kind: "ipv6", address: new Uint8Array(16).fill(0xfe), names: ["six"] },
      { kind: "eui48", address: Uint8Array.of(1, 2, 3, 4, 5, 6), names: ["mac"] },
    ]);
    assert.deepEqual(keys, [
      {
        section: 1,
        type: 0x544c534b,
        data: text("CLIENT_RANDOM 00 11\n"),
        comments: ["keys"],
      },
    ]);
    assert.equal(counts.length, 1);
    assert.equal(counts[0]?.interface.name, "eth9");
    assert.deepEqual({ ...counts[0], interface: undefined }, {
      interface: undefined,
      time: 1_700_000_002.5,
      received: 10n,
      dropped: 1n,
      delivered: 9n,
      comments: ["end"],
    });
  });
}

Deno.test("pcapng may change its byte order from section to section", async () => {
  const { frames, end } = await read(join(everyBlock(true), everyBlock(false), everyBlock(true)));
  assert.equal(end.kind, "complete");
  assert.deepEqual(frames.map((frame) => frame.number), Array.from(Array(33), (_, i) => i + 1));
  assert.equal(frames.at(-1)?.section, 6);
});

Deno.test("pcapng with lengths that leave out the padding is read", async () => {
  const body = join(u32s(0, 0, 0, 5, 5), counting(5), new Uint8Array(3));
  const block = rawBlock(6, body, 37);
  const { frames, end } = await read(join(file(() => {}), block, block));
  assert.equal(end.kind, "complete");
  assert.deepEqual(frames.map(({ data }) => data), [counting(5), counting(5)]);
});

Deno.test("pcapng: a comment stops at a zero byte, and broken UTF-8 is no harm", async () => {
  const comment = { code: 1, value: Uint8Array.of(0x61, 0, 0x62) };
  const broken = { code: 1, value: Uint8Array.of(0x61, 0xff) };
  const options = [comment, broken, { code: 1, value: "" }];
  const bytes = file((writer) =>
    writer.packet({ interface: 0, time: TIME, data: counting(1), options })
  );
  assert.deepEqual((await read(bytes)).frames[0]?.comments, ["a", "a\ufffd", ""]);
});

Deno.test("pcapng: Sysdig events take a frame number", async () => {
  const event = new Uint8Array(28);
  const view = new DataView(event.buffer);
  view.setBigUint64(2, 1_700_000_000_000_000_042n, true);
  view.setUint32(18, 99, true);
  const { frames } = await read(join(file(() => {}), rawBlock(0x204, event)));
  assert.equal(frames[0]?.block, "syscall");
  assert.equal(frames[0]?.nanoseconds, 42);
  assert.equal(frames[0]?.length, 99);
  assert.equal(frames[0]?.capturedLength, 4);
});

Deno.test("pcapng: how long a packet may be depends on the link type", async () => {
  const data = new Uint8Array(262_145);
  const big = (linkType: number) =>
    file((writer) => writer.packet({ interface: 0, time: TIME, data }), linkType);
  assert.match(
    (await problemOf(big(1))).problem,
    /^corrupt: .*262145 bytes is longer than the limit 262144/,
  );
  assert.deepEqual(await problemOf(big(231)), { frames: 1, problem: "complete" });
});

Deno.test("pcapng stops where a block can't be right", async () => {
  const good = file((writer) => writer.packet({ interface: 0, time: TIME, data: counting(4) }));
  const packet = (...fixed: number[]) => rawBlock(6, u32s(...fixed));
  const option = (code: number, length: number, room = length) =>
    rawBlock(6, join(u32s(0, 0, 0, 0, 0, length << 16 | code), new Uint8Array(room)));
  const header = u32s(0x1a2b3c4d, 1, 0xffff_ffff, 0xffff_ffff);
  const cases: readonly (readonly [what: string, block: Uint8Array, problem: RegExp])[] = [
    ["lengths differ", rawBlock(6, u32s(0, 0, 0, 0, 0), 32, 36), /32 at its start and 36 at its/],
    ["no length", rawBlock(6, u32s(0, 0, 0, 0, 0), 0), /claims to have 0/],
    ["too long", rawBlock(0x7777, u32s(0), 134_348_833), /claims to have 134348836/],
    ["short packet", rawBlock(6, u32s(0, 0, 0, 0)), /packet block of 28 bytes is too short/],
    ["packet too large", packet(0, 0, 0, 1, 1), /1 bytes does not fit in a block with 0/],
    ["no such interface", packet(1, 0, 0, 0, 0), /on interface 1, and the section describes 1/],
    ["flags", option(2, 3, 4), /option 2 has 3 bytes, not 4/],
    ["drop count", option(4, 4), /option 4 has 4 bytes, not 8/],
    ["packet id", option(5, 4), /option 5 has 4 bytes, not 8/],
    ["queue", option(6, 8), /option 6 has 8 bytes, not 4/],
    ["verdict", option(7, 0), /epb_verdict/],
    ["option too long", option(1, 5, 4), /option 1 of 5 bytes does not fit in 4 bytes/],
    ["custom option", option(2988, 3, 4), /custom option 2988 has no enterprise number/],
    ["short interface", rawBlock(1, u32s(1)), /interface description of 16 bytes is too short/],
    ["empty filter", rawBlock(1, u32s(1, 0, 11)), /if_filter is empty/],
    ["short names", rawBlock(4, new Uint8Array(0)), /name resolution block of 12 bytes/],
    ["name record", rawBlock(4, u32s(8 << 16 | 1)), /name record of 8 bytes does not fit in 0/],
    ["ipv4 name", rawBlock(4, u32s(3 << 16 | 1, 0)), /ipv4 name record has only 3 bytes/],
    ["unended name", rawBlock(4, u32s(5 << 16 | 1, 0, 0x61)), /name without its end/],
    ["short statistics", rawBlock(5, u32s(0, 0)), /statistics block of 20 bytes is too short/],
    ["short secrets", rawBlock(10, u32s(0)), /secrets block of 16 bytes is too short/],
    ["secrets too long", rawBlock(10, u32s(0, 1)), /secrets of 1 bytes do not fit in 0 bytes/],
    ["short custom", rawBlock(0xbad, new Uint8Array(0)), /too short for its enterprise number/],
    ["short journal", rawBlock(9, u32s(0x61)), /journal entry has only 1 bytes/],
    ["short Sysdig event", rawBlock(0x204, u32s(1)), /Sysdig event block is too short/],
    ["long simple packet", rawBlock(3, u32s(5, 0)), /with 4 bytes has a packet of 5/],
    ["short simple packet", rawBlock(3, new Uint8Array(0)), /simple packet block of 12 bytes/],
    ["magic", rawBlock(0x0a0d0d0a, u32s(1, 0, 0, 0)), /byte-order magic is 0x01000000/],
    ["short section", rawBlock(0x0a0d0d0a, header.subarray(0, 12)), /section header of 24 bytes/],
  ];
  for (const [what, block, problem] of cases) {
    const seen = await problemOf(join(good, block, good));
    assert.equal(seen.frames, 1, what);
    assert.match(seen.problem, /^corrupt: the data: .* \(at byte 96, after frame 1\)/, what);
    assert.match(seen.problem, problem, what);
  }
});

Deno.test("pcapng: packets before any interface, and unknown versions", async () => {
  const section = (version: number) =>
    rawBlock(0x0a0d0d0a, u32s(0x1a2b3c4d, version, 0xffff_ffff, 0xffff_ffff));
  const simple = rawBlock(3, u32s(0));
  assert.match((await problemOf(join(section(1), simple))).problem, /section describes none/);
  assert.match((await problemOf(section(2))).problem, /^unsupported: .*version 2\.0/);
  assert.match((await problemOf(section(1 << 16 | 1))).problem, /^unsupported: .*version 1\.1/);
  assert.equal((await problemOf(section(2 << 16 | 1))).problem, "complete");
});

Deno.test("the writer refuses an option that is too long", () => {
  assert.throws(
    () => new PcapngWriter().section({ comment: "x".repeat(65_536) }),
    /Can't write option 1: 65536 bytes, at most 65535/,
  );
});

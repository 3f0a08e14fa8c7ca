/**
 * The `frame.*` fields against tshark, over files that have every block and option.
 *
 * @module
 */
import assert from "node:assert/strict";
import { CaptureReader } from "../../../traces/files/capture_reader.ts";
import { PcapWriter } from "../../../traces/files/pcap_writer.ts";
import { PcapngWriter } from "../../../traces/files/pcapng_writer.ts";
import { ByteWriter } from "../../../traces/report/byte_writer.ts";
import { FieldsReport } from "../../../traces/report/fields_report.ts";
import { Dissection } from "../../../traces/wire/dissection.ts";
import { allFields } from "../../../traces/wire/field.ts";
import { decodeFrame, FrameClock } from "../../../traces/wire/frame.ts";
import { testWith } from "../../support/tools.ts";
import { everyBlock } from "../files/samples.ts";

/** Fields that need nothing but the file. */
const NAMES = allFields().map(({ name }) => name)
  .filter((name) => name.startsWith("frame.") && name !== "frame.protocols");

async function ours(file: Uint8Array, names: readonly string[] = NAMES): Promise<string[]> {
  const d = new Dissection(allFields().length);
  const writer = new ByteWriter();
  const report = new FieldsReport(writer, names);
  const clock = new FrameClock();
  report.want(d);
  await new CaptureReader(file, (frame) => {
    d.begin(frame.data, frame.start, frame.capturedLength, frame.length);
    decodeFrame(d, frame, clock);
    clock.shown();
    report.frame(d);
  }).read();
  return new TextDecoder().decode(writer.written).split("\n");
}

async function tshark(file: Uint8Array): Promise<string[]> {
  const path = await Deno.makeTempFile({ suffix: ".pcapng" });
  try {
    await Deno.writeFile(path, file);
    const args = ["-n", "-r", path, "-T", "fields", ...NAMES.flatMap((name) => ["-e", name])];
    const { stdout } = await new Deno.Command("tshark", { args, stderr: "null" }).output();
    return new TextDecoder().decode(stdout).split("\n");
  } finally {
    await Deno.remove(path);
  }
}

/**
 * Compares value by value, so that a difference is named. tshark takes the names of interfaces of
 * later sections from the first one; there they are left out.
 */
async function assertSame(file: Uint8Array) {
  const named = (lines: string[]) =>
    lines.map((line) => {
      const frame = Object.fromEntries(line.split("\t").map((value, i) => [NAMES[i], value]));
      if (Number(frame["frame.section_number"]) > 1) {
        delete frame["frame.interface_name"];
        delete frame["frame.interface_description"];
      }
      return frame;
    });
  const [own, theirs] = await Promise.all([ours(file), tshark(file)]);
  assert.ok(own.length > 1, "there are frames");
  assert.deepEqual(named(own), named(theirs));
}

for (const bigEndian of [false, true]) {
  const order = bigEndian ? "big-endian" : "little-endian";
  testWith(["tshark"], `every block and option, ${order}`, () => assertSame(everyBlock(bigEndian)));
}

testWith(["tshark"], "times that go back, flags of every kind, link types", async () => {
  const writer = new PcapngWriter();
  writer.section({});
  const linkTypes = [0, 1, 12, 101, 108, 113, 147, 162, 187, 192, 195, 201, 215, 228, 229, 230]
    .concat([251, 252, 254, 256, 272, 276, 283]);
  for (const linkType of linkTypes) writer.interface({ linkType });
  linkTypes.forEach((_, i) =>
    writer.packet({
      interface: i,
      time: { seconds: 1000 - i * i, nanoseconds: (i * 123_456_789) % 1_000_000_000 },
      data: new Uint8Array(40),
      flags: Math.imul(i + 1, 0x08_40_21_09) >>> 0,
      comment: ["one", "two\twith tab"],
    })
  );
  await assertSame(writer.take());
});

for (const bigEndian of [false, true]) {
  testWith(["tshark"], `verdicts, ${bigEndian ? "big" : "little"}-endian`, async () => {
    const number = new Uint8Array(9);
    number[0] = 1;
    new DataView(number.buffer).setBigInt64(1, -5n, !bigEndian);
    const writer = new PcapngWriter({ bigEndian });
    writer.section({});
    writer.interface({ linkType: 1 });
    const packet = { interface: 0, data: new Uint8Array(20) };
    const options = [{ code: 7, value: Uint8Array.of(0, 9, 8) }, { code: 7, value: number }];
    writer.packet({ ...packet, time: { seconds: 1, nanoseconds: 0 }, options });
    writer.packet({ ...packet, time: { seconds: 2, nanoseconds: 0 } });
    await assertSame(writer.take());
  });
}

Deno.test("hashes of packets by name, or number", async () => {
  const writer = new PcapngWriter();
  writer.section({});
  writer.interface({ linkType: 1 });
  const hashes = [[2, 0xde, 0xad], [9, 1], []];
  writer.packet({
    interface: 0,
    time: { seconds: 1, nanoseconds: 0 },
    data: new Uint8Array(20),
    options: hashes.map((value) => ({ code: 3, value: Uint8Array.from(value) })),
  });
  const [line] = await ours(writer.take(), ["edgewire.frame.hash"]);
  assert.equal(line, "CRC32: dead,9: 01");
});

testWith(["tshark"], "classic pcap has no interface and no section", async () => {
  const writer = new PcapWriter({ linkType: 1, nanoseconds: true });
  writer.packet({ seconds: 5, nanoseconds: 999_999_999 }, new Uint8Array(60), 1500);
  writer.packet({ seconds: 4, nanoseconds: 1 }, new Uint8Array(60));
  await assertSame(writer.take());
});

/**
 * Frames as tshark numbers and dates them, in generated files. Real captures are compared with all
 * their fields in `compare_test.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { PcapngWriter } from "../../../traces/files/pcapng_writer.ts";
import { testWith } from "../../support/tools.ts";
import { everyBlock, somePcap } from "./samples.ts";
import { ownFrames, tsharkFrames } from "./tshark_frames.ts";

const TIME = 1;
const LENGTH = 3;
const INTERFACE_NAME = 5;
const SECTION = 6;

interface Exception {
  readonly name: string;
  readonly why: string;
  readonly column: number;
  allows(own: string, tshark: string, section: string): boolean;
}

/** What tshark 4.0.17 gets wrong. A difference that none of these allows fails the test. */
const EXCEPTIONS: readonly Exception[] = [
  {
    name: "time-fraction",
    why: "pcap: a fraction of a second or more is not carried over, and wraps at 2^31 ns",
    column: TIME,
    allows: (own, tshark, section) =>
      section === "" && nanosOf(own) % WRAP === nanosOf(tshark) % WRAP,
  },
  {
    name: "length",
    why: "frame.len is held to 2^31 - 1; the file says more",
    column: LENGTH,
    allows: (own, tshark) => tshark === "2147483647" && Number(own) > 2_147_483_647,
  },
  {
    name: "interface-name",
    why: "interfaces of later sections are looked up among all (draft-ietf-opsawg-pcapng, 4.2)",
    column: INTERFACE_NAME,
    allows: (_own, _tshark, section) => Number(section) > 1,
  },
];

/** Allowed only where such resolutions are tried. */
const TIME_RESOLUTION: Exception = {
  name: "time-resolution",
  why: "pcapng: units finer than 10^-10 or 2^-34 s overflow 64 bits (the draft, if_tsresol)",
  column: TIME,
  allows: (own, tshark) => own.split(".")[0] === tshark.split(".")[0],
};

const WRAP = 1n << 32n;

/** A classic pcap time; a minus belongs to the nanoseconds, as seconds are unsigned there. */
function nanosOf(time: string): bigint {
  const [seconds, nanoseconds] = time.replace("-", "").split(".");
  const sign = time.startsWith("-") ? -1n : 1n;
  return BigInt(seconds ?? 0) * 1_000_000_000n + sign * BigInt(nanoseconds ?? 0);
}

/** Names of the exceptions that the differing columns of two lines need; undefined: none does. */
function excuse(own: string, tshark: string, rules: readonly Exception[]): string[] | undefined {
  const ownColumns = own.split("\t");
  const tsharkColumns = tshark.split("\t");
  const section = ownColumns[SECTION] ?? "";
  const names: string[] = [];
  for (const [column, value] of ownColumns.entries()) {
    const other = tsharkColumns[column] ?? "";
    if (value === other) continue;
    const found = rules.find((rule) =>
      rule.column === column && rule.allows(value, other, section)
    );
    if (found === undefined) return undefined;
    names.push(found.name);
  }
  return names;
}

/** Compares a file; returns what was excused. */
async function compare(path: string, name: string, rules = EXCEPTIONS): Promise<Set<string>> {
  const [own, tshark] = await Promise.all([ownFrames(path), tsharkFrames(path)]);
  const excused = new Set<string>();
  if (/network type \d+ unknown/.test(tshark.stderr)) return excused.add("link-type");
  if (own.end.kind === "unsupported") return excused.add("unsupported");
  assert.equal(own.lines.length, tshark.lines.length, `${name}: ${tshark.stderr}`);
  assert.equal(own.end.kind === "complete", tshark.code === 0, `${name}: ${tshark.stderr}`);
  for (const [index, line] of own.lines.entries()) {
    const reasons = excuse(line, tshark.lines[index]!, rules);
    if (reasons === undefined) assert.equal(line, tshark.lines[index], name);
    else for (const reason of reasons) excused.add(reason);
  }
  return excused;
}

async function compareBytes(bytes: Uint8Array, name: string, rules = EXCEPTIONS) {
  const path = await Deno.makeTempFile({ suffix: ".capture" });
  try {
    await Deno.writeFile(path, bytes);
    return [...await compare(path, name, rules)].sort();
  } finally {
    await Deno.remove(path);
  }
}

testWith(["tshark"], "tshark sees the same frames in generated files", async () => {
  for (const bigEndian of [false, true]) {
    assert.deepEqual(await compareBytes(everyBlock(bigEndian), "pcapng"), ["interface-name"]);
    for (const nanoseconds of [false, true]) {
      assert.deepEqual(await compareBytes(somePcap({ nanoseconds, bigEndian }), "pcap"), []);
    }
  }
});

testWith(["tshark"], "tshark sees the same frames in damaged and cut files", async () => {
  const bytes = everyBlock();
  for (const length of [200, 700, bytes.length - 30]) {
    await compareBytes(bytes.subarray(0, length), `${length} bytes`);
  }
  for (let round = 0; round < 6; round++) {
    const damaged = bytes.slice();
    damaged[400 + 262 * round % (bytes.length - 400)] = 0xff;
    await compareBytes(damaged, `damage ${round}`);
  }
});

testWith(["tshark"], "tshark computes the same times for every resolution it can", async () => {
  const stamps = [0n, 1n, 123_456_789n, 0xffff_ffffn, 0x1_0000_0000n, 1_700_000_000_123_456n];
  const file = (resolutions: number[], offsets: bigint[]) => {
    const writer = new PcapngWriter();
    writer.section();
    for (const offset of offsets) {
      for (const resolution of resolutions) {
        const id = writer.interface({ linkType: 147, resolution, offset });
        for (const time of stamps) writer.packet({ interface: id, time, data: new Uint8Array(1) });
      }
    }
    return writer.take();
  };
  const fine = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0x80, 0x81, 0x8a, 0x94, 0x97, 0x98, 0xa0, 0xa2];
  assert.deepEqual(await compareBytes(file(fine, [0n, -5n, 1000n]), "fine"), []);
  const finer = [11, 12, 15, 18, 19, 0xa3, 0xb4, 0xbf];
  const rules = [TIME_RESOLUTION];
  assert.deepEqual(await compareBytes(file(finer, [0n]), "finer", rules), ["time-resolution"]);
});

/** The envelope's two definitions, C and TypeScript, against each other. */
import assert from "node:assert/strict";
import {
  encodeEnvelope,
  RadioEnvelope,
  type RadioHeader,
  type RadioRecord,
} from "../../traces/sensors/radio_envelope.ts";
import { problemName } from "../../firmware/build_vectors.ts";
import { askTool } from "../support/firmware_tools.ts";
import { testWith } from "../support/tools.ts";
import { Random } from "../traces/support/random.ts";
import vectors from "../../firmware/vectors/radio_envelope.json" with { type: "json" };

/** A record with its frame in hexadecimal. */
type PlainRecord = Omit<RadioRecord, "data" | "start" | "end"> & { frame: string };

interface Decoded {
  header: RadioHeader;
  records: PlainRecord[];
  problem?: string;
  offset?: number;
}

/** Gives lines to the C side. @returns its lines */
function ask(what: "encode" | "decode", lines: string[]): Promise<string[]> {
  return askTool("envelope-tool", [what], lines);
}

async function decodeInC(envelopes: string[]): Promise<Decoded[]> {
  return (await ask("decode", envelopes)).map((line) => JSON.parse(line));
}

function toLine({ boot, batch, dropped }: Omit<RadioHeader, "records">, records: PlainRecord[]) {
  const words = records.map((record) => {
    const { linkType, time, rssi, channel, flags, lqi, frame } = record;
    return [linkType, time, rssi, channel, flags, lqi, frame || "-"].join(" ");
  });
  return [boot, batch, dropped, ...words].join(" ");
}

function encode(header: Omit<RadioHeader, "records">, records: PlainRecord[]): string {
  const made = records.map(({ frame, ...fields }) => {
    const data = Uint8Array.fromHex(frame);
    return { ...fields, data, start: 0, end: data.length };
  });
  return encodeEnvelope(header, made).toHex();
}

function decode(hex: string): Decoded {
  const envelope = new RadioEnvelope();
  const records: PlainRecord[] = [];
  const opened = envelope.open(Uint8Array.fromHex(hex));
  while (envelope.next()) {
    const { data, start, end, ...fields } = envelope.record;
    records.push({ ...fields, frame: data.subarray(start, end).toHex() });
  }
  const none = { records: 0, boot: 0, batch: 0, dropped: 0 };
  const decoded = { header: opened ? { ...envelope.header } : none, records };
  const { problem } = envelope;
  if (problem === null) return decoded;
  return { ...decoded, problem: problemName(problem.text), offset: problem.offset };
}

function randomRecord(random: Random): PlainRecord {
  return {
    linkType: random.of([187, 195, 230, 251, random.below(65536)]),
    // Up to 2^53 - 1, what both have exactly.
    time: random.below(2 ** 21) * 2 ** 32 + random.next(),
    rssi: random.below(256) - 128,
    channel: random.below(256),
    flags: random.below(256),
    lqi: random.below(256),
    frame: random.bytes(random.below(random.of([8, 40, 300]))).toHex(),
  };
}

function randomEnvelope(random: Random) {
  const header = { boot: random.next(), batch: random.next(), dropped: random.next() };
  const count = random.of([0, 1, 2, 7, random.below(33), random.below(100) === 0 ? 255 : 3]);
  return { header, records: Array.from({ length: count }, () => randomRecord(random)) };
}

testWith(["gcc", "libjsmn-dev"], "envelope: C reads the shared vectors as they say", async () => {
  const all = [...vectors.envelopes, ...vectors.malformed];
  const seen = await decodeInC(all.map(({ hex }) => hex));
  vectors.envelopes.forEach(({ name, header, records }, i) => {
    assert.deepEqual(seen[i], { header, records }, name);
  });
  vectors.malformed.forEach(({ name, problem, offset, records }, i) => {
    const said = seen[vectors.envelopes.length + i]!;
    assert.equal(said.problem, problemName(problem), name);
    assert.equal(said.offset, offset, name);
    assert.equal(said.records.length, records, name);
  });
});

testWith(["gcc", "libjsmn-dev"], "envelope: C writes the shared vectors", async () => {
  const lines = vectors.envelopes.map(({ header, records }) => toLine(header, records));
  assert.deepEqual(await ask("encode", lines), vectors.envelopes.map(({ hex }) => hex));
});

testWith(["gcc", "libjsmn-dev"], "envelope: each side reads what the other wrote", async () => {
  const random = new Random(20_260_801);
  const made = Array.from({ length: 3000 }, () => randomEnvelope(random));
  const written = made.map(({ header, records }) => encode(header, records));
  const inC = await ask("encode", made.map(({ header, records }) => toLine(header, records)));
  const readInC = await decodeInC(written);
  made.forEach(({ header, records }, i) => {
    const wanted = { header: { records: records.length, ...header }, records };
    assert.equal(inC[i], written[i], `envelope ${i}`);
    assert.deepEqual(readInC[i], wanted, `envelope ${i}`);
    assert.deepEqual(decode(inC[i]!), wanted, `envelope ${i}`);
  });
});

/** An envelope with something wrong: cut, longer, or with other bytes. */
function spoil(hex: string, random: Random): string {
  const bytes = Uint8Array.fromHex(hex);
  const way = random.below(4);
  if (way === 0) return hex.slice(0, 2 * random.below(bytes.length + 1));
  if (way === 1) return hex + random.bytes(1 + random.below(40)).toHex();
  const changed = way === 2 ? 1 : 4;
  // Mostly where counts and lengths are.
  for (let i = 0; i < changed; i++) {
    bytes[random.below(Math.min(bytes.length, 48))] = random.below(256);
  }
  return bytes.toHex();
}

testWith(["gcc", "libjsmn-dev"], "envelope: both say the same of what is malformed", async () => {
  const random = new Random(20_260_802);
  const spoilt = Array.from({ length: 3000 }, () => {
    const { header, records } = randomEnvelope(random);
    return spoil(encode(header, records), random);
  });
  const seen = await decodeInC(spoilt);
  const problems = new Set<string>();
  spoilt.forEach((hex, i) => {
    const wanted = decode(hex);
    if (wanted.problem !== undefined) problems.add(wanted.problem);
    // Times above 2^53 are not exact in JavaScript: as JSON brings them is as the gateway has them.
    assert.deepEqual(seen[i], wanted, `${i}: ${hex}`);
  });
  assert.equal(problems.size, 6, `all that can be wrong was seen: ${[...problems]}`);
});

import assert from "node:assert/strict";
import {
  encodeEnvelope,
  HEADER_BYTES,
  MAX_FRAME_BYTES,
  MAX_RECORDS,
  RadioEnvelope,
  type RadioHeader,
  type RadioRecord,
  RECORD_BYTES,
} from "../../../traces/sensors/radio_envelope.ts";
import { Random } from "../support/random.ts";
import vectors from "../../../firmware/vectors/radio_envelope.json" with { type: "json" };

/** A record with its frame in hexadecimal, as in the vectors. */
interface PlainRecord {
  readonly linkType: number;
  readonly time: number;
  readonly rssi: number;
  readonly channel: number;
  readonly flags: number;
  readonly lqi: number;
  readonly frame: string;
}

function read(data: Uint8Array) {
  const envelope = new RadioEnvelope();
  const records: PlainRecord[] = [];
  const opened = envelope.open(data);
  while (envelope.next()) {
    const { linkType, time, rssi, channel, flags, lqi, data, start, end } = envelope.record;
    const frame = data.subarray(start, end).toHex();
    records.push({ linkType, time, rssi, channel, flags, lqi, frame });
  }
  return { opened, header: { ...envelope.header }, records, problem: envelope.problem };
}

function toRecord({ frame, ...fields }: PlainRecord): RadioRecord {
  // Frames are parts of larger buffers.
  const data = Uint8Array.fromHex(`aabb${frame}cc`);
  return { ...fields, data, start: 2, end: data.length - 1 };
}

for (const { name, hex, annotated, header, records } of vectors.envelopes) {
  Deno.test(`radio envelope: ${name}`, () => {
    const parts = annotated.map((line) => line.slice(0, line.indexOf(":")).replaceAll(" ", ""));
    assert.equal(parts.join(""), hex, "the annotation is of these bytes");
    const seen = read(Uint8Array.fromHex(hex));
    assert.deepEqual(seen, { opened: true, header, records, problem: null });
    assert.equal(encodeEnvelope(header, records.map(toRecord)).toHex(), hex);
  });
}

for (const { name, hex, problem, offset, records } of vectors.malformed) {
  Deno.test(`radio envelope, malformed: ${name}`, () => {
    const seen = read(Uint8Array.fromHex(hex));
    assert.deepEqual(seen.problem, { text: problem, offset });
    assert.equal(seen.records.length, records);
  });
}

Deno.test("every prefix gives the records that are whole, and says that others are missing", () => {
  for (const { name, hex, records } of vectors.envelopes) {
    const whole = Uint8Array.fromHex(hex);
    for (let length = 0; length < whole.length; length++) {
      const seen = read(whole.subarray(0, length));
      assert.notEqual(seen.problem, null, `${name}: ${length} bytes`);
      assert.equal(seen.opened, length >= HEADER_BYTES);
      assert.deepEqual(seen.records, records.slice(0, seen.records.length));
      assert.ok(seen.records.length < records.length || records.length === 0);
    }
  }
});

Deno.test("one reader reads one envelope after the other, whatever the last one was", () => {
  const envelope = new RadioEnvelope();
  const [empty, one] = vectors.envelopes.map(({ hex }) => Uint8Array.fromHex(hex));
  assert.equal(envelope.open(one!), true);
  assert.equal(envelope.open(Uint8Array.of(1)), false);
  assert.equal(envelope.next(), false);
  assert.equal(envelope.problem?.offset, 0);
  assert.equal(envelope.open(empty!), true);
  assert.equal(envelope.next(), false);
  assert.equal(envelope.problem, null);
  assert.equal(envelope.open(one!), true);
  assert.equal(envelope.next(), true);
  assert.equal(envelope.next(), false);
  assert.equal(envelope.next(), false);
  assert.equal(envelope.problem, null);
});

function randomRecord(random: Random): PlainRecord {
  return {
    linkType: random.of([187, 195, 230, 251, random.below(0x10000)]),
    time: random.of([random.next(), random.below(2 ** 21) * 2 ** 32 + random.next()]),
    rssi: random.below(256) - 128,
    channel: random.below(256),
    flags: random.below(256),
    lqi: random.below(256),
    frame: random.bytes(random.of([0, 1, 31, 47, 127, 300])).toHex(),
  };
}

Deno.test("what is written is read again", () => {
  const random = new Random(1);
  for (let run = 0; run < 500; run++) {
    const records = Array.from({ length: random.of([0, 1, 2, 7, 20]) }, () => randomRecord(random));
    const header: RadioHeader = {
      records: records.length,
      boot: random.next(),
      batch: random.next(),
      dropped: random.next(),
    };
    const seen = read(encodeEnvelope(header, records.map(toRecord)));
    assert.deepEqual(seen, { opened: true, header, records, problem: null });
  }
});

Deno.test("up to 255 records and frames of 65,535 bytes; more is the caller's mistake", () => {
  const header = { boot: 1, batch: 2, dropped: 3 };
  const record = toRecord(randomRecord(new Random(2)));
  const most = new Array<RadioRecord>(MAX_RECORDS).fill(record);
  assert.equal(read(encodeEnvelope(header, most)).records.length, 255);
  assert.throws(() => encodeEnvelope(header, [...most, record]), RangeError);
  const data = new Uint8Array(MAX_FRAME_BYTES + 1);
  const longest = encodeEnvelope(header, [{ ...record, data, start: 1, end: data.length }]);
  assert.equal(longest.length, HEADER_BYTES + RECORD_BYTES + MAX_FRAME_BYTES);
  assert.equal(read(longest).records[0]!.frame.length, 2 * MAX_FRAME_BYTES);
  assert.throws(
    () => encodeEnvelope(header, [{ ...record, data, start: 0, end: data.length }]),
    RangeError,
  );
});

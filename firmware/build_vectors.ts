/**
 * Writes the shared envelopes (`vectors/radio_envelope.json`) as C, so that the unit tests read them
 * where there are no files: on bare metal.
 *
 * @module
 */
import vectors from "./vectors/radio_envelope.json" with { type: "json" };

/** What the gateway says of a malformed envelope, and the C name of it. */
const PROBLEMS: readonly (readonly [RegExp, string])[] = [
  [/^header of/, "EW_ENVELOPE_CUT_HEADER"],
  [/^does not begin/, "EW_ENVELOPE_NO_MAGIC"],
  [/^version/, "EW_ENVELOPE_OTHER_VERSION"],
  [/records are missing/, "EW_ENVELOPE_CUT_RECORDS"],
  [/does not fit/, "EW_ENVELOPE_CUT_FRAME"],
  [/behind the last record/, "EW_ENVELOPE_BYTES_BEHIND"],
];

/** The C name of a problem. @throws {Error} for a text that is none */
export function problemName(text: string): string {
  const found = PROBLEMS.find(([pattern]) => pattern.test(text));
  if (found === undefined) throw new Error(`name an envelope's problem: ${text}`);
  return found[1];
}

/** A C array; one without members does not exist, so it gets one. */
function bytes(hex: string): string {
  const values = [...Uint8Array.fromHex(hex)].map((byte) => `0x${byte.toString(16)}`);
  return `(const uint8_t[]){${values.join(", ") || "0"}}`;
}

/** The C source that `tests/vector.h` declares. */
export function vectorSource(): string {
  const records: string[] = [];
  const rows: string[] = [];
  vectors.envelopes.forEach(({ name, hex, header, records: list }, index) => {
    const members = list.map(({ linkType, time, rssi, channel, flags, lqi, frame }) =>
      `    {{UINT64_C(${time}), ${linkType}, ${rssi}, ${channel}, ${flags}, ${lqi}}, ` +
      `${bytes(frame)}, ${frame.length / 2}},\n`
    );
    if (members.length > 0) {
      records.push(`static const vector_record RECORDS_${index}[] = {\n${members.join("")}};\n`);
    }
    const { boot, batch, dropped } = header;
    rows.push(
      `    {${JSON.stringify(name)}, ${bytes(hex)}, ${hex.length / 2},\n` +
        `     {${boot}u, ${batch}u, ${dropped}u, ${header.records}}, ` +
        `${
          members.length > 0 ? `RECORDS_${index}` : "NULL"
        }, ${list.length}, EW_ENVELOPE_END, 0},\n`,
    );
  });
  for (const { name, hex, problem, offset, records: count } of vectors.malformed) {
    rows.push(
      `    {${JSON.stringify(name)}, ${bytes(hex)}, ${hex.length / 2},\n` +
        `     {0, 0, 0, 0}, NULL, ${count}, ${problemName(problem)}, ${offset}},\n`,
    );
  }
  return `#include "vector.h"\n\n${records.join("")}\nconst vector VECTORS[] = {\n${
    rows.join("")
  }};\nconst size_t VECTOR_COUNT = sizeof VECTORS / sizeof VECTORS[0];\n`;
}

import assert from "node:assert/strict";
import { CsvReport } from "../../../traces/report/csv_report.ts";
import { FieldsReport } from "../../../traces/report/fields_report.ts";
import { UnknownFieldError } from "../../../traces/report/field_columns.ts";
import { JsonReport } from "../../../traces/report/json_report.ts";
import { TextReport } from "../../../traces/report/text_report.ts";
import { reported } from "../support/example_frame.ts";

const FIELDS = ["edgewire.upper.text", "edgewire.lower.port"];

Deno.test("text: a line per frame, problems behind it", () => {
  const text = reported((writer) => new TextReport(writer, { details: false, color: false }), 2);
  assert.deepEqual(text.split("\n"), [
    "    1    0.000000        10.0.0.1 → 10.0.0.2        UPPER        12 Publish\\n[hi]" +
    " [warning: text is odd (Example 1, 2.3): two letters]",
    "    2    0.001000        10.0.0.1 → 10.0.0.2        UPPER        12 Publish\\n[hi]" +
    " [warning: text is odd (Example 1, 2.3): two letters]",
    "",
  ]);
});

Deno.test("text: fields with their bytes, then every source", () => {
  const text = reported((writer) => new TextReport(writer, { details: true, color: false }));
  assert.deepEqual(text.split("\n").slice(1), [
    "  Lower layer  [0..7]",
    "    Source address: 10.0.0.1  edgewire.lower.src  [0..3: 0a 00 00 01]",
    "    Port: 1883  edgewire.lower.port  [4..5: 07 5b]",
    "    Port: 12345  edgewire.lower.port  [6..7: 30 39]",
    "    Wait: 5 ms  edgewire.lower.wait",
    "  Upper layer  [8..11]",
    "    Kind: Publish (3)  edgewire.upper.kind  [8: 03]",
    "      Retain: Set  edgewire.upper.retain  [9: 01]",
    "    Text: hi  edgewire.upper.text  [10..11: 68 69]",
    '    Text: a,"b"\\n</script>\\x1b[31m  edgewire.upper.text' +
    "  [#1 0..19: 61 2c 22 62 22 0a 3c 2f …]",
    "  Problem: upper: warning: text is odd (Example 1, 2.3): two letters  [at 10]",
    "  Frame (12 bytes)",
    "    0000  0a 00 00 01 07 5b 30 39  03 01 68 69              .....[09..hi",
    "  #1 Unmasked data (20 bytes)",
    '    0000  61 2c 22 62 22 0a 3c 2f  73 63 72 69 70 74 3e 1b  a,"b".</script>.',
    "    0010  5b 33 31 6d                                       [31m",
    "",
    "",
  ]);
});

Deno.test("text: nothing from a frame controls the terminal", () => {
  for (const details of [false, true]) {
    const plain = reported((writer) => new TextReport(writer, { details, color: false }));
    assert.ok(!plain.includes("\x1b"));
    const color = reported((writer) => new TextReport(writer, { details, color: true }));
    // deno-lint-ignore no-control-regex
    assert.equal(color.replaceAll(/\x1b\[\d+m/g, ""), plain);
    assert.ok(color.includes("\x1b[33m[warning"));
  }
});

Deno.test("fields: tabs between, commas between repeats", () => {
  const text = reported((writer) => new FieldsReport(writer, [...FIELDS, "edgewire.lower.src"]));
  assert.equal(text, 'hi,a,"b"\\n</script>\x1b[31m\t1883,12345\t10.0.0.1\n');
});

Deno.test("fields: a field twice, columns of the text report, names that are unknown", () => {
  const names = ["edgewire.upper.kind", "edgewire.upper.kind", "_ws.col.Source", "_ws.col.Info"];
  const text = reported((writer) => new FieldsReport(writer, names));
  assert.equal(text, "3\t3\t10.0.0.1\tPublish\\n[hi]\n");
  assert.throws(
    () => reported((writer) => new FieldsReport(writer, ["edgewire.uper.kind"])),
    (error) =>
      error instanceof UnknownFieldError &&
      /did you mean edgewire.upper.kind\?/.test(error.message),
  );
});

Deno.test("csv: RFC 4180", () => {
  const text = reported((writer) => new CsvReport(writer, FIELDS));
  assert.equal(
    text,
    "edgewire.upper.text,edgewire.lower.port\r\n" +
      '"hi,a,""b""\n</script>\x1b[31m","1883,12345"\r\n',
  );
  const columns = reported((writer) => new CsvReport(writer, undefined));
  assert.equal(
    columns,
    "No.,Time,Source,Destination,Protocol,Length,Info\r\n" +
      '1,0.000000,10.0.0.1,10.0.0.2,UPPER,12,"Publish\n[hi]"\r\n',
  );
});

const EXPECTED = {
  number: 1,
  time: "1700000000.000000000",
  length: 12,
  captured: 12,
  source: "10.0.0.1",
  destination: "10.0.0.2",
  protocol: "UPPER",
  info: "Publish\n[hi]",
  layers: [
    {
      layer: "edgewire.lower",
      "edgewire.lower.src": "10.0.0.1",
      "edgewire.lower.port": ["1883", "12345"],
      "edgewire.lower.wait": "5",
    },
    {
      layer: "edgewire.upper",
      "edgewire.upper.kind": "3",
      "edgewire.upper.retain": "1",
      "edgewire.upper.text": ["hi", 'a,"b"\n</script>\x1b[31m'],
    },
  ],
  problems: [{
    severity: "warning",
    layer: "upper",
    text: "text is odd",
    clause: "Example 1, 2.3",
    detail: "two letters",
    offset: 10,
  }],
};

Deno.test("json: an array; ndjson: a line each", () => {
  const json = reported((writer) => new JsonReport(writer, { lines: false, fields: undefined }), 3);
  const frames = JSON.parse(json);
  assert.equal(frames.length, 3);
  assert.deepEqual(frames[0], EXPECTED);
  const lines = reported((writer) => new JsonReport(writer, { lines: true, fields: undefined }), 3);
  assert.deepEqual(lines.trimEnd().split("\n").map((line) => JSON.parse(line)), frames);
  const none = reported((writer) => new JsonReport(writer, { lines: false, fields: undefined }), 0);
  assert.deepEqual(JSON.parse(none), []);
});

Deno.test("json: chosen fields", () => {
  const names = [...FIELDS, "_ws.col.Source"];
  const json = reported((writer) => new JsonReport(writer, { lines: false, fields: names }));
  assert.deepEqual(JSON.parse(json)[0].fields, {
    "edgewire.upper.text": ["hi", 'a,"b"\n</script>\x1b[31m'],
    "edgewire.lower.port": ["1883", "12345"],
    "_ws.col.Source": "10.0.0.1",
  });
});

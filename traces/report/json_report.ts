/**
 * `--format json` (an array) and `ndjson` (an object per line): one object per frame, with its
 * columns, its layers with their fields, and its problems. Values are text, as tshark prints them;
 * a field that occurs more than once in a layer has an array of them.
 *
 * @module
 */
import type { CaptureFrame } from "../files/capture_frame.ts";
import type { Dissection } from "../wire/dissection.ts";
import { fieldOf } from "../wire/field.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { infoText, protocolText } from "./columns.ts";
import { FieldColumns } from "./field_columns.ts";
import { type Report, wantAll } from "./report.ts";
import { Style, writeText } from "./text_style.ts";
import { writeValue } from "./value.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const NONE = -1;

export interface JsonOptions {
  /** Whether each object is a line of its own, without an array around them. */
  readonly lines: boolean;
  /** Fields to show instead of all. */
  readonly fields: readonly string[] | undefined;
}

export class JsonReport implements Report {
  readonly #writer: ByteWriter;
  readonly #lines: boolean;
  readonly #columns: FieldColumns | undefined;
  #first = true;
  /** By field id, the first and last entry of the layer being written. */
  #head = new Int32Array(0);
  #tail = new Int32Array(0);
  /** Next entry of the same field, by entry. */
  #next = new Int32Array(512);

  /** @throws {UnknownFieldError} if a name is not known */
  constructor(writer: ByteWriter, { lines, fields }: JsonOptions) {
    this.#writer = writer;
    this.#lines = lines;
    // An object has each name once.
    this.#columns = fields === undefined ? undefined : new FieldColumns([...new Set(fields)]);
  }

  want(d: Dissection): void {
    if (this.#columns !== undefined) this.#columns.want(d);
    else {
      wantAll(d);
      d.columns = true;
      this.#head = new Int32Array(d.want.length).fill(NONE);
      this.#tail = new Int32Array(d.want.length);
    }
  }

  begin(): void {
    if (!this.#lines) this.#writer.string("[");
  }

  frame(d: Dissection, frame: CaptureFrame): void {
    const writer = this.#writer;
    if (!this.#lines) writer.string(this.#first ? "\n" : ",\n");
    this.#first = false;
    writer.string(`{"number":${frame.number}`);
    if (frame.hasTime) {
      writer.string(`,"time":"${frame.seconds}.${String(frame.nanoseconds).padStart(9, "0")}"`);
    }
    if (this.#columns !== undefined) this.#fields(d, this.#columns);
    else this.#everything(d, frame);
    this.#problems(d);
    writer.string(this.#lines ? "}\n" : "}");
  }

  end(): void {
    if (!this.#lines) this.#writer.string(this.#first ? "]\n" : "\n]\n");
  }

  #text(name: string, text: string): void {
    if (text === "") return;
    this.#writer.string(`,"${name}":"`);
    writeText(this.#writer, text, Style.Json);
    this.#writer.byte(QUOTE);
  }

  #fields(d: Dissection, columns: FieldColumns): void {
    const writer = this.#writer;
    columns.find(d);
    writer.string(',"fields":{');
    let first = true;
    for (let column = 0; column < columns.count; column++) {
      if (!columns.has(d, column)) continue;
      if (!first) writer.byte(COMMA);
      first = false;
      this.#name(columns.names[column]!);
      const values: number[] = [];
      columns.each(d, column, (index) => values.push(index), (text) => {
        writer.byte(QUOTE);
        writeText(writer, text, Style.Json);
        writer.byte(QUOTE);
      });
      if (values.length > 1) writer.byte(0x5b);
      values.forEach((index, i) => this.#value(d, index, i > 0));
      if (values.length > 1) writer.byte(0x5d);
    }
    writer.byte(0x7d);
  }

  #everything(d: Dissection, frame: CaptureFrame): void {
    const writer = this.#writer;
    writer.string(`,"length":${frame.length},"captured":${frame.capturedLength}`);
    this.#text("source", d.sourceColumn);
    this.#text("destination", d.destinationColumn);
    this.#text("protocol", protocolText(d));
    this.#text("info", infoText(d));
    writer.string(',"layers":[');
    const { tree } = d;
    if (tree.count > this.#next.length) this.#next = new Int32Array(tree.id.length);
    for (let start = 0; start < tree.count;) {
      let end = start + 1;
      while (end < tree.count && tree.depth[end] !== 0) end++;
      if (start > 0) writer.byte(COMMA);
      this.#layer(d, start, end);
      start = end;
    }
    writer.byte(0x5d);
  }

  /** A layer: its name and its fields, those inside others beside them. */
  #layer(d: Dissection, start: number, end: number): void {
    const writer = this.#writer;
    const { tree } = d;
    const head = this.#head;
    const tail = this.#tail;
    for (let index = start + 1; index < end; index++) {
      const id = tree.id[index]!;
      this.#next[index] = NONE;
      if (head[id] === NONE) head[id] = index;
      else this.#next[tail[id]!] = index;
      tail[id] = index;
    }
    writer.string('{"layer":"');
    writer.string(fieldOf(tree.id[start]!).name);
    writer.byte(QUOTE);
    for (let index = start + 1; index < end; index++) {
      const id = tree.id[index]!;
      if (head[id] !== index) continue;
      writer.byte(COMMA);
      this.#name(fieldOf(id).name);
      const many = this.#next[index] !== NONE;
      if (many) writer.byte(0x5b);
      for (let at = index; at !== NONE; at = this.#next[at]!) this.#value(d, at, at !== index);
      if (many) writer.byte(0x5d);
    }
    for (let index = start + 1; index < end; index++) head[tree.id[index]!] = NONE;
    writer.byte(0x7d);
  }

  #name(name: string): void {
    this.#writer.byte(QUOTE);
    this.#writer.string(name);
    this.#writer.string('":');
  }

  #value(d: Dissection, index: number, follows: boolean): void {
    const writer = this.#writer;
    if (follows) writer.byte(COMMA);
    writer.byte(QUOTE);
    writeValue(writer, d, index, Style.Json);
    writer.byte(QUOTE);
  }

  #problems(d: Dissection): void {
    if (d.problems.length === 0) return;
    const problems = d.problems.map(({ rule, offset, source, detail }) => ({
      severity: rule.severity,
      layer: rule.layer,
      text: rule.text,
      clause: rule.clause === "" ? undefined : rule.clause,
      detail,
      offset,
      source: source === 0 ? undefined : d.sources[source]?.name,
    }));
    this.#writer.string(`,"problems":${JSON.stringify(problems)}`);
    if (d.problemsDropped > 0) this.#writer.string(`,"problemsDropped":${d.problemsDropped}`);
  }
}

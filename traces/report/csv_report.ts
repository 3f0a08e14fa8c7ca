/**
 * `--format csv` (RFC 4180): a header line, then a record per frame.
 *
 * @module
 */
import type { CaptureFrame } from "../files/capture_frame.ts";
import type { Dissection } from "../wire/dissection.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { FieldColumns } from "./field_columns.ts";
import { infoText, protocolText } from "./columns.ts";
import { relativeTime } from "./relative_time.ts";
import type { Report } from "./report.ts";
import { Style, writeText } from "./text_style.ts";

const COMMA = 0x2c;
const QUOTE = 0x22;
const CR = 0x0d;
const LF = 0x0a;

const DEFAULT_HEADER = ["No.", "Time", "Source", "Destination", "Protocol", "Length", "Info"];

export class CsvReport implements Report {
  readonly #writer: ByteWriter;
  readonly #columns: FieldColumns | undefined;

  /**
   * @param names Fields to show; the columns of the text report when undefined.
   * @throws {UnknownFieldError} if a name is not known
   */
  constructor(writer: ByteWriter, names: readonly string[] | undefined) {
    this.#writer = writer;
    this.#columns = names === undefined ? undefined : new FieldColumns(names);
  }

  want(d: Dissection): void {
    if (this.#columns === undefined) d.columns = true;
    else this.#columns.want(d);
  }

  begin(): void {
    const names = this.#columns === undefined ? DEFAULT_HEADER : this.#columns.names;
    names.forEach((name, i) => this.#text(name, i));
    this.#endOfLine();
  }

  frame(d: Dissection, frame: CaptureFrame): void {
    const writer = this.#writer;
    const columns = this.#columns;
    if (columns === undefined) this.#defaults(d, frame);
    else {
      columns.find(d);
      for (let column = 0; column < columns.count; column++) {
        if (column > 0) writer.byte(COMMA);
        const start = writer.length;
        columns.write(writer, d, column, Style.Raw);
        this.#quoteFrom(start);
      }
    }
    this.#endOfLine();
  }

  end(): void {}

  #defaults(d: Dissection, frame: CaptureFrame): void {
    const texts = [
      String(frame.number),
      relativeTime(d, frame),
      d.sourceColumn,
      d.destinationColumn,
      protocolText(d),
      String(frame.length),
      infoText(d),
    ];
    texts.forEach((text, i) => this.#text(text, i));
  }

  #text(text: string, column: number): void {
    if (column > 0) this.#writer.byte(COMMA);
    const start = this.#writer.length;
    writeText(this.#writer, text, Style.Raw);
    this.#quoteFrom(start);
  }

  /** Puts what was written from `start` on in quotes, where its characters ask for it. */
  #quoteFrom(start: number): void {
    const writer = this.#writer;
    let special = false;
    for (let at = start; at < writer.length && !special; at++) {
      const code = writer.data[at]!;
      special = code === COMMA || code === QUOTE || code === CR || code === LF;
    }
    if (!special) return;
    const plain = writer.data.slice(start, writer.length);
    writer.length = start;
    writer.byte(QUOTE);
    for (const code of plain) {
      if (code === QUOTE) writer.byte(QUOTE);
      writer.byte(code);
    }
    writer.byte(QUOTE);
  }

  #endOfLine(): void {
    this.#writer.byte(CR);
    this.#writer.byte(LF);
  }
}

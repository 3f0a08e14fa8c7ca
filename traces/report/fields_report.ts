/**
 * `--format fields`: a line per frame, as `tshark -n -T fields` prints it.
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { FieldColumns } from "./field_columns.ts";
import type { Report } from "./report.ts";
import { Style } from "./text_style.ts";

const TAB = 0x09;
const LINE_END = 0x0a;

export class FieldsReport implements Report {
  readonly #writer: ByteWriter;
  readonly #columns: FieldColumns;

  /** @throws {UnknownFieldError} if a name is not known */
  constructor(writer: ByteWriter, names: readonly string[]) {
    this.#writer = writer;
    this.#columns = new FieldColumns(names);
  }

  want(d: Dissection): void {
    this.#columns.want(d);
  }

  begin(): void {}

  frame(d: Dissection): void {
    const columns = this.#columns;
    const writer = this.#writer;
    columns.find(d);
    for (let column = 0; column < columns.count; column++) {
      if (column > 0) writer.byte(TAB);
      columns.write(writer, d, column, Style.Fields);
    }
    writer.byte(LINE_END);
  }

  end(): void {}
}

/**
 * One capture, decoded by both and laid side by side.
 *
 * @module
 */
import type { FieldTable } from "./tshark_run.ts";

/** One frame of a capture as both see it. */
export class ComparedFrame {
  readonly file: ComparedFile;
  /** Counts from 0. */
  readonly index: number;

  constructor(file: ComparedFile, index: number) {
    this.file = file;
    this.index = index;
  }

  /** Our values of a field; none when it is absent or not compared. */
  ours(field: string): readonly string[] {
    return this.#values(this.file.own, field);
  }

  /** tshark's. */
  theirs(field: string): readonly string[] {
    return this.#values(this.file.oracle, field);
  }

  /** Protocols as tshark names them, outermost first. */
  get layers(): readonly string[] {
    return (this.theirs("frame.protocols")[0] ?? "").split(":");
  }

  /** Protocols as we name them. */
  get ownLayers(): readonly string[] {
    return (this.ours("frame.protocols")[0] ?? "").split(":");
  }

  /** Frames of the same TCP conversation, this one included; only this one without TCP. */
  get conversation(): readonly ComparedFrame[] {
    const stream = this.theirs("tcp.stream")[0];
    return stream === undefined ? [this] : this.file.stream(stream);
  }

  #values(table: FieldTable, field: string): readonly string[] {
    const column = this.file.column(field);
    return column === undefined ? [] : table.frames[this.index]?.[column] ?? [];
  }
}

export class ComparedFile {
  /** Name without folder. */
  readonly name: string;
  readonly fields: readonly string[];
  readonly own: FieldTable;
  readonly oracle: FieldTable;
  readonly frames: readonly ComparedFrame[];
  readonly #columns: ReadonlyMap<string, number>;
  #streams: Map<string, ComparedFrame[]> | undefined;

  /** @param more fields that only tshark was asked for, behind the others */
  constructor(
    name: string,
    fields: readonly string[],
    more: readonly string[],
    own: FieldTable,
    oracle: FieldTable,
  ) {
    this.name = name;
    this.fields = fields;
    this.own = own;
    this.oracle = oracle;
    this.#columns = new Map([...fields, ...more].map((field, column) => [field, column]));
    const count = Math.max(own.frames.length, oracle.frames.length);
    this.frames = Array.from({ length: count }, (_, index) => new ComparedFrame(this, index));
  }

  column(field: string): number | undefined {
    return this.#columns.get(field);
  }

  /** Frames whose outermost TCP conversation is this one of tshark's. */
  stream(number: string): readonly ComparedFrame[] {
    this.#streams ??= Map.groupBy(this.frames, (frame) => frame.theirs("tcp.stream")[0] ?? "");
    return this.#streams.get(number) ?? [];
  }
}

/**
 * The columns asked for with `--fields`: which fields each stands for, and where their entries are
 * in a frame.
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import { fieldNamed } from "../wire/field.ts";
import { similarName } from "./field_names.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { writeText } from "./text_style.ts";
import { writeValue } from "./value.ts";

/** A name in `--fields` that no decoder knows. */
export class UnknownFieldError extends Error {
  override name = "UnknownFieldError";
}

/** Columns of the text report, under the names they have in tshark. */
const TEXT_COLUMNS = {
  "_ws.col.Source": (d: Dissection) => d.sourceColumn,
  "_ws.col.Destination": (d: Dissection) => d.destinationColumn,
  "_ws.col.Protocol": (d: Dissection) => d.protocolColumn,
  "_ws.col.Info": (d: Dissection) => d.infoColumn,
} as const;

interface Column {
  readonly name: string;
  /** Slot of its field; `NONE` for a text column. */
  readonly slot: number;
  readonly text: ((d: Dissection) => string) | undefined;
}

const NONE = -1;
const COMMA = 0x2c;

export class FieldColumns {
  readonly names: readonly string[];
  readonly #columns: readonly Column[];
  /** Field ids by slot. */
  readonly #ids: number[] = [];
  /** Slot by field id, `NONE` for fields that no column shows. */
  #slotOf = new Int32Array(0);
  /** First entry of each slot in this frame. */
  #head = new Int32Array(0);
  /** Next entry of the same slot, by entry. */
  #next = new Int32Array(512);

  /** @throws {UnknownFieldError} if a name is not known */
  constructor(names: readonly string[]) {
    this.names = names;
    this.#columns = names.map((name) => this.#column(name));
    this.#head = new Int32Array(this.#ids.length);
  }

  get count(): number {
    return this.#columns.length;
  }

  want(d: Dissection): void {
    this.#slotOf = new Int32Array(d.want.length).fill(NONE);
    this.#ids.forEach((id, slot) => {
      d.want[id] = 1;
      this.#slotOf[id] = slot;
    });
    if (this.#columns.some(({ text }) => text !== undefined)) d.columns = true;
  }

  /** Finds the entries of a frame; before `write` and `each`. */
  find(d: Dissection): void {
    const { tree } = d;
    const { id, count } = tree;
    const head = this.#head;
    const slotOf = this.#slotOf;
    if (count > this.#next.length) this.#next = new Int32Array(id.length);
    const next = this.#next;
    head.fill(NONE);
    for (let index = count - 1; index >= 0; index--) {
      const slot = slotOf[id[index]!]!;
      if (slot === NONE) continue;
      next[index] = head[slot]!;
      head[slot] = index;
    }
  }

  /** Whether a column has anything in this frame. */
  has(d: Dissection, column: number): boolean {
    const { slot, text } = this.#columns[column]!;
    return text === undefined ? this.#head[slot] !== NONE : text(d) !== "";
  }

  /** Writes a column's values, repeats joined by commas. */
  write(writer: ByteWriter, d: Dissection, column: number, style: number): void {
    const { slot, text } = this.#columns[column]!;
    if (text !== undefined) return writeText(writer, text(d), style);
    let index = this.#head[slot]!;
    while (index !== NONE) {
      writeValue(writer, d, index, style);
      index = this.#next[index]!;
      if (index !== NONE) writer.byte(COMMA);
    }
  }

  /** Calls `each` with the entries of a column; `text` instead for a text column. */
  each(
    d: Dissection,
    column: number,
    each: (index: number) => void,
    text: (value: string) => void,
  ): void {
    const { slot, text: textOf } = this.#columns[column]!;
    if (textOf !== undefined) return text(textOf(d));
    for (let at = this.#head[slot]!; at !== NONE; at = this.#next[at]!) each(at);
  }

  #column(name: string): Column {
    const text = (TEXT_COLUMNS as Record<string, (d: Dissection) => string>)[name];
    if (text !== undefined) return { name, slot: NONE, text };
    const field = fieldNamed(name);
    if (field === undefined) throw new UnknownFieldError(unknown(name));
    return { name, slot: this.#slot(field.id), text: undefined };
  }

  #slot(id: number): number {
    const known = this.#ids.indexOf(id);
    if (known !== NONE) return known;
    return this.#ids.push(id) - 1;
  }
}

function unknown(name: string): string {
  const close = similarName(name);
  return `unknown field "${name}"${close === undefined ? "" : `: did you mean ${close}?`}`;
}

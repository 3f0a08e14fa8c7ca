/**
 * What reads values from a frame.
 *
 * @module
 */
import type { Dissection } from "../../wire/dissection.ts";
import type { Field, FieldType } from "../../wire/field.ts";
import { DisplayFilterError, unknownField } from "./filter_error.ts";
import { entryValue, type Value, type ValueType } from "./filter_value.ts";
import type { Literal } from "./literal.ts";
import type { Operand } from "./syntax.ts";

const ENCODER = new TextEncoder();

/** An operand whose type is known. */
export interface Reader {
  readonly type: ValueType;
  /** The field it is or comes from, when its value names and limits apply. */
  readonly field: Field | undefined;
  /** Its values in a frame; none when the frame has no such field. */
  readonly read: (d: Dissection) => readonly Value[];
  /** Id of the field, when it is nothing but a field. */
  readonly id: number | undefined;
  /** When it is a literal. */
  readonly literal: Literal | undefined;
}

/** A reader of values that are made from others. */
export function derived(type: ValueType, read: Reader["read"]): Reader {
  return { type, field: undefined, read, id: undefined, literal: undefined };
}

/** A literal was found where a field has to be. */
export function noField(operand: Operand): DisplayFilterError {
  if (operand.kind === "literal") return unknownField(operand.text, operand.at);
  return new DisplayFilterError("expected a field here, found a value", operand.at);
}

/** @throws {DisplayFilterError} when the values are no numbers */
export function needNumber(reader: Reader, at: number): void {
  if (reader.type === "number" || reader.type === "time") return;
  throw new DisplayFilterError(
    `${reader.field?.name ?? "this"} is no number: it cannot be calculated with`,
    at,
  );
}

/** The values of a field in a frame. */
export function fieldValues(d: Dissection, id: number): Value[] {
  const { tree } = d;
  const found: Value[] = [];
  for (let index = 0; index < tree.count; index++) {
    if (tree.id[index] !== id) continue;
    const value = entryValue(d, index);
    if (value !== undefined) found.push(value);
  }
  return found;
}

/** Size in bytes of values that have no length of their own. */
const SIZES: Partial<Record<FieldType, number>> = {
  boolean: 8,
  char: 1,
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint24: 3,
  uint32: 4,
  int32: 4,
  framenum: 4,
  float: 4,
  uint40: 5,
  uint48: 6,
  uint64: 8,
  int64: 8,
  double: 8,
  absolute_time: 8,
  relative_time: 8,
};

/** The length of a value in bytes. */
export function lengthOf(value: Value, field: Field | undefined): number {
  if (typeof value === "string") return ENCODER.encode(value).length;
  if (value instanceof Uint8Array) return value.length;
  return (field === undefined ? undefined : SIZES[field.type]) ?? 4;
}

/** Entries of a field in a frame, with or without a value. */
export function countEntries(d: Dissection, id: number): number {
  const { tree } = d;
  let count = 0;
  for (let index = 0; index < tree.count; index++) if (tree.id[index] === id) count++;
  return count;
}

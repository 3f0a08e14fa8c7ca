/**
 * Makes functions that read the values of operands from a frame.
 *
 * @module
 */
import type { Field } from "../../wire/field.ts";
import { DisplayFilterError } from "./filter_error.ts";
import { compileCall } from "./functions.ts";
import { type Value, type ValueType, valueType } from "./filter_value.ts";
import { type Literal, readLiteral } from "./literal.ts";
import { derived, fieldValues, needNumber, noField, type Reader } from "./reader.ts";
import type { Arithmetic, Operand, SliceRange } from "./syntax.ts";

/** Field ids that the filter needs. */
export type Wanted = Set<number>;

const ENCODER = new TextEncoder();

/** The reader of an operand; undefined for literals, whose type depends on the other side. */
export function typedReader(operand: Operand, wanted: Wanted): Reader | undefined {
  switch (operand.kind) {
    case "field":
      return fieldReader(operand.field, wanted);
    case "slice":
      return sliceReader(operand.of, operand.ranges, operand.at, wanted);
    case "call":
      return compileCall(
        operand.name,
        operand.args.map((arg) => {
          const reader = typedReader(arg, wanted);
          if (reader === undefined) throw noField(arg);
          return reader;
        }),
        operand.at,
      );
    case "negative": {
      const of = typedReader(operand.of, wanted);
      if (of === undefined) return undefined;
      needNumber(of, operand.at);
      return derived(of.type, (d) => of.read(d).map((value) => -(value as number)));
    }
    case "arithmetic":
      return arithmeticReader(operand, wanted);
    default:
      return undefined;
  }
}

/**
 * The readers of two operands that belong together, such as the sides of a comparison.
 *
 * @throws {DisplayFilterError} when neither has a type
 */
export function readerPair(left: Operand, right: Operand, wanted: Wanted): [Reader, Reader] {
  const a = typedReader(left, wanted);
  const b = typedReader(right, wanted);
  if (a !== undefined && b !== undefined) return [a, b];
  const known = a ?? b;
  if (known === undefined) throw noField(left);
  return [
    a ?? literalReader(left, known.type, known.field),
    b ?? literalReader(right, known.type, known.field),
  ];
}

/** A literal as the type of the other side. */
export function literalReader(
  operand: Operand,
  type: ValueType,
  field: Field | undefined,
): Reader {
  const literal = operand.kind === "negative"
    ? negated(readLiteral(operand.of, type, field, true), operand.at)
    : readLiteral(operand, type, field);
  const values = [literal.value];
  return { type, field: undefined, read: () => values, id: undefined, literal };
}

function negated({ value }: Literal, at: number): Literal {
  if (typeof value !== "number" && typeof value !== "bigint") {
    throw new DisplayFilterError("only a number can be negative", at);
  }
  return { value: -value, bits: undefined };
}

function fieldReader(field: Field, wanted: Wanted): Reader {
  const { id, type } = field;
  wanted.add(id);
  return { type: valueType(type), field, read: (d) => fieldValues(d, id), id, literal: undefined };
}

function sliceReader(
  operand: Operand,
  ranges: readonly SliceRange[],
  at: number,
  wanted: Wanted,
): Reader {
  const of = typedReader(operand, wanted);
  if (of === undefined) throw noField(operand);
  if (of.type !== "bytes" && of.type !== "string" && of.type !== "layer" && of.type !== "address") {
    throw new DisplayFilterError(`${of.field?.name ?? "this"} cannot be sliced`, at);
  }
  return derived("bytes", (d) =>
    of.read(d).map((value) => {
      const bytes = typeof value === "string" ? ENCODER.encode(value) : value as Uint8Array;
      return sliced(bytes, ranges);
    }));
}

/** The parts named by `ranges`, up to the first that is not there as a whole. */
function sliced(bytes: Uint8Array, ranges: readonly SliceRange[]): Uint8Array {
  const parts: number[] = [];
  const size = bytes.length;
  for (const range of ranges) {
    const start = range.start < 0 ? size + range.start : range.start;
    const end = range.to === "end"
      ? size
      : range.to === "length"
      ? start + range.length
      : (range.end < 0 ? size + range.end : range.end) + 1;
    if (start < 0 || end > size || end <= start) break;
    for (let at = start; at < end; at++) parts.push(bytes[at]!);
  }
  return Uint8Array.from(parts);
}

function arithmeticReader(
  operand: Extract<Operand, { kind: "arithmetic" }>,
  wanted: Wanted,
): Reader | undefined {
  if (isConstant(operand.left) && isConstant(operand.right)) throw noField(operand.left);
  const [left, right] = readerPair(operand.left, operand.right, wanted);
  const bytewise = operand.operator === "&" && left.type === "bytes" && right.type === "bytes";
  if (!bytewise) {
    needNumber(left, operand.left.at);
    needNumber(right, operand.right.at);
  }
  const operator = bytewise ? andBytes : CALCULATIONS[operand.operator];
  return derived(left.type, (d) => {
    const results: Value[] = [];
    for (const a of left.read(d)) {
      for (const b of right.read(d)) {
        const result = operator(a as never, b as never);
        if (result !== undefined) results.push(result);
      }
    }
    return results;
  });
}

function isConstant(operand: Operand): boolean {
  return operand.kind === "literal" || operand.kind === "string" || operand.kind === "char" ||
    operand.kind === "negative" && isConstant(operand.of);
}

type Numeric = number | bigint;
type Calculation = (a: Numeric, b: Numeric) => Numeric | undefined;

/** Numbers beyond 32 bits need bigints for `&`; division of whole numbers drops the rest. */
const CALCULATIONS: Record<Arithmetic, Calculation> = {
  "&": (a, b) => compact(whole(a) & whole(b)),
  "+": (a, b) => bothSmall(a, b) ? Number(a) + Number(b) : whole(a) + whole(b),
  "-": (a, b) => bothSmall(a, b) ? Number(a) - Number(b) : whole(a) - whole(b),
  "*": (a, b) => bothSmall(a, b) ? Number(a) * Number(b) : whole(a) * whole(b),
  "/": (a, b) => {
    if (Number(b) === 0) return undefined;
    if (!bothSmall(a, b)) return whole(a) / whole(b);
    const result = Number(a) / Number(b);
    return Number.isInteger(a) && Number.isInteger(b) ? Math.trunc(result) : result;
  },
  "%": (a, b) => {
    if (Number(b) === 0) return undefined;
    return bothSmall(a, b) ? Number(a) % Number(b) : whole(a) % whole(b);
  },
};

function bothSmall(a: Numeric, b: Numeric): boolean {
  return typeof a === "number" && typeof b === "number";
}

function whole(value: Numeric): bigint {
  return typeof value === "bigint" ? value : BigInt(Math.trunc(value));
}

function compact(value: bigint): Numeric {
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

function andBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.subarray(0, Math.min(a.length, b.length)).map((byte, i) => byte & b[i]!);
}

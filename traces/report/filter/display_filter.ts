/**
 * Wireshark's display filters, compiled to functions over a decoded frame.
 *
 * @module
 */
import type { Dissection } from "../../wire/dissection.ts";
import { Kind } from "../../wire/tree.ts";
import { comparer } from "./comparison.ts";
import { DisplayFilterError } from "./filter_error.ts";
import { bytesBehind, containsBytes, latin1, type Value } from "./filter_value.ts";
import { literalReader, readerPair, typedReader, type Wanted } from "./operands.ts";
import { parseFilter } from "./parser.ts";
import { countEntries, noField, type Reader } from "./reader.ts";
import type { Comparison, Match, Operand, SetElement, Test } from "./syntax.ts";

type Predicate = (d: Dissection) => boolean;

/** A filter ready for use. */
export class DisplayFilter {
  readonly #wanted: Wanted = new Set();
  readonly #test: Predicate;

  /** @throws {DisplayFilterError} saying what is wrong and where */
  constructor(readonly text: string) {
    this.#test = compile(parseFilter(text), this.#wanted);
  }

  /** Marks the fields it looks at. */
  want(d: Dissection): void {
    for (const id of this.#wanted) d.want[id] = 1;
  }

  /** Whether a decoded frame is one of those asked for. */
  test(d: Dissection): boolean {
    return this.#test(d);
  }
}

function compile(test: Test, wanted: Wanted): Predicate {
  switch (test.kind) {
    case "present":
      return presence(test.operand, wanted);
    case "not": {
      const inner = compile(test.test, wanted);
      return (d) => !inner(d);
    }
    case "logic": {
      const left = compile(test.left, wanted);
      const right = compile(test.right, wanted);
      if (test.operator === "&&") return (d) => left(d) && right(d);
      if (test.operator === "||") return (d) => left(d) || right(d);
      return (d) => left(d) !== right(d);
    }
    case "compare":
      return comparison(test, wanted);
    case "in":
      return membership(test, wanted);
    case "contains":
      return contains(test, wanted);
    case "matches":
      return matches(test, wanted);
  }
}

/** A field is there; a slice is not empty; a calculation is not zero. */
function presence(operand: Operand, wanted: Wanted): Predicate {
  const reader = typedReader(operand, wanted);
  if (reader === undefined) throw noField(operand);
  const { id } = reader;
  if (id !== undefined) return (d) => countEntries(d, id) > 0;
  if (operand.kind === "slice") {
    return (d) => reader.read(d).some((value) => (value as Uint8Array).length > 0);
  }
  return (d) => reader.read(d).some(isNotZero);
}

function isNotZero(value: Value): boolean {
  return value instanceof Uint8Array ? value.some((byte) => byte !== 0) : Number(value) !== 0;
}

const HOLDS: Record<Comparison, (order: number) => boolean> = {
  "==": (order) => order === 0,
  "===": (order) => order === 0,
  "!=": (order) => order !== 0,
  "!==": (order) => order !== 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

/** Operators that have to hold for all values unless "any" says otherwise. */
const FOR_ALL: ReadonlySet<Comparison> = new Set(["!=", "==="]);

function comparison(test: Extract<Test, { kind: "compare" }>, wanted: Wanted): Predicate {
  const [left, right] = readerPair(test.left, test.right, wanted);
  needSameType(left, right, test.at);
  const all = test.match === undefined ? FOR_ALL.has(test.operator) : test.match === "all";
  const holds = HOLDS[test.operator];
  const value = right.literal?.value;
  if (left.id !== undefined && left.type === "number" && typeof value === "number") {
    return numberComparison(left.id, value, holds, all);
  }
  const order = comparer(left.literal?.bits ?? right.literal?.bits);
  return (d) => relate(left.read(d), right.read(d), all, (a, b) => holds(order(a, b)));
}

/** A field against a number: the usual case, without lists of values. */
function numberComparison(
  field: number,
  value: number,
  holds: (order: number) => boolean,
  all: boolean,
): Predicate {
  return (d) => {
    const { id, num, kind, obj, count } = d.tree;
    let found = false;
    for (let i = 0; i < count; i++) {
      if (id[i] !== field) continue;
      found = true;
      const other = kind[i] === Kind.Number ? num[i]! : Number(obj[i]);
      if (holds(other - value) !== all) return !all;
    }
    return found && all;
  };
}

/** Whether a relation holds for any pair or for all pairs; never when a side has no value. */
function relate(
  left: readonly Value[],
  right: readonly Value[],
  all: boolean,
  holds: (a: Value, b: Value) => boolean,
): boolean {
  if (left.length === 0 || right.length === 0) return false;
  for (const a of left) {
    for (const b of right) if (holds(a, b) !== all) return !all;
  }
  return all;
}

function needSameType(left: Reader, right: Reader, at: number): void {
  const binary = (reader: Reader) => reader.type === "bytes" || reader.type === "layer";
  if (left.type === "none" || right.type === "none") {
    const { field } = left.type === "none" ? left : right;
    throw new DisplayFilterError(`${field?.name} has no value: test only whether it is there`, at);
  }
  if (left.type === right.type || (binary(left) && binary(right))) return;
  throw new DisplayFilterError(
    `${describe(left)} and ${describe(right)} cannot be compared with each other`,
    at,
  );
}

function describe({ field, type }: Reader): string {
  return field === undefined ? `a value of type ${type}` : `${field.name} (${field.type})`;
}

function membership(test: Extract<Test, { kind: "in" }>, wanted: Wanted): Predicate {
  const left = typedReader(test.left, wanted);
  if (left === undefined) throw noField(test.left);
  const all = test.match === "all";
  const elements = test.set.map((element) => inElement(left, element, all, wanted));
  return (d) => {
    const values = left.read(d);
    return values.length > 0 && elements.some((element) => element(d, values));
  };
}

function inElement(
  left: Reader,
  { low, high }: SetElement,
  all: boolean,
  wanted: Wanted,
): (d: Dissection, values: readonly Value[]) => boolean {
  const reader = (operand: Operand) => {
    const made = typedReader(operand, wanted) ?? literalReader(operand, left.type, left.field);
    needSameType(left, made, operand.at);
    return made;
  };
  const from = reader(low);
  if (high === undefined) {
    const order = comparer(from.literal?.bits);
    return (d, values) => relate(values, from.read(d), all, (a, b) => order(a, b) === 0);
  }
  const to = reader(high);
  const order = comparer(undefined);
  return (d, values) => {
    const [least] = from.read(d);
    const [most] = to.read(d);
    if (least === undefined || most === undefined) return false;
    return relate(values, [least], all, (a) => order(a, least) >= 0 && order(a, most) <= 0);
  };
}

const ENCODER = new TextEncoder();

function contains(test: Extract<Test, { kind: "contains" }>, wanted: Wanted): Predicate {
  const [left, right] = readerPair(test.left, test.right, wanted);
  const { type } = left;
  if (type !== "string" && type !== "bytes" && type !== "layer") {
    throw new DisplayFilterError(`${describe(left)} holds nothing to look for`, test.at);
  }
  needSameType(left, right, test.at);
  const all = test.match === "all";
  const holds = type === "string"
    ? (a: Value, b: Value) => (a as string).includes(b as string)
    : (a: Value, b: Value) => containsBytes(a as Uint8Array, asBytes(b));
  return (d) => relate(searched(left, d), right.read(d), all, holds);
}

function asBytes(value: Value): Uint8Array {
  return value instanceof Uint8Array ? value : ENCODER.encode(String(value));
}

/** Values to look into; of a layer, the bytes to its source's end. */
function searched(reader: Reader, d: Dissection): readonly Value[] {
  if (reader.type !== "layer" || reader.id === undefined) return reader.read(d);
  const { tree } = d;
  const found: Uint8Array[] = [];
  for (let index = 0; index < tree.count; index++) {
    if (tree.id[index] === reader.id) found.push(bytesBehind(d, index));
  }
  return found;
}

function matches(test: Extract<Test, { kind: "matches" }>, wanted: Wanted): Predicate {
  const left = typedReader(test.left, wanted);
  if (left === undefined) throw noField(test.left);
  if (left.type !== "string" && left.type !== "bytes" && left.type !== "layer") {
    throw new DisplayFilterError(`${describe(left)} is no text`, test.at);
  }
  const pattern = regularExpression(test.right);
  const all = (test.match satisfies Match) === "all";
  const holds = (value: Value) =>
    pattern.test(typeof value === "string" ? value : latin1(value as Uint8Array));
  return (d) => relate(searched(left, d), [0], all, holds);
}

/** A pattern; letter case does not count unless it begins with `(?-i)`. */
function regularExpression(operand: Operand): RegExp {
  if (operand.kind !== "string" && operand.kind !== "literal") {
    throw new DisplayFilterError("expected a regular expression in quotes", operand.at);
  }
  const [, option, pattern] = /^(\(\?-?i\))?(.*)$/s.exec(operand.text)!;
  try {
    return new RegExp(pattern!, option === "(?-i)" ? "" : "i");
  } catch (error) {
    throw new DisplayFilterError((error as Error).message, operand.at);
  }
}

/**
 * A display filter as a tree.
 *
 * @module
 */
import type { Field } from "../../wire/field.ts";

/** Part of a slice: from `start` (negative counts from the end), to the end or for a length. */
export type SliceRange =
  & { readonly start: number }
  & (
    | { readonly to: "end" }
    | { readonly to: "length"; readonly length: number }
    | { readonly to: "offset"; readonly end: number }
  );

export type Arithmetic = "&" | "+" | "-" | "*" | "/" | "%";
export type Comparison = "==" | "!=" | "===" | "!==" | "<" | "<=" | ">" | ">=";
export type Logic = "&&" | "||" | "^^";

/** What has values. */
export type Operand =
  & { readonly at: number }
  & (
    | { readonly kind: "field"; readonly field: Field }
    | { readonly kind: "literal"; readonly text: string }
    | { readonly kind: "string"; readonly text: string }
    | { readonly kind: "char"; readonly code: number }
    | { readonly kind: "slice"; readonly of: Operand; readonly ranges: readonly SliceRange[] }
    | { readonly kind: "call"; readonly name: string; readonly args: readonly Operand[] }
    | { readonly kind: "negative"; readonly of: Operand }
    | {
      readonly kind: "arithmetic";
      readonly operator: Arithmetic;
      readonly left: Operand;
      readonly right: Operand;
    }
  );

/** Whether a relation has to hold for any or for all values; undefined is the operator's own. */
export type Match = "any" | "all" | undefined;

/** What is true or false. */
export type Test =
  & { readonly at: number }
  & (
    | { readonly kind: "present"; readonly operand: Operand }
    | { readonly kind: "not"; readonly test: Test }
    | {
      readonly kind: "logic";
      readonly operator: Logic;
      readonly left: Test;
      readonly right: Test;
    }
    | {
      readonly kind: "compare";
      readonly operator: Comparison;
      readonly left: Operand;
      readonly right: Operand;
      readonly match: Match;
    }
    | {
      readonly kind: "contains";
      readonly left: Operand;
      readonly right: Operand;
      readonly match: Match;
    }
    | {
      readonly kind: "matches";
      readonly left: Operand;
      readonly right: Operand;
      readonly match: Match;
    }
    | {
      readonly kind: "in";
      readonly left: Operand;
      readonly set: readonly SetElement[];
      readonly match: Match;
    }
  );

/** One value, or a range of values, both ends included. */
export interface SetElement {
  readonly low: Operand;
  readonly high: Operand | undefined;
}

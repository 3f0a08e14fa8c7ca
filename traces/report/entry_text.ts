/**
 * An entry of a field tree in words, as "QoS Level: At most once delivery (0)".
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import { fieldOf } from "../wire/field.ts";
import { Kind } from "../wire/tree.ts";
import { Style } from "./text_style.ts";
import { valueText } from "./value.ts";

/** Longest value shown, in characters; the bytes are in the hex dump. */
const MAX_VALUE = 400;

/** The label alone for what has no value. */
export function entryText(d: Dissection, index: number): string {
  const field = fieldOf(d.tree.id[index]!);
  if (d.tree.kind[index] === Kind.None) return field.label;
  return `${field.label}: ${shownText(d, index, shortValue(d, index))}`;
}

/** A value, given as text, with its name or unit. */
export function shownText(d: Dissection, index: number, value: string): string {
  const { tree } = d;
  const field = fieldOf(tree.id[index]!);
  if (field.type === "boolean") {
    const set = tree.num[index] !== 0;
    return field.names?.get(set ? 1 : 0) ?? (set ? "Set" : "Not set");
  }
  const name = tree.kind[index] === Kind.Number ? field.names?.get(tree.num[index]!) : undefined;
  return name === undefined ? `${value}${field.unit ?? ""}` : `${name} (${value})`;
}

/** The value as text; of a long one the beginning. */
export function shortValue(d: Dissection, index: number): string {
  const { tree } = d;
  const kind = tree.kind[index];
  const length = tree.length[index]!;
  const long = (kind === Kind.Bytes || kind === Kind.Text) && length > MAX_VALUE;
  if (!long) {
    const text = valueText(d, index, Style.Plain);
    return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
  }
  // Only the beginning is formatted: a value may be megabytes long.
  tree.length[index] = MAX_VALUE / 2;
  const text = valueText(d, index, Style.Plain);
  tree.length[index] = length;
  return `${text}… (${length} bytes)`;
}

/** Where an entry's bytes are in its source, `undefined` when it has none. */
export function entryRange(
  d: Dissection,
  index: number,
): { start: number; end: number } | undefined {
  const { tree } = d;
  const source = d.sources[tree.source[index]!]!;
  const start = tree.offset[index]!;
  const end = Math.min(start + tree.length[index]!, source.end);
  if (end <= start || start < source.start) return undefined;
  return { start: start - source.start, end: end - source.start };
}

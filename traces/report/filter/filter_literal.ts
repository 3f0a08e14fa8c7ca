/**
 * A value as the display filter wants it, so that `field == literal` lets its frame through.
 *
 * @module
 */
import type { Dissection } from "../../wire/dissection.ts";
import { type Field, fieldOf } from "../../wire/field.ts";
import { Kind } from "../../wire/tree.ts";
import { valueText } from "../value.ts";
import { entryValue, valueType } from "./filter_value.ts";

/** Longest literal, in bytes of what it stands for: nobody reads a longer one. */
const MAX_BYTES = 128;

/** Since the frame shown before: a filter by it would change it. */
const OF_SHOWN = "frame.time_delta_displayed";

/**
 * Undefined for what cannot be compared: layers, what has no value, what is too long, what depends
 * on the filter itself.
 */
export function filterLiteral(d: Dissection, index: number): string | undefined {
  const { tree } = d;
  const field = fieldOf(tree.id[index]!);
  const kind = tree.kind[index];
  if (kind === Kind.None || field.name === OF_SHOWN) return undefined;
  const inSource = kind === Kind.Bytes || kind === Kind.Text || kind === Kind.Reversed;
  if (inSource && tree.length[index]! > MAX_BYTES) return undefined;
  switch (valueType(field.type)) {
    case "number":
      return numberLiteral(d, index, field);
    case "string": {
      const text = valueText(d, index);
      return text.length > MAX_BYTES ? undefined : quoted(text);
    }
    case "bytes": {
      const bytes = bytesOf(d, index);
      if (bytes === undefined || bytes.length === 0 || bytes.length > MAX_BYTES) return undefined;
      return bytes.toHex().replace(/..(?!$)/g, "$&:");
    }
    case "address":
      return bytesOf(d, index)?.length === (field.type === "ipv4" ? 4 : 16)
        ? valueText(d, index)
        : undefined;
    case "time": {
      const text = valueText(d, index);
      return field.type === "absolute_time" ? quoted(text) : text;
    }
    default:
      return undefined;
  }
}

function bytesOf(d: Dissection, index: number): Uint8Array | undefined {
  const value = entryValue(d, index);
  return value instanceof Uint8Array ? value : undefined;
}

function numberLiteral(d: Dissection, index: number, { type }: Field): string | undefined {
  const value = entryValue(d, index);
  if (typeof value !== "number") {
    return typeof value === "bigint" ? valueText(d, index) : undefined;
  }
  if (type === "boolean") return String(value);
  if (type !== "float" && type !== "double") return valueText(d, index);
  // All digits, not only those shown.
  return Number.isFinite(value) ? String(value).replace("e+", "e") : undefined;
}

/** As a string between quotes. */
function quoted(text: string): string {
  const safe = text.replace(
    // deno-lint-ignore no-control-regex
    /["\\\0-\x1f\x7f-\x9f]/g,
    (character) => {
      if (character === '"' || character === "\\") return `\\${character}`;
      return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
    },
  );
  return `"${safe}"`;
}

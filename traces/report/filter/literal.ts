/**
 * Literals of a display filter, read as the type of what they are compared with.
 *
 * @module
 */
import { ipv4Bytes, ipv6Bytes } from "../../wire/address_bytes.ts";
import type { Field, FieldType } from "../../wire/field.ts";
import { DisplayFilterError } from "./filter_error.ts";
import type { Operand } from "./syntax.ts";
import { nanoseconds, type Value, type ValueType } from "./filter_value.ts";

/** A literal's value; for an address with a prefix length, the bits of it that count. */
export interface Literal {
  readonly value: Value;
  readonly bits: number | undefined;
}

/** Greatest value of each type that a literal is checked against. */
const LIMITS: Partial<Record<FieldType, number>> = {
  char: 0xff,
  uint8: 0xff,
  uint16: 0xffff,
  uint24: 0xffffff,
  uint32: 0xffffffff,
  framenum: 0xffffffff,
  uint40: 2 ** 40 - 1,
  uint48: 2 ** 48 - 1,
  int8: 0x7f,
  int16: 0x7fff,
  int32: 0x7fffffff,
};

const ENCODER = new TextEncoder();

/**
 * @param field what it is compared with, where that is a field: its value names count too
 * @param negative it has a minus before it: there is one number more below 0 than above
 * @throws {DisplayFilterError} when the text is no value of the type
 */
export function readLiteral(
  operand: Operand,
  type: ValueType,
  field: Field | undefined,
  negative = false,
): Literal {
  if (operand.kind === "char") return readCharacter(operand.code, type);
  if (operand.kind !== "literal" && operand.kind !== "string") {
    throw new DisplayFilterError("expected a value here", operand.at);
  }
  const { text, at, kind } = operand;
  switch (type) {
    case "string":
      return plain(text);
    case "number":
      return plain(readNumber(text, field, at, negative));
    case "bytes":
    case "layer":
      return plain(
        kind === "string" && field?.type !== "ether" ? ENCODER.encode(text) : bytes(text, at),
      );
    case "address":
      return readAddress(text, field, at);
    case "time":
      return plain(readTime(text, field, at));
    default:
      throw new DisplayFilterError(
        `${field?.name ?? "this"} has no value to compare: test only whether it is there`,
        at,
      );
  }
}

function plain(value: Value): Literal {
  return { value, bits: undefined };
}

function readCharacter(code: number, type: ValueType): Literal {
  if (type === "bytes" || type === "layer") return plain(new Uint8Array([code]));
  return plain(type === "string" ? String.fromCharCode(code) : code);
}

function readNumber(
  text: string,
  field: Field | undefined,
  at: number,
  negative: boolean,
): number | bigint {
  const named = field === undefined ? undefined : valueNamed(field, text);
  if (named !== undefined) return named;
  const value = numberOf(text);
  if (value === undefined) {
    const names = field?.names === undefined ? "" : ` or a value name of ${field.name}`;
    throw new DisplayFilterError(`"${text}" is not a number${names}`, at);
  }
  const limit = field === undefined ? undefined : LIMITS[field.type];
  if (limit !== undefined && value > limit + (negative ? 1 : 0)) {
    throw new DisplayFilterError(`${text} is too large for ${field!.name}: at most ${limit}`, at);
  }
  return value;
}

/** The value that a field shows as `text`, letter case aside. */
function valueNamed(field: Field, text: string): number | undefined {
  const lower = text.toLowerCase();
  if (field.type === "boolean") {
    if (lower === "true") return 1;
    if (lower === "false") return 0;
  }
  for (const [value, name] of field.names ?? []) if (name.toLowerCase() === lower) return value;
  return undefined;
}

/** Decimal, 0x hexadecimal, 0 octal, 0b binary, or with a fraction. */
function numberOf(text: string): number | bigint | undefined {
  if (/^(?:0x[0-9a-f]+|0b[01]+)$/i.test(text)) return exact(BigInt(text));
  if (/^0[0-7]+$/.test(text)) return exact(BigInt(`0o${text}`));
  if (/^\d+$/.test(text)) return exact(BigInt(text));
  return /^\d*\.\d+$|^\d+(?:\.\d+)?e[+-]?\d+$/i.test(text) ? Number(text) : undefined;
}

function exact(value: bigint): number | bigint {
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

function bytes(text: string, at: number): Uint8Array {
  const digits = text.replace(/^:/, "").replace(/^0x(?=..$)/i, "");
  const separator = /[:.-]/.exec(digits)?.[0];
  const parts = separator === undefined ? digits.match(/..?/g) ?? [] : digits.split(separator);
  const valid = separator === undefined
    ? parts.every((part) => /^[0-9a-f]{2}$/i.test(part)) || /^[0-9a-f]$/i.test(digits)
    : parts.every((part) => /^(?:[0-9a-f]{1,2}|[0-9a-f]{4})$/i.test(part));
  if (!valid || parts.length === 0) {
    throw new DisplayFilterError(`"${text}" are no bytes: write them as 00:1a:2b`, at);
  }
  const pairs = parts.flatMap((part) =>
    part.length === 4 ? [part.slice(0, 2), part.slice(2)] : [part]
  );
  return Uint8Array.from(pairs, (pair) => parseInt(pair, 16));
}

function readAddress(text: string, field: Field | undefined, at: number): Literal {
  const [address, prefix] = text.split("/") as [string, string | undefined];
  const v6 = field === undefined ? address.includes(":") : field.type === "ipv6";
  const value = v6 ? ipv6Bytes(address) : ipv4Bytes(address);
  if (value === undefined) {
    throw new DisplayFilterError(`"${text}" is no ${v6 ? "IPv6" : "IPv4"} address`, at);
  }
  const bits = prefix === undefined ? undefined : Number(prefix);
  if (bits !== undefined && bits > value.length * 8) {
    throw new DisplayFilterError(`a prefix has at most ${value.length * 8} bits`, at);
  }
  return { value, bits };
}

function readTime(text: string, field: Field | undefined, at: number): bigint {
  const match = /^(.*?)(?:\.(\d{1,9}))?(Z| UTC|[+-]\d\d:?\d\d)?$/.exec(text)!;
  const [, head, digits, zone] = match as unknown as [string, string, string?, string?];
  const nanos = Number((digits ?? "").padEnd(9, "0"));
  if (field?.type === "absolute_time") {
    const date = dateOf(head, zone);
    if (date !== undefined) return nanoseconds(date / 1000, nanos);
    throw new DisplayFilterError(`"${text}" is no time: write "2026-11-20 13:12:21.5"`, at);
  }
  if (zone !== undefined || !/^\d+$/.test(head)) {
    throw new DisplayFilterError(`"${text}" is no time: write seconds, as 1.5`, at);
  }
  return nanoseconds(Number(head), nanos);
}

/** Milliseconds since 1970 of a date in the local time zone, or in `zone`. */
function dateOf(text: string, zone: string | undefined): number | undefined {
  const iso = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d)(?::(\d\d)(?::(\d\d))?)?)?$/.exec(text);
  const end = zone === " UTC" ? "Z" : zone ?? "";
  const time = iso === null
    ? /^[A-Z][a-z]{2} +\d{1,2}, \d{4} \d\d:\d\d:\d\d$/.test(text) ? Date.parse(text + end) : NaN
    : Date.parse(`${iso[1]}T${iso[2] ?? "00"}:${iso[3] ?? "00"}:${iso[4] ?? "00"}${end}`);
  return Number.isNaN(time) ? undefined : time;
}

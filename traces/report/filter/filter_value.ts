/**
 * The values that a display filter compares.
 *
 * @module
 */
import type { Dissection } from "../../wire/dissection.ts";
import { type Field, fieldOf, type FieldType } from "../../wire/field.ts";
import { reversedBytes } from "../../wire/reversed_bytes.ts";
import { Kind } from "../../wire/tree.ts";
import { valueText } from "../value.ts";

/**
 * Types that are compared alike.
 * - number: whole numbers, flags, characters, frame numbers, floating point
 * - bytes: bytes, hardware addresses
 * - address: IPv4 and IPv6 addresses
 * - time: nanoseconds
 * - layer: a protocol, by its bytes
 * - none: present or not, without a value
 */
export type ValueType = "number" | "bytes" | "address" | "string" | "time" | "layer" | "none";

/** number and time: number or bigint; bytes, address, layer: Uint8Array. */
export type Value = number | bigint | string | Uint8Array;

export function valueType(type: FieldType): ValueType {
  switch (type) {
    case "none":
      return "none";
    case "protocol":
      return "layer";
    case "string":
      return "string";
    case "bytes":
    case "ether":
    case "eui64":
    case "guid":
      return "bytes";
    case "ipv4":
    case "ipv6":
      return "address";
    case "absolute_time":
    case "relative_time":
      return "time";
    default:
      return "number";
  }
}

const BILLION = 1_000_000_000n;
const NO_BYTES = new Uint8Array(0);

/** Nanoseconds of whole seconds and nanoseconds. */
export function nanoseconds(seconds: number, nanos: number): bigint {
  return BigInt(Math.trunc(seconds)) * BILLION + BigInt(nanos);
}

function bigEndian(value: number | bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let rest = BigInt(value);
  for (let at = length - 1; at >= 0; at--) {
    bytes[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

function timeOf(seconds: number): bigint {
  const whole = Math.trunc(seconds);
  return nanoseconds(whole, Math.round((seconds - whole) * 1e9));
}

/** The value of an entry of the tree; undefined for one without a value. */
export function entryValue(d: Dissection, index: number): Value | undefined {
  const { tree } = d;
  const kind = tree.kind[index];
  const field = fieldOf(tree.id[index]!);
  if (kind === Kind.Number) return numberValue(field, tree.num[index]!);
  if (kind === Kind.Time) return nanoseconds(tree.num[index]!, tree.nanos[index]!);
  if (kind === Kind.Object) return objectValue(field, tree.obj[index]);
  if (kind === Kind.Layers || kind === Kind.Text) return valueText(d, index);
  const start = tree.offset[index]!;
  const { data, end } = d.sources[tree.source[index]!]!;
  if (kind === Kind.Reversed) return reversedBytes(data, start, tree.length[index]!);
  if (kind === Kind.Bytes) {
    const { length } = tree;
    const bytes = data.subarray(start, start + length[index]!);
    return field.type === "string" ? valueText(d, index) : bytes;
  }
  if (field.type !== "protocol") return undefined;
  return data.subarray(start, Math.min(end, start + tree.length[index]!));
}

function numberValue(field: Field, value: number): Value {
  switch (field.type) {
    case "ipv4":
      return bigEndian(value >>> 0, 4);
    case "eui64":
      return bigEndian(value, 8);
    case "relative_time":
    case "absolute_time":
      return timeOf(value);
    default:
      return value;
  }
}

function objectValue(field: Field, value: unknown): Value {
  if (typeof value === "bigint") return field.type === "eui64" ? bigEndian(value, 8) : value;
  if (typeof value === "string" || value instanceof Uint8Array) return value;
  return NO_BYTES;
}

/** The bytes of a layer and all behind it in the same source: what `contains` looks through. */
export function bytesBehind(d: Dissection, index: number): Uint8Array {
  const { tree } = d;
  const { data, end } = d.sources[tree.source[index]!]!;
  return data.subarray(tree.offset[index]!, end);
}

/** Less than 0, 0, or more; bytes of different length by length, as Wireshark has it. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}

/** Compares the first `bits` bits of two addresses. */
export function comparePrefix(a: Uint8Array, b: Uint8Array, bits: number): number {
  if (a.length !== b.length) return a.length - b.length;
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  const rest = bits & 7;
  if (rest === 0) return 0;
  const mask = 0xff00 >> rest & 0xff;
  return (a[whole]! & mask) - (b[whole]! & mask);
}

/** Whether `bytes` holds `part` somewhere. */
export function containsBytes(bytes: Uint8Array, part: Uint8Array): boolean {
  const first = part[0];
  if (first === undefined) return true;
  const last = bytes.length - part.length;
  for (let at = bytes.indexOf(first); at >= 0 && at <= last; at = bytes.indexOf(first, at + 1)) {
    let same = 1;
    while (same < part.length && bytes[at + same] === part[same]) same++;
    if (same === part.length) return true;
  }
  return false;
}

/** Bytes as a string of one character per byte, for regular expressions. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return text;
}

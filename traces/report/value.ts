/**
 * The value of one entry of a field tree, in the form in which `tshark -n -T fields` prints it.
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import { type Field, fieldOf, type FieldType } from "../wire/field.ts";
import { reversedBytes } from "../wire/reversed_bytes.ts";
import { Kind } from "../wire/tree.ts";
import { ByteWriter } from "./byte_writer.ts";
import { ipv6Text } from "../wire/address_text.ts";
import { absoluteTime, general } from "./number_text.ts";
import { Style, writeText, writeUtf8 } from "./text_style.ts";

const COLON = 0x3a;
const SPACE = 0x20;
const DASH = 0x2d;
const DOT = 0x2e;
const NO_BYTES = new Uint8Array(0);

/** Hexadecimal digits of each type; those of 40 bits and more are shown as 64 bits are. */
const HEX_DIGITS: Partial<Record<FieldType, number>> = {
  uint8: 2,
  uint16: 4,
  uint24: 6,
  uint32: 8,
  uint40: 16,
  uint48: 16,
  uint64: 16,
};

/** Writes the value of entry `index`. Nothing for an entry whose value is empty. */
export function writeValue(writer: ByteWriter, d: Dissection, index: number, style: number): void {
  const { tree } = d;
  switch (tree.kind[index]) {
    case Kind.Number:
      return writeNumber(writer, fieldOf(tree.id[index]!), tree.num[index]!);
    case Kind.Text: {
      const start = tree.offset[index]!;
      const { data } = d.sources[tree.source[index]!]!;
      return writeUtf8(writer, data, start, start + tree.length[index]!, style);
    }
    case Kind.Bytes: {
      const start = tree.offset[index]!;
      const { data } = d.sources[tree.source[index]!]!;
      const field = fieldOf(tree.id[index]!);
      return writeBytes(writer, field, data, start, start + tree.length[index]!, style);
    }
    case Kind.Reversed:
      return writeReversed(writer, d, index, style);
    case Kind.Time:
      return writeTime(
        writer,
        fieldOf(tree.id[index]!).type,
        tree.num[index]!,
        tree.nanos[index]!,
      );
    case Kind.Layers:
      return writeLayers(writer, d);
    case Kind.Object:
      return writeObject(writer, fieldOf(tree.id[index]!), tree.obj[index], style);
    default:
      return writePresence(writer, d, index);
  }
}

/** FT_NONE shows "1", a protocol its name, except "data", which shows its bytes. */
function writePresence(writer: ByteWriter, d: Dissection, index: number): void {
  const { tree } = d;
  const field = fieldOf(tree.id[index]!);
  if (field.type !== "protocol") return writer.byte(0x31);
  if (field.name !== "data") return writer.string(field.name);
  const start = tree.offset[index]!;
  const source = d.sources[tree.source[index]!]!;
  writer.hexBytes(source.data, start, Math.min(start + tree.length[index]!, source.end));
}

function writeNumber(writer: ByteWriter, field: Field, value: number): void {
  switch (field.type) {
    case "boolean":
      return writer.byte(value === 0 ? 0x30 : 0x31);
    case "char":
      return writer.string(charText(value));
    case "float":
      return writer.string(general(value, 6));
    case "double":
      return writer.string(general(value, 15));
    case "ipv4":
      return writeIpv4(writer, value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255);
    case "eui64":
      return writeWideHex(writer, value, COLON);
    case "relative_time":
    case "absolute_time": {
      const seconds = Math.trunc(value);
      return writeTime(writer, field.type, seconds, Math.round((value - seconds) * 1e9));
    }
    case "none":
      return writer.byte(0x31);
    default:
      return writeInteger(writer, field, value);
  }
}

function writeInteger(writer: ByteWriter, field: Field, value: number): void {
  if (field.base === "hex") {
    const digits = HEX_DIGITS[field.type];
    if (digits !== undefined) {
      writer.byte(0x30);
      writer.byte(0x78);
      if (digits <= 8) return writer.hex(value, digits);
      return writeWideHex(writer, value, 0);
    }
  }
  if (value >= 0) return writer.uint(value);
  writer.byte(DASH);
  writer.uint(-value);
}

/** Sixteen hexadecimal digits, with a separator between bytes when it is not 0. */
function writeWideHex(writer: ByteWriter, value: number, separator: number): void {
  const high = Math.floor(value / 0x1_0000_0000);
  for (let shift = 56; shift >= 0; shift -= 8) {
    writer.hex(shift >= 32 ? high >>> shift - 32 : value >>> shift, 2);
    if (separator !== 0 && shift > 0) writer.byte(separator);
  }
}

/** FT_CHAR: a C character constant. */
function charText(value: number): string {
  if (value === 0x27 || value === 0x5c) return `'\\${String.fromCharCode(value)}'`;
  if (value >= 0x20 && value < 0x7f) return `'${String.fromCharCode(value)}'`;
  const short = value === 0 ? "0" : "abtnvfr"[value - 7];
  return `'\\${short ?? `x${value.toString(16).padStart(2, "0")}`}'`;
}

function writeIpv4(writer: ByteWriter, a: number, b: number, c: number, d: number): void {
  writer.uint(a);
  writer.byte(DOT);
  writer.uint(b);
  writer.byte(DOT);
  writer.uint(c);
  writer.byte(DOT);
  writer.uint(d);
}

function writeBytes(
  writer: ByteWriter,
  field: Field,
  data: Uint8Array,
  start: number,
  end: number,
  style: number,
): void {
  switch (field.type) {
    case "ether":
    case "eui64":
      return writer.hexBytes(data, start, end, COLON);
    case "ipv4":
      if (end - start !== 4) break;
      return writeIpv4(writer, data[start]!, data[start + 1]!, data[start + 2]!, data[start + 3]!);
    case "ipv6":
      if (end - start !== 16) break;
      return writer.string(ipv6Text(data, start));
    case "guid":
      if (end - start !== 16) break;
      return writeGuid(writer, data, start);
    case "string":
      return writeUtf8(writer, data, start, end, style);
    case "bytes":
      if (start === end) return writer.string("<MISSING>");
      if (field.base === "spaced") return writer.hexBytes(data, start, end, SPACE);
  }
  writer.hexBytes(data, start, end);
}

/** Bytes turned round; grows to the longest value. */
let turned = new Uint8Array(64);

function writeReversed(writer: ByteWriter, d: Dissection, index: number, style: number): void {
  const { tree } = d;
  const length = tree.length[index]!;
  const { data } = d.sources[tree.source[index]!]!;
  if (length > turned.length) turned = new Uint8Array(length * 2);
  reversedBytes(data, tree.offset[index]!, length, turned);
  writeBytes(writer, fieldOf(tree.id[index]!), turned, 0, length, style);
}

function writeGuid(writer: ByteWriter, data: Uint8Array, start: number): void {
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) writer.byte(DASH);
    writer.hex(data[start + i]!, 2);
  }
}

/** Seconds with nine decimals; an absolute time in words. */
function writeTime(writer: ByteWriter, type: FieldType, seconds: number, nanos: number): void {
  if (type === "absolute_time") return writer.string(absoluteTime(seconds, nanos));
  if (seconds < 0 || nanos < 0) writer.byte(DASH);
  writer.uint(Math.abs(seconds));
  writer.byte(DOT);
  writer.padded(Math.abs(nanos), 9);
}

function writeLayers(writer: ByteWriter, d: Dissection): void {
  for (let i = 0; i < d.layerCount; i++) {
    if (i > 0) writer.byte(COLON);
    writer.string(fieldOf(d.layers[i]!).name);
  }
}

function writeObject(writer: ByteWriter, field: Field, value: unknown, style: number): void {
  if (typeof value === "string") return writeText(writer, value, style);
  if (value instanceof Uint8Array) {
    return writeBytes(writer, field, value, 0, value.length, style);
  }
  if (typeof value !== "bigint") return writeBytes(writer, field, NO_BYTES, 0, 0, style);
  if (field.type === "eui64") {
    return writer.string(
      BigInt.asUintN(64, value).toString(16).padStart(16, "0").replace(/..(?!$)/g, "$&:"),
    );
  }
  if (field.base === "hex" && HEX_DIGITS[field.type] !== undefined) {
    return writer.string(`0x${value.toString(16).padStart(16, "0")}`);
  }
  writer.string(String(value));
}

/** Up to this many bytes of ASCII are faster put together than decoded. */
const SHORT_TEXT = 24;
const scratch = new ByteWriter(256);
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/** As `writeValue`, as a string. */
export function valueText(d: Dissection, index: number, style: number = Style.Raw): string {
  scratch.clear();
  writeValue(scratch, d, index, style);
  const { data, length } = scratch;
  if (length > SHORT_TEXT) return DECODER.decode(scratch.written);
  let text = "";
  for (let at = 0; at < length; at++) {
    const code = data[at]!;
    if (code > 0x7f) return DECODER.decode(scratch.written);
    text += String.fromCharCode(code);
  }
  return text;
}

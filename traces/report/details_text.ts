/**
 * The fields and bytes of one frame as text: the tree, each field with the bytes it was read from,
 * the problems, each with its offset, then a hex dump of every source of bytes.
 *
 * @module
 */
import type { Dissection, Source } from "../wire/dissection.ts";
import { fieldOf } from "../wire/field.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { Color, LAYER_COLORS } from "./colors.ts";
import { problemText } from "./columns.ts";
import { entryRange, entryText } from "./entry_text.ts";
import { isInWords } from "./field_names.ts";
import { escaped, Style } from "./text_style.ts";

/** Bytes shown behind a field. */
const FIELD_BYTES = 8;
const ROW = 16;
const LINE_END = 0x0a;
const SPACE = 0x20;

export function writeDetails(writer: ByteWriter, d: Dissection, color: boolean): void {
  writeTree(writer, d, color);
  for (const problem of d.problems) {
    const { rule, offset, source } = problem;
    const place = source === 0 ? `${offset}` : `#${source} ${offset}`;
    const text = `${rule.layer}: ${problemText(problem)}`;
    writer.string(`  Problem: ${escaped(text, Style.Plain)}  [at ${place}]\n`);
  }
  for (let source = 0; source < d.sourceCount; source++) {
    writeDump(writer, d, source, color);
  }
}

function writeTree(writer: ByteWriter, d: Dissection, color: boolean): void {
  const { tree } = d;
  let layer = 0;
  for (let index = 0; index < tree.count; index++) {
    const depth = tree.depth[index]!;
    if (depth > 1 && isInWords(fieldOf(tree.id[index]!).name)) continue;
    writer.string("  ".repeat(Math.min(depth, 40) + 1));
    const top = depth === 0 && color;
    if (top) writer.string(Color.bold + layerColor(layer++));
    writer.string(entryText(d, index));
    if (top) writer.string(Color.reset);
    if (color) writer.string(Color.dim);
    if (depth > 0) writer.string(`  ${fieldOf(tree.id[index]!).name}`);
    writeRange(writer, d, index, depth > 0);
    if (color) writer.string(Color.reset);
    writer.byte(LINE_END);
  }
  if (tree.dropped > 0) writer.string(`  and ${tree.dropped} more fields\n`);
}

/** `[14..17: 7f 00 00 01]`, with the source's number before it unless it is the frame. */
function writeRange(writer: ByteWriter, d: Dissection, index: number, withBytes: boolean): void {
  const range = entryRange(d, index);
  if (range === undefined) return;
  const number = d.tree.source[index]!;
  const { data, start } = d.sources[number]!;
  const last = range.end - 1;
  const place = last === range.start ? `${last}` : `${range.start}..${last}`;
  writer.string(`  [${number === 0 ? "" : `#${number} `}${place}`);
  if (withBytes) {
    const shown = Math.min(range.end, range.start + FIELD_BYTES);
    writer.string(": ");
    writer.hexBytes(data, start + range.start, start + shown, SPACE);
    if (shown < range.end) writer.string(" …");
  }
  writer.byte(0x5d);
}

function writeDump(writer: ByteWriter, d: Dissection, number: number, color: boolean): void {
  const source = d.sources[number]!;
  const size = source.end - source.start;
  const title = number === 0 ? source.name : `#${number} ${source.name}`;
  writer.string(`  ${title} (${size} ${size === 1 ? "byte" : "bytes"})\n`);
  const layers = color ? layerOfBytes(d, number) : undefined;
  for (let at = 0; at < size; at += ROW) writeRow(writer, source, at, layers);
}

/** One line: offset, bytes, and what of them is printable ASCII. */
function writeRow(
  writer: ByteWriter,
  { data, start, end }: Source,
  at: number,
  layers: Uint8Array | undefined,
): void {
  writer.string("    ");
  writer.hex(at, at > 0xffff ? 8 : 4);
  writer.byte(SPACE);
  let current = 0;
  for (let i = 0; i < ROW; i++) {
    if (i % 8 === 0) writer.byte(SPACE);
    const byte = data[start + at + i]!;
    if (start + at + i >= end) writer.string("   ");
    else {
      const layer = layers?.[at + i] ?? 0;
      if (layer !== current) writer.string(layer === 0 ? Color.reset : layerColor(layer - 1));
      current = layer;
      writer.hex(byte, 2);
      writer.byte(SPACE);
    }
  }
  if (current !== 0) writer.string(Color.reset);
  writer.byte(SPACE);
  for (let i = at; i < at + ROW && start + i < end; i++) {
    const byte = data[start + i]!;
    writer.byte(byte >= 0x20 && byte < 0x7f ? byte : 0x2e);
  }
  writer.byte(LINE_END);
}

function layerColor(layer: number): string {
  return LAYER_COLORS[layer % LAYER_COLORS.length]!;
}

/** For each byte of a source, the number from 1 of the innermost layer that spans it. */
function layerOfBytes(d: Dissection, number: number): Uint8Array {
  const { tree } = d;
  const { start, end } = d.sources[number]!;
  const layers = new Uint8Array(end - start);
  let layer = 0;
  for (let index = 0; index < tree.count; index++) {
    if (tree.depth[index] !== 0) continue;
    layer++;
    const range = entryRange(d, index);
    // The frame's own layer spans everything: its bytes keep no colour.
    if (tree.source[index] !== number || range === undefined || index === 0) continue;
    layers.fill(Math.min(layer, 255), range.start, range.end);
  }
  return layers;
}

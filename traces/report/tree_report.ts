/**
 * Frames as `TreeLine`s: a row of the table, its details and its bytes in one line of JSON, for the
 * page's Traces view.
 *
 * @module
 */
import type { CaptureFrame } from "../files/capture_frame.ts";
import type { Dissection } from "../wire/dissection.ts";
import { allFields } from "../wire/field.ts";
import type { Problem } from "../wire/problem.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { infoText, problemText, protocolText } from "./columns.ts";
import { entryRange, entryText } from "./entry_text.ts";
import { isHidden } from "./field_names.ts";
import { filterLiteral } from "./filter/filter_literal.ts";
import { ProblemPlaces, SEVERITIES, severityRank } from "./problem_places.ts";
import { type Report, wantAll } from "./report.ts";
import { escaped, Style } from "./text_style.ts";

/** Entries shown of one frame, and about how many characters of JSON; the rest are counted. */
const MAX_ENTRIES = 10_000;
const MAX_TREE = 1 << 20;
/** Bytes shown of all sources of one frame. */
const MAX_SOURCES = 1 << 20;
/** Characters shown of the Info column. */
const MAX_INFO = 4096;
const ENCODER = new TextEncoder();

export class TreeReport implements Report {
  readonly #writer: ByteWriter;
  readonly #places = new ProblemPlaces();
  /** By field id: the member that names it; empty when it is never shown. */
  #names: string[] = [];
  /** The line so far: strings are joined much faster than bytes are written one by one. */
  #line = "";
  /** Nodes that are not closed yet: their depths, and whether they have children. */
  readonly #depths = new Uint8Array(256);
  readonly #parents = new Uint8Array(256);
  #open = 0;
  /** By source: bytes shown. */
  #shown: number[] = [];

  constructor(writer: ByteWriter) {
    this.#writer = writer;
  }

  want(d: Dissection): void {
    wantAll(d);
    d.columns = true;
    this.#names = allFields().map(({ name }) => isHidden(name) ? "" : `,"field":"${name}"`);
  }

  begin(): void {}

  frame(d: Dissection, frame: CaptureFrame): void {
    this.#places.find(d, MAX_ENTRIES);
    const worst = d.problems.reduce((rank, problem) => Math.max(rank, severityRank(problem)), 0);
    this.#line = `{"frame":{"number":${frame.number}${member("time", timeText(frame))}` +
      textMember("source", d.sourceColumn) +
      textMember("destination", d.destinationColumn) +
      textMember("protocol", protocolText(d)) +
      `,"length":${frame.length}${textMember("info", shortened(infoText(d)))}${severity(worst)}`;
    const name = interfaceName(frame);
    if (name !== undefined) this.#line += textMember("interface", name);
    if (frame.comments.length > 0) this.#line += `,"comments":${JSON.stringify(frame.comments)}`;
    this.#sources(d);
    this.#tree(d);
    this.#line += "}}\n";
    const writer = this.#writer;
    writer.reserve(3 * this.#line.length);
    const room = writer.data.subarray(writer.length);
    writer.length += ENCODER.encodeInto(this.#line, room).written;
    this.#line = "";
  }

  end(): void {}

  #sources({ sources, sourceCount }: Dissection): void {
    let room = MAX_SOURCES;
    this.#shown = [];
    const texts = sources.slice(0, sourceCount).map(({ name, data, start, end }) => {
      const shown = Math.min(end - start, room);
      room -= shown;
      this.#shown.push(shown);
      const hex = data.subarray(start, start + shown).toHex();
      return `{"name":${JSON.stringify(name)},"hex":"${hex}"}`;
    });
    this.#line += `,"sources":[${texts}]`;
  }

  #tree(d: Dissection): void {
    const { tree } = d;
    this.#line += ',"tree":[';
    this.#open = 0;
    const most = this.#line.length + MAX_TREE;
    const shown = Math.min(tree.count, MAX_ENTRIES);
    let first = true;
    let index = 0;
    for (; index < shown && this.#line.length < most; index++) {
      if (this.#names[tree.id[index]!] === "") continue;
      this.#begin(tree.depth[index]!, first);
      first = false;
      this.#node(d, index);
      for (const problem of this.#places.of(index) ?? []) this.#problem(d, problem);
    }
    while (this.#open > 0) this.#close();
    const more = tree.count - index + tree.dropped;
    if (more > 0) this.#heading(`and ${more} more fields`);
    this.#shown.forEach((bytes, source) => {
      const { name, start, end } = d.sources[source]!;
      if (bytes < end - start) this.#heading(`${name}: ${bytes} of ${end - start} bytes are shown`);
    });
    this.#line += "]";
  }

  /** Behind the last node. */
  #heading(label: string): void {
    this.#line += `,{"label":${JSON.stringify(label)}}`;
  }

  /** Closes the nodes that a node of this depth is not in, and begins it. */
  #begin(depth: number, first: boolean): void {
    while (this.#open > 0 && this.#depths[this.#open - 1]! >= depth) this.#close();
    if (this.#open > 0) this.#child();
    else if (!first) this.#line += ",";
    this.#depths[this.#open] = depth;
    this.#parents[this.#open] = 0;
    this.#open++;
  }

  /** Before a child of the innermost open node. */
  #child(): void {
    const parent = this.#open - 1;
    this.#line += this.#parents[parent] === 0 ? ',"children":[' : ",";
    this.#parents[parent] = 1;
  }

  #close(): void {
    this.#line += this.#parents[--this.#open] === 0 ? "}" : "]}";
  }

  /** A node, but for what ends it. */
  #node(d: Dissection, index: number): void {
    const { tree } = d;
    const label = JSON.stringify(entryText(d, index));
    this.#line += `{"label":${label}${this.#names[tree.id[index]!]}`;
    const value = filterLiteral(d, index);
    if (value !== undefined) this.#line += member("value", value);
    const range = entryRange(d, index);
    if (range !== undefined) this.#place(tree.source[index]!, range.start, range.end);
    this.#line += severity(this.#places.rankOf(index));
  }

  #problem({ sources }: Dissection, problem: Problem): void {
    const { source, offset } = problem;
    this.#child();
    const label = escaped(problemText(problem), Style.Plain);
    this.#line += `{"label":${JSON.stringify(label)}`;
    const { start, end } = sources[source]!;
    if (offset < end - start) this.#place(source, offset, offset + 1);
    this.#line += `${severity(severityRank(problem))}}`;
  }

  /** Of bytes that are shown. */
  #place(source: number, start: number, end: number): void {
    const last = Math.min(end, this.#shown[source]!);
    if (start < last) this.#line += `,"at":[${source},${start},${last}]`;
  }
}

function member(name: string, text: string): string {
  return `,"${name}":${JSON.stringify(text)}`;
}

/** Of text that a stranger may have sent. */
function textMember(name: string, text: string): string {
  return member(name, escaped(text, Style.Plain));
}

function severity(rank: number): string {
  return rank === 0 ? "" : `,"severity":"${SEVERITIES[rank]}"`;
}

/** Where a frame holds thousands of messages, each is named. */
function shortened(info: string): string {
  return info.length > MAX_INFO ? `${info.slice(0, MAX_INFO)}…` : info;
}

/** Seconds since 1970 with nine digits; empty for a frame without time. */
function timeText({ hasTime, seconds, nanoseconds }: CaptureFrame): string {
  if (!hasTime) return "";
  const before = seconds < 0 && nanoseconds > 0;
  const whole = before ? seconds + 1 : seconds;
  const nanos = before ? 1_000_000_000 - nanoseconds : nanoseconds;
  const sign = seconds < 0 ? "-" : "";
  return `${sign}${Math.abs(whole)}.${String(nanos).padStart(9, "0")}`;
}

function interfaceName(frame: CaptureFrame): string | undefined {
  return frame.interface?.name ?? frame.interface?.description ?? frame.interface?.hardware;
}

/**
 * `--format html`: one file that holds table, filter, field trees and bytes, and needs no network.
 *
 * The rows of the table and the details of frames are kept as compressed blocks, which the page
 * unpacks when it needs them: rows at once, details when a frame is chosen or searched for.
 *
 * @module
 */
import { deflateRawSync } from "node:zlib";
import type { CaptureFrame } from "../files/capture_frame.ts";
import type { Dissection } from "../wire/dissection.ts";
import { fieldOf } from "../wire/field.ts";
import { Kind } from "../wire/tree.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { infoText, problemText, protocolText, worstSeverity } from "./columns.ts";
import { entryRange, shortValue, shownText } from "./entry_text.ts";
import { pageFilter } from "./html/page_filter.ts";
import { type PageEntry, type PageFrame, type PageRow, pageScript } from "./html/page_script.ts";
import { PAGE_STYLE, ROW_HEIGHT } from "./html/page_style.ts";
import { relativeTime } from "./relative_time.ts";
import { type Report, wantAll } from "./report.ts";
import { escaped, Style } from "./text_style.ts";

const FRAMES_PER_BLOCK = 256;
const ROWS_PER_BLOCK = 4096;

const HEADS = ["No.", "Time", "Source", "Destination", "Protocol", "Length", "Info"];
/** Nothing from anywhere: the page shows what strangers sent. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

export class HtmlReport implements Report {
  readonly #writer: ByteWriter;
  readonly #title: string;
  readonly #used = new Set<number>();
  #rows: PageRow[] = [];
  #frames: PageFrame[] = [];

  /** @param title shown above the table, as the file's name */
  constructor(writer: ByteWriter, title: string) {
    this.#writer = writer;
    this.#title = title;
  }

  want(d: Dissection): void {
    wantAll(d);
    d.columns = true;
  }

  begin(): void {
    const title = escapeHtml(this.#title);
    this.#writer.string(
      `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<input id="filter" type="search" aria-label="Filter"
  placeholder='text, or fields as mqtt.topic contains "lux" && frame.len > 100'>
<span id="status" role="status">loading …</span>
</header>
<div id="table" role="grid" tabindex="0" aria-label="Frames">
<div id="names" class="row" role="row">${
        HEADS.map((head) => `<span role="columnheader">${head}</span>`).join("")
      }</div>
<div id="rows"></div>
</div>
<div id="details">
<div id="tree" tabindex="0" aria-label="Fields"></div>
<div id="bytes" tabindex="0" aria-label="Bytes"></div>
</div>
`,
    );
  }

  frame(d: Dissection, frame: CaptureFrame): void {
    const text = (value: string) => escaped(value, Style.Plain);
    this.#rows.push([
      frame.number,
      relativeTime(d, frame),
      text(d.sourceColumn),
      text(d.destinationColumn),
      text(protocolText(d)),
      frame.length,
      text(infoText(d)),
      worstSeverity(d) ?? "",
    ]);
    this.#frames.push(this.#details(d));
    if (this.#frames.length === FRAMES_PER_BLOCK) this.#flushFrames();
    if (this.#rows.length === ROWS_PER_BLOCK) this.#flushRows();
  }

  end(): void {
    this.#flushFrames();
    this.#flushRows();
    const fields: Record<string, [string, string]> = {};
    for (const id of this.#used) {
      const { name, label } = fieldOf(id);
      fields[id] = [name, label];
    }
    this.#writer.string(
      `<script type="application/json" id="fields">${
        JSON.stringify(fields).replaceAll("<", "\\u003c")
      }</script>
<script>(${pageScript.toString()})(${pageFilter.toString()}, ${ROW_HEIGHT}, ${FRAMES_PER_BLOCK});</script>
</body>
</html>
`,
    );
  }

  #details(d: Dissection): PageFrame {
    const entries: PageEntry[] = [];
    for (let index = 0; index < d.tree.count; index++) entries.push(this.#entry(d, index));
    const sources = d.sources.slice(0, d.sourceCount).map(({ name, data, start, end }) =>
      [name, data.subarray(start, end).toBase64()] as [string, string]
    );
    const problems = d.problems.map((problem) =>
      [problem.rule.severity, escaped(problemText(problem), Style.Plain)] as [string, string]
    );
    return [entries, sources, problems];
  }

  #entry(d: Dissection, index: number): PageEntry {
    const { tree } = d;
    const id = tree.id[index]!;
    this.#used.add(id);
    const { start, end } = entryRange(d, index) ?? { start: 0, end: 0 };
    const entry: PageEntry = [id, tree.depth[index]!, tree.source[index]!, start, end, ""];
    if (tree.kind[index] === Kind.None) return entry;
    const value = shortValue(d, index);
    const shown = shownText(d, index, value);
    entry[5] = value;
    if (shown !== value) entry.push(shown);
    return entry;
  }

  #flushFrames(): void {
    this.#block("details", this.#frames);
    this.#frames = [];
  }

  #flushRows(): void {
    this.#block("rows", this.#rows);
    this.#rows = [];
  }

  #block(name: string, values: readonly unknown[]): void {
    if (values.length === 0) return;
    const packed = deflateRawSync(JSON.stringify(values)).toString("base64");
    this.#writer.string(`<script type="text/plain" class="${name}">${packed}</script>\n`);
  }
}

function escapeHtml(text: string): string {
  return escaped(text, Style.Plain).replace(
    /[&<>"]/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}

/**
 * The script of the HTML report. It runs in the browser: the report holds the text of
 * `pageScript`, so the function may use nothing from outside itself.
 *
 * @module
 */

import type { pageFilter, PageTest } from "./page_filter.ts";

/** A row of the table: number, time, source, destination, protocol, length, info, severity. */
export type PageRow = [number, string, string, string, string, number, string, string];

/** A field: id, depth, source, first byte, byte behind, value, and what is shown if that differs. */
export type PageEntry = [number, number, number, number, number, string, string?];

/** A frame's fields, sources (name, bytes in Base64), and problems (severity, text). */
export type PageFrame = [PageEntry[], [string, string][], [string, string][]];

/** Names and labels of fields by id. */
export type PageFields = Record<string, [string, string]>;

/**
 * @param compile makes a test of a filter, see `pageFilter`
 * @param rowHeight of the table, CSS pixels
 * @param framesPerBlock how many frames a block of details holds
 */
export function pageScript(
  compile: typeof pageFilter,
  rowHeight: number,
  framesPerBlock: number,
): void {
  /** Bytes of one source shown before one asks for more. */
  const shownBytes = 4096;
  /** Browsers lose pixels of elements taller than this. */
  const tallest = 8_000_000;

  const element = (id: string) => document.getElementById(id)!;
  const table = element("table");
  const rowBox = element("rows");
  const tree = element("tree");
  const bytesBox = element("bytes");
  const filter = element("filter") as HTMLInputElement;
  const status = element("status");
  const fields = JSON.parse(element("fields").textContent!) as PageFields;
  const blocks = document.querySelectorAll(".details");

  const rows: PageRow[] = [];
  /** Indexes of the rows that the filter lets through. */
  let visible: number[] = [];
  let chosen = -1;
  /** Changes with each filter, so that an older search ends. */
  let search = 0;
  let lastBlock: { index: number; frames: Promise<PageFrame[]> } | undefined;

  async function unpack(block: Element): Promise<unknown> {
    const packed = Uint8Array.from(atob(block.textContent!), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return await new Response(stream).json();
  }

  function framesOf(index: number): Promise<PageFrame[]> {
    if (lastBlock?.index !== index) {
      lastBlock = { index, frames: unpack(blocks[index]!) as Promise<PageFrame[]> };
    }
    return lastBlock.frames;
  }

  async function frameOf(row: number): Promise<PageFrame> {
    const frames = await framesOf(Math.floor(row / framesPerBlock));
    return frames[row % framesPerBlock]!;
  }

  function make(tag: string, className: string, text: string): HTMLElement {
    const made = document.createElement(tag);
    if (className !== "") made.className = className;
    made.textContent = text;
    return made;
  }

  // --- table ------------------------------------------------------------------------------

  const viewRows = () => Math.max(1, Math.floor((table.clientHeight - rowHeight) / rowHeight));
  const fullHeight = () => Math.min(visible.length * rowHeight, tallest);

  /** The first row in view. Very long tables scroll by more than a row per row height. */
  function firstShown(): number {
    const scrollable = fullHeight() - viewRows() * rowHeight;
    const hidden = visible.length - viewRows();
    if (scrollable <= 0 || hidden <= 0) return 0;
    return Math.min(hidden, Math.floor(table.scrollTop / scrollable * hidden));
  }

  function drawRows(): void {
    rowBox.style.height = `${fullHeight()}px`;
    const first = firstShown();
    const last = Math.min(visible.length, first + viewRows() + 2);
    const top = Math.min(table.scrollTop, Math.max(0, fullHeight() - (last - first) * rowHeight));
    const made: HTMLElement[] = [];
    for (let i = first; i < last; i++) {
      const index = visible[i]!;
      const row = rows[index]!;
      const line = make("div", `row ${row[7]}`, "");
      line.setAttribute("role", "row");
      line.setAttribute("aria-selected", String(index === chosen));
      line.dataset.index = String(index);
      line.style.top = `${top + (i - first) * rowHeight}px`;
      for (const cell of row.slice(0, 7)) {
        const span = make("span", "", String(cell));
        span.title = String(cell);
        span.setAttribute("role", "gridcell");
        line.append(span);
      }
      made.push(line);
    }
    rowBox.replaceChildren(...made);
  }

  function scrollTo(position: number): void {
    const first = firstShown();
    if (position >= first && position < first + viewRows()) return;
    const target = position < first ? position : position - viewRows() + 1;
    const hidden = visible.length - viewRows();
    table.scrollTop = hidden <= 0
      ? 0
      : Math.ceil(target / hidden * (fullHeight() - viewRows() * rowHeight));
  }

  function choose(index: number): void {
    chosen = index;
    drawRows();
    void showFrame(index);
  }

  table.addEventListener("scroll", drawRows);
  addEventListener("resize", drawRows);
  rowBox.addEventListener("click", (event) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>(".row");
    if (row !== null) choose(Number(row.dataset.index));
  });
  table.addEventListener("keydown", (event) => {
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: viewRows(),
      PageUp: -viewRows(),
      Home: -Infinity,
      End: Infinity,
    };
    const step = steps[event.key];
    if (step === undefined || visible.length === 0) return;
    event.preventDefault();
    const at = visible.indexOf(chosen);
    const next = Math.max(0, Math.min(visible.length - 1, at + step));
    scrollTo(next);
    choose(visible[next]!);
  });

  // --- one frame --------------------------------------------------------------------------

  let mark: (source: number, start: number, end: number) => void = () => {};
  /** Layers, by name, that were opened or closed; the innermost layer is open unless closed. */
  const unfolded = new Map<string, boolean>();

  /** Hides or shows what is below each layer's line. */
  function fold(entries: PageEntry[], lines: HTMLElement[]): void {
    const last = entries.findLastIndex(([, depth]) => depth === 0);
    let open = true;
    entries.forEach(([id, depth], i) => {
      if (depth === 0) {
        open = unfolded.get(fields[id]![0]) ?? i === last;
        lines[i]!.setAttribute("aria-expanded", String(open));
      } else lines[i]!.hidden = !open;
    });
  }

  function unfold(entries: PageEntry[], lines: HTMLElement[], i: number, open?: boolean): void {
    const layer = entries.findLastIndex(([, depth], at) => at <= i && depth === 0);
    if (layer < 0) return;
    const now = lines[layer]!.getAttribute("aria-expanded") === "true";
    unfolded.set(fields[entries[layer]![0]]![0], open ?? !now);
    fold(entries, lines);
  }

  async function showFrame(index: number): Promise<void> {
    const [entries, sources, problems] = await frameOf(index);
    if (index !== chosen) return;
    const lines = problems.map(([severity, text]) => make("div", severity, text));
    const entryLines = entries.map(([id, depth, , , , value, shown], i) => {
      const [name, label] = fields[id]!;
      const text = shown ?? value;
      const line = make(
        "div",
        depth === 0 ? "layer" : "",
        text === "" ? label : `${label}: ${text}`,
      );
      line.style.paddingLeft = `${depth * 2}ch`;
      line.dataset.entry = String(i);
      line.append(make("span", "name", name));
      return line;
    });
    fold(entries, entryLines);
    tree.replaceChildren(...lines, ...entryLines);
    showBytes(sources);
    let chosenLine: HTMLElement | undefined;
    const select = (i: number, into: boolean) => {
      if (into) unfold(entries, entryLines, i, true);
      else if (entries[i]![1] === 0) unfold(entries, entryLines, i);
      chosenLine?.classList.remove("chosen");
      chosenLine = entryLines[i];
      chosenLine?.classList.add("chosen");
      if (into) chosenLine?.scrollIntoView({ block: "nearest" });
      const [, , source, start, end] = entries[i]!;
      mark(source, start, end);
    };
    tree.onclick = (event) => {
      const line = (event.target as HTMLElement).closest<HTMLElement>("[data-entry]");
      if (line !== null) select(Number(line.dataset.entry), false);
    };
    bytesBox.onclick = (event) => {
      const { source, at } = (event.target as HTMLElement).dataset;
      if (source === undefined || at === undefined) return;
      const found = smallest(entries, Number(source), Number(at));
      if (found >= 0) select(found, true);
    };
  }

  /** The entry with the fewest bytes around one; the later of equals, which is the inner. */
  function smallest(entries: PageEntry[], source: number, at: number): number {
    let best = -1;
    let size = Infinity;
    entries.forEach(([, , of, start, end], i) => {
      if (of !== source || at < start || at >= end || end - start > size) return;
      best = i;
      size = end - start;
    });
    return best;
  }

  function showBytes(sources: [string, string][]): void {
    const cells: HTMLElement[][] = [];
    const boxes = sources.map(([name, base64], source) => {
      const data = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const box = document.createElement("div");
      const sourceCells: HTMLElement[] = [];
      cells.push(sourceCells);
      box.append(make("h2", "", `${name} (${data.length} bytes)`));
      const draw = (from: number, to: number) => {
        for (let at = from; at < to; at += 16) box.append(hexLine(data, at, source, sourceCells));
      };
      draw(0, Math.min(data.length, shownBytes));
      if (data.length > shownBytes) {
        const more = make("button", "", `show all ${data.length} bytes`);
        more.onclick = () => {
          more.remove();
          draw(shownBytes, data.length);
        };
        box.append(more);
      }
      return box;
    });
    bytesBox.replaceChildren(...boxes);
    let marked: HTMLElement[] = [];
    mark = (source, start, end) => {
      for (const cell of marked) cell.classList.remove("marked");
      // Two cells per byte: the digits and the character.
      marked = (cells[source] ?? []).slice(start * 2, end * 2);
      for (const cell of marked) cell.classList.add("marked");
      marked[0]?.scrollIntoView({ block: "nearest" });
    };
  }

  function hexLine(
    data: Uint8Array,
    at: number,
    source: number,
    cells: HTMLElement[],
  ): HTMLElement {
    const line = make("div", "line", "");
    line.append(make("span", "at", at.toString(16).padStart(4, "0") + "  "));
    const characters: HTMLElement[] = [];
    for (let i = at; i < at + 16; i++) {
      const value = data[i];
      if (value === undefined) {
        line.append(i % 16 === 7 ? "    " : "   ");
        continue;
      }
      const digits = make("span", "", value.toString(16).padStart(2, "0"));
      const shown = value >= 0x20 && value < 0x7f ? String.fromCharCode(value) : "·";
      const character = make("span", "", shown);
      for (const cell of [digits, character]) {
        cell.dataset.source = String(source);
        cell.dataset.at = String(i);
        cells.push(cell);
      }
      line.append(digits, i % 16 === 7 ? "  " : " ");
      characters.push(character);
    }
    line.append(" ", ...characters);
    return line;
  }

  // --- filter -----------------------------------------------------------------------------

  function showCount(note = ""): void {
    const all = `${rows.length} frames`;
    status.textContent = note +
      (visible.length === rows.length ? all : `${visible.length} of ${all}`);
  }

  const ids = new Map(Object.entries(fields).map(([id, [name]]) => [name, Number(id)]));

  async function applyFilter(): Promise<void> {
    const mine = ++search;
    const text = filter.value.trim();
    const test = compile(text, (name) => ids.get(name));
    if (test === undefined) {
      const wanted = text.toLowerCase();
      visible = [...rows.keys()].filter((index) =>
        rows[index]!.slice(0, 7).join("\t").toLowerCase().includes(wanted)
      );
    } else if (!(await searchFields(mine, test))) return;
    showCount();
    table.scrollTop = 0;
    drawRows();
  }

  /** Finds the frames that pass a test; false when another search began. */
  async function searchFields(mine: number, test: PageTest): Promise<boolean> {
    const found: number[] = [];
    for (let block = 0; block < blocks.length; block++) {
      const frames = await unpack(blocks[block]!) as PageFrame[];
      if (mine !== search) return false;
      frames.forEach(([entries], i) => {
        if (test(entries)) found.push(block * framesPerBlock + i);
      });
      visible = found;
      showCount(`searched ${Math.round(100 * (block + 1) / blocks.length)} %, `);
    }
    visible = found;
    return true;
  }

  filter.addEventListener("input", () => void applyFilter());

  async function load(): Promise<void> {
    for (const block of document.querySelectorAll(".rows")) {
      for (const row of await unpack(block) as PageRow[]) rows.push(row);
      visible = [...rows.keys()];
      showCount();
      drawRows();
    }
    const [, wanted] = /^#(\d+)$/.exec(location.hash) ?? [];
    const first = rows.findIndex(([number]) => String(number) === wanted);
    if (rows.length > 0) choose(Math.max(0, first));
    if (first > 0) scrollTo(first);
    showCount();
    document.body.dataset.ready = "true";
  }
  void load();
}

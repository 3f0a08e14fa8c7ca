/**
 * Which of the frames that the filter let through a reader gets as `TreeLine`s, and how many it did
 * not get.
 *
 * @module
 */
import type { CaptureFrame } from "../../traces/files/capture_frame.ts";
import { HopLine, readHopLines } from "../../traces/files/hop_line.ts";
import { ByteWriter } from "../../traces/report/byte_writer.ts";
import type { Report } from "../../traces/report/report.ts";
import { TreeReport } from "../../traces/report/tree_report.ts";
import type { Dissection } from "../../traces/wire/dissection.ts";
import type { TreeSetting } from "./decode_messages.ts";

/** What the newest frames may take until the end, bytes; of longer ones fewer are kept. */
const MAX_KEPT_BYTES = 64 << 20;

/** For one capture. */
export class TreeRows implements Report {
  readonly #setting: TreeSetting;
  readonly #writer: ByteWriter;
  readonly #onLine: () => void;
  readonly #tree: TreeReport;
  /** Where a line is written that may be thrown away again. */
  readonly #scratch = new ByteWriter();
  readonly #line = new HopLine();
  /** Frames left out and not told yet. */
  #skipped = 0;
  /** Frames written. */
  #written = 0;
  /** Frames that may be written now, when there are so many a second. */
  #tokens: number;
  #filled_ms = performance.now();
  /** The newest lines; the first `#gone` of them are no more. */
  #kept: Uint8Array[] = [];
  #gone = 0;
  #keptBytes = 0;

  /** @param onLine Called after each line at the end: what is in `writer` may be taken. */
  constructor(setting: TreeSetting, writer: ByteWriter, onLine: () => void) {
    this.#setting = setting;
    this.#writer = writer;
    this.#onLine = onLine;
    this.#tokens = setting.rows;
    this.#tree = new TreeReport(setting.choose === "newest" ? this.#scratch : writer);
  }

  want(d: Dissection): void {
    this.#tree.want(d);
  }

  begin(): void {}

  frame(d: Dissection, frame: CaptureFrame): void {
    const { id, choose } = this.#setting;
    if (id !== undefined && !this.#names(frame.comments, id)) return;
    if (choose === "newest") return this.#keep(d, frame);
    if (choose === "first" ? this.#written < this.#setting.rows : this.#takeToken()) {
      this.#written++;
      this.#tree.frame(d, frame);
    } else this.#skipped++;
  }

  end(): void {
    this.tellSkipped();
    for (; this.#gone < this.#kept.length; this.#gone++) {
      this.#writer.bytes(this.#kept[this.#gone]!);
      this.#onLine();
    }
  }

  /** Writes how many frames were left out since the last time, if any were. */
  tellSkipped(): void {
    if (this.#skipped === 0) return;
    this.#writer.string(`{"skipped":${this.#skipped}}\n`);
    this.#skipped = 0;
  }

  /** Whether comments have a line about an id, or about a radio record in it (`<id>.<n>`). */
  #names(comments: readonly string[], id: string): boolean {
    let found = false;
    const line = this.#line;
    const look = () => {
      found ||= line.id === id ||
        line.id.startsWith(id) && /^\.\d+$/.test(line.id.slice(id.length));
    };
    for (const comment of comments) if (comment.includes(id)) readHopLines(comment, line, look);
    return found;
  }

  #takeToken(): boolean {
    const { rows } = this.#setting;
    const now = performance.now();
    this.#tokens = Math.min(rows, this.#tokens + (now - this.#filled_ms) * rows / 1000);
    this.#filled_ms = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  #keep(d: Dissection, frame: CaptureFrame): void {
    this.#tree.frame(d, frame);
    const line = this.#scratch.written.slice();
    this.#scratch.clear();
    this.#kept.push(line);
    this.#keptBytes += line.length;
    while (this.#count > this.#setting.rows || this.#keptBytes > MAX_KEPT_BYTES) this.#drop();
    if (this.#gone < 1024 || this.#gone * 2 < this.#kept.length) return;
    this.#kept = this.#kept.slice(this.#gone);
    this.#gone = 0;
  }

  get #count(): number {
    return this.#kept.length - this.#gone;
  }

  #drop(): void {
    this.#keptBytes -= this.#kept[this.#gone]!.length;
    this.#kept[this.#gone++] = new Uint8Array(0);
    this.#skipped++;
  }
}

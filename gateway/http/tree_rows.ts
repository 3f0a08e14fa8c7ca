/**
 * Which of the frames that the filter let through a reader gets as `TreeLine`s, and how many it did
 * not get.
 *
 * @module
 */
import type { CaptureFrame } from "../../traces/files/capture_frame.ts";
import { HopLine, readHopLines } from "../../traces/files/hop_line.ts";
import type { ByteWriter } from "../../traces/report/byte_writer.ts";
import type { Report } from "../../traces/report/report.ts";
import { TreeReport } from "../../traces/report/tree_report.ts";
import type { Dissection } from "../../traces/wire/dissection.ts";
import type { TreeSetting } from "./decode_messages.ts";
import { RowPace } from "./row_pace.ts";

/** For one capture. */
export class TreeRows implements Report {
  /** The capture has to be read twice: which frames are the newest is known at its end. */
  readonly twice: boolean;
  readonly #setting: TreeSetting;
  readonly #writer: ByteWriter;
  readonly #tree: TreeReport;
  readonly #line = new HopLine();
  readonly #pace: RowPace;
  /** The first reading of two. */
  #counting: boolean;
  /** Frames left out and not told yet. */
  #skipped = 0;
  /** Frames that passed in this reading, and those before the first that is written. */
  #passed = 0;
  #older = 0;

  constructor(setting: TreeSetting, writer: ByteWriter) {
    this.#setting = setting;
    this.#writer = writer;
    this.#tree = new TreeReport(writer);
    this.twice = this.#counting = setting.choose === "newest";
    this.#pace = new RowPace(setting.choose === "paced" ? setting.rows : 1);
  }

  want(d: Dissection): void {
    this.#tree.want(d);
  }

  begin(): void {}

  frame(d: Dissection, frame: CaptureFrame): void {
    const { id } = this.#setting;
    if (id !== undefined && !this.#names(frame.comments, id)) return;
    this.#passed++;
    if (this.#counting) return;
    if (this.#chosen()) this.#tree.frame(d, frame);
    else if (!this.twice) this.#skipped++;
  }

  end(): void {
    this.tellSkipped();
  }

  /** The capture comes a second time, from its beginning: tells how many frames are left out. */
  again(): void {
    this.#counting = false;
    this.#older = this.#skipped = Math.max(0, this.#passed - this.#setting.rows);
    this.#passed = 0;
    this.tellSkipped();
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

  #chosen(): boolean {
    switch (this.#setting.choose) {
      case "first":
        return this.#passed <= this.#setting.rows;
      case "newest":
        return this.#passed > this.#older;
      case "paced":
        return this.#pace.take(performance.now());
    }
  }
}

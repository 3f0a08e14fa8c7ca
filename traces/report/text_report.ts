/**
 * `--format text`: a line per frame, in Wireshark's order of columns; with `-v` the fields and bytes
 * of each frame below it.
 *
 * @module
 */
import type { CaptureFrame } from "../files/capture_frame.ts";
import type { Dissection } from "../wire/dissection.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { Color, protocolColor, severityColor } from "./colors.ts";
import { infoText, problemText, protocolText } from "./columns.ts";
import { writeDetails } from "./details_text.ts";
import { relativeTime } from "./relative_time.ts";
import { type Report, wantAll } from "./report.ts";
import { escaped, Style } from "./text_style.ts";

/** How wide addresses may make their columns, in characters. */
const MAX_ADDRESS_WIDTH = 39;

export interface TextOptions {
  /** Whether fields and bytes follow each line. */
  readonly details: boolean;
  /** Whether to write colour codes of terminals. */
  readonly color: boolean;
}

export class TextReport implements Report {
  readonly #writer: ByteWriter;
  readonly #options: TextOptions;
  /** Columns grow with what they have to hold. */
  #sourceWidth = 15;
  #destinationWidth = 15;
  #protocolWidth = 9;

  constructor(writer: ByteWriter, options: TextOptions) {
    this.#writer = writer;
    this.#options = options;
  }

  want(d: Dissection): void {
    d.columns = true;
    if (this.#options.details) wantAll(d);
  }

  begin(): void {}

  frame(d: Dissection, frame: CaptureFrame): void {
    this.#line(d, frame);
    for (const problem of d.problems) {
      const text = `[${escaped(problemText(problem), Style.Plain)}]`;
      this.#writer.byte(0x20);
      this.#writer.string(this.#colored(text, severityColor(problem.rule.severity)));
    }
    if (d.problemsDropped > 0) this.#writer.string(` [and ${d.problemsDropped} more problems]`);
    this.#writer.byte(0x0a);
    if (this.#options.details) {
      writeDetails(this.#writer, d, this.#options.color);
      this.#writer.byte(0x0a);
    }
  }

  end(): void {}

  #line(d: Dissection, frame: CaptureFrame): void {
    const source = escaped(d.sourceColumn, Style.Plain);
    const destination = escaped(d.destinationColumn, Style.Plain);
    const protocol = escaped(protocolText(d), Style.Plain);
    this.#sourceWidth = wider(this.#sourceWidth, source);
    this.#destinationWidth = wider(this.#destinationWidth, destination);
    this.#protocolWidth = wider(this.#protocolWidth, protocol);
    const line = [
      String(frame.number).padStart(5),
      relativeTime(d, frame).padStart(11),
      source.padStart(this.#sourceWidth),
      source === "" && destination === "" ? " " : "→",
      destination.padEnd(this.#destinationWidth),
      protocol.padEnd(this.#protocolWidth),
      String(frame.length).padStart(5),
      escaped(infoText(d), Style.Plain),
    ].join(" ");
    this.#writer.string(this.#colored(line, protocolColor(protocol)));
  }

  #colored(text: string, color: string): string {
    return this.#options.color && color !== "" ? `${color}${text}${Color.reset}` : text;
  }
}

function wider(width: number, text: string): number {
  return text.length <= width ? width : Math.min(text.length, MAX_ADDRESS_WIDTH);
}

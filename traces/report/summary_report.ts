/**
 * `--summary`: what the whole capture says, at its end.
 *
 * @module
 */
import type { CaptureFrame } from "../files/capture_frame.ts";
import { SENSOR } from "../flows/sensor_fields.ts";
import type { Dissection } from "../wire/dissection.ts";
import { allFields } from "../wire/field.ts";
import type { ByteWriter } from "./byte_writer.ts";
import type { Report } from "./report.ts";
import { Summary } from "./summary/summary.ts";
import { summaryJson } from "./summary/summary_json.ts";
import { summaryText } from "./summary/summary_text.ts";
import { escaped, Style } from "./text_style.ts";

export class SummaryReport implements Report {
  /** What is to observe the decoder. */
  readonly summary: Summary;
  readonly #writer: ByteWriter;
  readonly #json: boolean;

  /**
   * @param filter display filter that chooses the frames it is given
   * @param listed conversations that it lists one by one
   */
  constructor(writer: ByteWriter, json: boolean, filter?: string, listed?: number) {
    this.summary = new Summary(allFields().length, filter, listed);
    this.#writer = writer;
    this.#json = json;
  }

  want(d: Dissection): void {
    d.want[SENSOR] = 1;
  }

  begin(): void {}

  frame(d: Dissection, frame: CaptureFrame): void {
    this.summary.frame(frame, d);
  }

  end(): void {
    if (this.#json) {
      this.#writer.string(`${JSON.stringify(summaryJson(this.summary), undefined, 2)}\n`);
      return;
    }
    for (const line of summaryText(this.summary)) {
      this.#writer.string(`${escaped(line, Style.Plain)}\n`);
    }
  }
}

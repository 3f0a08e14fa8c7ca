/**
 * The decoder with everything that hangs on it: all fields wanted or none, reports, the summary.
 *
 * @module
 */
import type { CaptureFrame } from "../../../traces/files/capture_frame.ts";
import { CaptureDecoder } from "../../../traces/flows/capture_decoder.ts";
import type { Decodable } from "../../../traces/flows/decode_as.ts";
import { ByteWriter } from "../../../traces/report/byte_writer.ts";
import { JsonReport } from "../../../traces/report/json_report.ts";
import { type Report, wantAll } from "../../../traces/report/report.ts";
import { SummaryReport } from "../../../traces/report/summary_report.ts";
import { TextReport } from "../../../traces/report/text_report.ts";
import { TreeReport } from "../../../traces/report/tree_report.ts";
import { SensorDecoder } from "../../../traces/sensors/sensor_decoder.ts";
import type { Random } from "./random.ts";

/** Ports of the samples. */
const PORTS = [1883, 8080, 50_001];
const PROTOCOLS: readonly Decodable[] = ["http", "websocket", "mqtt", "tls", "data"];
const KEYS = [new Uint8Array(16).fill(7), new Uint8Array(16)];

export class WholeDecoder {
  frames = 0;
  problems = 0;
  readonly #decoder: CaptureDecoder;
  readonly #writer = new ByteWriter(64 * 1024);
  readonly #summary: SummaryReport;
  readonly #report: Report | undefined;

  /** @param random chooses what is wanted, and what ports are said to carry; else the summary alone */
  constructor(random?: Random) {
    const summary = this.#summary = new SummaryReport(this.#writer, false);
    this.#decoder = new CaptureDecoder({
      observer: summary.summary,
      sensors: new SensorDecoder(),
      wpanKeys: KEYS,
      zigbeeKeys: KEYS,
      decodeAs: random === undefined || random.below(2) === 0
        ? []
        : [{ transport: "tcp", port: random.of(PORTS), protocol: random.of(PROTOCOLS) }],
    });
    this.#report = [
      undefined,
      new TextReport(this.#writer, { details: true, color: false }),
      new TextReport(this.#writer, { details: false, color: true }),
      new JsonReport(this.#writer, { lines: true, fields: undefined }),
      new TreeReport(this.#writer),
    ][random?.below(16) ?? 0];
    summary.want(this.#decoder.d);
    if (random?.below(2) === 0) wantAll(this.#decoder.d);
    this.#report?.want(this.#decoder.d);
    this.#report?.begin();
  }

  frame(frame: CaptureFrame): void {
    const { d } = this.#decoder;
    this.#decoder.decode(frame);
    this.#decoder.clock.shown();
    this.#summary.frame(d, frame);
    this.#report?.frame(d, frame);
    this.#writer.clear();
    this.frames++;
    this.problems += d.problems.length;
  }

  end(): void {
    this.#report?.end();
    this.#summary.end();
    this.#writer.clear();
  }
}

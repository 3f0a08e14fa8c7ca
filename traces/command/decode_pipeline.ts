/**
 * What turns the frames of one capture into a report, as the options say: decoder, filter and
 * report, wired.
 *
 * @module
 */
import type { CaptureSecrets } from "../files/capture_events.ts";
import type { CaptureFrame } from "../files/capture_frame.ts";
import { CaptureDecoder } from "../flows/capture_decoder.ts";
import { type DecoderLimits, FULL_LIMITS } from "../flows/decoder_limits.ts";
import { KeyLog } from "../flows/key_log.ts";
import type { ByteWriter } from "../report/byte_writer.ts";
import { CsvReport } from "../report/csv_report.ts";
import { FieldColumns } from "../report/field_columns.ts";
import { FieldsReport } from "../report/fields_report.ts";
import { DisplayFilter } from "../report/filter/display_filter.ts";
import { DisplayFilterError } from "../report/filter/filter_error.ts";
import { HtmlReport } from "../report/html_report.ts";
import { JsonReport } from "../report/json_report.ts";
import { HeldFacts } from "../report/summary/held_facts.ts";
import type { Report } from "../report/report.ts";
import { SummaryReport } from "../report/summary_report.ts";
import { TextReport } from "../report/text_report.ts";
import { SensorDecoder } from "../sensors/sensor_decoder.ts";
import { type DecodeOptions, UsageError } from "./decode_options.ts";

/** What the options leave to the caller. */
export interface PipelineSurroundings {
  /** Secrets of TLS; those in the capture are added. @default none */
  readonly keyLog?: KeyLog;
  /** Whether `--color auto` is colour. @default false */
  readonly colored?: boolean;
  /** How much is remembered. @default FULL_LIMITS */
  readonly limits?: DecoderLimits;
  /** Instead of the report that the options ask for, unless that is the summary. */
  readonly report?: Report;
}

/** For one capture. Who made it calls `begin`, `take` for each frame, `end`, and empties `writer`. */
export class DecodePipeline {
  readonly decoder: CaptureDecoder;
  /** The summary, where the options ask for it instead of frames. */
  readonly summary: SummaryReport | undefined;
  /** Frames taken; those that the filter held back too. */
  frames = 0;
  readonly #report: Report;
  readonly #filter: DisplayFilter | undefined;
  /** What a summary is told once the filter has let the frame through. */
  readonly #held: HeldFacts | undefined;

  /**
   * @param writer Where the report is written; its caller takes what is in it and clears it.
   * @throws {UsageError} when the filter cannot be used; the message shows the place in it
   * @throws {UnknownFieldError} when a field to show is not known
   */
  constructor(
    options: DecodeOptions,
    writer: ByteWriter,
    { keyLog, colored = false, limits = FULL_LIMITS, report }: PipelineSurroundings = {},
  ) {
    const { filter } = options;
    this.#filter = filter === undefined ? undefined : compileFilter(filter);
    this.summary = options.summary
      ? new SummaryReport(writer, options.format === "json", filter, limits.listed)
      : undefined;
    this.#held = this.summary && this.#filter && new HeldFacts(this.summary.summary);
    const { decodeAs, wpanKeys, wpanFcs, sixlowpanContexts, zigbeeKeys, sensorKeys } = options;
    const observer = this.#held ?? this.summary?.summary;
    this.decoder = new CaptureDecoder({
      decodeAs,
      keyLog: keyLog ?? new KeyLog(limits.secrets),
      limits,
      wpanKeys,
      wpanFcs,
      sixlowpanContexts,
      zigbeeKeys,
      sensors: new SensorDecoder({ keys: sensorKeys }),
      ...(observer === undefined ? {} : { observer }),
    });
    this.#report = this.summary ?? report ?? reportOf(options, writer, colored);
  }

  /** Before the first frame. */
  begin(): void {
    this.#report.want(this.decoder.d);
    this.#filter?.want(this.decoder.d);
    this.#report.begin();
  }

  /** Decodes a frame and reports it, if the filter lets it through. */
  take(frame: CaptureFrame): void {
    const { decoder } = this;
    const { d } = decoder;
    this.frames = frame.number;
    decoder.decode(frame);
    const shown = this.#filter === undefined || this.#filter.test(d);
    this.#held?.release(shown);
    if (!shown) return;
    decoder.clock.shown();
    this.#report.frame(d, frame);
  }

  /** Takes secrets that the capture itself holds. */
  secrets({ type, data }: CaptureSecrets): void {
    this.decoder.addSecrets(type, data);
  }

  /** After the last frame, also when the capture ended early. */
  end(): void {
    this.#report.end();
  }
}

/**
 * Finds wrong filters and names of fields before anything is made.
 *
 * @throws {UsageError} when the filter cannot be used; the message shows the place in it
 * @throws {UnknownFieldError} when a field to show is not known
 */
export function checkNames({ filter, fields }: DecodeOptions): void {
  if (filter !== undefined) compileFilter(filter);
  if (fields !== undefined) new FieldColumns(fields);
}

/** @throws {UsageError} that shows the place in the filter */
function compileFilter(text: string): DisplayFilter {
  try {
    return new DisplayFilter(text);
  } catch (error) {
    if (!(error instanceof DisplayFilterError)) throw error;
    const before = text.slice(0, error.at).replace(/[^\t]/g, " ");
    throw new UsageError(
      `--filter, column ${error.at + 1}: ${error.message}\n  ${text}\n  ${before}^`,
    );
  }
}

function reportOf(options: DecodeOptions, writer: ByteWriter, colored: boolean): Report {
  const { format, fields, verbose, color, input } = options;
  switch (format) {
    case "fields":
      return new FieldsReport(writer, fields!);
    case "csv":
      return new CsvReport(writer, fields);
    case "json":
    case "ndjson":
      return new JsonReport(writer, { lines: format === "ndjson", fields });
    case "html":
      return new HtmlReport(writer, input === "-" ? "capture" : input.replace(/^.*[/\\]/, ""));
    default:
      return new TextReport(writer, {
        details: verbose,
        color: color === "always" || (color === "auto" && colored),
      });
  }
}

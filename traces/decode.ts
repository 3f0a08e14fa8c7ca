/**
 * `edgewire decode`: reports the frames of a capture.
 *
 * @module
 */
import {
  DECODE_USAGE,
  type DecodeOptions,
  parseDecodeOptions,
  UsageError,
} from "./command/decode_options.ts";
import { Output, OutputClosed } from "./command/output.ts";
import { ProgressBar } from "./command/progress_bar.ts";
import type { CaptureEvents } from "./files/capture_events.ts";
import { type CaptureEnd, CaptureReader } from "./files/capture_reader.ts";
import { CaptureDecoder } from "./flows/capture_decoder.ts";
import { KeyLog } from "./flows/key_log.ts";
import { ByteWriter } from "./report/byte_writer.ts";
import { CsvReport } from "./report/csv_report.ts";
import { UnknownFieldError } from "./report/field_columns.ts";
import { FieldsReport } from "./report/fields_report.ts";
import { DisplayFilter } from "./report/filter/display_filter.ts";
import { DisplayFilterError } from "./report/filter/filter_error.ts";
import { HtmlReport } from "./report/html_report.ts";
import { JsonReport } from "./report/json_report.ts";
import { HeldFacts } from "./report/summary/held_facts.ts";
import type { Report } from "./report/report.ts";
import { SummaryReport } from "./report/summary_report.ts";
import { TextReport } from "./report/text_report.ts";
import { SensorDecoder } from "./sensors/sensor_decoder.ts";

/** How long reading has to end by itself after a signal, ms. */
const PATIENCE_MS = 250;
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Decodes one capture as the arguments say.
 *
 * @param args Words of the command line after `decode`.
 * @returns The exit code, see `DECODE_USAGE`.
 */
export async function decode(args: string[]): Promise<number> {
  if (args.includes("--help")) {
    console.log(DECODE_USAGE);
    return 0;
  }
  try {
    return await run(parseDecodeOptions(args));
  } catch (error) {
    if (error instanceof OutputClosed) return 0;
    if (error instanceof UsageError || error instanceof UnknownFieldError) {
      return fail(`${error.message}\n("edgewire decode --help" lists the options)`, 2);
    }
    return fail((error as Error).message, 1);
  }
}

function fail(message: string, code: number): number {
  console.error(`edgewire: ${message}`);
  return code;
}

async function run(options: DecodeOptions): Promise<number> {
  const filter = options.filter === undefined ? undefined : compileFilter(options.filter);
  const keyLog = readKeyLog(options.keyLog);
  const writer = new ByteWriter(256 * 1024);
  const summary = options.summary
    ? new SummaryReport(writer, options.format === "json", options.filter)
    : undefined;
  const held = summary && filter && new HeldFacts(summary.summary);
  const { decodeAs, wpanKeys, wpanFcs, sixlowpanContexts, zigbeeKeys, sensorKeys } = options;
  const decoder = new CaptureDecoder({
    decodeAs,
    keyLog,
    wpanKeys,
    wpanFcs,
    sixlowpanContexts,
    zigbeeKeys,
    sensors: new SensorDecoder({ keys: sensorKeys }),
    ...(summary === undefined ? {} : { observer: held ?? summary.summary }),
  });
  // Wrong names of fields are said before the output is opened and an old file lost.
  const terminal = options.out === undefined && Deno.stdout.isTerminal();
  const report = summary ?? reportOf(options, writer, terminal);
  using output = openOutput(options);
  report.want(decoder.d);
  filter?.want(decoder.d);
  report.begin();
  const { end, code } = await readAll(options, decoder, { report, filter, held, writer, output });
  report.end();
  output.take(writer, true);
  return code ?? explain(end);
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

/** @throws {UsageError} when the file can't be read */
function readKeyLog(path: string | undefined): KeyLog {
  const keyLog = new KeyLog();
  if (path === undefined) return keyLog;
  try {
    keyLog.add(Deno.readFileSync(path));
  } catch (error) {
    throw new UsageError(`--keylog: ${path} can't be read: ${(error as Error).message}`);
  }
  if (keyLog.size === 0) {
    console.error(`edgewire: ${path} holds no TLS secrets: it should have lines as SSLKEYLOGFILE`);
  }
  return keyLog;
}

function reportOf(options: DecodeOptions, writer: ByteWriter, terminal: boolean): Report {
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
    default: {
      const colored = color === "always" || (color === "auto" && terminal && !Deno.noColor);
      return new TextReport(writer, { details: verbose, color: colored });
    }
  }
}

/** @throws {UsageError} when the output would replace the input */
function openOutput({ out, input }: DecodeOptions): Output {
  if (out !== undefined && isSameFile(out, input)) {
    throw new UsageError(`--out: ${out} is the capture itself: write to another file`);
  }
  return new Output(out);
}

function isSameFile(a: string, b: string): boolean {
  try {
    return b !== "-" && Deno.realPathSync(a) === Deno.realPathSync(b);
  } catch {
    return false;
  }
}

interface Parts {
  readonly report: Report;
  readonly filter: DisplayFilter | undefined;
  /** What a summary is told once the filter has let the frame through. */
  readonly held: HeldFacts | undefined;
  readonly writer: ByteWriter;
  readonly output: Output;
}

/** Reads the capture to its end, or until a signal; `code` is the signal's exit code. */
async function readAll(
  { input, summary }: DecodeOptions,
  decoder: CaptureDecoder,
  { report, filter, held, writer, output }: Parts,
): Promise<{ end: CaptureEnd; code: number | undefined }> {
  const bar = Deno.stderr.isTerminal() && (summary || !output.terminal)
    ? new ProgressBar()
    : undefined;
  let frames = 0;
  const events: CaptureEvents = {
    secrets: ({ type, data }) => decoder.addSecrets(type, data),
    progress: (done, total) => bar?.update(done, total, frames),
  };
  const { d } = decoder;
  const reader = new CaptureReader(input, (frame) => {
    frames = frame.number;
    decoder.decode(frame);
    const shown = filter === undefined || filter.test(d);
    held?.release(shown);
    if (!shown) return;
    decoder.clock.shown();
    report.frame(d, frame);
    output.take(writer);
  }, events);
  using signals = new Signals();
  try {
    const aborted = signals.over.then((): CaptureEnd => ({ kind: "aborted", frames }));
    const end = await Promise.race([reader.read(signals.signal), aborted]);
    return { end, code: end.kind === "aborted" ? signals.code : undefined };
  } finally {
    bar?.clear();
  }
}

/** Catches the signals that end the command; a second one ends it at once. */
class Signals implements Disposable {
  readonly #aborter = new AbortController();
  readonly #handlers: (readonly [Deno.Signal, () => void])[];
  /** Exit code of the signal that came. */
  code: number | undefined = undefined;
  /** Settles a moment after a signal: a read of standard input may wait for ever. */
  readonly over: Promise<void>;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.over = promise;
    this.#handlers = Object.entries(SIGNALS).map(([name, code]) => [
      name as Deno.Signal,
      () => {
        if (this.code !== undefined) Deno.exit(code);
        this.code = code;
        this.#aborter.abort();
        setTimeout(resolve, PATIENCE_MS);
      },
    ]);
    for (const [name, handler] of this.#handlers) Deno.addSignalListener(name, handler);
  }

  get signal(): AbortSignal {
    return this.#aborter.signal;
  }

  [Symbol.dispose](): void {
    for (const [name, handler] of this.#handlers) Deno.removeSignalListener(name, handler);
  }
}

/** Says how reading ended, unless it was as it should be, and gives the exit code. */
function explain(end: CaptureEnd): number {
  switch (end.kind) {
    case "complete":
    case "aborted":
      return 0;
    case "cut":
    case "corrupt":
      return fail(end.message, 3);
    case "unreadable":
      return fail(end.message, end.frames > 0 ? 1 : 2);
    default:
      return fail(end.message, end.frames > 0 ? 3 : 2);
  }
}

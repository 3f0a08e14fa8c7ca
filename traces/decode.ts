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
import { DecodePipeline } from "./command/decode_pipeline.ts";
import { Output, OutputClosed } from "./command/output.ts";
import { ProgressBar } from "./command/progress_bar.ts";
import { Signals } from "./command/signals.ts";
import type { CaptureEvents } from "./files/capture_events.ts";
import { type CaptureEnd, CaptureReader } from "./files/capture_reader.ts";
import { KeyLog } from "./flows/key_log.ts";
import { ByteWriter } from "./report/byte_writer.ts";
import { UnknownFieldError } from "./report/field_columns.ts";

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
  const writer = new ByteWriter(256 * 1024);
  const terminal = options.out === undefined && Deno.stdout.isTerminal();
  // Wrong filters and names of fields are said before the output is opened and an old file lost.
  const pipeline = new DecodePipeline(options, writer, {
    keyLog: readKeyLog(options.keyLog),
    colored: terminal && !Deno.noColor,
  });
  using output = openOutput(options);
  pipeline.begin();
  const { end, code } = await readAll(options, pipeline, writer, output);
  pipeline.end();
  output.take(writer, true);
  return code ?? explain(end);
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

/** Reads the capture to its end, or until a signal; `code` is the signal's exit code. */
async function readAll(
  { input, summary }: DecodeOptions,
  pipeline: DecodePipeline,
  writer: ByteWriter,
  output: Output,
): Promise<{ end: CaptureEnd; code: number | undefined }> {
  const bar = Deno.stderr.isTerminal() && (summary || !output.terminal)
    ? new ProgressBar()
    : undefined;
  const events: CaptureEvents = {
    secrets: (secrets) => pipeline.secrets(secrets),
    progress: (done, total) => bar?.update(done, total, pipeline.frames),
  };
  const reader = new CaptureReader(input, (frame) => {
    pipeline.take(frame);
    output.take(writer);
  }, events);
  using signals = new Signals();
  try {
    const aborted = signals.over.then((): CaptureEnd => ({
      kind: "aborted",
      frames: pipeline.frames,
    }));
    const end = await Promise.race([reader.read(signals.signal), aborted]);
    return { end, code: end.kind === "aborted" ? signals.code : undefined };
  } finally {
    bar?.clear();
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

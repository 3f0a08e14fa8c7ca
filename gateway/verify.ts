/**
 * `edgewire verify`: lists what of an uplink's messages is missing, doubled or out of order.
 *
 * @module
 */
import { Signals } from "../traces/command/signals.ts";
import { openByteSource } from "../traces/files/byte_source.ts";
import { GunzipSource, isGzip } from "../traces/files/gunzip_source.ts";
import { UsageError } from "./config/load.ts";
import { BrokerError } from "./command/connect.ts";
import { readBroker } from "./verify/broker_input.ts";
import { type CaptureFindings, readCapture } from "./verify/capture_input.ts";
import { BegunSource, isTextLog } from "./verify/log_kind.ts";
import { readText, type TextFindings } from "./verify/text_input.ts";
import { TooManyChannels, Verification, type View } from "./verify/verification.ts";
import { parseVerifyOptions, VERIFY_USAGE, type VerifyOptions } from "./verify/verify_options.ts";
import { amount, jsonReport, textReport } from "./verify/verify_report.ts";

const PATIENCE_MS = 5000;

/**
 * Verifies as the arguments say.
 *
 * @param args Words of the command line after `verify`.
 * @returns The exit code, see `VERIFY_USAGE`.
 */
export async function verify(args: string[]): Promise<number> {
  if (args.includes("--help")) {
    console.log(VERIFY_USAGE);
    return 0;
  }
  try {
    return await run(parseVerifyOptions(args));
  } catch (error) {
    if (error instanceof UsageError) {
      return fail(`${error.message}\n("edgewire verify --help" lists the options)`);
    }
    if (error instanceof BrokerError || error instanceof TooManyChannels) {
      return fail(error.message);
    }
    throw error;
  }
}

function fail(message: string): number {
  console.error(`edgewire: ${message}`);
  return 2;
}

/** What reading found beside messages. */
interface Findings {
  notes: string[];
  /** Not all was read. */
  isCut: boolean;
}

async function run(options: VerifyOptions): Promise<number> {
  using signals = new Signals({ patience_ms: PATIENCE_MS });
  const verification = new Verification();
  const findings: Findings = { notes: [], isCut: false };
  if (options.broker !== undefined) await listen(options, verification, findings, signals.signal);
  for (const file of options.files) {
    const read = readFile(file, options, verification, findings, signals.signal);
    // Standard input may be silent for ever.
    await Promise.race([read, signals.over]);
    if (signals.code !== undefined && file !== "-") return signals.code;
  }
  return report(options, verification, findings);
}

async function listen(
  { broker }: VerifyOptions,
  verification: Verification,
  findings: Findings,
  signal: AbortSignal,
) {
  const { target, topics, forMs, idleMs } = broker!;
  const until = Math.min(forMs, idleMs) === Infinity ? ": Ctrl+C ends it" : "";
  const lost = await readBroker(broker!, verification, signal, () => {
    console.error(`edgewire: listening to ${topics.join(" and ")} at ${target.shown}${until}`);
  });
  if (lost === undefined) return;
  findings.isCut = true;
  findings.notes.push(lost);
}

async function readFile(
  path: string,
  { keyLog, decodeAs, together }: VerifyOptions,
  verification: Verification,
  findings: Findings,
  signal: AbortSignal,
) {
  using source = await openLog(path);
  if (isTextLog(source.begun)) {
    noteText(path, await readingOf(path, readText(source, verification, signal)), findings);
    return;
  }
  const options = { keyLog, decodeAs, together };
  noteCapture(path, await readCapture(source, verification, options, signal), findings);
}

/** @throws {UsageError} when it can't be opened */
function openLog(path: string): Promise<BegunSource> {
  return readingOf(
    path,
    (async () => {
      const source = await openByteSource(path);
      const begun = await BegunSource.begin(source);
      if (!isGzip(begun.begun[0], begun.begun[1])) return begun;
      return await BegunSource.begin(new GunzipSource(begun, new Uint8Array(0)));
    })(),
  );
}

async function readingOf<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof TooManyChannels) throw error;
    throw new UsageError(`${path}: can't be read: ${(error as Error).message}`);
  }
}

function noteCapture(path: string, { end, holes, cut }: CaptureFindings, findings: Findings) {
  const { notes } = findings;
  if ("message" in end) {
    if (end.frames === 0) throw new UsageError(end.message);
    findings.isCut = true;
    notes.push(end.message);
  }
  if (holes > 0) {
    findings.isCut = true;
    notes.push(
      `${path} lacks bytes of connections at ${
        amount(holes, "place")
      }: what seems missing may have been ` +
        "missed by the capture alone",
    );
  }
  if (cut > 0) {
    findings.isCut = true;
    notes.push(`${path} has the beginning alone of ${amount(cut, "message")}: capture with -s 0`);
  }
}

function noteText(path: string, found: TextFindings, findings: Findings) {
  const { lines, strange, firstStrange, tooLong, isCut, failure } = found;
  const { notes } = findings;
  if (lines > 0 && strange === lines) {
    throw new UsageError(
      `${path}: neither a capture nor a log: line ${firstStrange} is no JSON of a message`,
    );
  }
  if (strange > 0) {
    const all = amount(strange, "line");
    notes.push(`${path}: ${all} not of a log, the first is line ${firstStrange}`);
  }
  if (tooLong > 0) notes.push(`${path}: ${amount(tooLong, "line")} too long to be read`);
  if (isCut) notes.push(`${path} ends in the middle of a line`);
  if (failure !== undefined) notes.push(`${path}: ${failure}`);
  if (isCut || failure !== undefined) findings.isCut = true;
}

/** Places that count: what was sent, where the capture has that, since clients get copies of it. */
function chosen(verification: Verification, received: boolean): [View[], View[]] {
  const views = [...verification.views.values()].filter((view) => !view.isEmpty);
  const left = received
    ? "sent"
    : views.some(({ side }) => side === "sent")
    ? "received"
    : undefined;
  return [
    views.filter(({ side }) => side !== left || left === undefined),
    views.filter(({ side }) => side === left && left !== undefined),
  ];
}

function report(options: VerifyOptions, verification: Verification, findings: Findings): number {
  const { received, all, format } = options;
  const { notes, isCut } = findings;
  const [checked, unchecked] = chosen(verification, received);
  const { unstamped, retained } = verification;
  if (unchecked.length > 0) {
    const what = received ? "sent to brokers" : "that brokers sent to clients (--received)";
    notes.push(`not checked: messages ${what}, at ${amount(unchecked.length, "place")}`);
  }
  if (unstamped > 0) notes.push(`${amount(unstamped, "message")} without numbers of an uplink`);
  if (retained > 0) notes.push(`${amount(retained, "retained message")} left out`);
  if (checked.some(({ lacksEvents }) => lacksEvents)) {
    notes.push("an export has no events, though they are numbered: what is missing does not count");
  }
  const isClean = Verification.areClean(checked);
  const given = { checked, unchecked, notes, all };
  const pieces = format === "json"
    ? jsonReport(verification, isClean && checked.length > 0, given)
    : textReport(given);
  if (checked.length > 0 || format === "json") write(pieces);
  if (checked.length === 0) {
    return fail(["nothing to verify: no message with numbers of an uplink", ...notes].join("; "));
  }
  return !isClean ? 1 : isCut ? 3 : 0;
}

function write(pieces: Iterable<string>) {
  const encoder = new TextEncoder();
  let text = "";
  const flush = () => {
    for (let bytes = encoder.encode(text); bytes.length > 0;) {
      bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
    }
    text = "";
  };
  try {
    for (const piece of pieces) {
      text += piece;
      if (text.length > 65_536) flush();
    }
    flush();
  } catch (error) {
    // Who reads has seen enough.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

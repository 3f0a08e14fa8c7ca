/**
 * `edgewire replay`: publishes what a capture holds once more.
 *
 * @module
 */
import type { CaptureEnd } from "../traces/files/capture_reader.ts";
import { Signals } from "../traces/command/signals.ts";
import { survey as surveyOf } from "../traces/replay/survey.ts";
import { UsageError } from "./config/load.ts";
import { foreignTopics } from "./replay/foreign_topics.ts";
import { BrokerError } from "./command/connect.ts";
import { parseReplayOptions, REPLAY_USAGE, type ReplayOptions } from "./replay/replay_options.ts";
import { ReplayRun } from "./replay/replay_run.ts";
import {
  durationText,
  leftOutText,
  listLine,
  type ReplayCounts,
  secondsText,
} from "./replay/replay_text.ts";

/** How long ending may take after a signal, ms. */
const PATIENCE_MS = 3000;
const REDRAW_MS = 200;

/**
 * Replays one capture as the arguments say.
 *
 * @param args Words of the command line after `replay`.
 * @returns The exit code, see `REPLAY_USAGE`.
 */
export async function replay(args: string[]): Promise<number> {
  if (args.includes("--help")) {
    console.log(REPLAY_USAGE);
    return 0;
  }
  using signals = new Signals({ patience_ms: PATIENCE_MS });
  try {
    return await run(parseReplayOptions(args), signals);
  } catch (error) {
    if (error instanceof UsageError) {
      return fail(`${error.message}\n("edgewire replay --help" lists the options)`, 2);
    }
    if (error instanceof BrokerError) return fail(error.message, signals.code ?? 1);
    throw error;
  }
}

function fail(message: string, code: number): number {
  console.error(`edgewire: ${message}`);
  return code;
}

async function run(options: ReplayOptions, signals: Signals): Promise<number> {
  const { input, commands, keyLog, decodeAs, node, list, target, speed } = options;
  const source = { input, commands, decodeAs, ...(keyLog === undefined ? {} : { keyLog }) };
  const survey = await surveyOf(
    source,
    { node, isForeign: foreignTopics() },
    {},
    signals.signal,
  );
  if (signals.code !== undefined) return signals.code;
  if (isUnreadable(survey.end)) return explain(survey.end);
  using line = new ProgressLine(survey.first, survey.last);
  const replay = new ReplayRun(options, source, survey, {
    note: (text) => console.error(`edgewire: ${text}`),
    progress: (time, counts) => line.update(time, counts),
  });
  const length = survey.last - survey.first;
  const nothing = survey.publishes === 0 && survey.played.length === 0;
  const begun = performance.now();
  const end = list || nothing
    ? await replay.list((message) => {
      if (list) console.log(listLine(message, survey.first));
    }, signals.signal)
    : await replay.publish(signals.signal);
  line.clear();
  const { counts, plan: { leftOut } } = replay;
  if (list) console.error(`would be published ${durationText(length, speed)}: ${counts.text}`);
  else {
    const took = secondsText((performance.now() - begun) * 1000);
    const cut = signals.code === undefined ? "" : `interrupted after ${replay.reached}: `;
    console.error(`${cut}published to ${target.shown} in ${took}: ${counts.text}`);
  }
  for (const text of leftOutText(leftOut.counts)) console.error(text);
  return signals.code ?? explain(end);
}

function isUnreadable({ kind, frames }: CaptureEnd): boolean {
  return frames === 0 && kind !== "complete" && kind !== "aborted";
}

/** Says how reading ended, unless it was as it should be, and gives the exit code. */
function explain(end: CaptureEnd): number {
  if (!("message" in end)) return 0;
  return fail(end.message, isUnreadable(end) ? 2 : end.kind === "unreadable" ? 1 : 3);
}

/** A line on the terminal that shows how far the replay is. */
class ProgressLine implements Disposable {
  readonly #first: number;
  readonly #length: string;
  readonly #shown = Deno.stderr.isTerminal();
  #drawn = -Infinity;

  constructor(first: number, last: number) {
    this.#first = first;
    this.#length = secondsText(last - first);
  }

  update(time: number, counts: ReplayCounts): void {
    if (!this.#shown) return;
    const now = performance.now();
    if (now - this.#drawn < REDRAW_MS) return;
    this.#drawn = now;
    write(`\r${secondsText(time - this.#first)} of ${this.#length}  ${counts.text}\x1b[K`);
  }

  clear(): void {
    if (this.#drawn > 0) write("\r\x1b[K");
    this.#drawn = -Infinity;
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}

function write(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}

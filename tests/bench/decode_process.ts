/**
 * A program run to its end over a capture, and what that cost: wall time, CPU time, memory.
 *
 * @module
 */
import { memory, readProc } from "./accounting.ts";

export interface Run {
  seconds: number;
  /** All threads, user and system. */
  cpuSeconds: number;
  /** Highest resident memory seen, bytes. */
  peak: number;
}

/** How often its memory is looked at, ms; the system keeps the highest value in between. */
const LOOK_MS = 100;
/** bash writes wall, user and system time of what it ran as its last line of errors. */
const SCRIPT = `TIMEFORMAT='%R %U %S'; time "$@" >/dev/null`;
/** No run takes longer, ms. */
const LIMIT_MS = 15 * 60_000;

/** @throws {Error} When it fails; the message carries what it wrote. */
export async function measure(command: string, args: string[]): Promise<Run> {
  const child = new Deno.Command("bash", {
    args: ["-c", SCRIPT, "bash", command, ...args],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    signal: AbortSignal.timeout(LIMIT_MS),
  }).spawn();
  const ended = child.status.then(() => undefined);
  const [peak, { stderr, code }] = await Promise.all([
    watchMemory(child.pid, ended),
    child.output(),
  ]);
  const text = new TextDecoder().decode(stderr).trimEnd();
  const times = text.slice(text.lastIndexOf("\n") + 1).split(" ").map(Number);
  if (code !== 0 || times.some(Number.isNaN)) {
    throw new Error(`Cannot measure ${command} ${args.join(" ")}: it ended with ${code}: ${text}`);
  }
  const [seconds, user, system] = times as [number, number, number];
  return { seconds, cpuSeconds: user + system, peak };
}

/** @param shell whose only child is watched */
async function watchMemory(shell: number, ended: Promise<undefined>): Promise<number> {
  let over = false;
  ended.then(() => over = true);
  let peak = 0;
  while (!over) {
    const wait = new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    try {
      const child = Number((await readProc(`${shell}/task/${shell}/children`)).split(" ")[0]);
      if (child > 0) peak = Math.max(peak, (await memory(child)).peak || 0);
    } catch {
      // It ended in between.
    }
    await Promise.race([wait, ended]);
  }
  return peak;
}

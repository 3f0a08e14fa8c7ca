/**
 * `edgewire trace` as a process, with the permissions of `deno task trace`.
 *
 * @module
 */

const ROOT = new URL("../../../", import.meta.url);
export const MAIN = new URL("main.ts", ROOT).pathname;

/** The words of `deno task trace` behind `deno`. */
function taskWords(): string[] {
  const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", ROOT)));
  const [deno, ...words] = (tasks.trace.command as string).split(" ");
  if (deno !== "deno" || !words.includes("main.ts")) throw new Error("the task trace is another");
  return words.map((word) => word === "main.ts" ? MAIN : word);
}

export interface Traced {
  code: number;
  stdout: Uint8Array;
  stderr: string;
}

export interface TraceEnvironment {
  env?: Record<string, string>;
  stdout?: "piped" | "null";
}

/** Starts it; `output()` waits for its end. */
export function startTrace(args: string[], { env = {}, stdout }: TraceEnvironment = {}) {
  return new Deno.Command(Deno.execPath(), {
    args: [...taskWords(), ...args],
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: stdout ?? "piped",
    stderr: "piped",
  }).spawn();
}

export async function ended(child: Deno.ChildProcess): Promise<Traced> {
  const { code, stdout, stderr } = await child.output();
  return { code, stdout, stderr: new TextDecoder().decode(stderr) };
}

export async function trace(args: string[], options?: TraceEnvironment): Promise<Traced> {
  return await ended(startTrace(args, options));
}

/**
 * The firmware's host program in tests: built with the sanitizers and the limits of the boards,
 * once for all test files, and run.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type ProcessOptions, TestProcess } from "./process.ts";
import type { Tool } from "./tools.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const BUILD = `${ROOT}firmware/build/host-of-tests`;

/** What it takes to build it. */
export const HOST_TOOLS: readonly Tool[] = [
  "gcc",
  "make",
  "libjsmn-dev",
  "libmosquitto-dev",
  "libpcap-dev",
];

const built = new Map<string, Promise<string>>();

/** Runs make; two test files at once wait for each other. @returns what it wrote */
async function make(target: string): Promise<string> {
  await Deno.mkdir(BUILD, { recursive: true });
  using lock = await Deno.open(`${BUILD}/lock`, { create: true, write: true });
  await lock.lock(true);
  const args = ["-C", `${ROOT}firmware/host`, `BUILD=${BUILD}`, "SANITIZE=1", "CFLAGS=-O1 -g"];
  const { success, stdout, stderr } = await new Deno.Command("make", {
    args: [...args, "LIMITS=", target],
  }).output();
  const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.ok(success, output);
  return output;
}

/** Makes a target of `firmware/host/Makefile`, if it is not there yet. @returns what make wrote */
export function makeHost(target: string): Promise<string> {
  let done = built.get(target);
  if (done === undefined) built.set(target, done = make(target));
  return done;
}

/** The program, built if need be. @returns its path */
export async function hostProgram(): Promise<string> {
  const program = `${BUILD}/edgewire-node`;
  await makeHost(program);
  return program;
}

/** Starts the program. @param args its options */
export async function startHostNode(
  args: string[],
  options: ProcessOptions = {},
): Promise<TestProcess> {
  return new TestProcess(await hostProgram(), { ...options, args });
}

/** How a run ended. */
export interface HostRun {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs it to its end. @param input its standard input */
export async function runHostNode(
  args: string[],
  { input, env }: { input?: Uint8Array; env?: Record<string, string> } = {},
): Promise<HostRun> {
  const child = new Deno.Command(await hostProgram(), {
    args,
    ...(env === undefined ? {} : { env }),
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const written = input === undefined ? undefined : new Response(input as Uint8Array<ArrayBuffer>)
    .body!.pipeTo(child.stdin).catch(() => {});
  const { code, stdout, stderr } = await child.output();
  await written;
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/**
 * Small C programs that say what the firmware's core makes of something, line by line.
 *
 * @module
 */
import assert from "node:assert/strict";

const BUILD = new URL("../../firmware/build.ts", import.meta.url).pathname;

type Tool = "envelope-tool" | "settings-tool";

/** Those that somebody asked for: where they are, until the tests are done. */
const built = new Map<Tool, Promise<string>>();

async function build(name: Tool): Promise<string> {
  const folder = Deno.makeTempDirSync({ prefix: "edgewire-firmware-tools-" });
  addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  const args = ["run", "--no-prompt", "-A", BUILD, "--out", folder, "--only", name];
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  assert(success, new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr));
  return `${folder}/${name}`;
}

/** @returns its path */
function tool(name: Tool): Promise<string> {
  let path = built.get(name);
  if (path === undefined) built.set(name, path = build(name));
  return path;
}

/** Gives lines to a tool. @returns its answers, as many */
export async function askTool(
  name: Tool,
  args: string[],
  lines: string[],
): Promise<string[]> {
  const options = { args, stdin: "piped", stdout: "piped", stderr: "piped" } as const;
  await using child = new Deno.Command(await tool(name), options).spawn();
  const written = new Response(lines.map((line) => `${line}\n`).join("")).body!.pipeTo(child.stdin);
  const { success, stdout, stderr } = await child.output();
  assert(success, new TextDecoder().decode(stderr));
  await written;
  const answers = new TextDecoder().decode(stdout).trimEnd().split("\n");
  assert.equal(answers.length, lines.length);
  return answers;
}

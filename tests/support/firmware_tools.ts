/**
 * Small C programs that say what the firmware's core makes of something, line by line.
 *
 * @module
 */
import assert from "node:assert/strict";

const BUILD = new URL("../../firmware/build.ts", import.meta.url).pathname;

/** Where they are, once somebody asked; removed when the tests are done. */
let built: Promise<string> | undefined;

async function build(): Promise<string> {
  const folder = Deno.makeTempDirSync({ prefix: "edgewire-firmware-tools-" });
  addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  const args = ["run", "--no-prompt", "-A", BUILD, "--out", folder, "--only", "tools"];
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  assert(success, new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr));
  return folder;
}

/** Gives lines to a tool. @returns its answers, as many */
export async function askTool(
  name: "envelope-tool" | "settings-tool",
  args: string[],
  lines: string[],
): Promise<string[]> {
  const program = `${await (built ??= build())}/${name}`;
  const options = { args, stdin: "piped", stdout: "piped", stderr: "piped" } as const;
  await using child = new Deno.Command(program, options).spawn();
  const written = new Response(lines.map((line) => `${line}\n`).join("")).body!.pipeTo(child.stdin);
  const { success, stdout, stderr } = await child.output();
  assert(success, new TextDecoder().decode(stderr));
  await written;
  const answers = new TextDecoder().decode(stdout).trimEnd().split("\n");
  assert.equal(answers.length, lines.length);
  return answers;
}

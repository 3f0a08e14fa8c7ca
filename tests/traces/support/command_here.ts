/**
 * Commands in this process: without what it takes to start one. Nothing else may write meanwhile.
 *
 * @module
 */

/** As of a process. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command that reads no standard input.
 *
 * @param command Given the words behind its name; gives the exit code.
 */
export async function commandHere(
  command: (args: string[]) => Promise<number>,
  args: string[],
): Promise<CommandResult> {
  const { stdout } = Deno;
  const { log, error } = console;
  const writeSync = stdout.writeSync;
  const decoder = new TextDecoder();
  const written = { stdout: "", stderr: "" };
  console.log = (line) => void (written.stdout += `${line}\n`);
  console.error = (line) => void (written.stderr += `${line}\n`);
  stdout.writeSync = (bytes) => {
    written.stdout += decoder.decode(bytes, { stream: true });
    return bytes.length;
  };
  try {
    return { code: await command(args), ...written };
  } finally {
    Object.assign(console, { log, error });
    stdout.writeSync = writeSync;
  }
}

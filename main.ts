/**
 * The command line.
 *
 * @module
 */
import { start } from "./gateway/start.ts";

const USAGE = `edgewire <command> [options]

  start    run the gateway (start --help lists its options)
`;

/** Exit codes: 0 done, 1 failed while running, 2 wrong usage. */
async function run(args: string[]): Promise<number> {
  const [command, ...rest] = args;
  switch (command) {
    case "start":
      return await start(rest);
    case "help":
    case "--help":
      console.log(USAGE);
      return 0;
    default:
      console.error(command === undefined ? USAGE : `unknown command "${command}"\n\n${USAGE}`);
      return 2;
  }
}

if (import.meta.main) Deno.exit(await run(Deno.args));

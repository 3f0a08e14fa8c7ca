/**
 * The command line.
 *
 * @module
 */
const USAGE = `edgewire <command> [options]

  start    run the gateway (start --help lists its options)
  decode   report the frames of a capture (decode --help lists its options)
  replay   publish what a capture holds once more (replay --help lists its options)
  trace    record what passes through a running gateway (trace --help lists its options)
  verify   say what of an uplink's messages is missing (verify --help lists its options)
`;

/**
 * A command is loaded when it runs: decoding needs neither the code nor the permissions of the gateway.
 *
 * @returns The exit code: 0 done, 1 failed while running, 2 wrong usage, others as the command says.
 */
async function run(args: string[]): Promise<number> {
  const [command, ...rest] = args;
  switch (command) {
    case "start":
      return await (await import("./gateway/start.ts")).start(rest);
    case "decode":
      return await (await import("./traces/decode.ts")).decode(rest);
    case "trace":
      return await (await import("./traces/trace.ts")).trace(rest);
    case "replay":
      return await (await import("./gateway/replay.ts")).replay(rest);
    case "verify":
      return await (await import("./gateway/verify.ts")).verify(rest);
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

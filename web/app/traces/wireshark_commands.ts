import { fileFilter, pcapngQuery, type TraceChoice, withQuery } from "./trace_choice.ts";

/** What it does, and its line. */
export type Command = readonly [title: string, line: string];

/** A word for a POSIX shell. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Wireshark's option for the choice's filter, or another program's. */
function filterOption(choice: TraceChoice, name = "-Y"): string {
  const filter = fileFilter(choice);
  return filter && ` ${name} ${shellWord(filter)}`;
}

/** Command lines that show a capture file elsewhere. @param name of the file */
export function fileCommands(choice: TraceChoice, name: string): Command[] {
  const only = filterOption(choice);
  // A name that begins like an option is none.
  const file = shellWord(name.startsWith("-") ? `./${name}` : name);
  return [
    ["In Wireshark", `wireshark -r ${file}${only}`],
    ["In the terminal", `tshark -r ${file}${only}`],
    ["Edgewire’s report", `deno task decode ${file}${filterOption(choice, "--filter")}`],
  ];
}

export interface GatewayPlace {
  /** Address as the page's. */
  base: URL;
  /** Whether programs there are asked for a token; `edgewire trace` finds it by itself. */
  token: boolean;
  /** The gateway's port that gives traces to its own machine. */
  tracePort: number | undefined;
}

/** Command lines that show the choice's packets elsewhere. */
export function gatewayCommands(
  choice: TraceChoice,
  { base, token, tracePort }: GatewayPlace,
): Command[] {
  const curl = (mode: string) => {
    const header = token ? '-H "Authorization: Bearer $EDGEWIRE_TOKEN" ' : "";
    const url = new URL(withQuery(`/traces/${mode}.pcapng`, pcapngQuery(choice)), base);
    return `curl -sN ${header}${shellWord(url.href)} |`;
  };
  const only = filterOption(choice);
  const wireshark = `wireshark -k -i -${only}`;
  const from = `--from ${shellWord(base.origin)}`;
  const chosen = Object.entries(pcapngQuery(choice))
    .map(([name, value]) => value ? ` --${name} ${shellWord(value)}` : "").join("");
  const commands: Command[] = [
    ["Live", `${curl("live")} ${wireshark}`],
    ["Live, from a checkout", `deno task trace ${from}${chosen} --wireshark`],
    ["Live, with the edgewire program", `edgewire trace ${from}${chosen} | ${wireshark}`],
    ["Flight recorder, in the terminal", `${curl("recent")} tshark -r -${only}`],
    ["In Wireshark’s list of interfaces", `deno task trace --install-extcap ${from}`],
  ];
  if (tracePort !== undefined) {
    const local = `wireshark -k -i TCP@127.0.0.1:${tracePort}${only}`;
    commands.push(["Live, on this gateway’s machine", local]);
  }
  return commands;
}

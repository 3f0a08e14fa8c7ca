import { fileFilter, hopsQuery, pcapngQuery, type TraceChoice, withQuery } from "./trace_choice.ts";

export interface Command {
  /** What it does. */
  title: string;
  line: string;
}

/** A word for a POSIX shell. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || /^127\.|^\[::1\]$/.test(host);
}

/**
 * Command lines that show the choice's packets elsewhere.
 *
 * @param base the gateway's address, as the page's
 * @param tracePort the gateway's port that gives traces to its own machine
 */
export function wiresharkCommands(
  choice: TraceChoice,
  base: URL,
  tracePort: number | undefined,
): Command[] {
  const url = (mode: string) =>
    shellWord(new URL(withQuery(`/traces/${mode}.pcapng`, pcapngQuery(choice)), base).href);
  const token = isLoopback(base.hostname) ? "" : '-H "Authorization: Bearer $EDGEWIRE_TOKEN" ';
  const filter = fileFilter(choice);
  const only = filter === "" ? "" : ` -Y ${shellWord(filter)}`;
  const from = `--from ${shellWord(base.origin)}`;
  const chosen = Object.entries({
    ...hopsQuery(choice.hops),
    channel: choice.channel,
    node: choice.node,
  })
    .map(([name, value]) => value ? ` --${name} ${shellWord(value)}` : "").join("");
  const commands = [
    {
      title: "Live, with nothing installed",
      line: `curl -sN ${token}${url("live")} | wireshark -k -i -${only}`,
    },
    {
      title: "Live, from a checkout of Edgewire",
      line: `deno task trace ${from}${chosen} --wireshark`,
    },
    {
      title: "Live, with the edgewire program",
      line: `edgewire trace ${from}${chosen} | wireshark -k -i -${only}`,
    },
    {
      title: "Flight recorder, in the terminal",
      line: `curl -s ${token}${url("recent")} | tshark -r -${only}`,
    },
    {
      title: "As an interface in Wireshark’s list",
      line: `deno task trace --install-extcap ${from}`,
    },
  ];
  if (tracePort === undefined) return commands;
  const local = `wireshark -k -i TCP@127.0.0.1:${tracePort}${only}`;
  return [...commands, { title: "Live, on the gateway’s own machine", line: local }];
}

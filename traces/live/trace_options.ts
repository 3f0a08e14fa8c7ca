/**
 * The options of `edgewire trace`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { UsageError } from "../command/decode_options.ts";
import { HOPS } from "../files/hop_line.ts";
import type { GatewayAddress } from "./http_answer.ts";

export const DEFAULT_URL = "http://127.0.0.1:8080";
/** The gateway's longest trace, seconds. */
const LONGEST_S = 86_400;

export interface TraceOptions {
  readonly gateway: GatewayAddress;
  /** Only these; all when empty. */
  readonly channels: readonly string[];
  readonly hops: readonly string[];
  readonly nodes: readonly string[];
  /** How long to record; with `recent`, how far to look back. */
  readonly seconds: number | undefined;
  /** Path, or "-" for standard output. */
  readonly write: string | undefined;
  readonly wireshark: boolean;
  readonly recent: boolean;
  readonly wire: boolean;
  /** Path of the gateway's TLS key log. */
  readonly keyLog: string | undefined;
  readonly reconnect: boolean;
}

export const TRACE_USAGE = `edgewire trace [options]

Records what passes through a running gateway, decrypted and with the id of each message in the
comments of its packets, as pcapng: for Wireshark, tshark, or edgewire decode.

  --from URL           the gateway: http://HOST:PORT, https://, or HOST:PORT [${DEFAULT_URL}]
  --token TOKEN        an admin's token, unless the gateway is on this machine. Other users of a
                       machine can see it in ps: rather set EDGEWIRE_TOKEN. The address may have
                       it too: ?token=TOKEN, or http://any:TOKEN@HOST:PORT
  --ca FILE            PEM file of the authority that signed the gateway's certificate, or of the
                       certificate itself if it is self-signed
  --channel NAME       only this channel (may be repeated, or names with commas between)
  --hop HOP            only this hop: ${HOPS.join(", ")} (likewise)
  --node NAME          only this node (likewise)
  --seconds N          end after so long, up to ${LONGEST_S}; with --recent: look back no longer
                       than this
  --recent             what the gateway remembers, instead of what comes
  --write FILE         write to a file; - is standard output
  --wireshark          show it in Wireshark as it comes
  --reconnect          when the gateway goes away, wait for it and go on in a new section
  --wire               also the real packets of the gateway's ports, if it is on this machine
                       (captured with dumpcap or tcpdump)
  --keylog FILE        the SSLKEYLOGFILE that the gateway runs with: what is new in it goes into
                       the file, so that Wireshark decrypts TLS (with --wire). Whoever has the
                       file can then do so
  --install-extcap     have Wireshark list "Edgewire gateway" among its interfaces; --from is the
                       address that its dialog begins with. No token is kept there: type it into
                       the dialog, or start Wireshark with EDGEWIRE_TOKEN set. tshark asks for no
                       password and hands on none that is in its preferences: EDGEWIRE_TOKEN
  --uninstall-extcap   undo that
  --help               this text

Without --write and --wireshark it writes to standard output, if that is no terminal:

  edgewire trace --hop mqtt | tshark -i -
  edgewire trace | wireshark -k -i -

A compiled edgewire can start no other programs, so that --wireshark and --wire are not for it:
pipe into Wireshark as above.

Ctrl+C ends it; the file is then complete. Exit codes: 0 done, also by a signal or because nobody
reads any more; 1 failed while running (the file is good up to there); 2 wrong usage.`;

const OPTIONS = {
  from: { type: "string" },
  token: { type: "string" },
  ca: { type: "string" },
  channel: { type: "string", multiple: true },
  hop: { type: "string", multiple: true },
  node: { type: "string", multiple: true },
  seconds: { type: "string" },
  recent: { type: "boolean" },
  write: { type: "string" },
  wireshark: { type: "boolean" },
  reconnect: { type: "boolean" },
  wire: { type: "boolean" },
  keylog: { type: "string" },
} as const;

/** @throws {UsageError} when the arguments cannot be understood or contradict each other */
export function parseTraceOptions(args: string[]): TraceOptions {
  const values = parse(args);
  const options: TraceOptions = {
    gateway: gatewayAddress(values.from ?? DEFAULT_URL, values.token, values.ca),
    channels: listOf(values.channel),
    hops: hopsOf(values.hop),
    nodes: listOf(values.node),
    seconds: secondsOf(values.seconds),
    write: values.write,
    wireshark: values.wireshark ?? false,
    recent: values.recent ?? false,
    wire: values.wire ?? false,
    keyLog: values.keylog,
    reconnect: values.reconnect ?? false,
  };
  checkTogether(options);
  return options;
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const { message } = error as Error;
    const [, unknown] = /^Unknown option '(.*?)'/.exec(message) ?? [];
    throw new UsageError(unknown === undefined ? message : `unknown option ${unknown}`);
  }
}

/**
 * A gateway as the user names it: a URL as the gateway prints them, or host and port.
 *
 * @param token When undefined: the one in the URL (`?token=`, or as password), or in
 *   `EDGEWIRE_TOKEN`.
 * @param ca Path of a PEM file.
 * @throws {UsageError}
 */
export function gatewayAddress(
  from: string,
  token: string | undefined,
  ca: string | undefined,
): GatewayAddress {
  const text = from.includes("://") ? from : `http://${from}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.protocol !== "http:" && url.protocol !== "https:") {
    throw new UsageError(`--from: "${from}" is not an address like ${DEFAULT_URL}`);
  }
  const known = token || url.searchParams.get("token") || passwordOf(url) ||
    environment("EDGEWIRE_TOKEN");
  url.username = url.password = "";
  url.search = "";
  url.hash = "";
  return { url, token: known || undefined, ca: ca ? readAuthority(ca) : undefined };
}

/** The password in a URL, as it was before it was encoded; "" without. */
export function passwordOf(url: URL): string {
  return decoded(url.password);
}

/** A part of a URL as it was before it was encoded; as it is where that can't be said. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A variable; undefined also where reading it is not permitted. */
export function environment(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    return undefined;
  }
}

function readAuthority(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    throw new UsageError(`--ca: ${path} can't be read: ${(error as Error).message}`);
  }
}

/** The names in texts with commas between. */
export function listOf(given: readonly string[] | undefined): string[] {
  return (given ?? []).flatMap((list) => list.split(",")).map((name) => name.trim())
    .filter((name) => name !== "");
}

function hopsOf(given: readonly string[] | undefined): string[] {
  const hops = listOf(given);
  const unknown = hops.find((hop) => !HOPS.some((known) => known === hop));
  if (unknown !== undefined) {
    throw new UsageError(`--hop: "${unknown}" is not one of ${HOPS.join(", ")}`);
  }
  return hops;
}

function secondsOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const seconds = Number(given);
  if (given.trim() === "" || !(seconds > 0 && seconds <= LONGEST_S)) {
    throw new UsageError(`--seconds: "${given}" is not a number above 0, up to ${LONGEST_S}`);
  }
  return seconds;
}

function checkTogether({ write, wireshark, recent, wire, keyLog, reconnect }: TraceOptions): void {
  if (write !== undefined && wireshark) {
    throw new UsageError("--write and --wireshark: one of them (Wireshark can save what it shows)");
  }
  if (recent && wire) throw new UsageError("--recent has no wire: it was before now");
  if (recent && reconnect) throw new UsageError("--recent ends by itself: leave out --reconnect");
  if (keyLog !== undefined && !wire) {
    throw new UsageError("--keylog goes with --wire: the gateway's own packets are plain text");
  }
}

/** Digits without an exponent, which the gateway does not read; never 0. */
function secondsText(seconds: number): string {
  return String(Math.max(0.001, Math.round(seconds * 1000) / 1000));
}

/** Path and query of the gateway's capture that the options ask for. */
export function tracePath(options: TraceOptions): string {
  const query = new URLSearchParams();
  for (const channel of options.channels) query.append("channel", channel);
  for (const hop of options.hops) query.append("hop", hop);
  for (const node of options.nodes) query.append("node", node);
  if (options.seconds !== undefined) query.set("seconds", secondsText(options.seconds));
  const path = options.recent ? "/traces/recent.pcapng" : "/traces/live.pcapng";
  return query.size === 0 ? path : `${path}?${query}`;
}

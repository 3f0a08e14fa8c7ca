/**
 * The options of `edgewire replay`.
 *
 * @module
 */
import { isNodeName } from "../access/policy.ts";
import { UsageError } from "../config/load.ts";
import type { Target } from "../command/target.ts";
import {
  type CaptureHints,
  captureHints,
  COMMON_OPTIONS,
  parseWords,
  targetOf,
} from "../command/words.ts";

export interface ReplayOptions extends CaptureHints {
  /** Path of the capture. */
  readonly input: string;
  readonly target: Target;
  /** 1 as it was; Infinity as fast as it is acknowledged. */
  readonly speed: number;
  /** Name for nodes of captures that name none. */
  readonly node: string | undefined;
  readonly commands: boolean;
  readonly list: boolean;
}

export const REPLAY_USAGE = `edgewire replay FILE [options]

Publishes the MQTT messages and radio frames of a capture (pcap or pcapng, gzipped or not; of any
program, or a trace of a gateway) once more, so that the gateway makes the updates of the first time.

  --to URL           mqtt://HOST:PORT or HOST:PORT, mqtts://, ws://, wss://, or a gateway's address,
                     http:// or https:// [mqtt://127.0.0.1:1883]
  --speed SPEED      1 as it was, 10 ten times as fast, 0.5 half as fast, max as fast as it can [1]
  --node NAME        the node that hears the radio frames of a capture that names none [replay]
  --commands         also replay commands (.../set and the like): they move real devices
  --list, --dry-run  say what would be published, and publish nothing
  --keylog FILE      TLS key log (SSLKEYLOGFILE) for a capture of mqtts or wss
  --decode-as RULE   what a port carries, as tcp.port==8000,mqtt (may be repeated)
  --token TOKEN      access token of the gateway, or password of the broker. Other users of a
                     machine can see it in ps: rather set EDGEWIRE_TOKEN. The address may have it
                     too: http://HOST:PORT/?token=TOKEN, or mqtt://NAME:TOKEN@HOST:PORT
  --username NAME    user name at the broker
  --ca FILE          certificate authority of the broker, PEM
  --help             this text

Of a trace of a gateway, what it took in is replayed: MQTT messages, and radio frames whose envelope
is not in the file. Of other captures: messages that clients sent to a broker, each once; those that
a broker sent where only they are in the capture; last wills of connections that broke; radio frames
as those of a node that the replay plays. Topic, payload, QoS, retain flag and order are kept (of
MQTT 5, no properties). Envelopes of Edgewire's nodes get new boot ids and times. To a gateway's own
broker the replay also says when each message was published, for which it needs an admin's token:
so at any speed the updates are as far from each other as the first time, the last of now.

With another broker in between, or without such a token, updates have the times at which they are
made. Then readings that other gateways decode (OpenMQTTGateway, Theengs, Ruuvi Gateway, Zigbee2MQTT)
count by when they come: in a file with such messages, speeds other than 1 lose or double updates,
also of values that changed; the replay says so before it begins. At full speed such a broker may
let messages of different QoS overtake each other.

The updates are those of a gateway that has just started: what is told on change, and what was
known already when the capture began, is told again. A gateway that has had these messages makes
far fewer: it knows packets by their counters, and values that did not change. So replay into one
with an empty data directory. Nodes whose last status in the capture is "online" are said to be
offline at the end.

Left out, and counted at the end: commands, the broker's $ topics, what a gateway says itself
(readings, discovery), copies. What a trace has masked (tokens, passwords: "*") stays masked.

Exit codes: 0 done; 1 failed while running; 2 wrong usage or unreadable input; 3 the input is cut
short or corrupt (what came before was published); 130 or 143 ended by a signal.`;

const OPTIONS = {
  to: { type: "string" },
  speed: { type: "string" },
  node: { type: "string" },
  commands: { type: "boolean" },
  list: { type: "boolean" },
  "dry-run": { type: "boolean" },
  ...COMMON_OPTIONS,
} as const;

/** Speeds beyond these are mistakes. */
const SLOWEST = 0.001;
const FASTEST = 1e6;
const DEFAULT_TARGET = "mqtt://127.0.0.1:1883";

/**
 * @param environment gives variables of the environment
 * @throws {UsageError} when the arguments cannot be understood
 */
export function parseReplayOptions(
  args: string[],
  environment: (name: string) => string | undefined = Deno.env.get,
): ReplayOptions {
  const { values, positionals } = parseWords(args, OPTIONS);
  const [input, ...more] = positionals;
  if (input === undefined) throw new UsageError("name the capture file to replay");
  if (input === "-") {
    throw new UsageError("a capture is read twice: save standard input to a file first");
  }
  if (more.length > 0) {
    throw new UsageError(`one capture at a time: "${more[0]}" is one too many`);
  }
  const { node } = values;
  if (node !== undefined && (!isNodeName(node) || /\s/.test(node))) {
    throw new UsageError(`--node: "${node}" is no name for a node: it is one level of a topic`);
  }
  return {
    input,
    target: targetOf(values.to ?? DEFAULT_TARGET, "--to", values, environment),
    speed: speedOf(values.speed ?? "1"),
    node,
    commands: values.commands ?? false,
    list: values.list ?? values["dry-run"] ?? false,
    ...captureHints(values),
  };
}

function speedOf(text: string): number {
  if (text === "max") return Infinity;
  const speed = Number(text);
  if (text.trim() === "" || !(speed >= SLOWEST && speed <= FASTEST)) {
    throw new UsageError(
      `--speed: "${text}" is neither max nor a number from ${SLOWEST} to ${FASTEST}`,
    );
  }
  return speed;
}

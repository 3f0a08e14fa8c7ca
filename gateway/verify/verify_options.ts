/**
 * The options of `edgewire verify`.
 *
 * @module
 */
import {
  type CaptureHints,
  captureHints,
  COMMON_OPTIONS,
  parseWords,
  targetOf,
} from "../command/words.ts";
import { UsageError } from "../config/load.ts";
import { FilterError, TopicFilter } from "../topics/topic_filter.ts";
import type { BrokerOptions } from "./broker_input.ts";

export interface VerifyOptions extends CaptureHints {
  /** Listen there; `undefined`: read the files. */
  broker: BrokerOptions | undefined;
  /** Paths, or "-" for standard input. */
  files: string[];
  format: "text" | "json";
  /** Text: list all there is. */
  all: boolean;
  /** What clients received counts, not what was sent. */
  received: boolean;
  /** What was sent to all brokers is one log. */
  together: boolean;
}

export const VERIFY_USAGE = `edgewire verify FILE... [options]
edgewire verify --from URL --topic FILTER [options]

Says whether messages that a gateway's uplink sent are all there, once, in order: by the numbers that
they carry (MQTT 5 user properties, or the envelope). Lists gaps, duplicates and reorderings of each
channel and epoch, or says that there are none. A FILE, gzipped or not (- is standard input), is

  - a capture, pcap or pcapng: what was sent to each broker, also over WebSocket;
  - lines of JSON: messages with topic, payload and userProperties, or as mosquitto_sub -F %j writes
    them; envelopes; or WebSocket messages of a gateway, whose seq is checked then;
  - a gateway's CSV export of a channel: its seq is checked. Events have numbers too and are not in
    it, so that gaps are listed and do not count.

  --from URL           listen to a broker: mqtt://HOST:PORT, mqtts://, ws://, wss://, or a gateway's
                       address, http:// or https://
  --topic FILTER       what to listen to (may be repeated) [#]
  --seconds N          listen for so long [until Ctrl+C]
  --until-idle S       listen until nothing came for so long, seconds
  --format FORMAT      text or json [text]
  --all                text: list every gap, not just the first of each channel
  --received           capture: check what brokers sent to each client
  --together           capture: what was sent to several brokers, or addresses, is one log
  --keylog FILE        TLS key log (SSLKEYLOGFILE) for a capture of mqtts or wss
  --decode-as RULE     what a port carries, as tcp.port==8000,mqtt (may be repeated)
  --token TOKEN        access token of the gateway, or password of the broker: rather set
                       EDGEWIRE_TOKEN, since other users of a machine can see it in ps
  --username NAME      user name at the broker
  --ca FILE            certificate authority of the broker, PEM
  --help               this text

A duplicate that is marked as sent once more (DUP) is called resent: with QoS 1 that is no mistake
after a broken connection. Gaps that the uplink told of (its bounds of bytes and age) have their
reason. What is missing behind the last message cannot be seen. Retained messages that a broker sends to a new subscriber are left out. A broker may drop
what a subscriber is too slow for (Mosquitto: max_queued_messages).

Exit codes: 0 there are none; 1 there are some; 2 wrong usage, or nothing to verify; 3 none, but the
input is cut short, or the connection was lost.`;

const OPTIONS = {
  from: { type: "string" },
  topic: { type: "string", multiple: true },
  seconds: { type: "string" },
  "until-idle": { type: "string" },
  format: { type: "string" },
  all: { type: "boolean" },
  received: { type: "boolean" },
  together: { type: "boolean" },
  ...COMMON_OPTIONS,
} as const;

const OF_LIVE = ["topic", "seconds", "until-idle", "token", "username", "ca"] as const;
const OF_CAPTURE = ["received", "together", "keylog", "decode-as"] as const;
/** A week; timers know no more than 24 days. */
const LONGEST_S = 604_800;

type Values = ReturnType<typeof parse>["values"];

/**
 * @param environment gives variables of the environment
 * @throws {UsageError} when the arguments cannot be understood or contradict each other
 */
export function parseVerifyOptions(
  args: string[],
  environment: (name: string) => string | undefined = Deno.env.get,
): VerifyOptions {
  const { values, positionals: files } = parse(args);
  const { format = "text" } = values;
  if (format !== "text" && format !== "json") {
    throw new UsageError(`--format: "${format}" is not one of text, json`);
  }
  checkTogether(values, files);
  return {
    broker: values.from === undefined ? undefined : brokerOf(values.from, values, environment),
    files,
    format,
    all: values.all ?? false,
    received: values.received ?? false,
    together: values.together ?? false,
    ...captureHints(values),
  };
}

function parse(args: string[]) {
  return parseWords(args, OPTIONS);
}

function checkTogether(values: Values, files: string[]) {
  const isLive = values.from !== undefined;
  if (isLive && files.length > 0) {
    throw new UsageError(`--from listens to a broker: leave out the file "${files[0]}"`);
  }
  if (!isLive && files.length === 0) {
    throw new UsageError("name a capture or log to verify, or a broker with --from URL");
  }
  const other = (isLive ? OF_CAPTURE : OF_LIVE).find((name) => values[name] !== undefined);
  if (other !== undefined) {
    throw new UsageError(
      isLive
        ? `--${other} is for files: leave it out with --from`
        : `--${other} goes with --from alone`,
    );
  }
  if (files.filter((file) => file === "-").length > 1) {
    throw new UsageError("standard input can be read once: give - once");
  }
}

function brokerOf(
  from: string,
  values: Values,
  environment: (name: string) => string | undefined,
): BrokerOptions {
  const { topic = ["#"] } = values;
  for (const filter of topic) checkFilter(filter);
  return {
    target: targetOf(from, "--from", values, environment),
    topics: topic,
    forMs: msOf("--seconds", values.seconds),
    idleMs: msOf("--until-idle", values["until-idle"]),
  };
}

function checkFilter(filter: string) {
  try {
    if (filter === "") throw new FilterError("the filter is empty");
    new TopicFilter(filter.replaceAll(":", "_"));
  } catch (error) {
    if (error instanceof FilterError) throw new UsageError(`--topic: ${error.message}`);
    throw error;
  }
}

function msOf(option: string, text: string | undefined): number {
  if (text === undefined) return Infinity;
  const seconds = Number(text);
  if (text.trim() === "" || !(seconds > 0 && seconds <= LONGEST_S)) {
    throw new UsageError(
      `${option}: "${text}" is no number of seconds above 0 and up to ${LONGEST_S}`,
    );
  }
  return seconds * 1000;
}

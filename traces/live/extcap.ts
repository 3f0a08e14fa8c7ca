/**
 * What Wireshark asks of an external capture program, and the answers (Wireshark's
 * doc/extcap.adoc). Tested with 4.0; nothing is used that 4.4 reads otherwise.
 *
 * @module
 */
import { HOPS } from "../files/hop_line.ts";

/** Name of our interface; preferences are called `extcap.edgewire.<option>`. */
export const INTERFACE = "edgewire";
const DISPLAY = "Edgewire gateway";
/** Number of the toolbar's control that shows messages. */
export const LOG_CONTROL = 0;

/** A field of the dialog: an option of `edgewire trace`. */
interface Field {
  readonly option: string;
  readonly display: string;
  readonly type: "string" | "password" | "multicheck" | "boolflag" | "fileselect";
  readonly tooltip: string;
  readonly extra?: string;
}

const FIELDS: readonly Field[] = [
  {
    option: "from",
    display: "Gateway",
    type: "string",
    tooltip: "Address of the gateway, as http://192.168.1.5:8080",
  },
  {
    option: "token",
    display: "Token",
    type: "password",
    tooltip: "An admin's token; not needed for a gateway on this machine",
  },
  {
    option: "channel",
    display: "Channels",
    type: "string",
    tooltip: "Only these channels, with commas between; empty is all",
  },
  {
    option: "hop",
    display: "Hops",
    type: "multicheck",
    tooltip: "Only what is seen there; none is all",
  },
  {
    option: "node",
    display: "Nodes",
    type: "string",
    tooltip: "Only these bridge nodes, with commas between; empty is all",
  },
  {
    option: "wire",
    display: "Also the packets on the wire",
    type: "boolflag",
    tooltip: "Those of the gateway's ports, if it is on this machine",
    extra: "{default=false}",
  },
  {
    option: "keylog",
    display: "TLS key log",
    type: "fileselect",
    tooltip: "The SSLKEYLOGFILE that the gateway runs with, to decrypt the wire",
    extra: "{mustexist=false}",
  },
  {
    option: "ca",
    display: "Certificate authority",
    type: "fileselect",
    tooltip: "PEM file, for https with a certificate that this machine does not trust",
    extra: "{mustexist=true}",
  },
];

const HOP_TEXTS: Readonly<Record<typeof HOPS[number], string>> = {
  radio: "radio: packets that bridge nodes heard",
  mqtt: "mqtt: MQTT in and out",
  room: "room: updates as channels made them",
  ws: "ws: WebSocket clients",
  uplink: "uplink: MQTT to the cloud and back",
};

/** The questions that Wireshark asks before it captures. */
export const QUESTIONS = ["interfaces", "config", "dlts"] as const;
export type Question = typeof QUESTIONS[number];

/**
 * The lines that answer a question; none has a line break or `}{` within a text.
 *
 * @param from Address that the dialog begins with.
 */
export function answer(question: Question, from: string): string[] {
  switch (question) {
    case "interfaces":
      return [
        `extcap {version=1.0}{display=Edgewire}`,
        `interface {value=${INTERFACE}}{display=${DISPLAY}}`,
        `control {number=${LOG_CONTROL}}{type=button}{role=logger}{display=Log}` +
        "{tooltip=What the trace says of itself}",
      ];
    case "dlts":
      // The interfaces in the stream have link types of their own; one has to be named here.
      return ["dlt {number=252}{name=EDGEWIRE}{display=Several, as the stream says}"];
    default:
      return FIELDS.flatMap((field, number) => sentences(field, number, from));
  }
}

function sentences(field: Field, number: number, from: string): string[] {
  const { option, display, type, tooltip, extra = "" } = field;
  const start = option === "from" ? `{default=${from}}` : "";
  const arg = `arg {number=${number}}{call=--${option}}{display=${display}}{type=${type}}` +
    `{tooltip=${tooltip}}${start}${extra}`;
  if (type !== "multicheck") return [arg];
  return [
    arg,
    ...HOPS.map((hop) =>
      `value {arg=${number}}{value=${hop}}{display=${HOP_TEXTS[hop]}}{default=true}`
    ),
  ];
}

/** What Wireshark calls us for. */
export type ExtcapCall =
  | { readonly kind: "answer"; readonly question: Question; readonly from: string | undefined }
  | {
    readonly kind: "capture";
    /** Named pipe that Wireshark reads. */
    readonly fifo: string;
    /** Named pipes of the toolbar: messages from Wireshark, and to it. */
    readonly controlIn: string | undefined;
    readonly controlOut: string | undefined;
    /** A capture filter that was asked for; we have none. */
    readonly filter: string | undefined;
    /** The words for `parseTraceOptions`. */
    readonly args: string[];
  }
  /** Checks a capture filter, or something that this Wireshark knows and we don't. */
  | { readonly kind: "other"; readonly filter: string | undefined };

/**
 * Reads Wireshark's call. What is not known is passed over, so that a later Wireshark can say more.
 *
 * @returns Undefined when these are not Wireshark's words.
 */
export function parseExtcapCall(args: readonly string[]): ExtcapCall | undefined {
  if (!args.some((word) => word === "--capture" || word.startsWith("--extcap-"))) return undefined;
  const given = wordsOf(args);
  const last = (name: string) => given.findLast((word) => word.name === name)?.value;
  const has = (name: string) => given.some((word) => word.name === name);
  const filter = last("extcap-capture-filter") || undefined;
  const question = QUESTIONS.find((name) => has(`extcap-${name}`));
  const fifo = last("fifo");
  if (has("capture") && fifo !== undefined) {
    return {
      kind: "capture",
      fifo,
      controlIn: last("extcap-control-in"),
      controlOut: last("extcap-control-out"),
      filter,
      args: traceArgs(given),
    };
  }
  if (question === undefined) return { kind: "other", filter };
  return { kind: "answer", question, from: last("from") };
}

interface Word {
  readonly name: string;
  readonly value: string | undefined;
}

/** Options with their values; an option's value is what follows it and is no option. */
function wordsOf(args: readonly string[]): Word[] {
  const words: Word[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (!word.startsWith("--")) continue;
    const equals = word.indexOf("=");
    if (equals > 0) words.push({ name: word.slice(2, equals), value: word.slice(equals + 1) });
    else {
      const next = args[i + 1];
      const value = next?.startsWith("--") ? undefined : next;
      words.push({ name: word.slice(2), value });
    }
  }
  return words;
}

/** The options of the dialog that have a value. */
function traceArgs(given: readonly Word[]): string[] {
  const args = new Map<string, string>();
  for (const { name, value } of given) {
    const type = FIELDS.find(({ option }) => option === name)?.type;
    if (type === undefined) continue;
    if (type === "boolflag") {
      if (value !== "false") args.set(name, `--${name}`);
    } else if (value !== undefined && value !== "") args.set(name, `--${name}=${value}`);
  }
  // A key log left over in the dialog does no harm without the wire.
  if (!args.has("wire")) args.delete("keylog");
  return [...args.values()];
}

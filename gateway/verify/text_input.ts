/**
 * Messages in a log of text: JSON, one object per line, or CSV as the gateway exports it.
 *
 * Objects may be
 * - messages: `topic`, `payload`, and user properties as `userProperties`, `properties.userProperties`
 *   or, as `mosquitto_sub -F %j` writes them, `properties.user-properties`;
 * - envelopes (see `uplink/stamp.ts`) and records of drops without a topic;
 * - WebSocket messages of a gateway, or arrays of them.
 *
 * @module
 */
import type { ByteSource } from "../../traces/files/byte_source.ts";
import type { UserProperties } from "../uplink/stamp.ts";
import { readLines } from "./text_lines.ts";
import { isRange, type Verification, type View } from "./verification.ts";

/** What reading found beside messages. */
export interface TextFindings {
  /** Lines, or rows of CSV, that hold anything. */
  lines: number;
  /** Of which are none of a log. */
  strange: number;
  /** Number of the first of those, from 1; 0: there is none. */
  firstStrange: number;
  /** Lines that are too long to be read. */
  tooLong: number;
  /** The last line ends in the middle. */
  isCut: boolean;
  /** What ended the input early. */
  failure?: string;
}

type JsonObject = Record<string, unknown>;

const CSV_HEADER = "time,seq,topic,value,id";
const DUMMY_TOPIC = "edgewire/v1/uplink/-/dropped";

/** Reads all of it. @throws {TooManyChannels} @throws If the input can't be read. */
export async function readText(
  source: ByteSource,
  verification: Verification,
  signal: AbortSignal,
): Promise<TextFindings> {
  const findings: TextFindings = {
    lines: 0,
    strange: 0,
    firstStrange: 0,
    tooLong: 0,
    isCut: false,
  };
  let number = 0;
  let reader: LineReader | undefined;
  findings.tooLong = await readLines(source, (line, isLast) => {
    number++;
    if (line === "") return;
    findings.lines++;
    const text = number === 1 ? line.replace(/^\ufeff/, "") : line;
    if (reader === undefined) {
      const isCsv = text === CSV_HEADER;
      reader = isCsv
        ? new CsvReader(source.name, verification)
        : new JsonReader(source.name, verification);
      if (isCsv) return;
    }
    if (reader.read(text)) return;
    if (isLast) {
      findings.isCut = true;
      return;
    }
    findings.strange++;
    findings.firstStrange ||= number;
  }, signal);
  if (reader?.isOpen === true) findings.isCut = true;
  if (source.failure !== undefined) findings.failure = source.failure.message;
  return findings;
}

interface LineReader {
  /** What it has read so far is part of something. */
  readonly isOpen: boolean;
  /** @returns whether it is a line of a log */
  read(line: string): boolean;
}

/** The export of one channel. Events, which are numbered too, are not in it. */
class CsvReader implements LineReader {
  readonly #log;
  /** In a quoted field (RFC 4180, 2.6). */
  isOpen = false;

  constructor(name: string, verification: Verification) {
    const view = verification.view(name, { numbering: "seq", lacksEvents: true });
    const file = name.replace(/^.*[/\\]/, "").replace(/\.csv(\.gz)?$/i, "");
    this.#log = view.log("", file);
  }

  read(line: string): boolean {
    const begins = !this.isOpen;
    for (let at = line.indexOf('"'); at >= 0; at = line.indexOf('"', at + 1)) {
      this.isOpen = !this.isOpen;
    }
    if (!begins) return true;
    const [, seq] = /^[\d.]+,(\d{1,15}),/.exec(line) ?? [];
    if (seq === undefined) return false;
    this.#log.take(Number(seq), false);
    return true;
  }
}

class JsonReader implements LineReader {
  readonly isOpen = false;
  readonly #name: string;
  readonly #verification: Verification;
  /** Made when they are needed: a log has mostly one of them. */
  #messages: View | undefined;
  #history: View | undefined;
  /** As the gateway's messages said last. */
  #epoch = "";

  constructor(name: string, verification: Verification) {
    this.#name = name;
    this.#verification = verification;
  }

  read(line: string): boolean {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return false;
    }
    if (Array.isArray(value)) return value.every((one) => isObject(one) && this.#take(one, line));
    return isObject(value) && this.#take(value, line);
  }

  #take(object: JsonObject, line: string): boolean {
    const { topic, type } = object;
    if (typeof topic === "string" && typeof type !== "string" && !isChannelEntry(object)) {
      this.#message(object, topic);
    } else if (object.ew !== undefined || object.reason !== undefined && "count" in object) {
      this.#pass({ topic: DUMMY_TOPIC, payload: line, dup: false });
    } else if (typeof type === "string") this.#gatewayMessage(object);
    else if (isChannelEntry(object)) this.#entry(object);
    else return false;
    return true;
  }

  #message(object: JsonObject, topic: string) {
    if (isSet(object.retain)) {
      this.#verification.retained++;
      return;
    }
    const { payload } = object;
    const userProperties = propertiesOf(object);
    this.#pass({
      topic,
      payload: typeof payload === "string" ? payload : JSON.stringify(payload ?? ""),
      dup: isSet(object.dup),
      ...(userProperties === undefined ? {} : { properties: { userProperties } }),
    });
  }

  #pass(message: Parameters<Verification["message"]>[1]) {
    this.#messages ??= this.#verification.view(this.#name);
    this.#verification.message(this.#messages, message);
  }

  /** See `sessions/messages.ts`. */
  #gatewayMessage(object: JsonObject) {
    if (typeof object.epoch === "string") this.#epoch = object.epoch;
    const { type, channel, from, to, reason } = object;
    if (type === "data" || type === "event") {
      if (isChannelEntry(object)) this.#entry(object);
    } else if (type === "gap" && typeof channel === "string" && isRange(from, to)) {
      this.#log(channel).drop(from, to as number, String(reason));
    }
  }

  #entry({ channel, seq, epoch }: ChannelEntry) {
    if (typeof epoch === "string") this.#epoch = epoch;
    this.#log(channel).take(seq, false);
  }

  #log(channel: string) {
    const name = `${this.#name} (history)`;
    this.#history ??= this.#verification.view(name, { numbering: "seq" });
    return this.#history.log(this.#epoch, channel);
  }
}

interface ChannelEntry {
  channel: string;
  seq: number;
  epoch?: unknown;
}

function isChannelEntry(object: JsonObject): object is JsonObject & ChannelEntry {
  return typeof object.channel === "string" && Number.isSafeInteger(object.seq);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSet(flag: unknown): boolean {
  return flag === true || flag === 1;
}

/** User properties however they are written. */
function propertiesOf(object: JsonObject): UserProperties | undefined {
  const properties = isObject(object.properties) ? object.properties : {};
  const given = object.userProperties ?? object.user_properties ?? properties.userProperties ??
    properties["user-properties"] ?? properties.user_properties;
  if (typeof given !== "object" || given === null) return undefined;
  const found: UserProperties = {};
  for (const pair of Array.isArray(given) ? given : Object.entries(given)) {
    const [name, value] = Array.isArray(pair) ? pair : [pair?.name ?? pair?.key, pair?.value];
    const text = typeof value === "number" ? String(value) : value;
    if (typeof name === "string" && typeof text === "string") found[name] ??= text;
  }
  return found;
}

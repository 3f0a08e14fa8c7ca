/**
 * What `edgewire replay` says.
 *
 * @module
 */
import { RadioEnvelope } from "../../traces/sensors/radio_envelope.ts";
import type { LeftOut } from "../../traces/replay/left_out.ts";
import type { ReplayKind, ReplayMessage } from "../../traces/replay/replay_message.ts";

/** What was published so far. */
export class ReplayCounts {
  readonly byKind: Record<ReplayKind, number> = { publish: 0, will: 0, frames: 0, clock: 0 };
  radioFrames = 0;

  add({ kind, radioFrames }: ReplayMessage): void {
    this.byKind[kind]++;
    this.radioFrames += radioFrames;
  }

  get any(): boolean {
    return Object.values(this.byKind).some((count) => count > 0);
  }

  /** "12 MQTT messages, 1 last will, 800 radio frames in 20 envelopes". */
  get text(): string {
    const { publish, will, frames } = this.byKind;
    const parts = [
      publish > 0 ? count(publish, "MQTT message") : "",
      will > 0 ? count(will, "last will") : "",
      frames > 0 ? `${count(this.radioFrames, "radio frame")} in ${count(frames, "envelope")}` : "",
    ].filter((part) => part !== "");
    return parts.length === 0 ? "nothing" : parts.join(", ");
  }
}

function count(number: number, what: string): string {
  return `${number.toLocaleString("en")} ${what}${number === 1 ? "" : "s"}`;
}

/** How long a replay takes: "in 1.234 s". @param length of the capture, microseconds */
export function durationText(length: number, speed: number): string {
  return speed === Infinity ? "as fast as it is taken in" : `in ${secondsText(length / speed)}`;
}

/** What to know where a gateway cannot be told when messages were published. */
export const UNTIMED_TEXT =
  "updates will have the times at which they are made: only a gateway's own broker, and an admin's " +
  "token, let a replay say when messages were published";

/** What to know of messages of other gateways then, before they are replayed at another speed than 1. */
export function foreignText(messages: number): string {
  return `${count(messages, "message")} of other gateways (OpenMQTTGateway, Theengs, Ruuvi ` +
    "Gateway, Zigbee2MQTT): what they decode counts by when it comes, so that at this speed " +
    "updates may be missing, twice there, or of other values: use --speed 1 for the updates of " +
    "the first time";
}

/** "1.234 s". */
export function secondsText(microseconds: number): string {
  return `${(microseconds / 1e6).toFixed(3)} s`;
}

/** What was left out, a line per reason. */
export function leftOutText(counts: ReadonlyMap<LeftOut, number>): string[] {
  return [...counts].sort(([, a], [, b]) => b - a)
    .map(([reason, number]) => `  left out: ${reason}: ${number.toLocaleString("en")}`);
}

/** One line of `--list`: time since the first, frame, QoS, bytes, topic, what is in it. */
export function listLine(message: ReplayMessage, first: number): string {
  const { time, frame, qos, retain, topic, payload } = message;
  const columns = [
    secondsText(time - first).padStart(12),
    `frame ${frame}`.padEnd(12),
    `QoS ${qos}${retain ? " retained" : ""}`.padEnd(14),
    `${payload.length} bytes`.padStart(12),
    topic,
    contentText(message),
  ];
  return columns.join("  ").trimEnd();
}

/** Characters of a payload shown. */
const SHOWN = 60;

function contentText({ kind, payload, topic }: ReplayMessage): string {
  if (kind === "clock") return "(the node's clock)";
  if (topic.endsWith("/radio")) {
    const envelope = new RadioEnvelope();
    if (envelope.open(payload)) return `(${count(envelope.header.records, "frame")})`;
  }
  const will = kind === "will" ? "(last will) " : "";
  const text = new TextDecoder().decode(payload.subarray(0, 4 * SHOWN));
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f-\x9f\ufffd]/.test(text)) return `${will}(binary)`;
  const cut = text.length > SHOWN || payload.length > 4 * SHOWN;
  return will + (cut ? `${text.slice(0, SHOWN)}...` : text);
}

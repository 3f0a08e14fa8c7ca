/**
 * What WebSocket messages of a session say of the numbers that follow: `gap`, `snapshot`, `event`
 * from the gateway, `subscribe` and `unsubscribe` from the client. They are looked for in the bytes
 * of a packet, where a trace holds them as plain text.
 *
 * @module
 */
import type { CaptureFrame } from "../../files/capture_frame.ts";

export interface Announced {
  readonly kind: "gap" | "snapshot" | "event" | "subscribe";
  /** Undefined when the message does not tell. */
  readonly channel: string | undefined;
  /** `gap`: numbers it names. `snapshot`, `event`: the number, in both. */
  readonly from: number;
  readonly to: number;
}

/** As the gateway writes them: no blanks, members in this order. What a value holds is none. */
const FROM_GATEWAY =
  /(?<!":|":\[)\{"type":"(?:(gap)|(snapshot)|event)","channel":("(?:[^"\\]|\\.){0,1024}"),(?:"from":(\d{1,15}),"to":(\d{1,15})|(?:"epoch":"[^"]{0,64}",)?"seq":(\d{1,15}))/g;
const SUBSCRIBES = /"type"\s{0,8}:\s{0,8}"(?:un)?subscribe"/;
const CHANNEL = /"channel"\s{0,8}:\s{0,8}("(?:[^"\\]|\\.){0,1024}")/;

const decoder = new TextDecoder();

/** What the gateway's messages in this packet announce. */
export function announcedIn(frame: CaptureFrame): Announced[] {
  const found: Announced[] = [];
  for (const match of textOf(frame).matchAll(FROM_GATEWAY)) {
    const [, gap, snapshot, name, from, to, seq] = match;
    const channel = unquoted(name!);
    if (gap !== undefined && from !== undefined) {
      found.push({ kind: "gap", channel, from: Number(from), to: Number(to) });
    } else if (gap === undefined && seq !== undefined) {
      const kind = snapshot === undefined ? "event" : "snapshot";
      found.push({ kind, channel, from: Number(seq), to: Number(seq) });
    }
  }
  return found;
}

/** The client's wish to begin or end with a channel, if this packet holds one. */
export function subscribeIn(frame: CaptureFrame): Announced | undefined {
  const text = textOf(frame);
  if (!SUBSCRIBES.test(text)) return undefined;
  const name = CHANNEL.exec(text)?.[1];
  return { kind: "subscribe", channel: name && unquoted(name), from: 0, to: 0 };
}

function textOf({ data, start, capturedLength }: CaptureFrame): string {
  return decoder.decode(data.subarray(start, start + capturedLength));
}

function unquoted(text: string): string | undefined {
  try {
    return JSON.parse(text) as string;
  } catch {
    return undefined;
  }
}

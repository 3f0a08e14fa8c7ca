import type { Liveness } from "../../../gateway/nodes/answers.ts";
import { causeWords, stateWord } from "../nodes/liveness_words.ts";
import { findingText } from "../values/finding_text.ts";
import { formatValue } from "../values/format_value.ts";
import { topicLabel } from "../values/topic_label.ts";
import type { LoggedEvent } from "./event_log.ts";

/** An event for people: what happened, and details of it. */
export interface EventWords {
  /** Colours it: as states of nodes do. */
  state?: "online" | "late" | "lost";
  what: string;
  details: string;
}

type Detail = Record<string, unknown>;

function text(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/**
 * @param channel Where it happened.
 * @param isMine Whether a member of the room is this page.
 */
export function eventWords(
  { kind, detail, time }: LoggedEvent,
  channel: string,
  isMine: (member: string) => boolean,
): EventWords {
  const said: Detail = typeof detail === "object" && detail !== null ? detail as Detail : {};
  const who = () =>
    isMine(text(said.member)) ? "this page" : [text(said.role), text(said.member)].join(" ").trim();
  const from = text(said.node);
  const heard = (what: string) =>
    [what, from && `heard by ${from}`, said.rssi !== undefined && `${text(said.rssi)} dBm`]
      .filter(Boolean).join(", ");
  switch (kind) {
    case "join":
      return { what: "Came to watch", details: who() };
    case "leave":
      return { what: "Left", details: [who(), text(said.reason)].filter(Boolean).join(": ") };
    case "command":
      return { what: `Set ${topicLabel(text(said.topic), channel)}`, details: who() };
    case "security":
      return {
        state: "late",
        what: "Security",
        details: findingText(detail) ?? formatValue(detail),
      };
    case "online":
    case "late":
    case "lost": {
      const alive = { ...said, state: kind, since: time } as Liveness;
      const name = text(said.device ?? said.node);
      const cause = causeWords(alive);
      return { state: kind, what: `${name} ${stateWord(alive)}`.trim(), details: cause };
    }
    case "association request":
      return {
        what: "Asks to join a network",
        details: heard(`${text(said.device)} to PAN ${text(said.pan)}`),
      };
    case "beacon":
      return {
        what: "Coordinator's beacon",
        details: heard(`${text(said.coordinator)} of PAN ${text(said.pan)}`),
      };
  }
  const more = /^more: (.+)$/.exec(kind)?.[1];
  if (more) return { what: `${text(said.leftOut)} more of "${more}"`, details: from };
  return { what: kind, details: formatValue(detail) };
}

/**
 * Reads what a WebSocket client sends.
 *
 * @module
 */
import * as v from "valibot";
import type { ClientMessage } from "./messages.ts";

const channel = v.pipe(v.string(), v.nonEmpty(), v.maxLength(1024));
const id = v.pipe(v.string(), v.nonEmpty(), v.maxLength(128));

const schema = v.variant("type", [
  v.object({
    type: v.literal("subscribe"),
    channel,
    since: v.optional(v.string()),
    quiet: v.optional(v.boolean()),
  }),
  v.object({ type: v.literal("unsubscribe"), channel }),
  v.object({ type: v.literal("command"), id, channel, topic: v.string(), value: v.unknown() }),
  v.object({ type: v.literal("ping"), id: v.union([id, v.number()]) }),
  v.object({
    type: v.literal("received"),
    bytes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  }),
]);

export type Parsed =
  | { message: ClientMessage }
  /** Not a message at all; or one that is wrong, `id` being what it had. */
  | { problem: string; fatal: boolean; id?: string };

/** `received` as clients write it: by far the most frequent message. */
const RECEIVED = /^\{"type":"received","bytes":(\d{1,15})\}$/;

/** @param text One WebSocket text message. */
export function parseClientMessage(text: string): Parsed {
  const received = RECEIVED.exec(text);
  if (received !== null) return { message: { type: "received", bytes: Number(received[1]) } };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { fatal: true, problem: `not JSON: ${(error as Error).message}` };
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    return { fatal: true, problem: "expected one JSON object with a type" };
  }
  const result = v.safeParse(schema, json);
  if (result.success) return { message: result.output as ClientMessage };
  const issue = result.issues[0];
  const field = issue.path?.map((part) => String(part.key)).join(".") ?? "message";
  const given = (json as { id?: unknown }).id;
  return {
    fatal: false,
    problem: `${field}: ${issue.message}`,
    ...(typeof given === "string" ? { id: given } : {}),
  };
}

/** Takes `<epoch>:<seq>` apart; `null` if it is not that. */
export function parseSince(since: string): { epoch: string; seq: number } | null {
  const match = /^(.+):(\d{1,15})$/.exec(since);
  return match === null ? null : { epoch: match[1] as string, seq: Number(match[2]) };
}

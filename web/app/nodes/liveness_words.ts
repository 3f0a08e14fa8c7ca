import type { Cause, Liveness } from "../../../gateway/nodes/answers.ts";

/** What is known of whether something is alive. */
export type Alive = Pick<Liveness, "state" | "reason" | "detail" | "since">;

const CAUSES: Record<Cause, string> = {
  "last will": "the broker published its last will",
  "said goodbye": "it said that it goes offline",
  "session closed": "its MQTT session ended without a last will",
  "radio deaf": "its status arrives, but no radio frames do",
  "node hung": "it is connected to the broker, but says nothing",
  "receivers lost": "every node that used to hear it is gone or deaf",
  "silent": "its receivers hear others, but not this device",
  "not connected": "the gateway is not connected to it",
};

/** Causes whose details say in full what happened. */
const TOLD: ReadonlySet<Cause | undefined> = new Set<Cause>([
  "radio deaf",
  "node hung",
  "receivers lost",
  "silent",
  "not connected",
]);

/** In one or two words: "late", "lost: last will". Why something is late is not certain yet. */
export function stateWord({ state, reason }: Alive): string {
  return reason === undefined || state !== "lost" ? state : `${state}: ${reason}`;
}

/** The cause in a sentence; "" while online. */
export function causeWords({ state, reason, detail }: Alive): string {
  if (state === "online") return "";
  const why = reason === undefined ? "longer silent than usual" : CAUSES[reason] ?? reason;
  if (!detail) return why;
  return TOLD.has(reason) ? detail : `${why} (${detail})`;
}

/** Of what was told at different times, the latest. */
export function latestLiveness(a: Alive | undefined, b: Alive | undefined): Alive | undefined {
  if (!a || !b) return a ?? b;
  return b.since > a.since ? b : a;
}

/**
 * What an event of a channel says about the device or node of the channel's name; `undefined` when
 * it says nothing about that.
 */
export function eventLiveness(
  channel: string,
  event: { kind: string; time: number; detail: unknown },
): Alive | undefined {
  const { kind, time, detail } = event;
  if (kind !== "online" && kind !== "late" && kind !== "lost") return undefined;
  if (typeof detail !== "object" || detail === null) return undefined;
  const said = detail as { device?: unknown; node?: unknown; reason?: unknown; detail?: unknown };
  if ((said.device ?? said.node) !== channel) return undefined;
  return {
    state: kind,
    since: time,
    ...(typeof said.reason === "string" ? { reason: said.reason as Cause } : {}),
    ...(typeof said.detail === "string" ? { detail: said.detail } : {}),
  };
}

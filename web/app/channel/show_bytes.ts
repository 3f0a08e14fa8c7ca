import type { Update } from "../../../gateway/sessions/messages.ts";
import type { TracesAnswer } from "../../../gateway/http/traces.ts";
import { viewHref } from "../router.ts";
import { formatAge } from "../values/format_age.ts";

/** Where the bytes are, or why they are nowhere. */
export type BytesPlace = { href: string; problem?: undefined } | {
  href?: undefined;
  problem: string;
};

/** Address of the frames that an update was made of. */
export function bytesHref(id: string): string {
  return viewHref("traces", { source: "recent", id });
}

/** Asks for JSON; `undefined`: the gateway has no such thing. */
async function ask<T>(path: string): Promise<T | undefined> {
  const response = await fetch(path, { signal: AbortSignal.timeout(10_000) });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`the gateway answered with status ${response.status}`);
  return await response.json();
}

/**
 * Whether the flight recorder can still have what came in at a time.
 *
 * @param time Unix milliseconds of the gateway.
 * @throws {Error} When the gateway cannot be asked.
 */
export async function recordedProblem(time: number): Promise<string | undefined> {
  const answer = await ask<TracesAnswer>("/traces");
  if (!answer?.recent) return "There is no flight recorder: trace.recentBytes is 0.";
  const { seconds } = answer.recent;
  if (answer.time - time <= seconds * 1000) return undefined;
  return `Its bytes are gone: the flight recorder holds the last ${formatAge(seconds * 1000)}.`;
}

/** Finds the bytes of a topic's value nearest to a time, Unix milliseconds. */
export async function bytesOf(channel: string, topic: string, time: number): Promise<BytesPlace> {
  const path = `/api/channels/${encodeURIComponent(channel)}/update?${new URLSearchParams({
    topic,
    time: String(time),
  })}`;
  try {
    const update = await ask<Update>(path);
    if (!update) return { problem: "The gateway's history no longer has this value." };
    const problem = await recordedProblem(update.time);
    return problem === undefined ? { href: bytesHref(update.id) } : { problem };
  } catch (error) {
    return { problem: `Cannot find its bytes: ${error instanceof Error ? error.message : error}.` };
  }
}

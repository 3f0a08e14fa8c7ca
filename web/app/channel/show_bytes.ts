import type { TracesAnswer } from "../../../gateway/http/traces.ts";
import type { Update } from "../../../gateway/sessions/messages.ts";
import { fetchJson } from "../fetch_json.ts";
import { viewHref } from "../router.ts";
import { formatAge } from "../values/format_age.ts";

/** Address of the frames that an update was made of. */
export function bytesHref(id: string): string {
  return viewHref("traces", { source: "recent", id });
}

function ask<T>(path: string, what: string): Promise<T> {
  return fetchJson(path, what, new AbortController().signal);
}

/**
 * Leads to the bytes of an update, if the flight recorder can still have them.
 *
 * @returns Why they are nowhere.
 */
export async function showBytes(
  update: Pick<Update, "id" | "time"> | Promise<Update>,
): Promise<string | undefined> {
  try {
    const { id, time } = await update;
    const { recent, time: now } = await ask<TracesAnswer>("/traces", "the flight recorder");
    if (!recent) return "There is no flight recorder: trace.recentBytes is 0.";
    const length = recent.seconds * 1000;
    if (now - time > length) {
      return `Its bytes are gone: the flight recorder holds the last ${formatAge(length)}.`;
    }
    location.hash = bytesHref(id);
  } catch (error) {
    return (error as Error).message;
  }
}

/** The update of a topic nearest to a time, Unix milliseconds. */
export function updateAt(channel: string, topic: string, time: number): Promise<Update> {
  const query = new URLSearchParams({ topic, time: String(time) });
  const path = `/api/channels/${encodeURIComponent(channel)}/update?${query}`;
  return ask(path, "the value from the gateway's history");
}

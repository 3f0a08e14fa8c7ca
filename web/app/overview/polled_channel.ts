import type { Snapshot, TopicDescription } from "../../../gateway/sessions/messages.ts";
import { ChannelModel } from "../channel_model.ts";
import { fetchJson } from "../fetch_json.ts";
import type { RequestQueue } from "./request_queue.ts";
import type { WatchedChannel } from "./watch_pool.ts";

/** From reading to reading, milliseconds. */
export const PERIOD = 10_000;

/** `/api/channels/<name>`. */
type ChannelAnswer = Omit<Snapshot, "type"> & { topics: TopicDescription[]; members: number };

/**
 * A channel that is read over HTTP, for which no subscription is to be had.
 *
 * @param asking Whether to read at all.
 */
export function pollChannel(
  name: string,
  requests: RequestQueue,
  asking: () => boolean,
): WatchedChannel {
  const model = new ChannelModel(name);
  const path = `/api/channels/${encodeURIComponent(name)}`;
  let cancel: (() => void) | undefined;
  const ask = () => {
    if (!asking()) return;
    cancel?.();
    cancel = requests.add(async (signal) => {
      const answer = await fetchJson<ChannelAnswer>(path, name, signal);
      model.receive({ ...answer, type: "snapshot" });
      model.receive({ type: "describe", channel: name, topics: answer.topics });
      model.receive({ type: "presence", channel: name, members: [], count: answer.members });
    });
  };
  ask();
  const timer = setInterval(ask, PERIOD);
  const release = () => {
    clearInterval(timer);
    cancel?.();
  };
  return { model, release };
}

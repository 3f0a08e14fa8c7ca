import type { ChannelsAnswer } from "../../../gateway/http/channels_answer.ts";
import { fetchJson } from "../fetch_json.ts";
import { searchText } from "./channel_filter.ts";

/** What all channels can be found by beside their names. */
export interface TopicIndex {
  /** Topics and units, as {@linkcode searchText}. */
  texts: Map<string, string>;
  /** Topics that the gateway did not tell, because they are too many. */
  left: number;
}

/** @throws {Error} With a message for people. */
export async function loadTopicIndex(abort: AbortSignal): Promise<TopicIndex> {
  const answer = await fetchJson<ChannelsAnswer>(
    "/api/channels?names=true",
    "the names of topics",
    abort,
  );
  const texts = new Map<string, string>();
  for (const { name, names = [], units = [] } of answer.channels) {
    texts.set(name, searchText([...names, ...units]));
  }
  return { texts, left: answer.left ?? 0 };
}

import { signal } from "@preact/signals";
import type { HistoryAnswer } from "../../../gateway/http/history.ts";
import type { Value } from "../../../gateway/sessions/messages.ts";
import type { ChannelModel, TopicModel } from "../channel_model.ts";
import { fetchJson } from "../fetch_json.ts";
import { numericValue } from "../values/numeric_value.ts";
import { switchState } from "../values/switch_state.ts";
import type { RequestQueue } from "./request_queue.ts";
import { HOUR, SparkBins } from "./spark_bins.ts";

/** Points asked for: two per minute, the smallest and the largest. */
const POINTS = 120;
/** After which the history is asked for again, milliseconds; and after it could not be had. */
const STALE = 5 * 60_000;
const RETRY = 30_000;
/** Updates missed for so long leave a hole in what is drawn, milliseconds. */
const MISSED = 60_000;

/** The last hour of a channel's main value: from the history, then from each update. */
export class Spark {
  readonly bins = new SparkBins();
  /** Whether the history was had, or could not be had. */
  readonly loaded = signal(false);
  /** Whether something came since it was drawn. */
  dirty = true;
  /** When to ask next, and when updates were followed last; the gateway's time. */
  #due = -Infinity;
  #followed = -Infinity;
  #cancel: (() => void) | undefined;

  constructor(readonly channel: string, readonly topic: TopicModel) {}

  /** Whether its value holds until the next one: on-off states, and what a person sets. */
  get held(): boolean {
    return this.topic.held || switchState(this.topic.update.peek()?.value) !== undefined;
  }

  /** Takes in an update. */
  add(time: number, value: Value): void {
    const number = numericValue(value);
    const state = number === undefined ? switchState(value) : undefined;
    if (number === undefined && state === undefined) return;
    this.bins.add(time, number ?? Number(state));
    this.dirty = true;
  }

  /** Call now and then while updates are followed: asks for the history when it is time. */
  follow(now: number, requests: RequestQueue): void {
    if (now - this.#followed > MISSED) this.#due = -Infinity;
    this.#followed = now;
    if (now < this.#due) return;
    this.#due = now + RETRY;
    this.#cancel?.();
    this.#cancel = requests.add(async (abort) => {
      try {
        await this.#load(now, abort);
      } finally {
        if (!abort.aborted) this.loaded.value = true;
      }
    });
  }

  /** Takes a request back. */
  leave(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (!this.loaded.peek()) this.#due = -Infinity;
  }

  async #load(now: number, abort: AbortSignal): Promise<void> {
    const query = new URLSearchParams({
      since: String(Math.floor(now - HOUR)),
      points: String(POINTS),
    });
    const path = `/api/channels/${encodeURIComponent(this.channel)}/history?${query}`;
    const answer = await fetchJson<HistoryAnswer>(path, this.channel, abort);
    for (const { topic, points } of [...answer.series, ...answer.others]) {
      if (topic !== this.topic.topic) continue;
      for (const [time, value] of points) this.add(time, value);
    }
    this.#due = now + STALE;
    this.dirty = true;
  }
}

const kept = new WeakMap<ChannelModel, Spark>();

/** The one of a channel's topic, kept as long as the channel is. */
export function sparkOf(model: ChannelModel, topic: TopicModel): Spark {
  let spark = kept.get(model);
  if (spark?.topic !== topic) {
    spark = new Spark(model.name, topic);
    kept.set(model, spark);
  }
  return spark;
}

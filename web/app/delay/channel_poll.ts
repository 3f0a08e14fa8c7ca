import type { Update } from "../../../gateway/sessions/messages.ts";
import { fetchJson } from "../fetch_json.ts";
import type { WayState } from "./mqtt_link.ts";

export interface PollOptions {
  channel: string;
  topic: string;
  /** From request to request on average, milliseconds. */
  period: number;
  /** Whether to ask now. */
  active: () => boolean;
  /** @param at When the answer was there, as `performance.now()`. */
  onValue: (update: Update, at: number) => void;
}

/**
 * When to ask: at random within each period. In step with a sender every answer would have the
 * same age, and polling would look better, or worse, than it is.
 *
 * @param start Of the first period, milliseconds of `now`.
 * @param now Asked when the next moment is wanted: a period that is over is not made up for.
 * @param random Number from 0 to 1.
 */
export function* pollTimes(
  start: number,
  period: number,
  now: () => number,
  random: () => number = Math.random,
): Generator<number, never> {
  for (;;) {
    yield start + random() * period;
    start = Math.max(start + period, now());
  }
}

/** Asks the HTTP API for a channel's newest values again and again, one request at a time. */
export class ChannelPoll {
  /** How the last request fared. */
  state: WayState = { state: "connecting" };
  readonly #options: PollOptions;
  readonly #abort = new AbortController();
  readonly #times: Generator<number, never>;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: PollOptions) {
    this.#options = options;
    const now = () => performance.now();
    this.#times = pollTimes(now(), options.period, now);
    this.#plan();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.state = { state: "off" };
  }

  /** Asks once more, beside the others. */
  async ask(): Promise<void> {
    const { channel, topic, onValue } = this.#options;
    const path = `/api/channels/${encodeURIComponent(channel)}`;
    try {
      const { values } = await fetchJson<{ values: Update[] }>(path, "it", this.#abort.signal);
      const at = performance.now();
      if (this.#abort.signal.aborted) return;
      this.state = { state: "open" };
      const update = values.find((each) => each.topic === topic);
      if (update) onValue(update, at);
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      const reason = error instanceof Error ? error.message.replace(/^.*: /, "") : String(error);
      this.state = { state: "away", reason };
    }
  }

  #plan(): void {
    const wait = this.#times.next().value - performance.now();
    this.#timer = setTimeout(async () => {
      if (this.#options.active()) await this.ask();
      if (!this.#abort.signal.aborted) this.#plan();
    }, wait);
  }
}

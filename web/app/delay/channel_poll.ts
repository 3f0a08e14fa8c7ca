import type { Update } from "../../../gateway/sessions/messages.ts";
import { fetchJson } from "../fetch_json.ts";
import type { WayState } from "./mqtt_link.ts";

export interface PollOptions {
  channel: string;
  topic: string;
  /** From request to request, milliseconds. */
  period: number;
  /** Whether to ask now. */
  active: () => boolean;
  /** @param at When the answer was there, as `performance.now()`. */
  onValue: (update: Update, at: number) => void;
}

/** Asks the HTTP API for a channel's newest values again and again, one request at a time. */
export class ChannelPoll {
  /** How the last request fared. */
  state: WayState = { state: "connecting" };
  readonly #options: PollOptions;
  readonly #abort = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: PollOptions) {
    this.#options = options;
    this.#next(performance.now());
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

  async #next(due: number): Promise<void> {
    if (this.#options.active()) await this.ask();
    if (this.#abort.signal.aborted) return;
    const now = performance.now();
    const next = Math.max(due + this.#options.period, now);
    this.#timer = setTimeout(() => this.#next(next), next - now);
  }
}

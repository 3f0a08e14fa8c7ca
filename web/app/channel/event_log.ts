import { signal } from "@preact/signals";
import type { Event, Update } from "../../../gateway/sessions/messages.ts";
import type { ChannelListener } from "../channel_model.ts";
import { fetchJson } from "../fetch_json.ts";
import { onNextFrame } from "../frame_scheduler.ts";
import { eventLiveness } from "../nodes/liveness_words.ts";

/** Events that are kept. */
const MAX_EVENTS = 200;

/** What happened in a channel. */
export type LoggedEvent = Pick<Event, "seq" | "time" | "kind" | "detail">;

/** Events of one channel and its security findings: those of the history, then each as it comes. */
export class EventLog implements ChannelListener {
  /** Newest first. */
  readonly events = signal<LoggedEvent[]>([]);
  /** Why there is no history of events; "" when there is, `undefined` until it was asked for. */
  readonly problem = signal<string | undefined>(undefined);
  /** By number and time: numbers begin anew with each epoch. */
  #known = new Map<string, LoggedEvent>();
  readonly #flush = () => {
    const sorted = [...this.#known.values()].sort((a, b) => b.time - a.time || b.seq - a.seq);
    for (const event of sorted.splice(MAX_EVENTS)) this.#known.delete(keyOf(event));
    this.events.value = sorted;
  };

  constructor(readonly channel: string) {}

  /** When the device or node of the channel's name was lost, Unix milliseconds. */
  lost(): number[] {
    return [...this.#known.values()]
      .filter(({ time, kind, detail }) =>
        eventLiveness(this.channel, { time, kind, detail })?.state === "lost"
      )
      .map(({ time }) => time);
  }

  async load(signal: AbortSignal): Promise<void> {
    const path = `/api/channels/${encodeURIComponent(this.channel)}/events?limit=100`;
    try {
      const answer = await fetchJson<{ events: LoggedEvent[] }>(path, "the events", signal);
      for (const event of answer.events) this.event(event);
      this.problem.value = "";
    } catch (error) {
      if (!signal.aborted) this.problem.value = (error as Error).message;
    }
  }

  event({ seq, time, kind, detail }: LoggedEvent): void {
    const event = { seq, time, kind, detail };
    this.#known.set(keyOf(event), event);
    if (this.#known.size > 2 * MAX_EVENTS) this.#flush();
    onNextFrame(this.#flush);
  }

  /** Findings of security are values of a topic; those of a history have no number. */
  update({ time, topic, value }: Pick<Update, "time" | "topic" | "value">): void {
    if (topic !== `edgewire/v1/readings/${this.channel}/security`) return;
    this.event({ seq: 0, time, kind: "security", detail: value });
  }

  gap(): void {}
}

/** What tells events apart. */
function keyOf({ seq, time }: LoggedEvent): string {
  return `${seq} ${time}`;
}

import { useSignal } from "@preact/signals";
import type { ChannelModel } from "../channel_model.ts";
import { clockText } from "../plot/time_text.ts";
import { type EventLog, keyOf } from "./event_log.ts";
import { eventWords } from "./event_words.ts";

/** Events before the person is asked whether to see all. */
const FIRST = 8;

/** What happened in a channel, newest first. */
export function EventList({ model, log }: { model: ChannelModel; log: EventLog }) {
  const all = useSignal(false);
  const events = log.events.value;
  const shown = all.value ? events : events.slice(0, FIRST);
  return (
    <section class="events" aria-labelledby="events-title">
      <h2 id="events-title">Events</h2>
      {events.length === 0 && (
        <p class="muted">{log.problem.value ?? "Nothing happened as far back as is known."}</p>
      )}
      <ol>
        {shown.map((event) => {
          const { state, what, details } = eventWords(event, model.name, (member) =>
            model.isMine(member));
          return (
            <li key={keyOf(event)}>
              <time dateTime={new Date(event.time).toISOString()}>
                {clockText(event.time, 1000)}
              </time>
              <span class="event-what" data-state={state}>{what}</span>
              <span class="muted">{details}</span>
            </li>
          );
        })}
      </ol>
      {events.length > FIRST && (
        <button
          type="button"
          class="small"
          onClick={() => all.value = !all.value}
        >
          {all.value ? "Show fewer" : `Show all ${events.length}`}
        </button>
      )}
    </section>
  );
}

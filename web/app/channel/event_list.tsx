import type { ChannelModel } from "../channel_model.ts";
import { ShowAll } from "../show_all.tsx";
import { clockText } from "../plot/time_text.ts";
import type { EventLog } from "./event_log.ts";
import { eventWords } from "./event_words.ts";

/** What happened in a channel, newest first. */
export function EventList({ model, log }: { model: ChannelModel; log: EventLog }) {
  const events = log.events.value;
  return (
    <section class="box events" aria-labelledby="events-title">
      <h2 id="events-title">Events</h2>
      {events.length === 0 && (
        <p class="muted">{log.problem.value || "Nothing happened as far back as is known."}</p>
      )}
      <ShowAll rows={events}>
        {(shown) => (
          <ol>
            {shown.map((event) => {
              const { state, what, details } = eventWords(
                event,
                model.name,
                (member) => model.isMine(member),
              );
              // Without keys a new one moves no element: texts go from row to row.
              return (
                <li>
                  <time dateTime={new Date(event.time).toISOString()}>
                    {clockText(event.time, 1000)}
                  </time>
                  <span class={state && "state"} data-state={state}>{what}</span>
                  <span class="muted">{details}</span>
                </li>
              );
            })}
          </ol>
        )}
      </ShowAll>
    </section>
  );
}

import { useSignal } from "@preact/signals";
import type { ChannelModel, TopicModel } from "../channel_model.ts";
import type { Store } from "../store.ts";
import { ShowAll } from "../show_all.tsx";
import { Notice } from "../notice.tsx";
import { formatAge } from "../values/format_age.ts";
import { formatValue } from "../values/format_value.ts";
import { innerValue } from "../values/inner_value.ts";
import { topicLabel } from "../values/topic_label.ts";
import { payloadText } from "./payload_text.ts";
import { bytesHref, showBytes } from "./show_bytes.ts";

/** Characters that fit the cell of a value on a phone. */
const SHORT = 7;

/** Every topic of a channel with its last value, whatever that is. */
export function TopicTable({ store, model }: { store: Store; model: ChannelModel }) {
  const problem = useSignal<string | undefined>(undefined);
  const topics = model.topics.value;
  const admin = store.role.value === "admin";
  if (topics.length === 0) return null;
  return (
    <section class="box topics" aria-labelledby="topics-title">
      <h2 id="topics-title">Topics</h2>
      {problem.value && <Notice onDismiss={() => problem.value = undefined}>{problem.value}
      </Notice>}
      <ShowAll rows={topics}>
        {(shown) => (
          <table>
            <thead>
              <tr>
                <th scope="col">Topic</th>
                <th scope="col">Value</th>
                <th scope="col" class="unit-cell">Unit</th>
                <th scope="col" class="payload">Payload</th>
                <th scope="col" class="right">Age</th>
                {admin && <th scope="col" class="right to-bytes">Bytes</th>}
              </tr>
            </thead>
            <tbody>
              {shown.map((topic) => (
                <TopicRow
                  key={topic.topic}
                  topic={topic}
                  store={store}
                  channel={model.name}
                  onBytes={admin ? (why) => problem.value = why : undefined}
                />
              ))}
            </tbody>
          </table>
        )}
      </ShowAll>
    </section>
  );
}

/** One line whatever comes, so that nothing below moves; what does not fit can be opened. */
function ValueCell({ class: name, text }: { class: string; text: string }) {
  return (
    <td class={`one-line ${name}`} title={text}>
      {text.length <= SHORT ? text : (
        <details>
          <summary>{text}</summary>
        </details>
      )}
    </td>
  );
}

interface RowProps {
  store: Store;
  topic: TopicModel;
  channel: string;
  /** Gets why there are no bytes; absent: the person may not see them. */
  onBytes: ((problem: string | undefined) => void) | undefined;
}

function TopicRow({ store, topic, channel, onBytes }: RowProps) {
  const update = topic.update.value;
  if (!update) return null;
  const { value, time, id } = update;
  const label = topicLabel(topic.topic, channel);
  const prefix = topic.topic.slice(0, topic.topic.length - label.length);
  const follow = async (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    onBytes?.(await showBytes(update));
  };
  return (
    <tr>
      <th scope="row">
        <span class="prefix">{prefix}</span>
        {label}
      </th>
      <ValueCell
        class={typeof innerValue(value) === "number" ? "cell-number" : "cell-text"}
        text={formatValue(value)}
      />
      <td class="unit-cell">{topic.unit}</td>
      <ValueCell
        class="payload cell-text"
        text={payloadText(value, () => topic.frame?.value(update))}
      />
      <td class="right age">{formatAge(store.now.value - time)}</td>
      {onBytes && (
        <td class="right to-bytes">
          <a href={bytesHref(id)} aria-label={`show bytes of ${label}`} onClick={follow}>show</a>
        </td>
      )}
    </tr>
  );
}

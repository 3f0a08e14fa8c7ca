import { useState } from "preact/hooks";
import type { ChannelModel, TopicModel } from "./channel_model.ts";
import type { Store } from "./store.ts";
import { formatAge } from "./values/format_age.ts";
import { formatValue } from "./values/format_value.ts";
import { innerValue } from "./values/inner_value.ts";
import { topicLabel } from "./values/topic_label.ts";

/** Rows before the person is asked whether to see all. */
const FIRST = 100;

/** Every topic of a channel with its last value, whatever that is. */
export function TopicTable({ store, model }: { store: Store; model: ChannelModel }) {
  const [all, setAll] = useState(false);
  const topics = model.topics.value.filter((topic) => topic.update.value !== undefined);
  const shown = all ? topics : topics.slice(0, FIRST);
  if (topics.length === 0) return null;
  return (
    <section class="topics" aria-labelledby="topics-title">
      <h2 id="topics-title">Topics</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Topic</th>
            <th scope="col">Value</th>
            <th scope="col">Unit</th>
            <th scope="col" class="right">Age</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((topic) => (
            <TopicRow key={topic.topic} store={store} topic={topic} channel={model.name} />
          ))}
        </tbody>
      </table>
      {topics.length > shown.length && (
        <button type="button" onClick={() => setAll(true)}>Show all {topics.length}</button>
      )}
    </section>
  );
}

interface RowProps {
  store: Store;
  topic: TopicModel;
  channel: string;
}

function TopicRow({ store, topic, channel }: RowProps) {
  const update = topic.update.value;
  if (!update) return null;
  const label = topicLabel(topic.topic, channel);
  const prefix = topic.topic.slice(0, topic.topic.length - label.length);
  const kind = typeof innerValue(update.value) === "number" ? "number" : "text";
  return (
    <tr>
      <th scope="row">
        <span class="prefix">{prefix}</span>
        {label}
      </th>
      <td class={`cell-${kind}`}>{formatValue(update.value)}</td>
      <td class="unit-cell">{topic.unit}</td>
      <td class="right age">{formatAge(store.now.value - update.time)}</td>
    </tr>
  );
}

import { useComputed, useSignal } from "@preact/signals";
import type { ChannelModel, TopicModel } from "../channel_model.ts";
import type { Store } from "../store.ts";
import { formatAge } from "../values/format_age.ts";
import { formatValue } from "../values/format_value.ts";
import { innerValue } from "../values/inner_value.ts";
import { topicLabel } from "../values/topic_label.ts";
import { payloadText } from "./payload_text.ts";
import { bytesHref, recordedProblem } from "./show_bytes.ts";

/** Rows before the person is asked whether to see all. */
const FIRST = 100;

/** Every topic of a channel with its last value, whatever that is. */
export function TopicTable({ store, model }: { store: Store; model: ChannelModel }) {
  const all = useSignal(false);
  const problem = useSignal<string | undefined>(undefined);
  const topics = model.topics.value;
  const shown = all.value ? topics : topics.slice(0, FIRST);
  const connection = store.connection.value;
  const admin = connection.state === "connected" && connection.role === "admin";
  if (topics.length === 0) return null;
  return (
    <section class="topics" aria-labelledby="topics-title">
      <h2 id="topics-title">Topics</h2>
      {problem.value && <p class="notice" role="status">{problem.value}</p>}
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
              store={store}
              topic={topic}
              channel={model.name}
              onBytes={admin ? (why) => problem.value = why : undefined}
            />
          ))}
        </tbody>
      </table>
      {topics.length > shown.length && (
        <button
          type="button"
          class="small"
          onClick={() => all.value = true}
        >
          Show all {topics.length}
        </button>
      )}
    </section>
  );
}

interface RowProps {
  store: Store;
  topic: TopicModel;
  channel: string;
  /** Gets why there are no bytes; absent: the person may not see them. */
  onBytes: ((problem: string | undefined) => void) | undefined;
}

/** New values change the texts of its cells, and nothing else. */
function TopicRow({ store, topic, channel, onBytes }: RowProps) {
  const known = useComputed(() => topic.update.value !== undefined).value;
  const value = useComputed(() => formatValue(topic.update.value?.value));
  const payload = useComputed(() => payloadText(topic.update.value?.value));
  const unit = useComputed(() => topic.unit ?? "");
  const kind = useComputed(() =>
    typeof innerValue(topic.update.value?.value) === "number" ? "cell-number" : "cell-text"
  );
  const age = useComputed(() => formatAge(store.now.value - (topic.update.value?.time ?? 0)));
  if (!known) return null;
  const label = topicLabel(topic.topic, channel);
  const prefix = topic.topic.slice(0, topic.topic.length - label.length);
  return (
    <tr>
      <th scope="row">
        <span class="prefix">{prefix}</span>
        {label}
      </th>
      <td class={kind}>{value}</td>
      <td class="unit-cell">{unit}</td>
      <td class="payload cell-text">{payload}</td>
      <td class="right age">{age}</td>
      {onBytes && (
        <td class="right to-bytes">
          <BytesLink topic={topic} label={label} onProblem={onBytes} />
        </td>
      )}
    </tr>
  );
}

interface LinkProps {
  topic: TopicModel;
  label: string;
  onProblem(problem: string | undefined): void;
}

/** Leads to the bytes of the value that is shown when it is followed. */
function BytesLink({ topic, label, onProblem }: LinkProps) {
  const href = useComputed(() => bytesHref(topic.update.value?.id ?? ""));
  const follow = async (event: MouseEvent) => {
    const update = topic.update.peek();
    if (!update || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const problem = await recordedProblem(update.time).catch((error) => String(error));
    onProblem(problem);
    if (problem === undefined) location.hash = bytesHref(update.id);
  };
  return <a href={href} aria-label={`show bytes of ${label}`} onClick={follow}>show</a>;
}

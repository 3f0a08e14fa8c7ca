import { useState } from "preact/hooks";
import { setQuery } from "../router.ts";
import type { Store } from "../store.ts";
import { useChannel } from "../use_channel.ts";

/** Choices of the address, checked. */
export interface DelayChoice {
  source: "ping" | "topic";
  topic: string;
  rate: number;
  qos: 0 | 1;
  poll: number;
}

const RATES = [1, 2, 5, 10, 20, 50];
const PERIODS = [100, 200, 500, 1000, 2000, 5000, 10_000];

/** One of the numbers allowed, else the usual one. */
function oneOf(text: string | null, allowed: readonly number[], usual: number): number {
  const value = Number(text);
  return text !== null && allowed.includes(value) ? value : usual;
}

/** What the address chooses; what makes no sense is as if it were not there. */
export function delayChoice(query: URLSearchParams): DelayChoice {
  const topic = query.get("topic") ?? "";
  const rate = Number(query.get("rate") ?? 10);
  return {
    source: topic !== "" || query.get("source") === "topic" ? "topic" : "ping",
    topic,
    rate: rate >= 1 && rate <= 50 ? rate : 10,
    qos: query.get("qos") === "1" ? 1 : 0,
    poll: oneOf(query.get("poll"), PERIODS, 1000),
  };
}

interface RunFormProps {
  store: Store;
  choice: DelayChoice;
  /** Channel of the topic, when the gateway has told. */
  channel: string | undefined;
  /** A run is on: settings stay as they are. */
  locked: boolean;
}

/** Where the messages come from, and how often. */
export function RunForm({ store, choice, channel, locked }: RunFormProps) {
  const { source, rate, qos, poll } = choice;
  const rates = RATES.includes(rate) ? RATES : [...RATES, rate].sort((a, b) => a - b);
  return (
    <fieldset class="delay-form" disabled={locked}>
      <legend class="hidden">What is measured</legend>
      <div class="delay-source" role="radiogroup" aria-label="Source">
        <Source source="ping" chosen={source} label="This page sends" />
        <Source source="topic" chosen={source} label="A topic of a channel" />
      </div>
      {source === "topic" && (
        <TopicPicker key={choice.topic} store={store} topic={choice.topic} channel={channel} />
      )}
      {source === "ping" && (
        <Choice
          label="Rate"
          value={rate}
          options={rates.map((each) => [each, `${each} per second`])}
          onChoose={(value) => setQuery({ rate: value === "10" ? undefined : value }, "replace")}
        />
      )}
      <Choice
        label="QoS"
        value={qos}
        options={[[0, "0, at most once"], [1, "1, at least once"]]}
        onChoose={(value) => setQuery({ qos: value === "0" ? undefined : value }, "replace")}
      />
      <Choice
        label="Poll every"
        value={poll}
        options={PERIODS.map((each) => [each, `${each / 1000} s`])}
        onChoose={(value) => setQuery({ poll: value === "1000" ? undefined : value }, "replace")}
      />
    </fieldset>
  );
}

interface SourceProps {
  source: DelayChoice["source"];
  chosen: DelayChoice["source"];
  label: string;
}

function Source({ source, chosen, label }: SourceProps) {
  const choose = () =>
    setQuery(source === "ping" ? { source: undefined, topic: undefined } : { source });
  return (
    <label>
      <input type="radio" name="delay-source" checked={source === chosen} onChange={choose} />
      {label}
    </label>
  );
}

interface ChoiceProps {
  label: string;
  value: number | string;
  options: [value: number | string, text: string][];
  onChoose: (value: string) => void;
}

function Choice({ label, value, options, onChoose }: ChoiceProps) {
  return (
    <label class="delay-choice">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        {options.map(([each, text]) => <option key={each} value={each}>{text}</option>)}
      </select>
    </label>
  );
}

interface TopicPickerProps {
  store: Store;
  topic: string;
  channel: string | undefined;
}

/** A channel, then one of its topics. */
function TopicPicker({ store, topic, channel }: TopicPickerProps) {
  const [picked, setPicked] = useState<string | undefined>(undefined);
  const shown = picked ?? channel ?? "";
  const model = useChannel(store, shown, shown !== "");
  const names = store.channels.value ?? [];
  const all = names.includes(shown) || shown === "" ? names : [shown, ...names];
  const topics = model?.topics.value.map((each) => each.topic) ?? [];
  const known = shown !== channel || topic === "" || topics.includes(topic)
    ? topics
    : [topic, ...topics];
  const none: [string, string] = ["", "choose…"];
  return (
    <>
      <Choice
        label="Channel"
        value={shown}
        options={[
          ...(shown === "" ? [none] : []),
          ...all.map((each) => [each, each] as typeof none),
        ]}
        onChoose={setPicked}
      />
      <Choice
        label="Topic"
        value={shown === channel ? topic : ""}
        options={[none, ...known.map((each) => [each, each] as typeof none)]}
        onChoose={(value) => setQuery({ topic: value, source: "topic" })}
      />
    </>
  );
}

import { useMemo } from "preact/hooks";
import type { Control, Value } from "../../../gateway/sessions/messages.ts";
import type { ChannelModel, TopicModel } from "../channel_model.ts";
import type { Store } from "../store.ts";
import { topicLabel } from "../values/topic_label.ts";
import { ButtonControl } from "./button_control.tsx";
import { ChoiceControl } from "./choice_control.tsx";
import { Commander } from "./commander.ts";
import { ControlFoot } from "./control_foot.tsx";
import { EntryControl } from "./entry_control.tsx";
import { NumberControl } from "./number_control.tsx";
import { useOtherHand } from "./other_hand.ts";
import { SwitchControl } from "./switch_control.tsx";

/** What every kind of control gets. */
export interface ControlProps {
  /** Unique on the page; labels refer to it. */
  id: string;
  label: string;
  control: Control;
  /** What the device says; `undefined` until it did. */
  reported: Value | undefined;
  /** With a space before it; "" for none. */
  unit: string;
  commander: Commander;
  /** Nothing can be sent now. */
  disabled: boolean;
  /** Somebody else commands it just now. */
  other: boolean;
}

/** The controls that the channel's description offers. */
export function Controls({ store, model }: { store: Store; model: ChannelModel }) {
  const topics = model.described.value.filter((topic) => topic.held);
  if (topics.length === 0) return null;
  const blocked = store.blocked.value;
  return (
    <section class="controls" aria-labelledby="controls-title">
      <h2 id="controls-title">Controls</h2>
      {blocked && <p class="muted blocked" id="blocked">{blocked}</p>}
      <fieldset disabled={blocked !== undefined} aria-describedby={blocked && "blocked"}>
        {topics.map((topic, i) => (
          <OneControl
            key={topic.topic}
            id={`control-${i}`}
            store={store}
            topic={topic}
            model={model}
          />
        ))}
      </fieldset>
    </section>
  );
}

interface OneProps {
  id: string;
  store: Store;
  topic: TopicModel;
  model: ChannelModel;
}

function OneControl({ id, store, topic, model }: OneProps) {
  const commander = useMemo(
    () => new Commander(store.client, model.name, topic.topic),
    [store, model, topic],
  );
  const other = useOtherHand(store, topic);
  const control = topic.description.value?.control;
  if (!control) return null;
  const props = {
    id,
    label: topicLabel(topic.topic, model.name),
    control,
    reported: topic.update.value?.value,
    unit: topic.unit ? ` ${topic.unit}` : "",
    commander,
    disabled: store.blocked.value !== undefined,
    other,
  };
  return (
    <div class="control">
      <Kind {...props} />
      <ControlFoot {...props} />
    </div>
  );
}

function Kind(props: ControlProps) {
  const { min, max, type } = props.control;
  switch (type) {
    case "number":
      return min === undefined || max === undefined
        ? <EntryControl {...props} />
        : <NumberControl {...props} min={min} max={max} />;
    case "switch":
      return <SwitchControl {...props} />;
    case "choice":
      return <ChoiceControl {...props} />;
    case "button":
      return <ButtonControl {...props} />;
    default:
      return <EntryControl {...props} />;
  }
}

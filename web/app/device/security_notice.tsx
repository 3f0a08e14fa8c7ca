import type { ChannelModel } from "../channel_model.ts";
import { Notice } from "../notice.tsx";
import type { Store } from "../store.ts";
import { findingText } from "../values/finding_text.ts";
import { formatAgo } from "../values/format_age.ts";

/**
 * The newest security finding of a channel's device. Dismissing one hides all of its kind until the
 * page is loaded again: who replays packets would bring it back each second.
 */
export function SecurityNotice({ store, model }: { store: Store; model: ChannelModel }) {
  const name = `edgewire/v1/readings/${model.name}/security`;
  const update = model.topics.value.find(({ topic }) => topic === name)?.update.value;
  const text = update && findingText(update.value);
  if (!update || !text) return null;
  const kind = text.split(":", 1)[0]!;
  if (model.dismissed.value.includes(kind)) return null;
  return (
    <Notice onDismiss={() => model.dismissed.value = [...model.dismissed.value, kind]}>
      <strong>Security:</strong> {text}{" "}
      <span class="muted" aria-live="off">{formatAgo(store.now.value - update.time)}</span>
    </Notice>
  );
}

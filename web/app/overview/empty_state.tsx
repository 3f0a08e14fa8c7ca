import type { Store } from "../store.ts";
import { ViewHeading } from "../view_heading.tsx";
import { StartLines } from "./start_lines.tsx";

/** No channel yet: the lines that make one, ready to be copied. */
export function EmptyState({ store }: { store: Store }) {
  return (
    <section class="empty">
      <ViewHeading title="No channels yet" />
      <StartLines store={store} message="-t devices/desk/temperature -m 21.5">
        A channel appears here with its first MQTT message. Publish one:
      </StartLines>
      <p class="muted">
        A channel is named after its device, or the first level of its topics; <code>rules:</code>
        {" "}
        of the configuration come first.
      </p>
    </section>
  );
}

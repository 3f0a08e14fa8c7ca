import { useState } from "preact/hooks";
import type { MqttAddress } from "../../gateway/sessions/messages.ts";

/** No channel yet: the line that makes one, ready to be copied. */
export function EmptyState({ mqtt }: { mqtt: MqttAddress | undefined }) {
  const host = mqtt?.host ?? location.hostname.replace(/^\[|\]$/g, "");
  const line = `mosquitto_pub -h ${host} -p ${
    mqtt?.port ?? 1883
  } -t devices/desk/temperature -m 21.5`;
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(line);
    setCopied(true);
  };
  return (
    <section class="empty">
      <h1>No channels yet</h1>
      <p>A channel appears here with its first MQTT message. Publish one:</p>
      <pre class="line" tabIndex={0}><code>{line}</code></pre>
      {navigator.clipboard && (
        <button type="button" onClick={copy}>{copied ? "Copied" : "Copy the line"}</button>
      )}
      <p class="muted">
        Anything published on <code>devices/&lt;device&gt;/&lt;name&gt;</code>{" "}
        becomes a value of the channel <code>&lt;device&gt;</code>.
      </p>
    </section>
  );
}

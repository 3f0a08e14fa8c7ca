import { useState } from "preact/hooks";
import type { MqttAddress } from "../../../gateway/sessions/messages.ts";
import { ViewHeading } from "../view_heading.tsx";

/** Topics and the channels that they become. */
const BECOMES = [
  ["devices/<device>/<name>", "<device>"],
  ["<first>/<anything>", "<first>"],
  ["zigbee2mqtt/<device>", "<device>"],
  ["edgewire/v1/frames/…", "each radio sensor that a bridge node hears"],
] as const;

/** No channel yet: the lines that make one, ready to be copied. */
export function EmptyState({ mqtt }: { mqtt: MqttAddress | undefined }) {
  const host = mqtt?.host ?? location.hostname.replace(/^\[|\]$/g, "");
  const port = mqtt?.port ?? 1883;
  const url = `mqtt://${host.includes(":") ? `[${host}]` : host}:${port}`;
  return (
    <section class="empty">
      <ViewHeading title="No channels yet" />
      <p>A channel appears here with its first MQTT message. Publish one:</p>
      <CopyLine
        line={`mosquitto_pub -h ${host} -p ${port} -t devices/desk/temperature -m 21.5`}
      />
      <p>
        Or start the simulated nodes, in the project's folder: a climate chamber, a light sensor,
        and bridge nodes with some twenty radio sensors.
      </p>
      <CopyLine line={`deno task nodes --broker ${url}`} />
      <p class="muted">
        <code>deno task demo</code> starts a gateway together with them.
      </p>
      <details>
        <summary>What topics become channels</summary>
        <dl>
          {BECOMES.map(([topic, channel]) => (
            <div key={topic}>
              <dt>
                <code>{topic}</code>
              </dt>
              <dd>{channel}</dd>
            </div>
          ))}
        </dl>
        <p class="muted">
          Rules of the configuration (<code>rules:</code>) come first.
        </p>
      </details>
    </section>
  );
}

function CopyLine({ line }: { line: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(line);
    setCopied(true);
  };
  return (
    <div class="copy-line">
      <pre class="line" tabIndex={0}><code>{line}</code></pre>
      {navigator.clipboard && (
        <button type="button" onClick={copy}>{copied ? "Copied" : "Copy"}</button>
      )}
    </div>
  );
}

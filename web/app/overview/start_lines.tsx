import type { ComponentChildren } from "preact";
import { CopyButton } from "../copy_button.tsx";
import type { Store } from "../store.ts";

const TOKEN = '"$EDGEWIRE_TOKEN"';

interface StartProps {
  store: Store;
  /** Topic and payload, as options of `mosquitto_pub`. */
  message: string;
  /** What the message brings. */
  children: ComponentChildren;
}

/** Lines to copy that bring something to see: a message to publish, and the simulated nodes. */
export function StartLines({ store, message, children }: StartProps) {
  const mqtt = store.mqtt.value;
  const token = store.tokenNeeded.value;
  const host = mqtt?.host ?? location.hostname.replace(/^\[|\]$/g, "");
  const port = mqtt?.port ?? 1883;
  const url = `mqtt://${host.includes(":") ? `[${host}]` : host}:${port}`;
  // With a node's token the user name is the node's, before the last level of the topic.
  const [pub, nodes] = token
    ? [`-u ${message.split("/").at(-2)} -P ${TOKEN} `, ` --username nodes --password ${TOKEN}`]
    : ["", ""];
  return (
    <>
      {token && <TokenNote store={store} />}
      <p>{children}</p>
      <CopyLine line={`mosquitto_pub -h ${host} -p ${port} ${pub}${message}`} />
      <p>
        Or start the simulated nodes, in the project's folder: a climate chamber, a light sensor,
        and bridge nodes with some twenty radio sensors.
      </p>
      <CopyLine line={`deno task nodes --broker ${url}${nodes}`} />
      <p class="muted">
        <code>deno task demo</code> starts a gateway together with them.
      </p>
    </>
  );
}

/** Whose token the lines need. */
function TokenNote({ store }: { store: Store }) {
  const role = store.role.value ?? "admin";
  return (
    <p class="notice">
      Publishing needs a token: set <code>EDGEWIRE_TOKEN</code>{" "}
      to an admin's; for the first line a node's will do. The gateway printed them when it started.
      {role !== "admin" && ` Yours is ${role === "viewer" ? "a viewer's" : "an operator's"}.`}
    </p>
  );
}

function CopyLine({ line }: { line: string }) {
  return (
    <div class="copy-line">
      <pre class="line" tabIndex={0}><code>{line}</code></pre>
      <CopyButton text={line} />
    </div>
  );
}

import type { ComponentChildren } from "preact";
import type { DeviceInfo, Liveness, NodeInfo } from "../../../gateway/nodes/answers.ts";
import { channelHref } from "../router.ts";
import type { Store } from "../store.ts";
import { formatAge, formatAgo } from "../values/format_age.ts";
import { formatDuration } from "../values/format_duration.ts";
import { formatShare } from "../values/format_share.ts";
import { linkWords } from "./link_words.ts";
import type { Chosen } from "./map_layout.ts";
import { NodeSettings } from "./node_settings.tsx";
import { formatRssi, inOrder } from "./receivers.ts";
import { ShowAll } from "./show_all.tsx";
import { StateAndCause } from "./state_word.tsx";

interface FactsProps {
  store: Store;
  nodes: NodeInfo[];
  devices: DeviceInfo[];
  chosen: Chosen | undefined;
  now: number;
  href: (kind: Chosen["kind"], name: string) => string;
}

/** What is known of the chosen node or device, beside the map. */
export function Facts({ store, nodes, devices, chosen, now, href }: FactsProps) {
  const all: (NodeInfo | DeviceInfo)[] = chosen?.kind === "node" ? nodes : devices;
  const found = chosen && all.find(({ name }) => name === chosen.name);
  if (!chosen || !found) {
    return (
      <section class="chosen" aria-label="Chosen">
        <p class="muted">
          {chosen
            ? `There is no ${chosen.kind} called ${chosen.name} now.`
            : "Choose a node or a device to see who hears it, how well, and what is known of it."}
        </p>
      </section>
    );
  }
  return (
    <section class="chosen" aria-labelledby="chosen-title">
      <div class="box-head">
        <h2 id="chosen-title">{found.name}</h2>
        <a class="chosen-close" href={href(chosen.kind, chosen.name)} aria-label="Choose nothing">
          ×
        </a>
      </div>
      <div>
        <StateAndCause alive={found} />
        <span class="muted chosen-since">{howLong(now - found.since)}</span>
      </div>
      {chosen.kind === "node"
        ? (
          <NodeFacts
            store={store}
            node={found as NodeInfo}
            devices={devices}
            now={now}
            href={href}
          />
        )
        : <DeviceFacts device={found as DeviceInfo} now={now} href={href} />}
    </section>
  );
}

function howLong(age: number): string {
  const text = formatAge(age);
  return text === "now" ? "since now" : `for ${text}`;
}

/** Name and value; nothing when there is no value. */
function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  if (children === undefined || children === "") return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{typeof children === "number" ? children.toLocaleString("en") : children}</dd>
    </div>
  );
}

function Seen({ alive: { lastSeen }, now }: { alive: Liveness; now: number }) {
  return <Fact name="Last seen">{formatAgo(now - lastSeen)}</Fact>;
}

interface NodeFactsProps {
  store: Store;
  node: NodeInfo;
  devices: DeviceInfo[];
  now: number;
  href: FactsProps["href"];
}

function NodeFacts({ store, node, devices, now, href }: NodeFactsProps) {
  const hears = devices.filter(({ receivers }) =>
    receivers.some((receiver) => receiver.node === node.name)
  );
  return (
    <>
      <dl class="chosen-list">
        <Fact name="Speaks">{node.dialect}</Fact>
        <Fact name="Firmware">{node.version}</Fact>
        <Fact name="Radios">{node.radios?.join(", ")}</Fact>
        <Seen alive={node} now={now} />
        <Fact name="Frames">{node.frames}</Fact>
        <Fact name="Malformed">{node.malformed}</Fact>
        <Fact name="Damaged">{node.damaged}</Fact>
        <Fact name="Missed batches">{node.batchesMissed}</Fact>
        <Fact name="Came twice">{node.batchesRepeated}</Fact>
        <Fact name="Dropped by it">{node.dropped}</Fact>
        <Fact name="Reboots">{node.reboots}</Fact>
      </dl>
      <Hears node={node.name} devices={hears} href={href} />
      {node.dialect === "edgewire" && (
        <NodeSettings key={node.name} store={store} node={node.name} />
      )}
    </>
  );
}

interface HearsProps {
  node: string;
  devices: DeviceInfo[];
  href: FactsProps["href"];
}

/** What a node hears: the map in words. */
function Hears({ node, devices, href }: HearsProps) {
  if (devices.length === 0) return <p class="muted">It hears no device.</p>;
  return (
    <details class="chosen-more">
      <summary>Hears {devices.length} {devices.length === 1 ? "device" : "devices"}</summary>
      <ShowAll rows={devices}>
        {(shown) => (
          <ul class="chosen-receivers">
            {shown.map(({ name, receivers }) => (
              <li key={name}>
                <a href={href("device", name)}>{name}</a>
                <span class="right">
                  {linkWords(receivers.find((each) => each.node === node)!)}
                </span>
              </li>
            ))}
          </ul>
        )}
      </ShowAll>
    </details>
  );
}

interface DeviceFactsProps {
  device: DeviceInfo;
  now: number;
  href: FactsProps["href"];
}

function DeviceFacts({ device, now, href }: DeviceFactsProps) {
  const { name, address, formats, model, localName, interval, sealing, findings } = device;
  return (
    <>
      <p>
        <a href={channelHref(name)}>Open its channel</a>
      </p>
      <dl class="chosen-list">
        <Fact name="Is">{formats.join(", ")}</Fact>
        <Fact name="Model">{model}</Fact>
        <Fact name="Calls itself">{localName}</Fact>
        <Fact name="Address">{address}</Fact>
        <Fact name="Encryption">{sealing}</Fact>
        <Fact name="Findings">{findings}</Fact>
        <Fact name="Interval">{interval === undefined ? undefined : formatDuration(interval)}</Fact>
        <Seen alive={device} now={now} />
      </dl>
      <ul class="chosen-receivers" aria-label="Heard by">
        {inOrder(device.receivers).map(({ node, rssi, share, loss }) => (
          <li key={node}>
            <a href={href("node", node)}>{node}</a>
            <span class="right">{formatRssi(rssi)}</span>
            <span class="below">
              {formatShare(share)} of what any heard
              {loss !== undefined && `, ${formatShare(loss)} lost`}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

import { useEffect } from "preact/hooks";
import type { DeviceInfo, NodeInfo } from "../../../gateway/nodes/answers.ts";
import { DeviceFacts } from "../device/device_facts.tsx";
import { channelHref } from "../router.ts";
import type { Store } from "../store.ts";
import { Fact } from "../fact.tsx";
import { LinkList } from "./link_list.tsx";
import { LivenessFacts } from "./liveness_facts.tsx";
import type { Chosen } from "./map_layout.ts";
import { nodeCounts } from "./node_counts.ts";
import { NodeSettings } from "./node_settings.tsx";
import { ShowAll } from "../show_all.tsx";

interface FactsProps {
  store: Store;
  nodes: NodeInfo[];
  devices: DeviceInfo[];
  chosen: Chosen | undefined;
  now: number;
  href: (kind: Chosen["kind"], name: string) => string;
}

/** Below the map the facts would come up out of sight. */
function useInSight(name: string | undefined) {
  useEffect(() => {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    document.getElementById("chosen-title")
      ?.scrollIntoView({ block: "nearest", behavior: still ? "auto" : "smooth" });
  }, [name]);
}

/** What is known of the chosen node or device, beside the map. */
export function Facts({ store, nodes, devices, chosen, now, href }: FactsProps) {
  const is = ({ name }: { name: string }) => name === chosen?.name;
  const node = chosen?.kind === "node" ? nodes.find(is) : undefined;
  const device = chosen?.kind === "device" ? devices.find(is) : undefined;
  useInSight(chosen && `${chosen.kind} ${chosen.name}`);
  if (!chosen || !(node ?? device)) {
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
        <h2 id="chosen-title">{chosen.name}</h2>
        <a class="chosen-close" href={href(chosen.kind, chosen.name)} aria-label="Choose nothing">
          ×
        </a>
      </div>
      {node && <NodeFacts {...{ store, node, devices, now, href }} />}
      {device && (
        <>
          <a href={channelHref(device.name)}>Open its channel</a>
          <DeviceFacts device={device} now={now} />
        </>
      )}
    </section>
  );
}

type NodeFactsProps = Omit<FactsProps, "nodes" | "chosen"> & { node: NodeInfo };

function NodeFacts({ store, node, devices, now, href }: NodeFactsProps) {
  return (
    <>
      <dl class="facts">
        <LivenessFacts alive={node} now={now} />
        <Fact name="Speaks">{node.dialect}</Fact>
        <Fact name="Firmware">{node.version}</Fact>
        <Fact name="Radios">{node.radios?.join(", ")}</Fact>
        {[...nodeCounts(node), ...Object.entries(node.details ?? {})].map(([name, value]) => (
          <Fact key={name} name={name}>{typeof value === "boolean" ? String(value) : value}</Fact>
        ))}
      </dl>
      <Hears node={node.name} devices={devices} href={href} />
      {node.settings && <NodeSettings key={node.name} store={store} node={node.name} />}
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
  const links = devices.flatMap(({ name, receivers }) => {
    const receiver = receivers.find((each) => each.node === node);
    return receiver ? [{ name, receiver, href: href("device", name) }] : [];
  });
  if (links.length === 0) return <p class="muted">It hears no device.</p>;
  return (
    <details>
      <summary>Hears {links.length} {links.length === 1 ? "device" : "devices"}</summary>
      <ShowAll rows={links}>{(shown) => <LinkList links={shown} />}</ShowAll>
    </details>
  );
}

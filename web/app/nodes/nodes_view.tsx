import { useEffect, useMemo } from "preact/hooks";
import type { Liveness, NodesAnswer } from "../../../gateway/nodes/answers.ts";
import { Notice } from "../notice.tsx";
import { StartLines } from "../overview/start_lines.tsx";
import { setQuery, viewHref } from "../router.ts";
import type { Store } from "../store.ts";
import { ViewHeading } from "../view_heading.tsx";
import { DeviceTable } from "./device_table.tsx";
import { Facts } from "./facts.tsx";
import type { Chosen } from "./map_layout.ts";
import { matchingDevices, matchingNodes } from "./matching.ts";
import { NodeMap } from "./node_map.tsx";
import { NodeTable } from "./node_table.tsx";

/** From request to request while the view is open, milliseconds. */
const PERIOD = 2000;
/** What a bridge node says of itself, for `mosquitto_pub`. */
const STATUS = `-r -t edgewire/v1/attic/status -m '{"state":"online","radios":["ble"]}'`;

/** All nodes and devices: who hears whom, and whether they are alive. */
export function NodesView({ store, query }: { store: Store; query: URLSearchParams }) {
  useEffect(() => store.nodes.watch(PERIOD), [store]);
  const answer = store.nodes.data.value;
  const problem = store.nodes.problem.value;
  return (
    <>
      <ViewHeading title="Nodes and devices">
        {answer && <Search text={query.get("q") ?? ""} />}
      </ViewHeading>
      {problem && (
        <Notice>
          {problem}. {answer ? "What you see is as of the last answer." : "The page tries again."}
        </Notice>
      )}
      {!answer && !problem && <p class="muted" role="status">Waiting for the gateway…</p>}
      {answer && <Everything store={store} answer={answer} query={query} />}
    </>
  );
}

function Search({ text }: { text: string }) {
  return (
    <input
      type="search"
      class="nodes-search"
      placeholder="Name, address, node…"
      aria-label="Search nodes and devices"
      autocomplete="off"
      value={text}
      onInput={(event) => setQuery({ q: event.currentTarget.value }, "replace")}
    />
  );
}

function chosenBy(query: URLSearchParams): Chosen | undefined {
  const [node, device] = [query.get("node"), query.get("device")];
  if (node) return { kind: "node", name: node };
  return device ? { kind: "device", name: device } : undefined;
}

interface EverythingProps {
  store: Store;
  answer: NodesAnswer;
  query: URLSearchParams;
}

function Everything({ store, answer, query }: EverythingProps) {
  const now = store.now.value;
  const q = query.get("q")?.trim() ?? "";
  const chosen = chosenBy(query);
  const href = (kind: Chosen["kind"], name: string) =>
    chosen?.kind === kind && chosen.name === name
      ? viewHref("nodes", { q })
      : viewHref("nodes", { q, [kind]: name });
  const [nodes, devices] = useMemo(
    () => [matchingNodes(answer.nodes, q), matchingDevices(answer.devices, q)],
    [answer, q],
  );
  // It does not change with the time of day.
  const map = useMemo(
    () => <NodeMap nodes={answer.nodes} devices={devices} chosen={chosen} href={href} />,
    [answer, devices, chosen?.kind, chosen?.name, q],
  );
  return (
    <div class="tables">
      {answer.nodes.length > 0 && (
        <div class="box map-box">
          {map}
          <Facts {...{ store, chosen, now, href }} nodes={answer.nodes} devices={answer.devices} />
        </div>
      )}
      <section class="box" aria-labelledby="nodes-title">
        <Head id="nodes-title" title="Nodes" all={answer.nodes} shown={nodes} />
        {answer.nodes.length > 0
          ? (
            <NodeTable
              nodes={nodes}
              now={now}
              href={(name) => href("node", name)}
              chosen={chosen}
            />
          )
          : (
            <div class="empty">
              <StartLines store={store} message={STATUS}>
                A node appears here with its first message. Publish the status of one:
              </StartLines>
            </div>
          )}
      </section>
      <section class="box" aria-labelledby="devices-title">
        <Head id="devices-title" title="Devices" all={answer.devices} shown={devices} />
        {answer.devices.length > 0
          ? <DeviceTable devices={devices} now={now} chosen={chosen} />
          : <p class="muted">No device was heard yet.</p>}
      </section>
    </div>
  );
}

interface HeadProps {
  id: string;
  title: string;
  all: Liveness[];
  shown: Liveness[];
}

function Head({ id, title, all, shown }: HeadProps) {
  const count = (state: Liveness["state"]) => all.filter((each) => each.state === state).length;
  const [online, late, lost] = [count("online"), count("late"), count("lost")];
  return (
    <div class="box-head">
      <h2 id={id}>{title}</h2>
      {all.length > 0 && (
        <span class="muted">
          {online} online{late > 0 && `, ${late} late`}
          {lost > 0 && `, ${lost} lost`}
          {shown.length < all.length && `; the search finds ${shown.length}`}
        </span>
      )}
    </div>
  );
}

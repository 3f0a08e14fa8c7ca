import type { NodeInfo } from "../../../gateway/nodes/answers.ts";
import { formatAge } from "../values/format_age.ts";
import { Cell, Count, Heads } from "./cell.tsx";
import type { Chosen } from "./map_layout.ts";
import { ShowAll } from "./show_all.tsx";
import { StateAndCause } from "./state_word.tsx";

const HEADS = ["Node", "State", "Version", "Radios", "Frames", "Missed", "Dropped", "Reboots"];
const COUNTS = ["Frames", "Missed", "Dropped", "Reboots", "Last seen"];

interface NodeTableProps {
  nodes: NodeInfo[];
  now: number;
  /** The address that chooses a node. */
  href: (name: string) => string;
  chosen: Chosen | undefined;
}

/** Nodes: are they there, and what was lost on the way from them. */
export function NodeTable({ nodes, now, href, chosen }: NodeTableProps) {
  const current = chosen?.kind === "node" ? chosen.name : undefined;
  return (
    <ShowAll rows={nodes}>
      {(shown) => (
        <table class="stack nodes" role="table" aria-labelledby="nodes-title">
          <caption class="hidden">
            Missed: batches that never came. Dropped: frames that the node says it dropped.
          </caption>
          <Heads names={[...HEADS, "Last seen"]} right={COUNTS} />
          <tbody role="rowgroup">
            {shown.map((node) => (
              <NodeRow
                key={node.name}
                node={node}
                now={now}
                href={href(node.name)}
                current={node.name === current}
              />
            ))}
          </tbody>
        </table>
      )}
    </ShowAll>
  );
}

interface NodeRowProps {
  node: NodeInfo;
  now: number;
  href: string;
  current: boolean;
}

function NodeRow({ node, now, href, current }: NodeRowProps) {
  const said = Object.entries(node.details ?? {});
  return (
    <tr role="row" data-current={current || undefined}>
      <th scope="row" role="rowheader">
        <a href={href}>{node.name}</a>
        <span class="below">{node.dialect}</span>
        {said.length > 0 && (
          <details class="said">
            <summary>What it says of itself</summary>
            <dl>
              {said.map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{String(value)}</dd>
                </div>
              ))}
            </dl>
          </details>
        )}
      </th>
      <Cell label="" class="whole">
        <StateAndCause alive={node} />
      </Cell>
      <Cell label="Version">{node.version ?? "–"}</Cell>
      <Cell label="Radios">{node.radios?.join(", ") || "–"}</Cell>
      <Cell label="Frames" class="right">
        <Count value={node.frames} />
        {node.malformed > 0 && (
          <span class="below warn">{node.malformed.toLocaleString("en")} unreadable</span>
        )}
        {node.damaged > 0 && <span class="below">{node.damaged.toLocaleString("en")} damaged</span>}
      </Cell>
      <Cell label="Missed" class="right">
        <Count value={node.batchesMissed} />
        {node.batchesRepeated > 0 && (
          <span class="below">{node.batchesRepeated.toLocaleString("en")} came twice</span>
        )}
      </Cell>
      <Cell label="Dropped" class="right">
        <Count value={node.dropped} />
      </Cell>
      <Cell label="Reboots" class="right">
        <Count value={node.reboots} />
      </Cell>
      <Cell label="Last seen" class="right age">{formatAge(now - node.lastSeen)}</Cell>
    </tr>
  );
}

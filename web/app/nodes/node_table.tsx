import type { NodeInfo } from "../../../gateway/nodes/answers.ts";
import { formatAge } from "../values/format_age.ts";
import { Cell, Heads } from "./cell.tsx";
import type { Chosen } from "./map_layout.ts";
import { nodeCounts } from "./node_counts.ts";
import { ShowAll } from "../show_all.tsx";
import { StateAndCause } from "./state_word.tsx";

const RIGHT = ["Frames", "Missed batches", "Dropped by it", "Reboots", "Last seen"];
const HEADS = ["Node", "State", "Version", "Radios", ...RIGHT];

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
          <Heads names={HEADS} right={RIGHT} />
          <tbody role="rowgroup">
            {shown.map((node) => (
              <tr key={node.name} role="row" data-current={node.name === current || undefined}>
                <th scope="row" role="rowheader">
                  <a href={href(node.name)}>{node.name}</a>
                  <span class="below">{node.dialect}</span>
                </th>
                <Cell label="" class="whole">
                  <StateAndCause alive={node} />
                </Cell>
                <Cell label="Version">{node.version ?? "–"}</Cell>
                <Cell label="Radios">{node.radios?.join(", ") || "–"}</Cell>
                {nodeCounts(node).slice(0, 4).map(([name, count]) => (
                  <Cell key={name} label={name} class={count === 0 ? "right muted" : "right"}>
                    {count.toLocaleString("en")}
                    {name === "Frames" && node.malformed > 0 && (
                      <span class="below warn">
                        {node.malformed.toLocaleString("en")} malformed
                      </span>
                    )}
                  </Cell>
                ))}
                <Cell label="Last seen" class="right age">{formatAge(now - node.lastSeen)}</Cell>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </ShowAll>
  );
}

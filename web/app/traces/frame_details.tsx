import { useMemo, useState } from "preact/hooks";
import { DetailsTree } from "./details_tree.tsx";
import { FrameBytes } from "./frame_bytes.tsx";
import { frameOf, type FrameRow } from "./frame_rows.ts";
import { HopLines, type HopLinesProps } from "./hop_lines.tsx";
import { filterOf, itemsAt, type Opened, shownItems, type TreeItem } from "./tree_items.ts";

interface FrameDetailsProps extends Pick<HopLinesProps, "id" | "onId"> {
  row: FrameRow;
  onFilter(filter: string): void;
  /** Leaves the details for the table. */
  onLeave(): void;
}

/** One frame: what the recorder says of it, its fields, and its bytes. */
export function FrameDetails({ row, id, onId, onFilter, onLeave }: FrameDetailsProps) {
  const { tree, sources } = useMemo(() => frameOf(row), [row]);
  // These stay from frame to frame, so that one looks at the same field of each.
  const [opened, setOpened] = useState<Opened>(new Map());
  const [chosen, setChosen] = useState("");
  const [tab, setTab] = useState(0);
  const items = useMemo(() => shownItems(tree, opened), [tree, opened]);
  const index = items.findIndex(({ key }) => key === chosen);
  const node = items[index]?.node;
  const at = node?.at;
  const filter = node && filterOf(node);
  const source = Math.min(tab, sources.length - 1);
  const open = (way: [key: string, open: boolean][]) => setOpened(new Map([...opened, ...way]));
  const choose = ({ key, node }: TreeItem) => {
    setChosen(key);
    if (node.at) setTab(node.at[0]);
  };
  const pick = (offset: number) => {
    const way = itemsAt(tree, source, offset);
    const field = way.pop();
    if (!field) return;
    open(way.map(({ key }) => [key, true]));
    setChosen(field.key);
  };
  return (
    <section class="box frame" aria-labelledby="frame-title">
      <div class="box-head">
        <h2 id="frame-title">Frame {row.number}</h2>
        <span class="muted">{row.length} bytes{row.interface && ` on ${row.interface}`}</span>
        <span class="field-actions">
          {filter && <code class="clip" title={filter}>{filter}</code>}
          <button
            type="button"
            class="small"
            disabled={!filter}
            title={filter ? undefined : "Choose a field below first."}
            onClick={() => onFilter(filter!)}
          >
            Apply as filter
          </button>
        </span>
      </div>
      <HopLines key={row.ordinal} comments={row.comments} id={id} onId={onId} />
      <div class="frame-parts">
        <DetailsTree
          items={items}
          onOpen={(key, now) => open([[key, now]])}
          chosen={index}
          onChoose={choose}
          onLeave={onLeave}
        />
        <FrameBytes
          sources={sources}
          source={source}
          onSource={setTab}
          marked={at && at[0] === source ? [at[1], at[2]] : [0, 0]}
          onPick={pick}
        />
      </div>
    </section>
  );
}

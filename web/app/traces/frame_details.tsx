import { useMemo, useState } from "preact/hooks";
import { DetailsTree } from "./details_tree.tsx";
import { FrameBytes } from "./frame_bytes.tsx";
import { frameOf, type FrameRow } from "./frame_rows.ts";
import { HopLines } from "./hop_lines.tsx";
import { filterOf, itemsAt, type Opened, shownItems, type TreeItem } from "./tree_items.ts";

interface FrameDetailsProps {
  row: FrameRow;
  id: string;
  onId(id: string): void;
  onFilter(filter: string): void;
  /** Leaves the details for the table. */
  onLeave(): void;
}

/** One frame: what the recorder says of it, its fields, and its bytes. */
export function FrameDetails({ row, id, onId, onFilter, onLeave }: FrameDetailsProps) {
  const frame = useMemo(() => frameOf(row), [row]);
  // Both stay from frame to frame, so that one looks at the same field of each.
  const [opened, setOpened] = useState<Opened>(new Map());
  const [chosen, setChosen] = useState<string | undefined>(undefined);
  const [tab, setTab] = useState(0);
  const item = useMemo(
    () => shownItems(frame.tree, opened).find(({ key }) => key === chosen),
    [frame, opened, chosen],
  );
  const at = item?.node.at;
  const source = Math.min(tab, frame.sources.length - 1);
  const choose = ({ key, node }: TreeItem) => {
    setChosen(key);
    if (node.at) setTab(node.at[0]);
  };
  const pick = (offset: number) => {
    const way = itemsAt(frame.tree, source, offset);
    const field = way.pop();
    if (!field) return;
    setOpened(new Map([...opened, ...way.map(({ key }) => [key, true] as const)]));
    setChosen(field.key);
  };
  return (
    <section class="box frame" aria-labelledby="frame-title">
      <div class="box-head">
        <h2 id="frame-title">Frame {row.number}</h2>
        <span class="muted">
          {row.length} bytes{row.interface && ` on ${row.interface}`}
        </span>
        <FieldActions item={item} onFilter={onFilter} />
      </div>
      <HopLines key={row.ordinal} comments={row.comments} id={id} onId={onId} />
      <div class="frame-parts">
        <DetailsTree
          tree={frame.tree}
          opened={opened}
          onOpen={(key, open) => setOpened(new Map(opened).set(key, open))}
          chosen={chosen}
          onChoose={choose}
          onLeave={onLeave}
        />
        <FrameBytes
          sources={frame.sources}
          source={source}
          onSource={setTab}
          marked={at && at[0] === source ? [at[1], at[2]] : [0, 0]}
          onPick={pick}
        />
      </div>
    </section>
  );
}

function FieldActions(
  { item, onFilter }: { item: TreeItem | undefined; onFilter(f: string): void },
) {
  const filter = item && filterOf(item.node);
  return (
    <span class="field-actions">
      {filter && <code class="clip" title={filter}>{filter}</code>}
      <button
        type="button"
        class="small"
        disabled={!filter}
        title={filter ? undefined : "Choose a field below first."}
        onClick={() => filter && onFilter(filter)}
      >
        Apply as filter
      </button>
    </span>
  );
}

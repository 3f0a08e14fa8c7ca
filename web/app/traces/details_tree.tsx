import { useEffect, useRef } from "preact/hooks";
import type { TreeItem } from "./tree_items.ts";
import { reveal } from "./use_rows_shown.ts";

interface DetailsTreeProps {
  /** Lines that are shown. */
  items: TreeItem[];
  onOpen(key: string, open: boolean): void;
  /** Number of the chosen line; -1: none. */
  chosen: number;
  onChoose(item: TreeItem): void;
  /** Leaves the tree for the table. */
  onLeave(): void;
}

/** Layers and fields of a frame; keys as in any tree. */
export function DetailsTree(props: DetailsTreeProps) {
  const { items, chosen, onChoose } = props;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const line = box.current!.querySelector<HTMLElement>('[aria-selected="true"]');
    if (line) reveal(box.current!, line.offsetTop, line.offsetHeight);
  }, [items, chosen]);
  return (
    <div
      class="tree"
      ref={box}
      role="tree"
      tabIndex={0}
      aria-label="Fields of the frame"
      aria-activedescendant={chosen < 0 ? undefined : `field-${chosen}`}
      onKeyDown={(event) => move(event, props)}
    >
      {items.map((item, at) => (
        <div
          key={item.key}
          id={`field-${at}`}
          class="tree-line"
          role="treeitem"
          aria-level={item.level}
          aria-posinset={item.position}
          aria-setsize={item.size}
          aria-selected={at === chosen}
          aria-expanded={item.open}
          data-severity={item.node.severity}
          style={{ paddingLeft: `${item.level * 14 - 6}px` }}
          title={item.node.label}
          onClick={() => onChoose(item)}
          onDblClick={() => toggle(item, props)}
        >
          <i
            onClick={(event) => {
              event.stopPropagation();
              toggle(item, props);
            }}
          />
          {item.node.label}
        </div>
      ))}
    </div>
  );
}

function toggle(item: TreeItem | undefined, { onOpen }: DetailsTreeProps) {
  if (item?.open !== undefined) onOpen(item.key, !item.open);
}

function move(event: KeyboardEvent, props: DetailsTreeProps) {
  const { items, chosen, onChoose, onLeave } = props;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const item = items[chosen];
  const flip = () => toggle(item, props);
  const choose = (at: number) => onChoose(items[Math.max(0, Math.min(items.length - 1, at))]!);
  const actions: Record<string, () => void> = {
    ArrowUp: () => choose(chosen < 0 ? Infinity : chosen - 1),
    ArrowDown: () => choose(chosen + 1),
    Home: () => choose(0),
    End: () => choose(Infinity),
    ArrowRight: () => item?.open ? choose(chosen + 1) : flip(),
    ArrowLeft: () =>
      item?.open
        ? flip()
        : item?.parent && choose(items.findIndex(({ key }) => key === item.parent)),
    Enter: flip,
    " ": flip,
    Escape: onLeave,
  };
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

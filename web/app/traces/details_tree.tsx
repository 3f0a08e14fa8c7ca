import { useEffect, useRef } from "preact/hooks";
import type { TreeNode } from "../../../traces/report/tree_line.ts";
import { isOpen, type Opened, shownItems, type TreeItem } from "./tree_items.ts";

interface DetailsTreeProps {
  tree: TreeNode[];
  opened: Opened;
  onOpen(key: string, open: boolean): void;
  /** Key of the chosen line. */
  chosen: string | undefined;
  onChoose(item: TreeItem): void;
  /** Leaves the tree for the table. */
  onLeave(): void;
}

/** Layers and fields of a frame; keys as in any tree. */
export function DetailsTree(props: DetailsTreeProps) {
  const { tree, opened, chosen, onChoose, onOpen } = props;
  const items = shownItems(tree, opened);
  const box = useRef<HTMLDivElement>(null);
  const index = items.findIndex((item) => item.key === chosen);
  useEffect(() => {
    const line = box.current?.querySelector<HTMLElement>('[aria-selected="true"]');
    if (!line) return;
    const { scrollTop, clientHeight } = box.current!;
    const { offsetTop, offsetHeight } = line;
    if (offsetTop < scrollTop) box.current!.scrollTop = offsetTop;
    else if (offsetTop + offsetHeight > scrollTop + clientHeight) {
      box.current!.scrollTop = offsetTop + offsetHeight - clientHeight;
    }
  }, [chosen, tree]);
  return (
    <div
      class="tree"
      ref={box}
      role="tree"
      tabIndex={0}
      aria-label="Fields of the frame"
      aria-activedescendant={index >= 0 ? `field-${index}` : undefined}
      onKeyDown={(event) => move(event, items, index, props)}
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
          aria-selected={at === index}
          aria-expanded={item.node.children?.length ? isOpen(item, opened) : undefined}
          data-severity={item.node.severity}
          style={{ paddingLeft: `${item.level * 14 + 6}px` }}
          title={item.node.field}
          onClick={() => onChoose(item)}
          onDblClick={() => toggle(item, props)}
        >
          <i
            class="tree-mark"
            onClick={(event) => {
              if (!item.node.children?.length) return;
              event.stopPropagation();
              onOpen(item.key, !isOpen(item, opened));
            }}
          />
          {item.node.label}
        </div>
      ))}
    </div>
  );
}

function toggle(item: TreeItem, { opened, onOpen }: DetailsTreeProps) {
  if (item.node.children?.length) onOpen(item.key, !isOpen(item, opened));
}

function move(event: KeyboardEvent, items: TreeItem[], index: number, props: DetailsTreeProps) {
  const { opened, onOpen, onChoose, onLeave } = props;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const item = items[index];
  const choose = (at: number) => {
    const to = items[Math.max(0, Math.min(items.length - 1, at))];
    if (to) onChoose(to);
  };
  const open = item?.node.children?.length ? isOpen(item, opened) : undefined;
  const actions: Record<string, () => void> = {
    ArrowUp: () => choose(index < 0 ? items.length : index - 1),
    ArrowDown: () => choose(index + 1),
    Home: () => choose(0),
    End: () => choose(items.length),
    ArrowRight: () => {
      if (open) choose(index + 1);
      else if (item && open === false) onOpen(item.key, true);
    },
    ArrowLeft: () => {
      if (item && open) onOpen(item.key, false);
      else if (item?.parent) choose(items.findIndex(({ key }) => key === item.parent));
    },
    Enter: () => item && toggle(item, props),
    " ": () => item && toggle(item, props),
    Escape: onLeave,
  };
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

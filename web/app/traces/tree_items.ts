/**
 * The details tree as a list of the lines that are shown. A line's key is the way to it by names, so
 * that what is open in one frame is open in the next one as well.
 *
 * @module
 */
import type { TreeNode } from "../../../traces/report/tree_line.ts";

export interface TreeItem {
  key: string;
  node: TreeNode;
  /** From 1. */
  level: number;
  /** Key of the line it stands under. */
  parent: string | undefined;
  /** Place among its siblings, from 1, and their number. */
  position: number;
  size: number;
  /** Whether its children are shown, at first those of the innermost layer; it may have none. */
  open: boolean | undefined;
}

/** Lines that people opened (`true`) or closed; others are as at first. */
export type Opened = ReadonlyMap<string, boolean>;

/** Children of a line, or the top, with their keys. */
function itemsOf(nodes: readonly TreeNode[], parent?: TreeItem): TreeItem[] {
  const seen = new Map<string, number>();
  const last = parent ? -1 : nodes.findLastIndex(({ children }) => children?.length);
  return nodes.map((node, index) => {
    const name = node.field ?? /^[^:,(]*/.exec(node.label)![0];
    const same = seen.get(name) ?? 0;
    seen.set(name, same + 1);
    return {
      key: `${parent?.key ?? ""}/${name}${same > 0 ? `#${same}` : ""}`,
      node,
      level: (parent?.level ?? 0) + 1,
      parent: parent?.key,
      position: index + 1,
      size: nodes.length,
      open: node.children?.length ? index === last : undefined,
    };
  });
}

/** Lines that are shown, from the top. */
export function shownItems(tree: readonly TreeNode[], opened: Opened): TreeItem[] {
  const shown: TreeItem[] = [];
  const visit = (items: TreeItem[]) => {
    for (const item of items) {
      shown.push(item);
      if (item.open !== undefined) item.open = opened.get(item.key) ?? item.open;
      if (item.open) visit(itemsOf(item.node.children!, item));
    }
  };
  visit(itemsOf(tree));
  return shown;
}

/** The lines from the top to the innermost field that holds a byte; none: nothing does. */
export function itemsAt(tree: readonly TreeNode[], source: number, offset: number): TreeItem[] {
  let best: TreeItem[] = [];
  let shortest = Infinity;
  const visit = (items: TreeItem[], way: TreeItem[]) => {
    for (const item of items) {
      const [from, start, end] = item.node.at ?? [-1, 0, 0];
      const here = [...way, item];
      const length = end - start;
      if (item.node.field && from === source && offset >= start && offset < end) {
        if (length < shortest || (length === shortest && here.length > best.length)) {
          best = here;
          shortest = length;
        }
      }
      if (item.node.children) visit(itemsOf(item.node.children, item), here);
    }
  };
  visit(itemsOf(tree), []);
  return best;
}

/** A display filter that lets through frames with this field as it is here. */
export function filterOf({ field, value }: TreeNode): string | undefined {
  return field && value !== undefined ? `${field} == ${value}` : field;
}

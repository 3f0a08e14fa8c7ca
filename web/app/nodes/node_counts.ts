import type { NodeInfo } from "../../../gateway/nodes/answers.ts";

/** What is counted of a node, by the names that people see; the first four stand in the table. */
export function nodeCounts(node: NodeInfo): [name: string, count: number][] {
  return [
    ["Frames", node.frames],
    ["Missed batches", node.batchesMissed],
    ["Dropped by it", node.dropped],
    ["Reboots", node.reboots],
    ["Malformed", node.malformed],
    ["Damaged", node.damaged],
    ["Came twice", node.batchesRepeated],
  ];
}

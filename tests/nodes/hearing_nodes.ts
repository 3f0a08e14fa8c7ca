/**
 * What the gateway knows of nodes and devices, without a gateway.
 *
 * @module
 */
import { Nodes, type NodesOptions } from "../../gateway/nodes/nodes.ts";
import type { Rooms } from "../../gateway/rooms/rooms.ts";

/** Nodes that take each message of the rooms. @param options Where they are not of no effect. */
export function hearingNodes(
  rooms: Rooms,
  options: Pick<NodesOptions, "config"> & Partial<NodesOptions>,
): Nodes {
  const nodes = new Nodes({
    rooms,
    onReading: null,
    onDevice: () => {},
    onForget: () => {},
    onLiveness: () => {},
    log: () => {},
    ...options,
  });
  rooms.onMessage((message, route, id) => nodes.take(message, route, id));
  return nodes;
}

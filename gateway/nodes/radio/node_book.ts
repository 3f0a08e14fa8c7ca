/**
 * All nodes by name; bounded.
 *
 * @module
 */
import type { NodeLiveness } from "../liveness/liveness_monitor.ts";
import type { LivenessMonitor } from "../liveness/liveness_monitor.ts";
import { RadioNode } from "./radio_node.ts";

const MAX_NODES = 10_000;

/** A node and whether it lives. */
export class KnownNode extends RadioNode {
  readonly live: NodeLiveness;

  constructor(name: string, dialect: string, number: number, live: NodeLiveness) {
    super(name, dialect, number);
    this.live = live;
  }
}

export class NodeBook {
  readonly #monitor: LivenessMonitor;
  readonly #nodes = new Map<string, KnownNode>();
  #numbers = 0;

  constructor(monitor: LivenessMonitor) {
    this.#monitor = monitor;
  }

  get(name: string): KnownNode | undefined {
    return this.#nodes.get(name);
  }

  all(): Iterable<KnownNode> {
    return this.#nodes.values();
  }

  /** The node of this name, made when it is heard of first; `null` when there are too many. */
  node(name: string, dialect: string): KnownNode | null {
    const known = this.#nodes.get(name);
    if (known !== undefined) return known;
    if (this.#nodes.size >= MAX_NODES) return null;
    const live = this.#monitor.node(name);
    const node = new KnownNode(name, dialect, this.#numbers++ % 65_536, live);
    this.#nodes.set(name, node);
    return node;
  }

  forget(name: string) {
    this.#nodes.delete(name);
    this.#monitor.forgetNode(name);
  }
}

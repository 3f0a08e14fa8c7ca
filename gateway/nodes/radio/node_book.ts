/**
 * All nodes by name; bounded. Our own have the name that they say; those of other dialects the last
 * level of their path, unless that is another node's.
 *
 * @module
 */
import type { NodeLiveness } from "../liveness/liveness_monitor.ts";
import type { LivenessMonitor } from "../liveness/liveness_monitor.ts";
import { type BatchMemory, noBatchMemory } from "./batch_memory.ts";
import { OWN, RadioNode } from "./radio_node.ts";

const MAX_NODES = 10_000;

/** A node and whether it lives. */
export class KnownNode extends RadioNode {
  readonly live: NodeLiveness;

  constructor(name: string, dialect: string, number: number, live: NodeLiveness) {
    super(name, dialect, number);
    this.live = live;
  }
}

/** What was counted of all nodes, also of those that are forgotten; never falls. */
export interface NodeTotals {
  frames: number;
  damaged: number;
  malformed: number;
  /** By the nodes' own word. */
  dropped: number;
  /** Batches that did not come in time; some of them came late. */
  missed: number;
  late: number;
  repeated: number;
}

export class NodeBook {
  readonly #monitor: LivenessMonitor;
  readonly #nodes = new Map<string, KnownNode>();
  /** Names of those of other dialects, by dialect and path. */
  readonly #foreign = new Map<string, string>();
  #memory: BatchMemory = noBatchMemory;
  #numbers = 0;
  readonly #forgotten: NodeTotals = {
    frames: 0,
    damaged: 0,
    malformed: 0,
    dropped: 0,
    missed: 0,
    late: 0,
    repeated: 0,
  };

  constructor(monitor: LivenessMonitor) {
    this.#monitor = monitor;
  }

  /** What is remembered of nodes that have not been heard in this run. */
  remember(memory: BatchMemory) {
    this.#memory = memory;
  }

  get(name: string): KnownNode | undefined {
    return this.#nodes.get(name);
  }

  /** The node of ours that has this name. */
  own(name: string): KnownNode | undefined {
    const node = this.#nodes.get(name);
    return node?.dialect === OWN ? node : undefined;
  }

  all(): Iterable<KnownNode> {
    return this.#nodes.values();
  }

  /**
   * The node of ours of this name, made when it is heard of first; `null` when there are too many.
   * One of another dialect that had the name gets another.
   */
  node(name: string): KnownNode | null {
    const known = this.#nodes.get(name);
    if (known?.dialect === OWN) return known;
    if (known !== undefined) this.forget(name);
    const made = this.#make(name, OWN);
    if (made !== null) this.#memory.restore(made);
    return made;
  }

  /**
   * The node of another dialect, made when it is heard of first; `null` when there are too many.
   *
   * @param path Topic below which it speaks; it tells it from others of the dialect.
   */
  foreign(path: string, dialect: string): KnownNode | null {
    const key = `${dialect}\n${path}`;
    const known = this.#nodes.get(this.#foreign.get(key) ?? "");
    if (known !== undefined) return known;
    let name = path.slice(path.lastIndexOf("/") + 1);
    if (name === "" || this.#nodes.has(name)) name = path;
    while (this.#nodes.has(name)) name += ` (${dialect})`;
    const made = this.#make(name, dialect);
    if (made !== null) this.#foreign.set(key, name);
    return made;
  }

  #make(name: string, dialect: string): KnownNode | null {
    if (this.#nodes.size >= MAX_NODES) return null;
    const live = this.#monitor.node(name);
    const node = new KnownNode(name, dialect, this.#numbers++ % 65_536, live);
    this.#nodes.set(name, node);
    return node;
  }

  forget(name: string) {
    const node = this.#nodes.get(name);
    if (node === undefined) return;
    add(this.#forgotten, node);
    if (node.dialect === OWN) this.#memory.forget(name);
    this.#nodes.delete(name);
    for (const [key, other] of this.#foreign) {
      if (other === name) this.#foreign.delete(key);
    }
    this.#monitor.forgetNode(name);
  }

  totals(): NodeTotals {
    const totals = { ...this.#forgotten };
    for (const node of this.#nodes.values()) add(totals, node);
    return totals;
  }
}

function add(totals: NodeTotals, { frames, damaged, malformed, droppedInAll, batches }: KnownNode) {
  const { missed, late, repeated } = batches;
  totals.frames += frames;
  totals.damaged += damaged;
  totals.malformed += malformed;
  totals.dropped += droppedInAll;
  totals.missed += missed + late;
  totals.late += late;
  totals.repeated += repeated;
}

/**
 * Nodes: MQTT publishers that say on `edgewire/v1/<node>/status` whether they
 * are there.
 *
 * @module
 */
import * as v from "valibot";
import { now } from "../clock.ts";
import { TopicFilter } from "../topics/topic_filter.ts";

const status = v.object({
  state: v.picklist(["online", "offline"]),
  boot: v.optional(v.number()),
  version: v.optional(v.string()),
  radios: v.optional(v.array(v.string())),
});

export interface Node {
  name: string;
  state: "online" | "offline";
  /** When the state was last said, Unix milliseconds. */
  time: number;
  boot?: number | undefined;
  version?: string | undefined;
  radios?: string[] | undefined;
}

const filter = new TopicFilter("edgewire/v1/:node/status");
const MAX_NODES = 10_000;

export class NodeRegistry {
  readonly #nodes = new Map<string, Node>();
  /** Status messages that could not be read. */
  malformed = 0;

  /** Takes a status message; others are ignored. */
  take(topic: string, payload: Uint8Array) {
    if (!topic.startsWith("edgewire/v1/")) return;
    const name = filter.match(topic)?.names.node;
    if (name === undefined) return;
    if (payload.length === 0) {
      this.#nodes.delete(name);
      return;
    }
    const result = v.safeParse(status, parse(payload));
    if (!result.success) this.malformed++;
    else if (this.#nodes.has(name) || this.#nodes.size < MAX_NODES) {
      const { state, ...said } = result.output;
      this.#nodes.set(name, { name, state, time: now(), ...said });
    }
  }

  get(name: string): Node | undefined {
    return this.#nodes.get(name);
  }

  all(): Node[] {
    return [...this.#nodes.values()];
  }
}

function parse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return undefined;
  }
}

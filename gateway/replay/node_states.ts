/**
 * What statuses of nodes say, and which nodes a replay leaves behind as online: their last status in
 * the capture said so, and nobody takes it back.
 *
 * @module
 */
import { nodeOfStatusTopic, statusTopic } from "../../traces/replay/radio_topic.ts";
import type { Outgoing } from "./mqtt_sender.ts";

export type NodeState = "online" | "offline";

const decoder = new TextDecoder();
const OFFLINE = new TextEncoder().encode('{"state":"offline"}');

/** @returns undefined when it says neither */
export function stateOf(payload: Uint8Array): NodeState | undefined {
  try {
    const state: unknown = JSON.parse(decoder.decode(payload))?.state;
    return state === "online" || state === "offline" ? state : undefined;
  } catch {
    return undefined;
  }
}

export class NodeStates {
  /** Nodes that are online, with the retain flag of the message that said so. */
  readonly #online = new Map<string, boolean>();

  /** Takes note of a message that was published. */
  published({ topic, payload, retain }: Outgoing): void {
    const node = nodeOfStatusTopic(topic);
    if (node === undefined) return;
    if (stateOf(payload) === "online") this.#online.set(node, retain);
    else this.#online.delete(node);
  }

  /** Says of those that are online that they are gone. @param except nodes that are left alone */
  offline(except: (node: string) => boolean): Outgoing[] {
    return [...this.#online].filter(([node]) => !except(node))
      .map(([node, retain]) => ({ topic: statusTopic(node), payload: OFFLINE, qos: 1, retain }));
  }
}

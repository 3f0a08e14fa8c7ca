/**
 * The nodes that a replay plays: they say that they are online before, and offline at the end.
 *
 * @module
 */
import deno from "../../deno.json" with { type: "json" };
import type { PlayedNode } from "../../traces/replay/survey.ts";
import { statusTopic } from "../../traces/replay/radio_topic.ts";
import type { Outgoing } from "./mqtt_sender.ts";

const OFFLINE = '{"state":"offline"}';

export class PlayedNodes {
  readonly #nodes: readonly PlayedNode[];
  readonly #bootOf: (node: string) => number;

  /** @param bootOf gives the boot id of their envelopes */
  constructor(nodes: readonly PlayedNode[], bootOf: (node: string) => number) {
    this.#nodes = nodes;
    this.#bootOf = bootOf;
  }

  /** What the broker is to say if the connection breaks; it can do so of one node alone. */
  get will(): { topic: string; payload: string } | undefined {
    const [first] = this.#nodes;
    return first && { topic: statusTopic(first.name), payload: OFFLINE };
  }

  online(): Outgoing[] {
    return this.#nodes.map(({ name, radios }) => {
      const status = { state: "online", boot: this.#bootOf(name), version: deno.version };
      return retained(name, JSON.stringify({ ...status, radios: [...radios] }));
    });
  }

  /** Says that they are gone. @param real nodes that were there before: their status is not removed */
  offline(real: { has(name: string): boolean }): Outgoing[] {
    return this.#nodes.flatMap(({ name }) =>
      real.has(name) ? [retained(name, OFFLINE)] : [retained(name, OFFLINE), retained(name, "")]
    );
  }
}

function retained(name: string, text: string): Outgoing {
  const payload = new TextEncoder().encode(text);
  return { topic: statusTopic(name), payload, qos: 1, retain: true };
}

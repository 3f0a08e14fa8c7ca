/**
 * What of a trace a reader wants.
 *
 * @module
 */
import type { Hop, TraceFilter } from "../trace_messages.ts";
import type { Origin } from "./trace_ids.ts";

const TOPICS = "edgewire/v1/";

export class Selection {
  /** Whether there is a choice within the hops: by channel or node. */
  readonly selects: boolean;
  readonly #hops: ReadonlySet<string> | null;
  readonly #channels: ReadonlySet<string> | null;
  readonly #nodes: ReadonlySet<string> | null;
  readonly #nodeTopics: readonly string[];

  constructor({ hops, channels, nodes }: TraceFilter) {
    this.#hops = hops.length === 0 ? null : new Set(hops);
    this.#channels = channels.length === 0 ? null : new Set(channels);
    this.#nodes = nodes.length === 0 ? null : new Set(nodes);
    this.#nodeTopics = nodes.map((node) => `${TOPICS}${node}/`);
    this.selects = channels.length > 0 || nodes.length > 0;
  }

  hop(hop: Hop): boolean {
    return this.#hops === null || this.#hops.has(hop);
  }

  channel(channel: string): boolean {
    return this.#channels === null || this.#channels.has(channel);
  }

  /** Whether a channel alone, without a node, is enough. */
  get byNode(): boolean {
    return this.#nodes !== null;
  }

  /** @param node that it names; "" none. @param origin what it was made of */
  update(channel: string, node: string, origin: Origin | undefined): boolean {
    return this.channel(channel) && this.#node(node, origin);
  }

  #node(node: string, origin: Origin | undefined): boolean {
    const nodes = this.#nodes;
    if (nodes === null || nodes.has(node)) return true;
    return origin !== undefined && nodes.has(origin.node);
  }

  /** @param node that heard the frame */
  radio(node: string, origin: Origin): boolean {
    return (this.#nodes === null || this.#nodes.has(node)) && this.#madeUpdate(origin);
  }

  /** @param origin what is known of it; `null` nothing */
  publish(topic: string | undefined, origin: Origin | null): boolean {
    if (this.#channels !== null && (origin === null || !this.#madeUpdateOf(origin))) return false;
    if (this.#nodes === null) return true;
    if (topic !== undefined && this.#nodeTopics.some((start) => topic.startsWith(start))) {
      return true;
    }
    if (origin === null) return false;
    return this.#nodes.has(origin.node) || this.#namesNode(origin);
  }

  #madeUpdate(origin: Origin): boolean {
    const channels = this.#channels;
    return channels === null || origin.updates.some(({ channel }) => channels.has(channel));
  }

  #madeUpdateOf(publish: Origin): boolean {
    return this.#madeUpdate(publish) ||
      (publish.records?.some((record) => this.#madeUpdate(record)) ?? false);
  }

  #namesNode({ updates }: Origin): boolean {
    const nodes = this.#nodes!;
    return updates.some(({ node }) => nodes.has(node));
  }
}

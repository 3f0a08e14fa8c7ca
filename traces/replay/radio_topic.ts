/**
 * Topics of our own nodes.
 *
 * @module
 */

const PREFIX = "edgewire/v1/";

export function radioTopic(node: string): string {
  return `${PREFIX}${node}/radio`;
}

export function statusTopic(node: string): string {
  return `${PREFIX}${node}/status`;
}

/** The node whose envelopes come on a topic; undefined: it is no such topic. */
export function nodeOfRadioTopic(topic: string): string | undefined {
  return nodeOf(topic, "/radio");
}

/** The node whose status comes on a topic. */
export function nodeOfStatusTopic(topic: string): string | undefined {
  return nodeOf(topic, "/status");
}

function nodeOf(topic: string, end: string): string | undefined {
  if (!topic.startsWith(PREFIX) || !topic.endsWith(end)) return undefined;
  const node = topic.slice(PREFIX.length, -end.length);
  return node === "" || node.includes("/") ? undefined : node;
}

/** Levels below the prefix that are no nodes. */
const TAKEN = new Set(["readings", "gateways"]);

/** A text made fit to be a node's name; "" when nothing is left of it. */
export function nodeName(text: string): string {
  const name = text.trim().replace(/[/+#$\0\s]+/g, "-");
  return TAKEN.has(name) ? `${name}-` : name;
}

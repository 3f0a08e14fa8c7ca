/**
 * What a role may read and write: the same over WebSocket, MQTT over
 * WebSocket and MQTT over TCP.
 *
 * - viewer: reads everything but settings;
 * - operator: also publishes on command topics, those of settings excepted;
 * - admin: everything;
 * - node: publishes its own topics, reads its own commands; with `topics` of its token these as well.
 *
 * @module
 */
import { covers, TopicFilter } from "../topics/topic_filter.ts";
import { coversForeignSettings, isForeignSettings } from "./foreign_settings.ts";
import type { Identity } from "./tokens.ts";

/** Settings of our own nodes: for admins and the node itself. */
const SETTINGS = ["edgewire/v1/+/set", "edgewire/v1/+/set/#"].map((text) => new TopicFilter(text));

/** Whether a topic holds settings, of our own or other people's nodes: it never belongs to a channel. */
export function isSettings(topic: string): boolean {
  if (topic.startsWith("edgewire/v1/")) {
    // A device may be called "set".
    if (topic.startsWith("edgewire/v1/readings/")) return false;
    return topic.includes("/set") && SETTINGS.some((filter) => filter.match(topic) !== null);
  }
  return isForeignSettings(topic);
}

const RANK = { node: 0, viewer: 1, operator: 2, admin: 3 } as const;

/** Whether `identity` may do what `role` may do. */
export function atLeast(identity: Identity, role: keyof typeof RANK): boolean {
  return RANK[identity.role] >= RANK[role];
}

function ownTopics(name: string): string[] {
  return [
    `devices/${name}/#`,
    `edgewire/v1/${name}/#`,
    `homeassistant/device/${name}/config`,
    `homeassistant/+/${name}/+/config`,
  ];
}

function ownCommands(name: string): string[] {
  return [`devices/${name}/+/set`, `edgewire/v1/${name}/set`];
}

/** Levels below `edgewire/v1/` that are the gateway's own. */
const GATEWAY_LEVELS = ["readings", "gateways"];

/** A node's name becomes part of filters, so it must be one plain level, and none of ours. */
export function isNodeName(name: string | undefined): name is string {
  return name !== undefined && name !== "" && !/[/+#$\0]/.test(name) &&
    !GATEWAY_LEVELS.includes(name);
}

/** Decides for one gateway; knows which topics are command topics from the channel rules. */
export class Policy {
  readonly #isCommand: (topic: string) => boolean;

  constructor(isCommand: (topic: string) => boolean) {
    this.#isCommand = isCommand;
  }

  /** May a message on `topic` be shown to this client? */
  mayRead(identity: Identity, topic: string): boolean {
    if (identity.role === "admin") return true;
    if (identity.role === "node") {
      return isNodeName(identity.name) &&
        [...ownCommands(identity.name), ...identity.topics ?? []]
          .some((filter) => covers(filter, topic));
    }
    return !isSettings(topic);
  }

  /** May this client subscribe to `filter`? Messages are checked again one by one. */
  maySubscribe(identity: Identity, filter: string): boolean {
    const plain = filter.replace(/^\$share\/[^/]+\//, "");
    if (identity.role === "admin") return true;
    if (identity.role === "node") {
      return isNodeName(identity.name) &&
        [`devices/${identity.name}/#`, `edgewire/v1/${identity.name}/#`, ...identity.topics ?? []]
          .some((own) => covers(own, plain));
    }
    return !SETTINGS.some((settings) => covers(settings.text, plain)) &&
      !coversForeignSettings(plain);
  }

  /** May this client publish on `topic`? */
  mayPublish(identity: Identity, topic: string): boolean {
    if (topic.startsWith("$")) return false;
    if (identity.role === "admin") return true;
    // Whatever the rules of the configuration call a command topic.
    if (identity.role === "operator") return this.#isCommand(topic) && !isSettings(topic);
    if (identity.role === "node") {
      return isNodeName(identity.name) &&
        [...ownTopics(identity.name), ...identity.topics ?? []]
          .some((filter) => covers(filter, topic));
    }
    return false;
  }
}

/**
 * Which channel a topic belongs to, on which topic commands for it go, and
 * under which names it is republished. The first rule that matches counts:
 * those of the configuration, then the built-in ones.
 *
 * @module
 */
import { isSettings } from "../access/policy.ts";
import type { Relay, Rule } from "../config/schema.ts";
import { fill, FilterError, type Match, TopicFilter } from "../topics/topic_filter.ts";

/** What is known about a topic before any message on it is read. */
export interface Route {
  topic: string;
  /** Channel name; `null` if messages on the topic make no updates. */
  channel: string | null;
  /** Topic to publish commands on; `null` if it takes none. */
  command: string | null;
  /** Topic on which the device answers commands, where it is not `topic` alone. */
  answer?: string;
  /** Device name, where the topic says it. */
  device?: string;
  /** Member of a JSON object that a command's value becomes; absent: the value is the payload. */
  member?: string;
  /** A rule of the configuration says so: no dialect takes its messages. */
  configured?: boolean;
  /** Topics to republish it on. */
  relays: string[];
}

interface CompiledRule {
  configured?: boolean;
  filter: TopicFilter;
  channel: string | null;
  command: string | null;
  answer: string | null;
  device: string | null;
}

const builtIn: CompiledRule[] = [
  // Commands, and what the gateway itself says, are not values.
  ["$SYS/#", null, null],
  ["devices/:device/:name/set", null, null],
  ["homeassistant/#", null, null],
  ["edgewire/v1/#", null, null],
  [
    "devices/:device/:name/changed",
    ":device",
    "devices/:device/:name/set",
    "devices/:device/:name",
  ],
  ["devices/:device/:name", ":device", "devices/:device/:name/set"],
  ["devices/:device/#", ":device", null],
  [":channel/#", ":channel", null],
].map(([filter, channel, command, answer]) => ({
  filter: new TopicFilter(filter as string),
  channel: channel as string | null,
  command: command as string | null,
  answer: answer ?? null,
  device: filter?.includes(":device") ? ":device" : null,
}));

/** Bounds of the cache; when it is full it starts over. */
const CACHED_TOPICS = 100_000;
const CACHED_CHARACTERS = 16 << 20;

function compile(rule: Rule): CompiledRule {
  const compiled = {
    filter: new TopicFilter(rule.filter),
    channel: rule.channel,
    command: rule.command ?? null,
    answer: null,
    device: null,
    configured: true,
  };
  for (const template of [rule.channel, compiled.command ?? ""]) {
    checkTemplate(compiled.filter, template, "rule");
  }
  return compiled;
}

function compileRelay({ filter: text, to }: Relay): { filter: TopicFilter; to: string } {
  const filter = new TopicFilter(text);
  checkTemplate(filter, to, "relay");
  return { filter, to };
}

/** @throws {FilterError} if the template asks for what the filter has not. */
function checkTemplate(filter: TopicFilter, template: string, what: string) {
  const topic = filter.subscription.replaceAll(/[+#]/g, "x");
  try {
    fill(template, filter.match(topic) as Match);
  } catch (error) {
    throw new FilterError(`${what} "${filter.text}": ${(error as Error).message}`);
  }
}

/** Answers {@linkcode Rules.route} for every topic, remembering the answers. */
export class Rules {
  readonly #rules: CompiledRule[];
  readonly #relays: { filter: TopicFilter; to: string }[];
  readonly #routes = new Map<string, Route>();
  /** Topics whose updates are made of other messages; they win over every rule. */
  readonly #derived = new Map<string, Route>();
  /** Command topics of derived topics, and how many share each. */
  readonly #derivedCommands = new Map<string, number>();
  #characters = 0;
  /** Command topics that have been routed to, so that they are known as such. */
  readonly #commandFilters: TopicFilter[];

  /**
   * @param silent Topic filters of messages that make no updates, beside the built-in ones.
   * @throws {FilterError} if a filter or template is malformed.
   */
  constructor(rules: Rule[], relays: Relay[], silent: string[] = []) {
    const configured = rules.map(compile);
    const none = { channel: null, command: null, answer: null, device: null };
    const left = silent.map((filter) => ({ filter: new TopicFilter(filter), ...none }));
    this.#rules = [...configured, ...left, ...builtIn];
    this.#relays = relays.map(compileRelay);
    this.#commandFilters = this.#rules.flatMap(({ command }) =>
      command === null ? [] : [new TopicFilter(command)]
    );
  }

  /** @returns The same object for the same topic, while it is remembered. */
  route(topic: string): Route {
    const known = this.#known(topic);
    if (known !== undefined) return known;
    const route = this.#resolve(topic);
    this.#characters += topic.length;
    if (this.#routes.size >= CACHED_TOPICS || this.#characters > CACHED_CHARACTERS) {
      this.#routes.clear();
      this.#characters = topic.length;
    }
    this.#routes.set(topic, route);
    return route;
  }

  /** The same for those who ask without a message: it is not remembered, and nothing is forgotten. */
  look(topic: string): Route {
    return this.#known(topic) ?? this.#resolve(topic);
  }

  #known(topic: string): Route | undefined {
    return this.#routes.get(topic) ?? this.#derived.get(topic);
  }

  /** Whether commands are published on this topic (so it holds no state). */
  isCommand(topic: string): boolean {
    if (this.#derivedCommands.has(topic)) return true;
    return this.#commandFilters.some((filter) => filter.match(topic) !== null);
  }

  /**
   * Says where a topic belongs whose updates are made of other messages.
   *
   * @returns The route as it counts: settings of nodes belong to no channel and are no commands,
   *   whoever says so.
   */
  derive(wanted: Route): Route {
    const { topic } = wanted;
    const channel = isSettings(topic) || wanted.channel === "" ? null : wanted.channel;
    const command = channel === null || wanted.command === null || isSettings(wanted.command)
      ? null
      : wanted.command;
    const route = { ...wanted, channel, command };
    this.underive(topic);
    this.#routes.delete(topic);
    this.#derived.set(topic, route);
    if (command === null) return route;
    this.#derivedCommands.set(command, (this.#derivedCommands.get(command) ?? 0) + 1);
    this.#routes.delete(command);
    return route;
  }

  /** Whether {@linkcode derive} said something of the topic. */
  isDerived(topic: string): boolean {
    return this.#derived.has(topic);
  }

  /** Forgets what {@linkcode derive} said. */
  underive(topic: string) {
    const command = this.#derived.get(topic)?.command ?? null;
    if (!this.#derived.delete(topic) || command === null) return;
    const left = (this.#derivedCommands.get(command) ?? 1) - 1;
    if (left > 0) this.#derivedCommands.set(command, left);
    else this.#derivedCommands.delete(command);
    this.#routes.delete(command);
  }

  #resolve(topic: string): Route {
    // Nobody is to read them under another name.
    if (isSettings(topic)) return { topic, channel: null, command: null, relays: [] };
    const relays = this.#relaysOf(topic);
    const none: Route = { topic, channel: null, command: null, relays };
    if (this.isCommand(topic)) return none;
    for (const rule of this.#rules) {
      const match = rule.filter.match(topic);
      if (match === null) continue;
      if (rule.channel === null) return none;
      return routeBy(rule, match, topic, relays);
    }
    return none;
  }

  /** Where a topic is republished: never onto itself, and never as settings of a node. */
  #relaysOf(topic: string): string[] {
    return this.#relays.flatMap(({ filter, to }) => {
      const match = filter.match(topic);
      return match === null ? [] : [fill(to, match)];
    }).filter((to) => to !== topic && !isSettings(to));
  }
}

function routeBy(rule: CompiledRule, match: Match, topic: string, relays: string[]): Route {
  const channel = fill(rule.channel as string, match);
  const command = rule.command === null ? null : fill(rule.command, match);
  return {
    topic,
    channel: channel === "" ? null : channel,
    // Settings of nodes are no commands, whatever the configuration says.
    command: command === null || isSettings(command) ? null : command,
    relays,
    ...(rule.configured === true ? { configured: true } : {}),
    ...(rule.answer === null ? {} : { answer: fill(rule.answer, match) }),
    ...(rule.device === null ? {} : { device: fill(rule.device, match) }),
  };
}

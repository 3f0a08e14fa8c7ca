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
  /** Topics to republish it on. */
  relays: string[];
}

interface CompiledRule {
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
  #characters = 0;
  /** Command topics that have been routed to, so that they are known as such. */
  readonly #commandFilters: TopicFilter[];

  /** @throws {FilterError} if a filter or template is malformed. */
  constructor(rules: Rule[], relays: Relay[]) {
    const configured = rules.map(compile);
    this.#rules = [...configured, ...builtIn];
    this.#relays = relays.map(compileRelay);
    this.#commandFilters = this.#rules.flatMap(({ command }) =>
      command === null ? [] : [new TopicFilter(command)]
    );
  }

  /** @returns The same object for the same topic, while it is remembered. */
  route(topic: string): Route {
    const known = this.#routes.get(topic);
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

  /** Whether commands are published on this topic (so it holds no state). */
  isCommand(topic: string): boolean {
    return this.#commandFilters.some((filter) => filter.match(topic) !== null);
  }

  #resolve(topic: string): Route {
    const relays = this.#relays.flatMap(({ filter, to }) => {
      const match = filter.match(topic);
      return match === null ? [] : [fill(to, match)];
    }).filter((to) => to !== topic);
    const none: Route = { topic, channel: null, command: null, relays };
    if (this.isCommand(topic) || isSettings(topic)) return none;
    for (const rule of this.#rules) {
      const match = rule.filter.match(topic);
      if (match === null) continue;
      if (rule.channel === null) return none;
      return routeBy(rule, match, topic, relays);
    }
    return none;
  }
}

function routeBy(rule: CompiledRule, match: Match, topic: string, relays: string[]): Route {
  const channel = fill(rule.channel as string, match);
  return {
    topic,
    channel: channel === "" ? null : channel,
    command: rule.command === null ? null : fill(rule.command, match),
    relays,
    ...(rule.answer === null ? {} : { answer: fill(rule.answer, match) }),
    ...(rule.device === null ? {} : { device: fill(rule.device, match) }),
  };
}

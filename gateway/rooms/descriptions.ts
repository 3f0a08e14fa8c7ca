/**
 * What is known of topics beyond their values: units and controls, by channel.
 *
 * @module
 */
import type { Config } from "../config/schema.ts";
import type { Control, TopicDescription } from "../sessions/messages.ts";
import { TopicFilter } from "../topics/topic_filter.ts";
import type { Route, Rules } from "./rules.ts";

export class Descriptions {
  readonly #config: Config;
  readonly #rules: Rules;
  readonly #onChange: (route: Route, channel: string) => void;
  readonly #known = new Map<string, Map<string, TopicDescription>>();
  readonly #notes: { filter: TopicFilter; unit?: string; control?: Control }[];

  /** @param onChange Called when what is known of a topic changed. */
  constructor(config: Config, rules: Rules, onChange: (route: Route, channel: string) => void) {
    this.#config = config;
    this.#rules = rules;
    this.#onChange = onChange;
    this.#notes = config.describe.map((note) => ({
      ...(note as { unit?: string; control?: Control }),
      filter: new TopicFilter(note.topic),
    }));
  }

  /** All of a channel. */
  of(channel: string): TopicDescription[] {
    return [...this.#known.get(channel)?.values() ?? []];
  }

  unit({ channel, topic }: Route): string | undefined {
    return this.#known.get(channel ?? "")?.get(topic)?.unit;
  }

  /** Takes over what the configuration says of a topic. */
  configured(topic: string) {
    for (const { filter, unit, control } of this.#notes) {
      if (filter.match(topic) === null) continue;
      const described = { topic, ...(unit === undefined ? {} : { unit }) };
      this.add(control === undefined ? described : { ...described, control });
      return;
    }
  }

  /**
   * Says what is known of a topic. Topics of no channel are left out, and so are controls of topics
   * that take no commands.
   *
   * @param commandTopic Where the device wants its commands; a control that wants them elsewhere than
   *   the rules say is left out.
   */
  add(description: TopicDescription, commandTopic?: string) {
    const route = this.#rules.route(description.topic);
    if (route.channel === null) return;
    const { control, ...rest } = description;
    const wanted = commandTopic ?? route.command;
    const controllable = control !== undefined && wanted !== null && wanted === route.command;
    this.#set(route, route.channel, controllable ? { ...rest, control } : rest);
  }

  /** Forgets what {@linkcode add} said. */
  remove(topic: string) {
    const route = this.#rules.route(topic);
    if (route.channel !== null) this.#set(route, route.channel, null);
  }

  #set(route: Route, channel: string, description: TopicDescription | null) {
    const { channels, topicsPerChannel } = this.#config.limits;
    let known = this.#known.get(channel);
    if (known === undefined) {
      if (this.#known.size >= channels) return;
      this.#known.set(channel, known = new Map());
    }
    if (JSON.stringify(known.get(route.topic) ?? null) === JSON.stringify(description)) return;
    if (description === null) known.delete(route.topic);
    else if (known.size < topicsPerChannel) known.set(route.topic, description);
    if (known.size === 0) this.#known.delete(channel);
    this.#onChange(route, channel);
  }
}

/**
 * Devices that describe themselves by Home Assistant's MQTT discovery: their
 * topics' units, and the controls of those that take commands.
 *
 * Both forms are read, `homeassistant/<component>/[<node>/]<object>/config` and
 * `homeassistant/device/<object>/config`, with long and short names. Only
 * topics whose value is the payload, or the `value` of a JSON object, are
 * described; a template that computes something else is not ours to run.
 *
 * @module
 */
import type { Control, TopicDescription } from "../sessions/messages.ts";
import { READINGS } from "./out/readings_names.ts";

type Json = Record<string, unknown>;

const SHORT: Record<string, string> = {
  stat_t: "state_topic",
  cmd_t: "command_topic",
  unit_of_meas: "unit_of_measurement",
  val_tpl: "value_template",
  pl_on: "payload_on",
  pl_off: "payload_off",
  pl_prs: "payload_press",
  ops: "options",
  cmps: "components",
  p: "platform",
};

const PLAIN_TEMPLATE = /^\s*\{\{\s*value(_json\.value)?\s*(\|\s*\w+(\(\w*\))?\s*)?\}\}\s*$/;
const MAX_COMPONENTS = 200;
const MAX_CONFIGURATIONS = 10_000;

function expand(config: Json): Json {
  const long: Json = {};
  for (const [key, value] of Object.entries(config)) long[SHORT[key] ?? key] = value;
  const base = config["~"];
  if (typeof base === "string") {
    for (const [key, value] of Object.entries(long)) {
      if (!key.endsWith("_topic") || typeof value !== "string") continue;
      long[key] = value.replace(/^~/, base).replace(/~$/, base);
    }
  }
  return long;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A payload as the value that our messages carry. */
function asValue(payload: unknown, fallback: unknown): unknown {
  if (typeof payload !== "string") return payload ?? fallback;
  try {
    return JSON.parse(payload);
  } catch {
    return payload;
  }
}

function controlOf(platform: string, config: Json): Control | undefined {
  if (typeof config.command_topic !== "string") return undefined;
  const number = (key: string) =>
    typeof config[key] === "number" ? { [key]: config[key] as number } : {};
  switch (platform) {
    case "number":
      return { type: "number", ...number("min"), ...number("max"), ...number("step") };
    case "switch":
      return {
        type: "switch",
        on: asValue(config.payload_on, "ON"),
        off: asValue(config.payload_off, "OFF"),
      };
    case "select":
      return Array.isArray(config.options)
        ? { type: "choice", choices: config.options }
        : undefined;
    case "text":
      return { type: "text" };
    case "button":
      return { type: "button", on: asValue(config.payload_press, "PRESS") };
    default:
      return undefined;
  }
}

/** What one component says, and where it wants its commands. */
interface Described {
  description: TopicDescription;
  commandTopic?: string;
}

function describeComponent(platform: string, config: Json): Described | null {
  const topic = config.state_topic;
  if (typeof topic !== "string" || topic === "") return null;
  // What this gateway, or another on the same broker, announces of its own readings.
  if (topic.startsWith(READINGS)) return null;
  const template = config.value_template;
  if (typeof template === "string" && !PLAIN_TEMPLATE.test(template)) return null;
  const description: TopicDescription = { topic };
  if (typeof config.unit_of_measurement === "string") description.unit = config.unit_of_measurement;
  const control = controlOf(platform, config);
  if (control === undefined) return { description };
  return { description: { ...description, control }, commandTopic: config.command_topic as string };
}

/** Remembers which topics each configuration described, so that it can be withdrawn. */
export class Discovery {
  readonly #described = new Map<string, string[]>();
  readonly #describe: (description: TopicDescription, commandTopic?: string) => void;
  readonly #undescribe: (topic: string) => void;
  readonly #prefix: string;

  /** @param prefix First levels of the topics. */
  constructor(
    describe: (description: TopicDescription, commandTopic?: string) => void,
    undescribe: (topic: string) => void,
    prefix = "homeassistant",
  ) {
    this.#prefix = `${prefix}/`;
    this.#describe = describe;
    this.#undescribe = undescribe;
  }

  /** Takes a discovery message; others, and those that cannot be read, are ignored. */
  take(topic: string, payload: Uint8Array) {
    if (!topic.startsWith(this.#prefix) || !topic.endsWith("/config")) return;
    if (!this.#described.has(topic) && this.#described.size >= MAX_CONFIGURATIONS) return;
    const described = payload.length === 0 ? [] : this.#read(topic, payload);
    const now = described.map(({ description }) => description.topic);
    for (const old of this.#described.get(topic) ?? []) {
      if (!now.includes(old)) this.#undescribe(old);
    }
    if (now.length === 0) this.#described.delete(topic);
    else this.#described.set(topic, now);
    for (const { description, commandTopic } of described) {
      this.#describe(description, commandTopic);
    }
  }

  #read(topic: string, payload: Uint8Array): Described[] {
    let config: unknown;
    try {
      config = JSON.parse(new TextDecoder().decode(payload));
    } catch {
      return [];
    }
    if (!isObject(config)) return [];
    const platform = topic.slice(this.#prefix.length).split("/")[0] as string;
    const device = expand(config);
    if (platform !== "device") {
      return [describeComponent(platform, device)].filter((d) => d !== null);
    }
    if (!isObject(device.components)) return [];
    return Object.values(device.components).slice(0, MAX_COMPONENTS).flatMap((component) => {
      if (!isObject(component)) return [];
      const own = expand({ ...("~" in config ? { "~": config["~"] } : {}), ...component });
      const described = describeComponent(String(own.platform), own);
      return described === null ? [] : [described];
    });
  }
}

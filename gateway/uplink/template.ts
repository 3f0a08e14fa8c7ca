/**
 * Text with places to fill in, for topics and payloads of clouds with rules of their own:
 * `channels/{channelId}/publish`, `field1={value}`, `{"t":{value.temperature}}`.
 *
 * A `{` before a letter or digit begins a placeholder, `{{` is a `{`, and every other brace stands
 * for itself, so that JSON can be written as it is. A placeholder is a name, for `value` members
 * behind dots, and perhaps how to write it: `{name|percent}`, `{value|json}`.
 *
 * @module
 */
import type { Match } from "../topics/topic_filter.ts";

/** What a template is filled from. */
export interface TemplateSource {
  topic: string;
  channel: string;
  /** `undefined`: none is known, and the channel stands for it. */
  device?: string | undefined;
  seq: number;
  /** Unix milliseconds. */
  time: number;
  /** The value as JSON text. */
  json: string;
}

/** It cannot be used; the message says what to write instead. */
export class TemplateError extends Error {
  override name = "TemplateError";
  /** Where in the template, from 0. */
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

export interface TemplateOptions {
  /** Names that the rule's filter has. */
  names: readonly string[];
  /** It makes a topic: nothing filled in may add a level or a wildcard. */
  isTopic: boolean;
}

/** What can be filled in besides the names of a filter. */
export const PLACEHOLDERS = [
  "topic",
  "rest",
  "channel",
  "device",
  "value",
  "time",
  "ms",
  "seconds",
  "seq",
] as const;
/** Whose levels are levels of the topic made of them. */
const WITH_LEVELS: readonly string[] = ["topic", "rest"];
const FORMATS = ["percent", "json"] as const;
type Format = typeof FORMATS[number];

interface Placeholder {
  name: string;
  /** Members on the way into `value`. */
  path: readonly string[];
  format: Format | undefined;
}

/** Bytes of UTF-8. */
const MAX_TEXT = 65_535;
const encoder = new TextEncoder();
const BEGIN = /\{(?=[{\p{L}\p{N}_])/gu;
const PLACEHOLDER = /^([\p{L}\p{N}_-]+)((?:\.[^.{}|]+)*)(?:\|([^{}]*))?\}/u;

export class Template {
  readonly text: string;
  readonly #isTopic: boolean;
  /** Text, and behind each but the last a placeholder. */
  readonly #texts: string[] = [];
  readonly #placeholders: Placeholder[] = [];

  private constructor(text: string, isTopic: boolean) {
    this.text = text;
    this.#isTopic = isTopic;
  }

  /** @throws {TemplateError} */
  static parse(text: string, { names, isTopic }: TemplateOptions): Template {
    const template = new Template(text, isTopic);
    let literal = "";
    let at = 0;
    for (let found; BEGIN.lastIndex = at, found = BEGIN.exec(text);) {
      const { index } = found;
      literal += text.slice(at, index);
      if (text[index + 1] === "{") {
        literal += "{";
        at = index + 2;
        continue;
      }
      const [whole, placeholder] = placeholderAt(text, index, names);
      template.#texts.push(literal);
      template.#placeholders.push(placeholder);
      literal = "";
      at = index + whole;
    }
    template.#texts.push(literal + text.slice(at));
    if (isTopic) template.#checkTopic();
    return template;
  }

  /** @returns the text; `null` where the value lacks a member, or no topic can be made */
  fill(source: TemplateSource, match: Match): string | null {
    let text = this.#texts[0]!;
    for (let i = 0; i < this.#placeholders.length; i++) {
      const placeholder = this.#placeholders[i]!;
      const filled = textOf(placeholder, source, match);
      if (filled === null) return null;
      text += this.#isTopic ? inTopic(placeholder, filled) : filled;
      text += this.#texts[i + 1]!;
    }
    return this.#isTopic && !isTopicName(text) ? null : text;
  }

  #checkTopic() {
    const wild = this.text.search(/[+#\0]/);
    if (this.#texts.some((text) => /[+#\0]/.test(text))) {
      throw new TemplateError(
        "a topic to publish on has no wildcard: name the level of the filter, and write {name}",
        wild,
      );
    }
    if (this.text === "") throw new TemplateError("the topic is empty", 0);
  }
}

/** @returns its length and what it says. @throws {TemplateError} */
function placeholderAt(
  text: string,
  at: number,
  names: readonly string[],
): [length: number, Placeholder] {
  const found = PLACEHOLDER.exec(text.slice(at + 1));
  if (found === null) {
    const shown = text.slice(at, at + 20);
    throw new TemplateError(`"${shown}" is no placeholder: write {name}, or {{ for a brace`, at);
  }
  const [whole, name, members, format] = found;
  if (!names.includes(name!) && !isKnown(name!)) {
    const all = [...names, ...PLACEHOLDERS].map((one) => `{${one}}`).join(", ");
    throw new TemplateError(`{${name}} is not known; there are ${all}`, at);
  }
  if (members !== "" && name !== "value") {
    throw new TemplateError(`{${name}} has no members: only {value} has, as {value.a.b}`, at);
  }
  if (format !== undefined && !isFormat(format)) {
    throw new TemplateError(`"|${format}" is neither |percent nor |json`, at);
  }
  return [whole.length + 1, { name: name!, path: members!.split(".").slice(1), format }];
}

export function isKnown(name: string): name is typeof PLACEHOLDERS[number] {
  return (PLACEHOLDERS as readonly string[]).includes(name);
}

function isFormat(text: string): text is Format {
  return (FORMATS as readonly string[]).includes(text);
}

/** @returns `null` where the value lacks the member */
function textOf({ name, path, format }: Placeholder, source: TemplateSource, match: Match) {
  const text = name === "value"
    ? valueText(source.json, path, format)
    : plainText(name, source, match);
  if (text === null || format === undefined) return text;
  if (format === "percent") return encodeURIComponent(text.toWellFormed());
  return name === "value" ? text : JSON.stringify(text);
}

function plainText(name: string, source: TemplateSource, match: Match): string {
  switch (name) {
    case "topic":
      return source.topic;
    case "rest":
      return match.rest;
    case "channel":
      return source.channel;
    case "device":
      return source.device ?? source.channel;
    case "time":
      return new Date(source.time).toISOString();
    case "ms":
      return String(Math.round(source.time));
    case "seconds":
      return String(Math.floor(source.time / 1000));
    case "seq":
      return String(source.seq);
    default:
      return match.names[name] ?? "";
  }
}

function isString(json: string): boolean {
  return /^\s*"/.test(json);
}

/** Numbers keep their digits where the whole value is meant; texts lose their quotes. */
function valueText(json: string, path: readonly string[], format: Format | undefined) {
  if (path.length === 0 && (format === "json" || !isString(json))) return json.trim();
  let value: unknown = JSON.parse(json);
  for (const member of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, member)) return null;
    value = (value as Record<string, unknown>)[member];
  }
  return typeof value === "string" && format !== "json" ? value : JSON.stringify(value);
}

/** An empty one would stand for an alias, and MQTT's texts are bounded (MQTT 5, 1.5.4, 4.7.3). */
function isTopicName(text: string): boolean {
  return text !== "" && (text.length * 3 <= MAX_TEXT || encoder.encode(text).length <= MAX_TEXT);
}

/** What would be a wildcard, or another level, is percent-encoded. */
function inTopic({ name }: Placeholder, text: string): string {
  const kept = WITH_LEVELS.includes(name);
  return text.replace(/[+#/\0]/g, (c) => c === "/" && kept ? c : PERCENT[c]!);
}

const PERCENT: Readonly<Record<string, string>> = {
  "+": "%2B",
  "#": "%23",
  "/": "%2F",
  "\0": "%00",
};

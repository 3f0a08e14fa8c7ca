/**
 * Uploads to clouds with rules of their own: which updates, on which topic, with which payload, how
 * often. Every rule that matches makes an upload.
 *
 * A rule with a pace keeps the newest value alone, in memory, until it may go: what it leaves out is
 * counted. Others make an upload of each update.
 *
 * @module
 */
import { UsageError } from "../config/load.ts";
import { FilterError, type Match, TopicFilter } from "../topics/topic_filter.ts";
import { Pacer } from "./pacer.ts";
import { isKnown, Template, TemplateError, type TemplateSource } from "./template.ts";

/** A rule as the configuration has it. */
export interface UploadRuleConfig {
  /** A topic filter whose levels may have names: `devices/:room/temperature`. */
  match: string;
  /** Template of the topic, whole: the prefix does not go before it. */
  topic: string;
  /** Template of the payload. @default the payload as it came */
  payload?: string;
  /** Least time between two uploads, of a combined one, or of the same topic here. @default 0 */
  everySeconds?: number;
  /** Parts for the same topic go as one payload, joined by this; `true` is "&". @default false */
  combine?: boolean | string;
  /** @default 1 */
  qos?: 0 | 1;
}

/** An update that rules may want. */
export interface RuleUpdate extends TemplateSource {
  /** As it came, or as JSON text. */
  payload: Uint8Array;
}

/** What a rule makes. */
export interface RuleUpload {
  topic: string;
  payload: Uint8Array;
  qos: 0 | 1;
  /** Of the newest update in it: its channel, number there, and Unix milliseconds. */
  channel: string;
  seq: number;
  time: number;
}

/** Numbers since the start. */
export interface UploadRuleCounts {
  /** Uploads made. */
  made: number;
  /** Updates that a newer one replaced before they could go. */
  leftOut: number;
  /** Updates that lack a member that the template asks for, or of which no topic can be made. */
  unfit: number;
}

interface Rule {
  index: number;
  filter: TopicFilter;
  topic: Template;
  payload: Template | undefined;
  everyMs: number;
  /** `undefined`: alone. */
  join: string | undefined;
  qos: 0 | 1;
}

/** An update that waits. */
interface Part {
  rule: Rule;
  upload: RuleUpload;
  text: string;
}

type Choice = [rule: Rule, match: Match];

const KEYS = ["match", "topic", "payload", "everySeconds", "combine", "qos"];
/** A day. */
const MAX_SECONDS = 86_400;
/** Parts that come together go together. */
const GATHER_MS = 1000;
/** Topics whose rules are remembered; then all are looked up anew. */
const CACHED_TOPICS = 10_000;

const encoder = new TextEncoder();

export class UploadRules {
  readonly counts: UploadRuleCounts = { made: 0, leftOut: 0, unfit: 0 };
  readonly #rules: Rule[];
  readonly #chosen = new Map<string, Choice[]>();
  readonly #pacer = new Pacer<Part>(() => this.counts.leftOut++);

  private constructor(rules: Rule[]) {
    this.#rules = rules;
  }

  /**
   * @param where For messages: `uplink.rules`.
   * @throws {UsageError} that says which rule, where in it, and what to write
   */
  static parse(config: unknown, where = "uplink.rules"): UploadRules {
    if (config === undefined || config === null) return new UploadRules([]);
    if (!Array.isArray(config)) throw new UsageError(`${where} is not a list of rules`);
    const rules = config.map((one, index) => parseRule(one, index, `${where}.${index}`));
    checkTogether(rules, where);
    return new UploadRules(rules);
  }

  get isEmpty(): boolean {
    return this.#rules.length === 0;
  }

  /** Updates that wait until they may go. */
  get waiting(): number {
    return this.#pacer.waiting;
  }

  /**
   * Takes an update.
   *
   * @param now Milliseconds of a clock that does not go back, the same for `due` and `flush`.
   * @returns uploads that need no pace: they go now
   */
  take(update: RuleUpdate, now: number): RuleUpload[] {
    const uploads: RuleUpload[] = [];
    for (const [rule, match] of this.#choose(update.topic)) {
      const part = partOf(rule, update, match);
      if (part === null) this.counts.unfit++;
      else if (rule.everyMs === 0) uploads.push(part.upload);
      else this.#pace(part, update.topic, now);
    }
    this.counts.made += uploads.length;
    return uploads;
  }

  /** When `flush` has something, in the time of `take`; Infinity: nothing waits. */
  due(): number {
    return this.#pacer.due;
  }

  /**
   * Takes what may go now. Not to be called while the cloud is away: the newest values wait here, and
   * keep their pace when it is back.
   */
  flush(now: number): RuleUpload[] {
    const uploads = this.#pacer.take(now).map(({ parts }) => uploadOf(parts));
    this.counts.made += uploads.length;
    return uploads;
  }

  #pace(part: Part, source: string, now: number) {
    const { rule, upload } = part;
    const { everyMs, join, index } = rule;
    const gatherMs = join === undefined ? 0 : Math.min(GATHER_MS, everyMs);
    // Alone, each topic here has a pace of its own: else two on one topic there would take turns.
    const destination = join === undefined ? `${index} ${source}` : `+${upload.topic}`;
    this.#pacer.put(destination, `${index} ${source}`, part, { everyMs, gatherMs }, now);
  }

  #choose(topic: string): Choice[] {
    let chosen = this.#chosen.get(topic);
    if (chosen !== undefined) return chosen;
    chosen = this.#rules.flatMap((rule): Choice[] => {
      const match = rule.filter.match(topic);
      return match === null ? [] : [[rule, match]];
    });
    if (this.#chosen.size >= CACHED_TOPICS) this.#chosen.clear();
    this.#chosen.set(topic, chosen);
    return chosen;
  }
}

function partOf(rule: Rule, update: RuleUpdate, match: Match): Part | null {
  const topic = rule.topic.fill(update, match);
  if (topic === null) return null;
  const text = rule.payload === undefined ? "" : rule.payload.fill(update, match);
  if (text === null) return null;
  const { channel, seq, time } = update;
  const payload = rule.payload === undefined ? update.payload : encoder.encode(text);
  return { rule, text, upload: { topic, payload, qos: rule.qos, channel, seq, time } };
}

/** Parts in the order of their rules, as one. */
function uploadOf(parts: Part[]): RuleUpload {
  if (parts.length === 1) return parts[0]!.upload;
  parts.sort((a, b) => a.rule.index - b.rule.index);
  const newest = parts.reduce((a, b) => b.upload.time >= a.upload.time ? b : a).upload;
  const text = parts.map(({ text }) => text).join(parts[0]!.rule.join);
  return { ...newest, payload: encoder.encode(text) };
}

/** @throws {UsageError} */
function parseRule(config: unknown, index: number, where: string): Rule {
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    throw new UsageError(`${where} is no rule: write match, topic and payload`);
  }
  const unknown = Object.keys(config).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) {
    throw new UsageError(`${where}.${unknown} is not known; a rule has ${KEYS.join(", ")}`);
  }
  const { match, topic, payload, everySeconds = 0, combine = false, qos = 1 } = config as Record<
    string,
    unknown
  >;
  const filter = filterOf(match, `${where}.match`);
  const names = namesOf(filter, `${where}.match`);
  if (typeof everySeconds !== "number" || !(everySeconds >= 0 && everySeconds <= MAX_SECONDS)) {
    throw new UsageError(`${where}.everySeconds is no number from 0 to ${MAX_SECONDS}`);
  }
  if (qos !== 0 && qos !== 1) throw new UsageError(`${where}.qos is neither 0 nor 1`);
  if (typeof combine !== "boolean" && typeof combine !== "string") {
    throw new UsageError(`${where}.combine is neither true, false nor the text between parts`);
  }
  const isCombined = combine !== false;
  if (isCombined && (payload === undefined || everySeconds === 0)) {
    const missing = payload === undefined ? "payload" : "everySeconds";
    throw new UsageError(`${where}.combine needs ${missing} too`);
  }
  return {
    index,
    filter,
    topic: templateOf(topic, { names, isTopic: true }, `${where}.topic`),
    payload: payload === undefined
      ? undefined
      : templateOf(payload, { names, isTopic: false }, `${where}.payload`),
    everyMs: everySeconds * 1000,
    join: !isCombined ? undefined : combine === true ? "&" : combine as string,
    qos,
  };
}

function filterOf(match: unknown, where: string): TopicFilter {
  if (typeof match !== "string" || match === "") {
    throw new UsageError(`${where} is missing: a topic filter, as devices/:room/temperature`);
  }
  try {
    return new TopicFilter(match);
  } catch (error) {
    if (error instanceof FilterError) throw new UsageError(`${where}: ${error.message}`);
    throw error;
  }
}

function namesOf({ text }: TopicFilter, where: string): string[] {
  const names = text.split("/").filter((level) => level.startsWith(":")).map((one) => one.slice(1));
  for (const name of names) {
    if (isKnown(name)) {
      throw new UsageError(`${where}: ":${name}" means something else in templates: rename it`);
    }
    if (!/^[\p{L}\p{N}_-]+$/u.test(name)) {
      throw new UsageError(
        `${where}: ":${name}" cannot stand in templates: use letters and digits`,
      );
    }
  }
  return names;
}

function templateOf(
  text: unknown,
  options: { names: string[]; isTopic: boolean },
  where: string,
): Template {
  if (typeof text !== "string") throw new UsageError(`${where} is missing, or is not text`);
  try {
    return Template.parse(text, options);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new UsageError(`${where}, character ${error.at + 1}: ${error.message}`);
  }
}

/** Rules that make one upload have to agree on it. */
function checkTogether(rules: Rule[], where: string) {
  const first = new Map<string, Rule>();
  for (const rule of rules) {
    const { join, topic: { text }, qos } = rule;
    const other = first.get(text);
    if (other === undefined) first.set(text, rule);
    else if ((join ?? other.join) !== undefined && (join !== other.join || qos !== other.qos)) {
      throw new UsageError(
        `${where}.${rule.index} has the topic of ${where}.${other.index}: give both the same ` +
          "combine and qos",
      );
    }
  }
}

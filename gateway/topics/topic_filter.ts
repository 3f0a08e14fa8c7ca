/**
 * MQTT topic filters (MQTT 3.1.1 section 4.7), with names for levels:
 * `lab/:room/+/state` matches what `lab/+/+/state` matches, and says which
 * word stood at `:room`.
 *
 * @module
 */

/** What stood where the filter had a name or a wildcard. */
export interface Match {
  names: Record<string, string>;
  /** Words at `+`, in order. */
  words: string[];
  /** Levels at `#`, joined by `/`; empty if none. */
  rest: string;
}

export class FilterError extends Error {
  override name = "FilterError";
}

/** A filter taken apart once, to match many topics. */
export class TopicFilter {
  readonly text: string;
  readonly #levels: string[];

  /** @throws {FilterError} if `#` is not last, or a wildcard shares its level. */
  constructor(text: string) {
    this.text = text;
    this.#levels = text.split("/");
    this.#levels.forEach((level, i) => {
      const wild = level.includes("#") || level.includes("+");
      if (wild && level.length > 1) {
        throw new FilterError(`filter "${text}": a wildcard must stand alone in its level`);
      }
      if (level === "#" && i < this.#levels.length - 1) {
        throw new FilterError(`filter "${text}": # must come last`);
      }
      if (level === ":") throw new FilterError(`filter "${text}": a name is missing after ":"`);
    });
  }

  /** @returns What the wildcards matched, or `null`. */
  match(topic: string): Match | null {
    const words = topic.split("/");
    const levels = this.#levels;
    if (topic.startsWith("$") && !levels[0]?.startsWith("$")) return null;
    const match: Match = { names: {}, words: [], rest: "" };
    for (let i = 0; i < levels.length; i++) {
      const level = levels[i] as string;
      if (level === "#") {
        match.rest = words.slice(i).join("/");
        return match;
      }
      const word = words[i];
      if (word === undefined) return null;
      if (level === "+") match.words.push(word);
      else if (level.startsWith(":")) match.names[level.slice(1)] = word;
      else if (level !== word) return null;
    }
    return words.length === levels.length ? match : null;
  }

  /** The filter in MQTT's own syntax, names as `+`. */
  get subscription(): string {
    return this.#levels.map((level) => (level.startsWith(":") ? "+" : level)).join("/");
  }
}

/**
 * Fills a template such as `lab/:room/+/set` from what a filter matched.
 *
 * @throws {FilterError} if the template asks for what the filter has not.
 */
export function fill(template: string, match: Match): string {
  let word = 0;
  return template.split("/").map((level) => {
    if (level === "#") return match.rest;
    const value = level === "+"
      ? match.words[word++]
      : level.startsWith(":")
      ? match.names[level.slice(1)]
      : level;
    if (value === undefined) throw new FilterError(`"${template}": nothing for "${level}"`);
    return value;
  }).join("/");
}

/** Whether every topic that `inner` matches is matched by `outer` too (both in MQTT's syntax). */
export function covers(outer: string, inner: string): boolean {
  const a = outer.split("/");
  const b = inner.split("/");
  for (let i = 0; i < a.length; i++) {
    if (a[i] === "#") return i > 0 || !b[0]?.startsWith("$");
    if (b[i] === undefined || b[i] === "#") return false;
    if (a[i] !== "+" && a[i] !== b[i]) return false;
    if (a[i] === "+" && i === 0 && b[0]?.startsWith("$")) return false;
  }
  return a.length === b.length;
}

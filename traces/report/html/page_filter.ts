/**
 * The filter of the HTML report: display filters of one field per term. It runs in the browser, and
 * may use nothing from outside itself, as `pageScript`.
 *
 * @module
 */
import type { PageEntry } from "./page_script.ts";

/** Whether a frame with these fields is let through. */
export type PageTest = (entries: readonly PageEntry[]) => boolean;

/**
 * Terms as `mqtt.topic`, `!arp`, `frame.len > 100`, `ip.addr == 10.0.0.1`, `mqtt.topic contains "lux"`,
 * joined by `&&` and `||`, of which `&&` binds closer.
 *
 * @param idOf the id of a field of the report by its name
 * @returns undefined when the text is no such filter
 */
export function pageFilter(
  text: string,
  idOf: (name: string) => number | undefined,
): PageTest | undefined {
  const TERM =
    /^(!|not\s)?\s*([\w.-]+)(?:\s*(==|!=|>=|<=|>|<|~|\b(?:eq|ne|ge|le|gt|lt|contains|matches)\b)\s*(.+))?$/s;
  const NAMES: Record<string, string> = {
    eq: "==",
    ne: "!=",
    ge: ">=",
    le: "<=",
    gt: ">",
    lt: "<",
    "~": "matches",
  };
  /** Fields that stand for the ones of both directions. */
  const BOTH: Record<string, string[]> = {
    addr: ["src", "dst"],
    port: ["srcport", "dstport"],
  };

  function idsOf(name: string): number[] {
    const [, layer, last] = /^(.*\.)(\w+)$/.exec(name) ?? [];
    const names = [name, ...(BOTH[last ?? ""] ?? []).map((end) => layer + end)];
    return names.map(idOf).filter((id) => id !== undefined);
  }

  /** Whether one value holds; of a number also written otherwise, as hexadecimal. */
  function comparer(operator: string, wanted: string): (value: string) => boolean {
    const number = Number(wanted);
    switch (operator) {
      case "==":
        return (value) => value === wanted || (value !== "" && Number(value) === number);
      case ">":
        return (value) => Number(value) > number;
      case ">=":
        return (value) => Number(value) >= number;
      case "<":
        return (value) => Number(value) < number;
      case "<=":
        return (value) => Number(value) <= number;
      case "contains":
        return (value) => value.includes(wanted);
      default: {
        const pattern = new RegExp(wanted, "i");
        return (value) => pattern.test(value);
      }
    }
  }

  function term(text: string): PageTest | undefined {
    const [, not, name, given, quoted] = TERM.exec(text.trim()) ?? [];
    const ids = idsOf(name ?? "");
    if (ids.length === 0) return undefined;
    const of = (entries: readonly PageEntry[]) => entries.filter(([id]) => ids.includes(id));
    let test: PageTest = (entries) => entries.some(([id]) => ids.includes(id));
    if (given !== undefined) {
      const operator = NAMES[given] ?? given;
      const holds = comparer(operator === "!=" ? "==" : operator, unquoted(quoted!));
      const holdsFor = ([, , , , , value, shown]: PageEntry) =>
        holds(value) || (shown !== undefined && holds(shown));
      test = operator === "!="
        ? (entries) => of(entries).length > 0 && !of(entries).some(holdsFor)
        : (entries) => of(entries).some(holdsFor);
    }
    return not === undefined ? test : (entries) => !test(entries);
  }

  function unquoted(text: string): string {
    const [, inside] = /^"(.*)"$/s.exec(text.trim()) ?? [];
    return inside === undefined ? text.trim() : inside.replace(/\\(["\\])/g, "$1");
  }

  /** Cuts where one of the words stands outside quotes. */
  function split(text: string, words: RegExp): string[] {
    const parts = [""];
    for (const piece of text.match(/"(?:[^"\\]|\\.)*"|\|\||&&|\w[\w.-]*|[^]/g) ?? []) {
      if (words.test(piece)) parts.push("");
      else parts[parts.length - 1] += piece;
    }
    return parts;
  }

  try {
    const alternatives = split(text, /^(\|\||or)$/).map((part) =>
      split(part, /^(&&|and)$/).map(term)
    );
    if (alternatives.flat().includes(undefined)) return undefined;
    return (entries) => alternatives.some((terms) => terms.every((test) => test!(entries)));
  } catch {
    // A regular expression that is none, perhaps not typed to its end.
    return undefined;
  }
}

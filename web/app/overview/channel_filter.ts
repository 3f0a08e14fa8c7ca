import type { LiveState } from "../../../gateway/nodes/answers.ts";

/** States to choose from, and what they are called; "" are all. */
export const STATES = {
  "": "All",
  online: "Online",
  late: "Late",
  lost: "Lost",
  unknown: "Unknown",
} as const;

export type StateChoice = keyof typeof STATES;
/** `unknown`: no device or node of that name is watched over. */
export type ChannelState = LiveState | "unknown";

/** Which channels to show, and in which order. */
export interface Filter {
  /** Lower case; each must be found. */
  words: string[];
  state: StateChoice;
  /** Lost ones first, then late ones, then the rest; else by name alone. */
  troubleFirst: boolean;
}

/** Reads `?q=&state=&sort=` of an address; what is not understood counts as absent. */
export function readFilter(query: URLSearchParams): Filter {
  const state = query.get("state") ?? "";
  return {
    words: (query.get("q") ?? "").toLowerCase().split(/\s+/).filter((word) => word !== ""),
    state: Object.hasOwn(STATES, state) ? state as StateChoice : "",
    troubleFirst: query.get("sort") === "trouble",
  };
}

/** What words are looked for in; no word is found across two parts. */
export function searchText(parts: Iterable<string | undefined>): string {
  return [...parts].filter((part) => part !== undefined).join("\n").toLowerCase();
}

/** What a filter leaves. */
export interface Filtered {
  names: string[];
  /** How many of those with the words are in which state; "" are all. */
  counts: Record<StateChoice, number>;
}

const TROUBLE: readonly unknown[] = ["late", "lost"];

/**
 * @param names In order.
 * @param stateOf `undefined` while nobody has told.
 * @param textOf See {@linkcode searchText}; asked only when there are words.
 */
export function filterChannels(
  names: string[],
  { words, state, troubleFirst }: Filter,
  stateOf: (name: string) => ChannelState | undefined,
  textOf: (name: string) => string,
): Filtered {
  const counts: Filtered["counts"] = { "": 0, online: 0, late: 0, lost: 0, unknown: 0 };
  const left = names.filter((name) => {
    if (words.length > 0) {
      const text = textOf(name);
      if (!words.every((word) => text.includes(word))) return false;
    }
    const its = stateOf(name);
    counts[""]++;
    if (its) counts[its]++;
    return state === "" || its === state;
  });
  const trouble = (name: string) => TROUBLE.indexOf(stateOf(name));
  // Sorting is stable: within a rank the order of names stays.
  return { names: troubleFirst ? left.sort((a, b) => trouble(b) - trouble(a)) : left, counts };
}

/**
 * Which time the plots show, as the address says it: `?window=MS` follows the
 * present; `?from=MS&to=MS` stands still.
 *
 * @module
 */
import type { Query } from "../router.ts";

/** Part of the time axis, Unix milliseconds. */
export interface Span {
  from: number;
  to: number;
}

/** What the time axis shows: the last `length` milliseconds, or what was chosen. */
export interface View {
  length: number;
  span: Span | undefined;
}

const MINUTE = 60_000;
export const DEFAULT_LENGTH = 5 * MINUTE;

/** Lengths that follow the present, milliseconds. */
export const WINDOWS = [
  [MINUTE, "1 min"],
  [DEFAULT_LENGTH, "5 min"],
  [15 * MINUTE, "15 min"],
  [60 * MINUTE, "1 h"],
  [360 * MINUTE, "6 h"],
  [1440 * MINUTE, "24 h"],
] as const;

const SHORTEST = 10;
const LONGEST = 31 * 1440 * MINUTE;

/** Anything that makes no sense is as if it were not there. */
export function readView(query: URLSearchParams): View {
  const number = (name: string) => Number(query.get(name) ?? NaN);
  const [length, from, to] = [number("window"), number("from"), number("to")];
  const size = to - from;
  return {
    length: length >= MINUTE && length <= 1440 * MINUTE ? length : DEFAULT_LENGTH,
    span: from > 0 && size >= SHORTEST && size <= LONGEST ? { from, to } : undefined,
  };
}

/** What to change in the address. */
export function viewQuery({ length, span }: View): Query {
  return {
    from: span && String(Math.round(span.from)),
    to: span && String(Math.round(span.to)),
    window: span || length === DEFAULT_LENGTH ? undefined : String(length),
  };
}

/**
 * @param factor Above 1: more time is shown.
 * @param at What stays where it is, as a part of the span: 0 to 1.
 */
export function zoomed({ from, to }: Span, factor: number, at = 0.5): Span {
  const size = Math.min(Math.max((to - from) * factor, SHORTEST), LONGEST);
  const start = from + (to - from - size) * at;
  return { from: start, to: start + size };
}

/** @param part Of the span; above 0: later. */
export function panned({ from, to }: Span, part: number): Span {
  const by = (to - from) * part;
  return { from: from + by, to: to + by };
}

/**
 * The span in which two times are at two places, as two fingers hold them.
 *
 * @param places Parts of the span, 0 to 1.
 * @param otherwise When they are too close to say.
 */
export function pinched(
  times: readonly [number, number],
  places: readonly [number, number],
  otherwise: Span,
): Span {
  const apart = places[1] - places[0];
  const size = (times[1] - times[0]) / apart;
  if (Math.abs(apart) < 0.02 || !(size >= SHORTEST && size <= LONGEST)) return otherwise;
  const from = times[0] - places[0] * size;
  return { from, to: from + size };
}

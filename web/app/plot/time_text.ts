import type { Span } from "./time_view.ts";

const DAY = 86_400_000;
const date = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

/**
 * A time of day, as exact as what is shown calls for.
 *
 * @param step What may lie between two such times, milliseconds.
 */
export function clockText(time: number, step: number): string {
  const at = new Date(time);
  if (step >= DAY) return date.format(at);
  const two = (n: number) => String(n).padStart(2, "0");
  const minutes = `${two(at.getHours())}:${two(at.getMinutes())}`;
  if (step >= 60_000) return minutes;
  const seconds = `${minutes}:${two(at.getSeconds())}`;
  return step >= 1000 ? seconds : `${seconds}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

/** From when to when, with the day where there is more than one, or it is not today's. */
export function spanText({ from, to }: Span, now: number): string {
  const step = to - from < 60_000 ? 1 : 1000;
  const [first, last] = [date.format(from), date.format(to)];
  const days = first !== last || last !== date.format(now);
  const end = `${first === last ? "" : `${last} `}${clockText(to, step)}`;
  return `${days ? `${first} ` : ""}${clockText(from, step)} – ${end}`;
}

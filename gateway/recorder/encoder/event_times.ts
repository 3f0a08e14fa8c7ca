/**
 * Times of events that can't be right.
 *
 * @module
 */
import type { TraceEvent } from "../trace_event.ts";

/** Clocks of two threads differ by less, ms. */
const SLACK_MS = 50;

/**
 * An update has the time that it tells, less the offset of the system clock: where that was set in
 * between it may lie in the future, and all that comes behind would seem to be late. It is put to the
 * next time that is sure, or to now.
 *
 * @param events in the order in which they were written
 * @param now when they were read, ms of the monotonic clock
 */
export function notInTheFuture(events: readonly TraceEvent[], now: number) {
  let limit = now;
  for (let i = events.length - 1; i >= 0; i--) {
    const event = events[i]!;
    if (event.kind === "update") {
      if (event.time > limit + SLACK_MS) event.time = limit;
    } else if (event.kind !== "radio" && event.kind !== "message") {
      limit = Math.min(limit, event.time);
    }
  }
}

/** About when an event was written into the ring, ms of the monotonic clock. */
export function writtenAt(event: TraceEvent): number {
  return event.kind === "radio" ? event.arrival : event.time;
}

/**
 * Checks what a client was told of a channel: numbers that only rise, and
 * every one that did not come named by a gap before.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Data, Event, Gap, ServerMessage } from "../../gateway/sessions/messages.ts";

export interface LogCheck {
  updates: Data[];
  events: Event[];
  gaps: Gap[];
  /** Last number that was told or named as missing. */
  end: number;
}

/**
 * @param messages Of one channel, on one connection, from its snapshot or
 *   resume on.
 * @param from Number that came before the first.
 * @param whole Whether nothing more was to come; else what a gap announced
 *   may still have been on its way. @default true
 */
export function checkLog(messages: ServerMessage[], from: number, whole = true): LogCheck {
  const check: LogCheck = { updates: [], events: [], gaps: [], end: from };
  /** Named as missing, and not told (yet). */
  const missing = new Set<number>();
  let last = from;
  for (const message of messages) {
    if (message.type === "gap") {
      assert.ok(message.from <= message.to, JSON.stringify(message));
      assert.ok(message.from > last, `a gap behind ${last}: ${JSON.stringify(message)}`);
      for (let seq = message.from; seq <= message.to; seq++) {
        assert.ok(!missing.has(seq), `${seq} was named twice`);
        missing.add(seq);
      }
      check.gaps.push(message);
    }
    if (message.type !== "data" && message.type !== "event") continue;
    assert.ok(message.seq > last, `${message.seq} came behind ${last}`);
    for (let seq = last + 1; seq < message.seq; seq++) {
      assert.ok(missing.has(seq), `${seq} is missing and no gap names it`);
    }
    missing.delete(message.seq);
    last = message.seq;
    if (message.type === "data") check.updates.push(message);
    else check.events.push(message);
  }
  for (const gap of whole ? check.gaps : []) {
    const lacks = Array.from(missing).some((seq) => seq >= gap.from && seq <= gap.to);
    assert.ok(lacks, `a gap where nothing is missing: ${JSON.stringify(gap)}`);
  }
  check.end = Math.max(last, ...check.gaps.map(({ to }) => to));
  return check;
}

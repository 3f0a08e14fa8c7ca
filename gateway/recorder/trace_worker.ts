/**
 * The Worker that makes pcapng of what the gateway records.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { POLL_MS, Readings } from "./encoder/readings.ts";
import type { ToTraceWorker } from "./trace_messages.ts";

/** A turn may take so long, ms: then messages are looked at. */
const TURN_MS = 10;

const readings = new Readings((message, transfer) => self.postMessage(message, transfer));
let turn: ReturnType<typeof setTimeout> | undefined;

function step() {
  const until = performance.now() + TURN_MS;
  let more = readings.step();
  while (more && performance.now() < until) more = readings.step();
  turn = readings.busy ? setTimeout(step, more ? 0 : POLL_MS) : undefined;
}

self.onmessage = ({ data }: MessageEvent<ToTraceWorker>) => {
  readings.take(data);
  // Credit and subjects are what a reader may be waiting for.
  if (data.type === "begin" || data.type === "forget" || !readings.busy) return;
  if (turn !== undefined) clearTimeout(turn);
  turn = setTimeout(step, 0);
};

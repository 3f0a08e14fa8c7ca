/**
 * The measurement behind `ingest` and `burst`: floods a process and asks it
 * what it took in.
 *
 * @module
 */
import { type Cost, Meter } from "./accounting.ts";
import { delay } from "./fan_out.ts";
import { flood, type FloodOptions, type FloodResult } from "./flood.ts";
import type { Peer } from "./peer.ts";

export interface IngestResult extends FloodResult {
  /** Messages that the process says it took in; undefined where it does not say. */
  takenIn: number | undefined;
  /** Messages taken in a second, up to the last one. */
  rate: number;
  cost: Cost;
  /** CPU time per message, in microseconds. */
  microsPerMessage: number;
}

/** How long the counter may lag behind the last answer, in milliseconds. */
const COUNTER_MS = 10_000;
const POLL_MS = 50;

/**
 * Floods a process, and waits until its counter says that everything was taken in.
 *
 * @throws {Error} When it ends or refuses a connection.
 */
export async function ingestRun(
  peer: Peer,
  options: Omit<FloodOptions, "port">,
): Promise<IngestResult> {
  const before = await peer.messagesIn();
  const meter = await Meter.start(peer.child.pid);
  const result = await flood({ ...options, port: peer.mqttPort });
  const takenIn = before === undefined ? undefined : await taken(peer, before, result.sent);
  peer.child.expectRunning();
  const cost = await meter.stop();
  return {
    ...result,
    takenIn,
    rate: (takenIn ?? result.sent) / cost.seconds,
    cost,
    microsPerMessage: cost.cpuMicros / (takenIn ?? result.sent),
  };
}

/** What was taken in since `before`, as soon as it is all or after a while. */
async function taken(peer: Peer, before: number, sent: number): Promise<number> {
  const until = performance.now() + COUNTER_MS;
  for (;;) {
    const count = (await peer.messagesIn() ?? NaN) - before;
    if (count >= sent || performance.now() > until) return count;
    await delay(POLL_MS);
  }
}

/** Whether nothing was lost, as far as the process and its answers tell. */
export function complete({ sent, takenIn, lost }: IngestResult): boolean {
  return lost.length === 0 && (takenIn === undefined || takenIn === sent);
}

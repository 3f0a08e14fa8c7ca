/**
 * `burst`: writes of 64 KB at 300,000 messages a second, more than the
 * gateway has to take: it may slow the publisher, but not lose it.
 *
 * @module
 */
import { startGateway } from "./gateway.ts";
import { complete, ingestRun } from "./ingest_run.ts";
import { doubts, megabytes, type Result, target } from "./report.ts";
import type { Settings } from "./settings.ts";

const RATE = 300_000;
const SECONDS = 10;
/** One connection is the hardest: nothing else comes between its packets. */
const CONNECTIONS = 1;

/** Bursts at QoS 0 from one publisher. */
export async function burst(settings: Settings): Promise<Result> {
  await using peer = await startGateway(settings.gateway);
  const { window, maxSeconds } = settings;
  const seconds = Math.min(SECONDS, maxSeconds);
  const ours = await ingestRun(peer, {
    ...{ connections: CONNECTIONS, qos: 0, seconds, window, rate: RATE },
  });
  const missing = ours.sent - (ours.takenIn ?? NaN);
  return {
    scenario: "burst",
    rows: [
      { measure: "messages/s offered at most", edgewire: RATE, digits: 0 },
      { measure: "messages/s taken in", edgewire: ours.rate, digits: 0 },
      target(
        { measure: "connections lost", edgewire: ours.lost.length, digits: 0 },
        "none",
        ours.lost.length === 0,
      ),
      target(
        { measure: "messages lost", edgewire: missing, digits: 0 },
        "none",
        complete(ours),
      ),
      {
        measure: "resident memory, highest, MB",
        edgewire: megabytes(ours.cost.memoryMax),
        digits: 1,
      },
    ],
    notes: [
      ...ours.lost.map((why) => `Lost connection: ${why}`),
      ...doubts("Edgewire", ours.cost),
    ],
  };
}

/**
 * `ingest`: how many MQTT messages a second go into rooms that nobody watches.
 *
 * @module
 */
import { startGateway } from "./gateway.ts";
import { complete, type IngestResult, ingestRun } from "./ingest_run.ts";
import { startMosquitto } from "./mosquitto.ts";
import type { Peer } from "./peer.ts";
import { doubts, megabytes, type Result, type Row, target } from "./report.ts";
import type { Settings } from "./settings.ts";

const SECONDS = 8;
const WARMUP_SECONDS = 1;
const MANY = 50;
/** Messages a second to reach, by QoS. */
const TARGETS = [150_000, 60_000] as const;
/** Memory that may be added in the second half of a flood: a heap breathes, but does not grow. */
const GROWTH_TARGET_MB = 32;

interface Case {
  connections: number;
  qos: 0 | 1;
}

const CASES: Case[] = [
  { connections: 1, qos: 0 },
  { connections: MANY, qos: 0 },
  { connections: 1, qos: 1 },
  { connections: MANY, qos: 1 },
];

/** Runs all cases against one process. */
async function runAll(peer: Peer, settings: Settings): Promise<IngestResult[]> {
  const { window, maxSeconds } = settings;
  await ingestRun(peer, { connections: 1, qos: 0, seconds: WARMUP_SECONDS, window });
  const results: IngestResult[] = [];
  for (const { connections, qos } of CASES) {
    const seconds = Math.min(SECONDS, maxSeconds);
    results.push(await ingestRun(peer, { connections, qos, seconds, window }));
  }
  return results;
}

function rowsOf({ connections, qos }: Case, ours: IngestResult, theirs?: IngestResult): Row[] {
  const name = `QoS ${qos}, ${connections} publisher${connections > 1 ? "s" : ""}`;
  const row = (measure: string, digits: number, pick: (result: IngestResult) => number): Row => ({
    measure: `${name}: ${measure}`,
    edgewire: pick(ours),
    ...(theirs === undefined ? {} : { other: pick(theirs) }),
    digits,
  });
  const wanted = TARGETS[qos];
  const growth = megabytes(ours.cost.memoryGrowth);
  const missing = (result: IngestResult) => result.sent - (result.takenIn ?? result.sent);
  return [
    target(
      row("messages/s", 0, (result) => result.rate),
      `at least ${wanted.toLocaleString("en-US")}`,
      ours.rate >= wanted,
    ),
    target(row("messages lost", 0, missing), "none", complete(ours)),
    row("CPU per message, us", 2, (result) => result.microsPerMessage),
    row("resident memory, highest, MB", 1, (result) => megabytes(result.cost.memoryMax)),
    target(
      row("memory growth in second half, MB", 1, (r) => megabytes(r.cost.memoryGrowth)),
      `at most ${GROWTH_TARGET_MB} MB`,
      growth <= GROWTH_TARGET_MB,
    ),
  ];
}

/** One and fifty publishers, QoS 0 and QoS 1. */
export async function ingest(settings: Settings): Promise<Result> {
  const ours = await measured(() => startGateway(settings.gateway), settings);
  const theirs = settings.mosquitto ? await measured(startMosquitto, settings) : [];
  return {
    scenario: "ingest",
    rows: CASES.flatMap((which, i) => rowsOf(which, ours[i]!, theirs[i])),
    notes: [
      `At QoS 1 each publisher keeps at most ${settings.window} messages unacknowledged.`,
      ...ours.flatMap(({ lost }) => lost.slice(0, 1)).map((why) => `Edgewire lost one: ${why}`),
      ...theirs.flatMap(({ lost }) => lost.slice(0, 1)).map((why) => `Mosquitto lost one: ${why}`),
      ...CASES.flatMap(({ connections, qos }, i) =>
        doubts(`Edgewire, QoS ${qos}, ${connections}`, ours[i]!.cost)
      ),
    ],
  };
}

async function measured(start: () => Promise<Peer>, settings: Settings): Promise<IngestResult[]> {
  await using peer = await start();
  return await runAll(peer, settings);
}

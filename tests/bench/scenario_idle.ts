/**
 * `idle`: what the gateway costs when nothing happens, and how fast it starts.
 *
 * @module
 */
import { memory, openFilesLimit } from "./accounting.ts";
import { delay } from "./fan_out.ts";
import { startGateway } from "./gateway.ts";
import { startMosquitto } from "./mosquitto.ts";
import { PacedPublisher } from "./paced_publisher.ts";
import { type Peer, topicOf } from "./peer.ts";
import { Pool } from "./pool.ts";
import { megabytes, type Result, type Row, target } from "./report.ts";
import type { Settings } from "./settings.ts";

const CLIENTS = 5_000;
/** Files that a process needs besides its clients' sockets. */
const OTHER_FILES = 200;
/** Idle time before memory is read; longer than a ping interval when clients are there. */
const EMPTY_SETTLE_MS = 2_000;
const CLIENTS_SETTLE_MS = 7_000;
const STARTS = 5;
/** Idle clients get next to nothing, so their buffers are small. */
const BUFFER_BYTES = 1_024;
const CLIENT_TARGET_KB = 60;
const EMPTY_TARGET_MB = 90;
const START_TARGET_MS = 500;

interface IdleMemory {
  /** Resident memory with no client, in bytes. */
  empty: number;
  /** With all clients joined to one channel. */
  full: number;
  /** Clients that were gone at the end. */
  gone: string[];
}

async function idleMemory(peer: Peer, clients: number): Promise<IdleMemory> {
  const channel = "bench";
  const publisher = await PacedPublisher.open(peer.mqttPort, topicOf(channel));
  const pool = new Pool();
  try {
    await delay(EMPTY_SETTLE_MS);
    const empty = (await memory(peer.child.pid)).now;
    await pool.connect(clients, () => {
      const kind = peer.client(channel, false);
      return { ...kind, options: { ...kind.options, buffer: BUFFER_BYTES } };
    });
    await delay(CLIENTS_SETTLE_MS);
    peer.child.expectRunning();
    const full = (await memory(peer.child.pid)).now;
    const gone = pool.receivers.map(({ ended }) => ended).filter((why) => why !== undefined);
    return { empty, full, gone };
  } finally {
    await publisher.close();
    await pool.close();
  }
}

/** Median time from spawning to listening, in milliseconds; one start before warms the cache. */
async function startMillis(settings: Settings): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i <= STARTS; i++) {
    await using peer = await startGateway({ entry: settings.gateway.entry });
    if (i > 0) times.push(peer.startMillis!);
  }
  return times.sort((a, b) => a - b)[STARTS >> 1]!;
}

/** Start, memory with nobody there, memory per idle client. */
export async function idle(settings: Settings): Promise<Result> {
  const clients = Math.min(CLIENTS, await openFilesLimit() - OTHER_FILES);
  const start = await startMillis(settings);
  const ours = await measured(() => startGateway(settings.gateway), clients);
  const theirs = settings.mosquitto ? await measured(startMosquitto, clients) : undefined;
  const each = (found: IdleMemory) => (found.full - found.empty) / clients / 1000;
  const row = (measure: string, digits: number, pick: (found: IdleMemory) => number): Row => ({
    measure,
    edgewire: pick(ours),
    ...(theirs === undefined ? {} : { other: pick(theirs) }),
    digits,
  });
  const empty = row("resident memory, no client, MB", 1, (found) => megabytes(found.empty));
  return {
    scenario: "idle",
    rows: [
      target(
        { measure: "start to listening, ms (median of 5)", edgewire: start, digits: 0 },
        `under ${START_TARGET_MS} ms`,
        start < START_TARGET_MS,
      ),
      target(empty, `under ${EMPTY_TARGET_MB} MB`, megabytes(ours.empty) < EMPTY_TARGET_MB),
      row(`resident memory, ${clients} clients, MB`, 1, (found) => megabytes(found.full)),
      target(
        row("resident memory per client, KB", 1, each),
        `at most ${CLIENT_TARGET_KB} KB`,
        each(ours) <= CLIENT_TARGET_KB && ours.gone.length === 0,
      ),
    ],
    notes: [
      ...(clients < CLIENTS ? [`The limit of open files allows ${clients} clients only.`] : []),
      ...(ours.gone.length > 0
        ? [`Edgewire lost ${ours.gone.length} idle clients: ${ours.gone[0]}`]
        : []),
    ],
  };
}

async function measured(start: () => Promise<Peer>, clients: number): Promise<IdleMemory> {
  await using peer = await start();
  return await idleMemory(peer, clients);
}

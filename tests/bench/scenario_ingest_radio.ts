/**
 * `ingest-radio`: how many advertisements a second become updates in rooms, from radio envelopes that
 * nodes publish by MQTT with QoS 1.
 *
 * @module
 */
import { radioTraffic, type RadioTrafficOptions } from "../../firmware/simulated/radio_traffic.ts";
import { type Cost, Meter } from "./accounting.ts";
import { temporaryFolder } from "./child.ts";
import { delay } from "./fan_out.ts";
import { startGateway, sumCounter } from "./gateway.ts";
import { publish } from "./mqtt_packets.ts";
import { Publisher } from "./publisher.ts";
import { doubts, megabytes, type Result, type Row, target } from "./report.ts";
import type { Settings } from "./settings.ts";

/** Advertisements a second to take. */
const TARGET = 100_000;
/** Memory that may be added in the second half: a heap breathes, but does not grow. */
const GROWTH_TARGET_MB = 32;
const WRITE_BYTES = 65_536;
/** Unacknowledged batches per node. */
const WINDOW = 256;
/** Advertisements in all, in simulated time. */
const FRAMES_PER_SECOND = 100_000;
/** Part that is published before the measurement: histories and heap fill up. */
const WARMUP = 0.4;
const SETTLE_MS = 5000;
const POLL_MS = 20;

interface Case {
  name: string;
  traffic: RadioTrafficOptions;
  /** Simulated; long enough for the histories to be full half-way. */
  seconds: number;
}

/** Devices that say something new in every packet. */
const TALKATIVE = 100;

const COMMON = { framesPerSecond: FRAMES_PER_SECOND, log: false };

const CASES: Case[] = [
  {
    name: "3 nodes, 30 % loss",
    traffic: {
      ...COMMON,
      devices: 1000,
      receivers: 3,
      loss: 0.3,
      duplicates: 0.02,
      measurement_ms: 300,
    },
    seconds: 200,
  },
  {
    name: "1 node, every packet new",
    traffic: {
      ...COMMON,
      devices: TALKATIVE,
      receivers: 1,
      loss: 0,
      duplicates: 0,
      measurement_ms: 1000 * TALKATIVE / FRAMES_PER_SECOND,
    },
    seconds: 20,
  },
];

/** What one node publishes, in writes of whole packets. */
export interface Writes {
  node: string;
  chunks: Chunk[];
}

export interface Chunk {
  bytes: Uint8Array;
  packets: number;
}

/** What nodes publish, made beforehand. */
export function writesOf(
  traffic: ReturnType<typeof radioTraffic>,
): { writes: Writes[]; frames: number } {
  const parts = new Map<string, { packets: Uint8Array[]; chunks: Writes["chunks"]; id: number }>();
  let frames = 0;
  for (const batch of traffic) {
    frames += batch.frames;
    let part = parts.get(batch.node);
    if (part === undefined) parts.set(batch.node, part = { packets: [], chunks: [], id: 0 });
    part.id = part.id % 65_535 + 1;
    part.packets.push(publishBytes(`edgewire/v1/${batch.node}/radio`, batch.payload, part.id));
    const length = part.packets.reduce((sum, packet) => sum + packet.length, 0);
    if (length >= WRITE_BYTES) flush(part);
  }
  const writes = [...parts].map(([node, part]) => {
    flush(part);
    return { node, chunks: part.chunks };
  });
  return { writes, frames };
}

/** PUBLISH with QoS 1; the payload is copied once. */
function publishBytes(topic: string, payload: Uint8Array, id: number): Uint8Array {
  const head = publish(topic, new Uint8Array(0), id).subarray(2);
  let length = head.length + payload.length;
  const first = [0x32];
  do {
    const more = length > 127;
    first.push(length & 127 | (more ? 128 : 0));
    length >>= 7;
  } while (length > 0);
  const bytes = new Uint8Array(first.length + head.length + payload.length);
  bytes.set(first);
  bytes.set(head, first.length);
  bytes.set(payload, first.length + head.length);
  return bytes;
}

function flush(part: { packets: Uint8Array[]; chunks: Writes["chunks"] }) {
  const length = part.packets.reduce((sum, packet) => sum + packet.length, 0);
  if (length === 0) return;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const packet of part.packets) {
    bytes.set(packet, at);
    at += packet.length;
  }
  part.chunks.push({ bytes, packets: part.packets.length });
  part.packets = [];
}

/**
 * Publishes chunks of one node with QoS 1 until all is acknowledged.
 *
 * @returns Why the connection was lost.
 */
export async function publishAll(
  port: number,
  node: string,
  chunks: Chunk[],
): Promise<string | undefined> {
  const publisher = await Publisher.open(port, node);
  let sent = 0;
  for (const { bytes, packets } of chunks) {
    if (!await publisher.until(() => sent - publisher.acks.pubacks < WINDOW)) break;
    await publisher.write(bytes);
    sent += packets;
  }
  await publisher.until(() => publisher.acks.pubacks >= sent);
  const { lost } = publisher;
  await publisher.close();
  return lost;
}

interface Run {
  /** Frames of all that were published that were not taken in. */
  missing: number;
  /** Frames taken in while it was measured. */
  taken: number;
  updates: number;
  cost: Cost;
  lost: string[];
}

async function run({ traffic: options, ...which }: Case, settings: Settings): Promise<Run> {
  const seconds = Math.min(which.seconds, settings.maxSeconds);
  const traffic = radioTraffic({ ...options, seconds });
  const { writes, frames } = writesOf(traffic);
  const config = `${await temporaryFolder()}/devices.json`;
  await Deno.writeTextFile(config, JSON.stringify({ devices: traffic.devices }));
  await using gateway = await startGateway({ ...settings.gateway, config });
  const read = async () => {
    const text = await gateway.metrics();
    return {
      taken: sumCounter(text, 'edgewire_radio_frames_total{outcome="taken"}') ?? NaN,
      updates: sumCounter(text, "edgewire_updates_total") ?? NaN,
    };
  };
  const publishPart = (from: number, to: number) =>
    Promise.all(writes.map(({ node, chunks }) => {
      const part = chunks.slice(from * chunks.length, to * chunks.length);
      return publishAll(gateway.mqttPort, node, part);
    }));
  const ends = await publishPart(0, WARMUP);
  const before = await read();
  const meter = await Meter.start(gateway.child.pid);
  ends.push(...await publishPart(WARMUP, 1));
  let after = await read();
  const until = performance.now() + SETTLE_MS;
  while (after.taken < frames && performance.now() < until) {
    await delay(POLL_MS);
    after = await read();
  }
  const cost = await meter.stop();
  return {
    missing: frames - after.taken,
    taken: after.taken - before.taken,
    updates: after.updates - before.updates,
    cost,
    lost: ends.filter((end) => end !== undefined),
  };
}

function rowsOf({ name }: Case, { missing, taken, updates, cost }: Run): Row[] {
  const row = (measure: string, digits: number, edgewire: number): Row => ({
    measure: `${name}: ${measure}`,
    edgewire,
    digits,
  });
  const rate = taken / cost.seconds;
  const growth = megabytes(cost.memoryGrowth);
  return [
    target(
      row("advertisements/s", 0, rate),
      `at least ${TARGET.toLocaleString("en-US")}`,
      rate >= TARGET,
    ),
    target(row("advertisements lost", 0, missing), "none", missing === 0),
    row("updates/s", 0, updates / cost.seconds),
    row("CPU per advertisement, us", 2, cost.cpuMicros / taken),
    row("resident memory, highest, MB", 1, megabytes(cost.memoryMax)),
    target(
      row("memory growth in second half, MB", 1, growth),
      `at most ${GROWTH_TARGET_MB} MB`,
      growth <= GROWTH_TARGET_MB,
    ),
  ];
}

/** Three nodes that hear the same devices, and one that hears only new packets. */
export async function ingestRadio(settings: Settings): Promise<Result> {
  const runs: Run[] = [];
  for (const which of CASES) runs.push(await run(which, settings));
  return {
    scenario: "ingest-radio",
    rows: CASES.flatMap((which, i) => rowsOf(which, runs[i]!)),
    notes: [
      "1,000 devices, of which each packet is heard by several nodes and sent several times; then 100",
      "whose every packet is new and makes 5 updates: Ruuvi, BTHome, pvvx, MiBeacon, beacons, a quarter",
      "of them encrypted. JavaScript runs on one core; the garbage collector also uses the other.",
      ...runs.flatMap(({ lost }) => lost.map((why) => `Edgewire lost a node: ${why}`)),
      ...CASES.flatMap(({ name }, i) => doubts(`Edgewire, ${name}`, runs[i]!.cost)),
    ],
  };
}

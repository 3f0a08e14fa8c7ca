/**
 * What is measured of `edgewire decode`.
 *
 * @module
 */
import { temporaryFolder } from "./child.ts";
import type { Run } from "./decode_process.ts";
import { fields, type Kind, summary, tshark } from "./decode_programs.ts";
import { writeRadio } from "./radio_traffic.ts";
import { megabytes, type Result, type Row, target } from "./report.ts";
import { type TrafficOptions, writeTraffic } from "./traffic.ts";

const MILLION = 1_000_000;
const CONVERSATIONS = 50;
const MEMORY_BYTES = 5e9;
const MEMORY_MB = 400;
/** A longer file, or more conversations, may cost so much more per frame for caches' sake. */
const LINEAR = 1.5;
const FRAME_COUNTS = [10_000, 100_000, 1_000_000, 10_000_000];
const CONVERSATION_COUNTS = [1, 10, 100, 1_000, 10_000, 100_000];

async function capture(options: TrafficOptions): Promise<string> {
  const path = `${await temporaryFolder()}/traffic.pcap`;
  writeTraffic(path, options);
  return path;
}

function rate(run: Run, frames = MILLION): number {
  return frames / run.seconds;
}

/** Rate, CPU and memory of both; `other` is absent without tshark. */
function rows(name: string, ours: Run, theirs: Run | undefined, least: number): Row[] {
  const row = (measure: string, value: (run: Run) => number, digits: number): Row => ({
    measure: `${name}: ${measure}`,
    edgewire: value(ours),
    ...(theirs === undefined ? {} : { other: value(theirs), ratio: value(ours) / value(theirs) }),
    digits,
  });
  return [
    target(
      row("frames/s", rate, 0),
      `at least ${least.toLocaleString("en-US")}`,
      rate(ours) >= least,
    ),
    row("CPU, us per frame", ({ cpuSeconds }) => cpuSeconds * 1e6 / MILLION, 2),
    row("resident memory, highest, MB", ({ peak }) => megabytes(peak), 0),
  ];
}

function times(name: string, ours: Run, theirs: Run | undefined, least: number): Row[] {
  if (theirs === undefined) return [];
  const ratio = theirs.seconds / ours.seconds;
  return [target({ measure: `${name}: times tshark`, ratio }, `at least ${least}`, ratio >= least)];
}

/** WebSocket and MQTT over TCP. */
export async function tcp(withTshark: boolean): Promise<Result> {
  const file = await capture({ frames: MILLION, conversations: CONVERSATIONS });
  const theirs = withTshark ? await tshark(file, "tcp") : undefined;
  const summed = await summary(file);
  const listed = await fields(file, "tcp");
  return {
    scenario: "decode-tcp",
    rows: [
      ...rows("summary", summed, theirs, 500_000),
      ...times("summary", summed, theirs, 10),
      ...rows("eight fields", listed, theirs, 250_000),
      ...times("eight fields", listed, theirs, 5),
    ],
    notes: [`${CONVERSATIONS} connections at a time; time includes the start of each program`],
  };
}

/** BLE advertising with RF information, or IEEE 802.15.4. */
export async function radio(kind: Kind & ("ble" | "wpan"), withTshark: boolean): Promise<Result> {
  const file = `${await temporaryFolder()}/radio.pcap`;
  writeRadio(file, kind, MILLION);
  const theirs = withTshark ? await tshark(file, kind) : undefined;
  const summed = await summary(file);
  const listed = await fields(file, kind);
  return {
    scenario: kind === "ble" ? "decode-ble" : "decode-802.15.4",
    rows: [
      ...rows("summary", summed, theirs, 500_000),
      ...rows("eight fields", listed, theirs, 500_000),
    ],
    notes: [],
  };
}

/** CPU per frame beyond the start of the program, which `base` shows. */
function perFrame(run: Run, frames: number, base: Run): number {
  return (run.cpuSeconds - base.cpuSeconds) * 1e6 / frames;
}

async function start(): Promise<Run> {
  return await summary(await capture({ frames: 10, conversations: 1 }));
}

/** Files of 10,000 to 10,000,000 frames. */
export async function frames(): Promise<Result> {
  const base = await start();
  const costs: number[] = [];
  const found: Row[] = [];
  for (const frames of FRAME_COUNTS) {
    const run = await summary(await capture({ frames, conversations: CONVERSATIONS }));
    const name = frames.toLocaleString("en-US");
    costs.push(perFrame(run, frames, base));
    found.push({ measure: `${name} frames: CPU, us per frame`, edgewire: costs.at(-1)! });
    found.push({ measure: `${name} frames: peak MB`, edgewire: megabytes(run.peak), digits: 0 });
  }
  const ratio = costs[3]! / costs[2]!;
  return {
    scenario: "decode-frames",
    rows: [
      ...found,
      target(
        { measure: "10,000,000 by 1,000,000 frames, cost per frame", ratio },
        `at most ${LINEAR}`,
        ratio <= LINEAR,
      ),
    ],
    notes: [`the start of the program, ${base.cpuSeconds.toFixed(2)} s of CPU, is not in it`],
  };
}

/** A million frames in 1 to 100,000 conversations, all open at a time. */
export async function conversations(): Promise<Result> {
  const base = await start();
  const costs: number[] = [];
  const found: Row[] = [];
  for (const conversations of CONVERSATION_COUNTS) {
    const run = await summary(await capture({ frames: MILLION, conversations }));
    const name = conversations.toLocaleString("en-US");
    costs.push(perFrame(run, MILLION, base));
    found.push({ measure: `${name}: CPU, us per frame`, edgewire: costs.at(-1)! });
    found.push({ measure: `${name}: peak MB`, edgewire: megabytes(run.peak), digits: 0 });
  }
  // What a conversation costs beyond its frames, where there are ten frames in each and in a hundred.
  const many = (costs[5]! - costs[0]!) * MILLION / CONVERSATION_COUNTS[5]!;
  const fewer = (costs[4]! - costs[0]!) * MILLION / CONVERSATION_COUNTS[4]!;
  const most = LINEAR * Math.max(fewer, costs[0]!);
  return {
    scenario: "decode-conversations",
    rows: [
      ...found,
      { measure: "us per conversation, of 10,000", edgewire: fewer },
      target(
        { measure: "us per conversation, of 100,000", edgewire: many },
        `at most ${most.toFixed(2)}`,
        many <= most,
      ),
    ],
    notes: ["us per conversation: CPU beyond that of the same frames in one conversation"],
  };
}

/** A file of 5 GB. */
export async function memory(): Promise<Result> {
  const path = `${await temporaryFolder()}/long.pcap`;
  const bulk = 20_000;
  const frames = Math.ceil(MEMORY_BYTES / 950);
  const bytes = writeTraffic(path, { frames, conversations: CONVERSATIONS, bulk });
  const run = await summary(path);
  return {
    scenario: "decode-memory",
    rows: [
      { measure: "file, GB", edgewire: bytes / 1e9 },
      { measure: "frames", edgewire: frames, digits: 0 },
      { measure: "frames/s", edgewire: rate(run, frames), digits: 0 },
      { measure: "MB/s", edgewire: megabytes(bytes) / run.seconds, digits: 0 },
      target(
        { measure: "resident memory, highest, MB", edgewire: megabytes(run.peak), digits: 0 },
        `below ${MEMORY_MB}`,
        megabytes(run.peak) < MEMORY_MB,
      ),
    ],
    notes: [],
  };
}

/**
 * `page`: the page in Chromium: how long a day of history takes to be painted,
 * and how even frames and memory are while 2,000 updates a second come.
 *
 * @module
 */
import { type Browser, chromium } from "playwright-core";
import { LAUNCH } from "../support/browser.ts";
import { memory } from "./accounting.ts";
import { temporaryFolder } from "./child.ts";
import { delay } from "./fan_out.ts";
import { type GatewayPeer, startGateway } from "./gateway.ts";
import {
  countFrames,
  framesCounted,
  heapBytes,
  installProbe,
  metricsOf,
  opening,
  tracedFrames,
} from "./page_frames.ts";
import { DAY_POINTS, LiveTraffic, publishDay } from "./page_traffic.ts";
import { megabytes, type Result, type Row, target } from "./report.ts";
import type { Settings } from "./settings.ts";

const RATE = 2000;
/** Until tables of points are full and what starts slowly has started, seconds. */
const WARM_UP_S = 75;
const DEFAULT_SECONDS = 60;
/** Chromium is traced so long, seconds: a trace takes memory in the page's process. */
const TRACED_S = 5;
/** The page is watched so long while nothing comes, seconds. */
const QUIET_S = 20;
const PAINT_MS = 300;
const FRAMES = 50;
/** Growth of the heap that is no leak, bytes. */
const FLAT_BYTES = 1.5e6;
const OPENINGS = 3;
const MINUTE_MS = 60_000;
/** Enough for the day and what is published before it. */
const HISTORY = ["count", "bytes", "total-bytes", "age-seconds"].flatMap((name, i) => [
  `--history-${name}`,
  ["700000", "200000000", "400000000", "90000"][i]!,
]);
const CONFIG = `describe:
${
  ["inside", "outside", "supply", "return"]
    .map((name) => `  - { topic: devices/live/temperature_${name}, unit: °C }\n`).join("")
}`;

/** Seconds of live traffic that are measured. */
function seconds(settings: Settings): number {
  const asked = Number(Deno.env.get("EDGEWIRE_BENCH_SECONDS") ?? DEFAULT_SECONDS);
  return Math.min(asked > 0 ? asked : DEFAULT_SECONDS, settings.maxSeconds);
}

/** Opens a channel in a page of its own. */
async function open(browser: Browser, peer: GatewayPeer, address: string, raw = false) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
  await page.addInitScript(installProbe);
  if (raw) {
    await page.route(
      /\/history\?/,
      (route) =>
        route.continue({ url: route.request().url().replace(/points=\d+/, "points=100000") }),
    );
  }
  await page.goto(`http://127.0.0.1:${peer.httpPort}/${address}`);
  return page;
}

/** Median times of opening a day's history at one window. */
async function openings(browser: Browser, peer: GatewayPeer, window: number, raw: boolean) {
  const times: number[] = [];
  for (let i = 0; i < OPENINGS; i++) {
    const page = await open(browser, peer, `#/channel/day?window=${window}`, raw);
    times.push((await opening(page)).painted);
    await page.close();
  }
  return times.sort((a, b) => a - b)[OPENINGS >> 1]!;
}

async function openingRows(browser: Browser, peer: GatewayPeer): Promise<Row[]> {
  const rows: Row[] = [];
  for (
    const [label, minutes, raw] of [
      ["1 min", 1, false],
      ["1 h", 60, false],
      ["6 h", 360, false],
      [`24 h (${DAY_POINTS} points)`, 1440, false],
      [`24 h, all ${DAY_POINTS} points sent`, 1440, true],
    ] as const
  ) {
    const painted = await openings(browser, peer, minutes * MINUTE_MS, raw);
    const row = { measure: `history here to painted, ${label}, ms`, edgewire: painted, digits: 0 };
    rows.push(raw ? row : target(row, `under ${PAINT_MS} ms`, painted < PAINT_MS));
  }
  return rows;
}

/** The process that draws a page, by the memory that it has. */
async function rendererPid(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const renderers = processInfo.filter(({ type }) => type === "renderer");
  return renderers.sort((a, b) => b.cpuTime - a.cpuTime)[0]!.id;
}

/** Frames of the same view while nothing comes: what this machine has to give meanwhile. */
async function quietRows(browser: Browser, peer: GatewayPeer): Promise<Row[]> {
  const page = await open(browser, peer, "#/channel/day");
  await opening(page);
  await countFrames(page);
  await delay(QUIET_S * 1000);
  const { each, longest } = await framesCounted(page);
  await page.close();
  return [
    row(`without updates: frames a second, mean of ${QUIET_S} s`, meanOf(each), 1),
    row(`without updates: seconds with fewer than ${FRAMES} frames, %`, slowShare(each), 1),
    row("without updates: longest time between two frames, ms", longest, 0),
  ];
}

function meanOf(each: readonly number[]): number {
  return each.reduce((sum, frames) => sum + frames, 0) / each.length;
}

/** Seconds that miss the target, percent. */
function slowShare(each: readonly number[]): number {
  return each.filter((frames) => frames < FRAMES).length / each.length * 100;
}

async function liveRows(
  browser: Browser,
  peer: GatewayPeer,
  lasting: number,
): Promise<Row[]> {
  await using traffic = await LiveTraffic.open(peer.mqttPort, "live", RATE);
  await delay(500);
  const page = await open(browser, peer, "#/channel/live");
  await page.locator("canvas").first().waitFor();
  await delay(WARM_UP_S * 1000);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Performance.enable");
  const pid = await rendererPid(browser);
  const heaps = [await heapBytes(cdp)];
  const resident = (await memory(pid)).now;
  const before = await metricsOf(cdp);
  const [count, since] = [traffic.count, performance.now()];
  await countFrames(page);
  await delay(lasting * 1000);
  const { each, longest } = await framesCounted(page);
  const after = await metricsOf(cdp);
  const rate = (traffic.count - count) / (performance.now() - since) * 1000;
  heaps.push(await heapBytes(cdp));
  const grown = (await memory(pid)).now - resident;
  const session = await browser.newBrowserCDPSession();
  const traced = await tracedFrames(session, TRACED_S);
  const busy = share(before, after, "TaskDuration");
  const script = share(before, after, "ScriptDuration");
  await page.close();
  const mean = meanOf(each);
  const [least] = [...each].sort((a, b) => a - b);
  return [
    target(row("updates a second published", rate, 0), `${RATE}`, rate > RATE * 0.98),
    target(
      row(`frames a second, mean of ${lasting} s`, mean, 1),
      `at least ${FRAMES}`,
      mean >= FRAMES,
    ),
    row("frames in the worst second", least!, 0),
    row(`seconds with fewer than ${FRAMES} frames, %`, slowShare(each), 1),
    row("longest time between two frames, ms", longest, 0),
    row("frames a second begun, as traced", traced.begun, 1),
    row("frames a second drawn, as traced", traced.drawn, 1),
    row("main thread busy, %", busy, 1),
    row("of that script, %", script, 1),
    row("heap at the start, MB", megabytes(heaps[0]!)),
    target(
      row("heap at the end, MB", megabytes(heaps[1]!)),
      `at most ${FLAT_BYTES / 1e6} MB more`,
      heaps[1]! - heaps[0]! <= FLAT_BYTES,
    ),
    row("resident memory at the start, MB", megabytes(resident), 1),
    row("resident memory grown by, MB", megabytes(grown), 1),
  ];
}

function row(measure: string, edgewire: number, digits = 2): Row {
  return { measure, edgewire, digits };
}

/** Part of the time that the main thread spent with something, percent. */
function share(before: Record<string, number>, after: Record<string, number>, name: string) {
  const spent = (metric: string) => after[metric]! - before[metric]!;
  return spent(name) / spent("Timestamp") * 100;
}

/** A day painted; then steady traffic. */
export async function page(settings: Settings): Promise<Result> {
  const config = `${await temporaryFolder()}/edgewire.yaml`;
  await Deno.writeTextFile(config, CONFIG);
  await using peer = await startGateway({ ...settings.gateway, config, args: HISTORY });
  const browser = await chromium.launch(LAUNCH);
  try {
    await publishDay(peer.mqttPort, "day");
    const lasting = seconds(settings);
    return {
      scenario: "page",
      rows: [
        ...await openingRows(browser, peer),
        ...await quietRows(browser, peer),
        ...await liveRows(browser, peer, lasting),
      ],
      notes: [
        `Chromium ${browser.version()}, headless, drawing without a graphics card.`,
        "Painted: the first frame with the history was handed over; medians of " +
        `${OPENINGS} openings. Live: 10 topics in 3 panels, a window of 5 min, after ` +
        `${WARM_UP_S} s of warming up.`,
        "The target is of the mean. Seconds below it are the machine's as far as the page without " +
        "updates has them too.",
      ],
    };
  } finally {
    await browser.close();
  }
}

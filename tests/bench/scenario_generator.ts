/**
 * `generator`: what the load generator itself can receive, so that its own
 * ceiling is known. A small program sends what a perfect gateway would send.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { Meter } from "./accounting.ts";
import { Child } from "./child.ts";
import { delay } from "./fan_out.ts";
import { Histogram } from "./histogram.ts";
import { Pool } from "./pool.ts";
import { doubts, type Result, target } from "./report.ts";
import type { Settings } from "./settings.ts";

const CLIENTS = 500;
const SECONDS = 4;
const WARMUP_MS = 1_000;
/** What `fanout` needs: 500 clients times 2,000 messages a second. */
const NEEDED = 1_000_000;

/** Receives from `frame_source.ts` as `fanout` receives from the gateway. */
export async function generator(settings: Settings): Promise<Result> {
  const file = fileURLToPath(new URL("./frame_source.ts", import.meta.url));
  await using child = new Child("frame source", Deno.execPath(), {
    args: ["run", "--allow-net=127.0.0.1", file],
  });
  const [match] = await child.printed([/ws:\/\/127\.0\.0\.1:(\d+)/], 15_000);
  const latencies = new Histogram();
  const pool = new Pool();
  try {
    const options = {
      port: Number(match![1]),
      path: "/ws/bench",
      protocol: "edgewire.v1",
      reports: true,
    };
    const join = () => Promise.resolve();
    await pool.connect(CLIENTS, () => ({ options, join, latencies }));
    await delay(WARMUP_MS);
    latencies.clear();
    const updates = pool.updates, frames = pool.frames;
    const meter = await Meter.start(child.pid);
    await delay(Math.min(SECONDS, settings.maxSeconds) * 1000);
    const cost = await meter.stop();
    const rate = (pool.updates - updates) / cost.seconds;
    // The source may be what limits: what the generator can do follows from what it used.
    const ceiling = rate / cost.loadCores;
    const frameRate = (pool.frames - frames) / cost.seconds;
    return {
      scenario: "generator",
      rows: [
        { measure: "updates received/s", edgewire: rate, digits: 0 },
        { measure: "frames received/s", edgewire: frameRate, digits: 0 },
        { measure: "cores used by the load generator", edgewire: cost.loadCores },
        target(
          { measure: "updates/s that one core receives", edgewire: ceiling, digits: 0 },
          `above ${NEEDED.toLocaleString("en-US")}`,
          ceiling > NEEDED,
        ),
        { measure: "p50 write to receipt, ms", edgewire: latencies.quantile(0.5) },
        { measure: "p99 write to receipt, ms", edgewire: latencies.quantile(0.99) },
      ],
      notes: [
        "Not Edgewire: a program that only writes prepared frames, also a floor for its cost: " +
        `${(cost.cpuMicros / (pool.updates - updates)).toFixed(3)} us of CPU per update.`,
        ...doubts("Frame source", cost),
      ],
    };
  } finally {
    await pool.close();
  }
}

/** What `/api/health` says whatever the clock does, and however seldom it is asked. */
import assert from "node:assert/strict";
import { Hono } from "hono";
import { now } from "../../gateway/clock.ts";
import { noCluster } from "../../gateway/cluster/cluster.ts";
import { CpuShare } from "../../gateway/http/cpu_share.ts";
import { EventLoopDelay } from "../../gateway/http/event_loop.ts";
import { addHealth, type HealthParts } from "../../gateway/http/health.ts";
import type { HealthAnswer } from "../../gateway/http/health_answer.ts";
import { config } from "../sessions/fake_client.ts";
import { eventually } from "../support/eventually.ts";

const YEARS_50 = 50 * 365 * 86_400_000;

/** What answers `/api/health`. */
function asker(eventLoop: EventLoopDelay): () => Promise<HealthAnswer> {
  const app = new Hono();
  const counters = { messagesIn: [0, 0, 0], updates: 0 };
  const parts = {
    config: config(),
    broker: { state: { connected: true } },
    rooms: { epoch: "e", all: () => [], size: 0, counters },
    store: null,
    cluster: noCluster,
    uplink: () => null,
    sessions: { size: 0, lagging: 0, queuedBytes: () => 0 },
    eventLoop,
    traces: { version: "1", recentBytes: 0, streams: { readers: 0 } },
  };
  addHealth(app as unknown as Parameters<typeof addHealth>[0], parts as unknown as HealthParts);
  return async () => await (await app.request("/api/health")).json();
}

Deno.test("health: a clock that is set after the start does not change the uptime", async () => {
  const { now: real } = Date;
  let behind = YEARS_50;
  Date.now = () => real() - behind;
  const eventLoop = new EventLoopDelay();
  try {
    await eventually("the past", () => real() - now() > YEARS_50 / 2);
    const ask = asker(eventLoop);
    const before = await ask();
    behind = 0;
    await eventually("the present", () => Math.abs(real() - now()) < 60_000);
    const after = await ask();
    assert.ok(after.time - before.time > YEARS_50 / 2);
    const passed = after.uptime - before.uptime;
    assert.ok(before.uptime > 0 && passed > 0 && passed < 60, `${before.uptime} ${after.uptime}`);
    assert.ok(Math.abs(after.uptime - performance.now() / 1000) < 60);
  } finally {
    Date.now = real;
    eventLoop.close();
  }
});

Deno.test("health: the CPU share is of the last seconds, though nobody asked for long", async () => {
  const times = { used: 0, at: 0 };
  const cpu = new CpuShare(() => times.used, () => times.at);
  const eventLoop = new EventLoopDelay(cpu);
  try {
    const share = asker(eventLoop);
    const shown = async (wanted: number) =>
      await eventually(
        `a share of ${wanted}`,
        async () => (await share()).process.cpuShare === wanted,
      );
    assert.equal((await share()).process.cpuShare, 0);
    Object.assign(times, { used: 1500, at: 2000 });
    await shown(0.75);
    // A busy time and a quiet one; only the timer looks between.
    Object.assign(times, { used: 6500, at: 7000 });
    await shown(1);
    Object.assign(times, { used: 6500, at: 9000 });
    await shown(0);
    Object.assign(times, { used: 7500, at: 9100 });
    cpu.sample();
    assert.equal(cpu.share, 0, "no share of a time too short");
  } finally {
    eventLoop.close();
  }
});

/**
 * A cloud that is away for long, and one that is far away.
 *
 * `EDGEWIRE_SOAK_OUTAGE_SECONDS` (600), `EDGEWIRE_SOAK_RATE` (1000 messages/s) and
 * `EDGEWIRE_SOAK_MESSAGES` (518,400: a day of six topics at 1 Hz) and `EDGEWIRE_SOAK_KILLS` (50) make
 * it shorter.
 */
import assert from "node:assert/strict";
import type { HealthAnswer } from "../../gateway/http/health_answer.ts";
import type { UplinkStatus } from "../../gateway/uplink/status.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { Mosquitto } from "../support/mosquitto.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { testWith } from "../support/tools.ts";
import { Cloud } from "../uplink/cloud.ts";
import { Line } from "../uplink/line.ts";

function setting(name: string, preset: number): number {
  return Number(Deno.env.get(`EDGEWIRE_SOAK_${name}`) ?? preset);
}

const OUTAGE_SECONDS = setting("OUTAGE_SECONDS", 600);
const RATE = setting("RATE", 1000);
const MESSAGES = setting("MESSAGES", 518_400);
const KILLS = setting("KILLS", 50);
const CHANNELS = 6;
/** What garbage and the caches of a runtime may come to, bytes. */
const FLAT_BYTES = 60e6;
const MEMORY_MS = 10_000;
const STEP_MS = 10;
const PROBE_MS = 25;

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function uplinkOf(gateway: GatewayProcess): Promise<UplinkStatus> {
  const { uplink } = await gateway.json("/api/health") as HealthAnswer;
  return uplink as UplinkStatus;
}

/** Publishes with QoS 1, values that count per channel from 1. */
class Source implements AsyncDisposable {
  published = 0;
  #acknowledged = 0;
  readonly #peer: MqttPeer;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(peer: MqttPeer) {
    this.#peer = peer;
  }

  #publish() {
    const i = this.published++;
    const value = { n: Math.floor(i / CHANNELS) + 1, pad: "x".repeat(60) };
    const options = { qos: 1 as const };
    this.#peer.client.publish(
      `devices/d${i % CHANNELS}/value`,
      JSON.stringify(value),
      options,
      () => this.#acknowledged++,
    );
  }

  /** So many per second, until `stop`. */
  run(rate: number) {
    const start = performance.now();
    const before = this.published;
    this.#timer = setInterval(() => {
      const due = before + (performance.now() - start) / 1000 * rate;
      while (this.published < due) this.#publish();
    }, STEP_MS);
  }

  async stop() {
    clearInterval(this.#timer);
    while (this.#acknowledged < this.published) await sleep(STEP_MS);
  }

  /** As fast as they are acknowledged. */
  async all(count: number) {
    for (const end = this.published + count; this.published < end;) {
      while (this.published < end && this.published - this.#acknowledged < 2000) this.#publish();
      await sleep(1);
    }
    await this.stop();
  }

  async [Symbol.asyncDispose]() {
    clearInterval(this.#timer);
    await this.#peer[Symbol.asyncDispose]();
  }
}

/** How long a value takes to a browser, ms. */
class Probe implements Disposable {
  #delays: number[] = [];
  readonly #socket: WebSocket;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(gateway: GatewayProcess, peer: MqttPeer) {
    this.#socket = new WebSocket(gateway.ws("/ws/probe"));
    this.#socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === "data") this.#delays.push(performance.now() - message.value);
    };
    this.#timer = setInterval(
      () => peer.client.publish("probe/at", String(performance.now()), { qos: 0 }),
      PROBE_MS,
    );
  }

  /** Median and 99th percentile since the last call. */
  take(): { p50: number; p99: number } {
    const sorted = this.#delays.toSorted((a, b) => a - b);
    this.#delays = [];
    const at = (share: number) => Math.round((sorted[Math.floor(sorted.length * share)] ?? 0) * 10);
    return { p50: at(0.5) / 10, p99: at(0.99) / 10 };
  }

  [Symbol.dispose]() {
    clearInterval(this.#timer);
    this.#socket.close();
  }
}

/** Resident memory of a gateway, now and then. */
class Memory implements Disposable {
  readonly #timer: ReturnType<typeof setInterval>;
  #all: number[] = [];

  constructor(gateway: GatewayProcess) {
    this.#timer = setInterval(async () => this.#all.push(await gateway.residentBytes()), MEMORY_MS);
  }

  /** Since the last call, in bytes. */
  take(): { least: number; most: number } {
    const all = this.#all;
    this.#all = [];
    return { least: Math.min(...all), most: Math.max(...all) };
  }

  [Symbol.dispose]() {
    clearInterval(this.#timer);
  }
}

interface Scene {
  broker: Mosquitto;
  line: Line;
  cloud: Cloud;
  gateway: GatewayProcess;
  source: Source;
  probe: Probe;
  /** Messages whose value is not what their number says. */
  wrong: string[];
}

async function scene(delayMs: number, play: (scene: Scene) => Promise<void>) {
  await using broker = await Mosquitto.start({ maxInflight: 0, config: ["max_queued_messages 0"] });
  using line = new Line(broker.port, delayMs);
  const wrong: string[] = [];
  await using cloud = await Cloud.connect(broker.url, {
    keep: false,
    onArrived: ({ channel, n, text }) => {
      if (JSON.parse(text).n !== n) wrong.push(`${channel} ${n}: ${text.slice(0, 20)}`);
    },
  });
  await using gateway = await GatewayProcess.start({
    args: [
      "--history-disk",
      "--uplink",
      `mqtt://127.0.0.1:${line.port}`,
      "--uplink-topics",
      "devices/#",
    ],
  });
  const url = `mqtt://127.0.0.1:${gateway.mqttPort}`;
  await using source = new Source(await MqttPeer.connect(url));
  await using beside = await MqttPeer.connect(url);
  // The channel has to be there.
  await beside.publish("probe/at", "0");
  using probe = new Probe(gateway, beside);
  await play({ broker, line, cloud, gateway, source, probe, wrong });
}

function report(what: string, facts: unknown) {
  console.log(`${what}:`, JSON.stringify(facts));
}

testWith(["mosquitto"], `an outage of ${OUTAGE_SECONDS} s at ${RATE} messages/s`, async () => {
  await scene(0, async ({ line, cloud, gateway, source, probe, wrong }) => {
    source.run(RATE);
    await sleep(10_000);
    report("before", { live: probe.take(), resident: await gateway.residentBytes() });
    line.down();
    using memory = new Memory(gateway);
    await sleep(Math.min(60_000, OUTAGE_SECONDS * 300));
    const early = await gateway.residentBytes();
    memory.take();
    await sleep(OUTAGE_SECONDS * 1000 - Math.min(60_000, OUTAGE_SECONDS * 300));
    const late = await gateway.residentBytes();
    const between = memory.take();
    const { backlog } = await uplinkOf(gateway);
    report("away", { live: probe.take(), early, between, late, backlog });
    assert.ok(backlog.messages >= RATE * OUTAGE_SECONDS * 0.9);
    line.up();
    while ((await uplinkOf(gateway)).state !== "connected") await sleep(STEP_MS);
    const began = performance.now();
    const before = cloud.distinct;
    while ((await uplinkOf(gateway)).backlog.messages > RATE) await sleep(50);
    const drainRate = (cloud.distinct - before) / (performance.now() - began) * 1000;
    const drained = await gateway.residentBytes();
    const live = probe.take();
    report("drained", { drainRate: Math.round(drainRate), live, resident: drained });
    await source.stop();
    await cloud.has(source.published, 60);
    cloud.assertWhole(source.published);
    assert.deepEqual(wrong, []);
    report("whole", { published: source.published, repeated: cloud.repeated });
    const most = Math.max(between.most, late);
    assert.ok(most - early < FLAT_BYTES, `resident memory grew from ${early} to ${most}`);
    assert.ok(drainRate >= 10 * RATE, `drained at ${drainRate} messages/s`);
    assert.ok(live.p99 < 100, `live values took ${live.p99} ms while it drained`);
  });
});

testWith(["mosquitto"], `${MESSAGES} messages wait`, async () => {
  await scene(0, async ({ line, cloud, gateway, source, wrong }) => {
    line.down();
    await source.all(Math.round(MESSAGES / 2));
    const early = await gateway.residentBytes();
    await source.all(MESSAGES - source.published);
    const late = await gateway.residentBytes();
    const { backlog } = await uplinkOf(gateway);
    report("away", { early, late, backlog });
    assert.equal(backlog.messages, MESSAGES);
    line.up();
    while (cloud.distinct === 0) await sleep(STEP_MS);
    const began = performance.now();
    await cloud.has(MESSAGES, 600);
    const seconds = (performance.now() - began) / 1000;
    report("drained", { perSecond: Math.round(MESSAGES / seconds) });
    cloud.assertWhole(MESSAGES);
    assert.deepEqual(wrong, []);
    assert.ok(late - early < FLAT_BYTES, `resident memory grew from ${early} to ${late}`);
  });
});

testWith(["mosquitto"], "a cloud 80 ms away gets 2,000 messages/s and more", async () => {
  await scene(40, async ({ line, cloud, source, wrong }) => {
    line.down();
    const count = 20_000;
    await source.all(count);
    line.up();
    while (cloud.distinct === 0) await sleep(STEP_MS);
    const began = performance.now();
    await cloud.has(count, 60);
    const rate = count / (performance.now() - began) * 1000;
    report("80 ms away", { perSecond: Math.round(rate) });
    cloud.assertWhole(count);
    assert.deepEqual(wrong, []);
    assert.ok(rate >= 2000);
  });
});

/** Publishes until the gateway is gone; @returns what it acknowledged */
async function publishUntilEnd(gateway: GatewayProcess, next: () => number): Promise<number[]> {
  const peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  const acknowledged: number[] = [];
  const timer = setInterval(() => {
    for (let i = 0; i < RATE * STEP_MS / 1000; i++) {
      const value = next();
      const topic = `devices/d${value % CHANNELS}/value`;
      peer.client.publish(topic, String(value), { qos: 1 }, (error) => {
        if (!error) acknowledged.push(value);
      });
    }
  }, STEP_MS);
  await new Promise<void>((resolve) => peer.client.once("close", () => resolve()));
  clearInterval(timer);
  await peer[Symbol.asyncDispose]();
  return acknowledged;
}

testWith(["mosquitto"], `${KILLS} times SIGKILL, with and without a line`, async () => {
  await using broker = await Mosquitto.start({ maxInflight: 0, config: ["max_queued_messages 0"] });
  using line = new Line(broker.port);
  const texts = new Map<string, string>();
  const changed: string[] = [];
  const arrived = new Set<number>();
  await using cloud = await Cloud.connect(broker.url, {
    keep: false,
    onArrived: ({ epoch, channel, n, text }) => {
      const key = `${epoch} ${channel} ${n}`;
      if ((texts.get(key) ?? text) !== text) changed.push(`${key}: ${texts.get(key)}, ${text}`);
      texts.set(key, text);
      arrived.add(Number(text));
    },
  });
  const dataDir = await Deno.makeTempDir({ prefix: "edgewire-uplink-kills-" });
  const options = {
    dataDir,
    args: ["--history-disk", "--uplink", `mqtt://127.0.0.1:${line.port}`],
  };
  const acknowledged: number[] = [];
  let value = 0;
  try {
    for (let round = 0; round < KILLS; round++) {
      await using gateway = await GatewayProcess.start(options);
      const publishing = publishUntilEnd(gateway, () => ++value);
      const isDown = Math.random() < 0.3;
      if (isDown) setTimeout(() => line.down(), Math.random() * 500);
      await sleep(600 + Math.random() * 1000);
      gateway.process.kill("SIGKILL");
      acknowledged.push(...await publishing);
      if (isDown) line.up();
    }
    await using gateway = await GatewayProcess.start(options);
    let status = await uplinkOf(gateway);
    while (status.backlog.messages > 0 || status.state !== "connected") {
      await sleep(100);
      status = await uplinkOf(gateway);
    }
    while (acknowledged.some((one) => !arrived.has(one))) await sleep(100);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
  report("killed", {
    acknowledged: acknowledged.length,
    arrived: arrived.size,
    repeated: cloud.repeated,
  });
  assert.deepEqual(cloud.missing, []);
  assert.deepEqual(cloud.dropped, []);
  assert.deepEqual(changed, []);
});

/**
 * The scenario of slow clients, short in the suite and long among the soak
 * tests: while messages flow, one client stops reading for T/2 again and
 * again, one reads 20 kB/s, and others read as fast as they can.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Event } from "../../gateway/sessions/messages.ts";
import { eventually } from "./eventually.ts";
import { Flow, type FlowValue } from "./flow.ts";
import { GatewayProcess } from "./gateway.ts";
import { checkLog, type LogCheck } from "./log_check.ts";
import { MqttPeer } from "./mqtt_peer.ts";
import { RawWs } from "./raw_ws.ts";
import { WsPeer } from "./ws_peer.ts";

export interface SlowClientsOptions {
  /** T of the gateway, seconds. */
  idleSeconds: number;
  /** How long the slow ones are slow, milliseconds. */
  slowMs: number;
  /** Bound of the time from publish to receipt for those who read, milliseconds. @default none */
  p99Ms?: number;
}

const RATE = 1000;
const TOPICS = Array.from({ length: 20 }, (_, i) => `devices/rig/sensor${i}`);
const SLOW_BYTES_PER_SECOND = 20_000;
const READ_BYTES = 1000;
/** Bound of the gateway's resident memory, whatever the clients do. */
const RESIDENT_BYTES = 250 << 20;

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}

/** A client of `edgewire.v1` that reads how and when it likes, and says what it has read. */
class Reader implements Disposable {
  readonly raw: RawWs;
  #told = 0;
  readonly #tell: ReturnType<typeof setInterval>;

  private constructor(raw: RawWs, tellMs: number) {
    this.raw = raw;
    this.#tell = setInterval(() => this.#received(), tellMs);
  }

  static async open(gateway: GatewayProcess, room: string, idleSeconds: number) {
    const raw = await RawWs.open(gateway.ws(`/ws/${room}`));
    return new Reader(raw, idleSeconds * 1000 / 5);
  }

  async read(atMost?: number) {
    const count = await this.raw.read(atMost);
    assert.notEqual(count, null, `the connection ended, ${this.raw.closeCode}`);
    if (this.raw.bytes - this.#told >= 32 << 10) await this.#received();
  }

  async #received() {
    if (this.raw.bytes === this.#told) return;
    this.#told = this.raw.bytes;
    await this.raw.send({ type: "received", bytes: this.#told }).catch(() => {});
  }

  async readUntil(done: () => boolean) {
    while (!done()) await this.read();
  }

  get log(): LogCheck {
    const at = this.raw.messages.findIndex(({ type }) => type === "snapshot");
    const snapshot = this.raw.messages[at];
    assert.ok(snapshot?.type === "snapshot");
    return checkLog(this.raw.messages.slice(at + 1), snapshot.seq);
  }

  [Symbol.dispose]() {
    clearInterval(this.#tell);
    this.raw[Symbol.dispose]();
  }
}

/** Reads fast, and takes the time from publish to receipt. */
async function fastReader(gateway: GatewayProcess, delays: number[]): Promise<WsPeer> {
  const peer = await WsPeer.open(gateway.ws("/ws/rig"));
  const { messages } = peer;
  let looked = 0;
  peer.socket.addEventListener("message", () => {
    for (; looked < messages.length; looked++) {
      const message = messages[looked]!;
      if (message.type !== "data") continue;
      const { at } = message.value as FlowValue;
      if (at !== undefined) delays.push(performance.now() - at);
    }
  });
  await peer.next("presence");
  return peer;
}

async function stopAndGo(reader: Reader, end: number, pauseMs: number) {
  while (performance.now() < end) {
    await sleep(pauseMs);
    const resume = performance.now() + pauseMs / 2;
    await reader.readUntil(() => performance.now() > resume);
  }
}

async function trickle(reader: Reader, end: number) {
  const start = performance.now();
  for (let bytes = 0; performance.now() < end; bytes += READ_BYTES) {
    await sleep(start + bytes / SLOW_BYTES_PER_SECOND * 1000 - performance.now());
    await reader.read(READ_BYTES);
  }
}

/** Somebody joins and leaves, three times a second, until `end`. */
async function comeAndGo(gateway: GatewayProcess, end: number) {
  while (performance.now() < end) {
    await using guest = await WsPeer.open(gateway.ws("/ws/rig"));
    await guest.next("snapshot");
    await sleep(300);
  }
}

async function watchMemory(gateway: GatewayProcess, end: number): Promise<number> {
  let most = 0;
  while (performance.now() < end) {
    most = Math.max(most, await gateway.residentBytes());
    await sleep(200);
  }
  return most;
}

/** Answers every command with what it asks for. */
async function startDevice(mqttPort: number) {
  const device = await MqttPeer.connect(`mqtt://127.0.0.1:${mqttPort}`);
  device.client.on("message", (topic, payload) => {
    device.client.publish(topic.replace(/\/set$/, ""), payload, { qos: 1 });
  });
  await device.subscribe("devices/rig/+/set");
  return device;
}

function eventSeqs(events: Event[], above: number): number[] {
  return events.map(({ seq }) => seq).filter((seq) => seq > above);
}

/** The checks of one slow client against the whole log, as a fast one saw it. */
function checkSlow(reader: Reader, whole: LogCheck, flow: Flow, what: string) {
  const { raw, log } = reader;
  assert.ok(log.gaps.length > 0, `${what}: nothing was thinned`);
  assert.ok(log.gaps.every(({ reason }) => reason === "slow"), what);
  const first = log.events[0]?.seq ?? 0;
  assert.deepEqual(eventSeqs(log.events, first), eventSeqs(whole.events, first), what);
  for (const [topic, n] of flow.newest) {
    const last = log.updates.findLast((data) => data.topic === topic);
    assert.equal((last?.value as FlowValue | undefined)?.n, n, `${what}: ${topic}`);
  }
  const acks = raw.messages.flatMap((m) => m.type === "ack" ? m.stage : []);
  assert.deepEqual(acks, ["accepted", "delivered", "observed"], what);
}

export async function slowClients({ idleSeconds, slowMs, p99Ms }: SlowClientsOptions) {
  await using gateway = await GatewayProcess.start({
    args: ["--session-idle-timeout-seconds", String(idleSeconds)],
  });
  const { mqttPort } = gateway;
  await using _device = await startDevice(mqttPort);
  await using flow = await Flow.start({ mqttPort, rate: RATE, topics: TOPICS, padding: 100 });
  await eventually(
    "the channel",
    async () => (await fetch(new URL("/api/channels/rig", gateway.url))).ok,
  );
  const delays: number[] = [];
  await using fast = await fastReader(gateway, delays);
  await using other = await fastReader(gateway, delays);
  using stopping = await Reader.open(gateway, "rig", idleSeconds);
  using trickling = await Reader.open(gateway, "rig", idleSeconds);
  const slow = [stopping, trickling];
  for (const reader of slow) {
    await reader.readUntil(() => reader.raw.messages.some(({ type }) => type === "presence"));
  }
  delays.length = 0;
  const end = performance.now() + slowMs;
  const asking = sleep(slowMs / 2).then(async () => {
    for (const [i, reader] of slow.entries()) {
      const topic = `devices/rig/knob${i}`;
      await reader.raw.send({ type: "command", id: "1", channel: "rig", topic, value: 5 });
    }
  });
  const [memory] = await Promise.all([
    watchMemory(gateway, end),
    stopAndGo(stopping, end, idleSeconds * 1000 / 2),
    trickle(trickling, end),
    comeAndGo(gateway, end),
    asking,
  ]);
  await flow.stop();
  const last = Math.max(...flow.newest.values());
  const isLast = (value: unknown) => (value as FlowValue).n === last;
  for (const peer of [fast, other]) await peer.next("data", ({ value }) => isLast(value));
  for (const reader of slow) {
    await reader.readUntil(() =>
      reader.raw.messages.some((m) => m.type === "data" && isLast(m.value))
    );
  }
  const at = fast.messages.findIndex(({ type }) => type === "snapshot");
  const whole = checkLog(fast.messages.slice(at + 1), (fast.messages[at] as { seq: number }).seq);
  assert.deepEqual(whole.gaps, [], "one who reads was thinned");
  checkSlow(stopping, whole, flow, "stops for T/2");
  checkSlow(trickling, whole, flow, "reads 20 kB/s");
  delays.sort((a, b) => a - b);
  const p99 = delays[Math.floor(delays.length * 0.99)]!;
  if (p99Ms !== undefined) assert.ok(p99 < p99Ms, `p99 of those who read: ${p99} ms`);
  assert.ok(memory < RESIDENT_BYTES, `the gateway took ${memory >> 20} MiB`);
}

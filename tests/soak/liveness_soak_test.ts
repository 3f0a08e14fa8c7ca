/** The gateway stands still for a minute, with every default: nobody who is there is given up. */
import assert from "node:assert/strict";
import type { DeviceInfo, NodeInfo, NodesAnswer } from "../../gateway/nodes/answers.ts";
import { PROTOCOL } from "../../gateway/sessions/messages.ts";
import { BridgeProcess } from "../support/bridge_process.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { metric } from "../support/metrics.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { connectPacket, encode, RawMqtt } from "../support/raw_mqtt.ts";
import { WsPeer } from "../support/ws_peer.ts";

const STALL_MS = 60_000;
/** Longer than the grace and the bounds of nodes and devices after it. */
const AFTER_MS = 45_000;
const WATCHERS = 20;

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A client that pings and does not mind that nobody answers: it never goes away by itself. */
async function stubborn(port: number): Promise<{ peer: RawMqtt; end(): void; ended(): boolean }> {
  const peer = await RawMqtt.tcp(port);
  await peer.send(connectPacket("stubborn", { keepalive: 10 }));
  let over = false;
  peer.ended.then(() => over = true);
  const timer = setInterval(() => {
    if (!over) peer.send(encode({ cmd: "pingreq" })).catch(() => over = true);
  }, 5000);
  const end = () => {
    clearInterval(timer);
    peer[Symbol.dispose]();
  };
  return { peer, end, ended: () => over };
}

/** Nodes and devices of the bridges, by name. */
async function living(gateway: GatewayProcess): Promise<Map<string, NodeInfo | DeviceInfo>> {
  const { nodes, devices } = await gateway.json("/api/nodes") as NodesAnswer;
  return new Map([...nodes, ...devices].map((one) => [one.name, one]));
}

/** Says what it has received as seldom as a client may (T/5), so that something is always open. */
class Browser implements Disposable {
  readonly socket: WebSocket;
  #received = 0;
  #said = 0;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(url: URL) {
    this.socket = new WebSocket(url, PROTOCOL);
    this.socket.onmessage = ({ data }) => this.#received += new TextEncoder().encode(data).length;
    this.#timer = setInterval(() => this.#acknowledge(), 2000);
  }

  #acknowledge() {
    if (this.#said === this.#received || this.socket.readyState !== WebSocket.OPEN) return;
    this.#said = this.#received;
    this.socket.send(JSON.stringify({ type: "received", bytes: this.#said }));
  }

  [Symbol.dispose]() {
    clearInterval(this.#timer);
    this.socket.close();
  }
}

/** Watches a channel: plain clients, and some of `edgewire.v1`, which begin one after another. */
async function watch(gateway: GatewayProcess, channel: string) {
  const url = gateway.ws(`/ws/${channel}`);
  const plain = [];
  const browsers = [];
  for (let i = 0; i < WATCHERS; i++) {
    plain.push(await WsPeer.open(url, { v1: false }));
    browsers.push(new Browser(url));
    await sleep(50);
  }
  return { plain, browsers };
}

/** How many nodes have come so far that everything about them is learned. */
async function learned(gateway: GatewayProcess, count: number): Promise<boolean> {
  const { nodes } = await gateway.json("/api/nodes") as NodesAnswer;
  return nodes.filter(({ frames }) => frames > 100).length === count;
}

Deno.test("60 s of standing still lose nobody: no node, no device, no session", async () => {
  await using gateway = await GatewayProcess.start();
  const port = gateway.mqttPort;
  // Two whose client gives up meanwhile and knocks again, and one that waits.
  await using _a = BridgeProcess.start({ port, name: "a", keepalive: 10, period: 5 });
  await using _b = BridgeProcess.start({ port, name: "b", keepalive: 30, period: 5 });
  await using waits = BridgeProcess.start({ port, name: "c", keepalive: 300, period: 5 });
  await using publisher = await MqttPeer.connect(`mqtt://127.0.0.1:${port}`, { keepalive: 600 });
  const { ended, end } = await stubborn(port);
  await publisher.publish("devices/desk/temperature", 20);
  const { plain, browsers } = await watch(gateway, "desk");
  const stream = setInterval(
    () => publisher.client.publish("devices/desk/temperature", String(Math.random())),
    50,
  );
  try {
    await eventually("three nodes", () => learned(gateway, 3));
    await sleep(8000);
    const before = await living(gateway);
    const lines = waits.lines.length;
    gateway.process.kill("SIGSTOP");
    await sleep(STALL_MS);
    gateway.process.kill("SIGCONT");
    const from = gateway.process.lines.length;
    await sleep(AFTER_MS);
    const after = await living(gateway);
    for (const [name, { state, since }] of after) {
      assert.equal(state, "online", name);
      const moved = Math.abs(since - before.get(name)!.since);
      assert.ok(moved < 1000, `${name} was not online all the time`);
    }
    assert.equal(after.size, before.size);
    assert.equal(await metric(gateway.url, "edgewire_stalls_total"), 1);
    const stalled = await metric(gateway.url, "edgewire_stalled_seconds_total");
    assert.ok(Math.abs(stalled - STALL_MS / 1000) < 2, `${stalled} s`);
    assert.ok(!ended(), "its pings were waiting to be read");
    assert.deepEqual(waits.lines.slice(lines), [], "its connection stood all the time");
    const open = [...plain, ...browsers].filter(({ socket }) =>
      socket.readyState === WebSocket.OPEN
    );
    assert.equal(open.length, 2 * WATCHERS, gateway.process.lines.slice(from).join("\n"));
  } finally {
    clearInterval(stream);
    end();
    for (const browser of browsers) browser[Symbol.dispose]();
    for (const peer of plain) await peer[Symbol.asyncDispose]();
  }
});

Deno.test("default bounds: kill -9, a mute radio and a hung node within a minute", async () => {
  await using gateway = await GatewayProcess.start();
  const port = gateway.mqttPort;
  await using killed = BridgeProcess.start({ port, name: "killed", period: 10 });
  await using mute = BridgeProcess.start({ port, name: "mute", period: 10 });
  await using hung = BridgeProcess.start({ port, name: "hung", period: 10, keepalive: 300 });
  await eventually("three nodes", () => learned(gateway, 3));
  // Whatever starting them has cost has to fade.
  await sleep(15_000);
  const from = performance.now();
  killed.signal("SIGKILL");
  await mute.tell("mute");
  hung.signal("SIGSTOP");
  const reasons = { killed: "last will", mute: "radio deaf", hung: "node hung" };
  const bounds = { killed: 2000, mute: 30_000, hung: 40_000 };
  for (const name of ["killed", "mute", "hung"] as const) {
    while ((await living(gateway)).get(name)!.reason !== reasons[name]) {
      const took = performance.now() - from;
      assert.ok(took < bounds[name], `${name}: not "${reasons[name]}" within ${bounds[name]} ms`);
      await sleep(100);
    }
  }
});

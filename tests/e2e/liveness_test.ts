/**
 * Peers that no longer answer are gone from their rooms within T, and the rooms say so; those that
 * never say who they are are gone after ten seconds, and so long nodes are waited for.
 */
import assert from "node:assert/strict";
import type { NodesAnswer } from "../../gateway/nodes/answers.ts";
import type { Event } from "../../gateway/sessions/messages.ts";
import { CutProxy } from "../support/cut_proxy.ts";
import { eventually } from "../support/eventually.ts";
import { Flow } from "../support/flow.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { connectPacket, RawMqtt } from "../support/raw_mqtt.ts";
import { RawWs } from "../support/raw_ws.ts";
import { sharedGateway } from "../support/shared_gateway.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { WsPeer } from "../support/ws_peer.ts";

// Two take ten seconds, in which the others are done one after the other.
const { test } = sideBySide(3);

/** For the two that take ten seconds: one has no nodes, the other a single one. */
const shared = sharedGateway();

const T_MS = 2000;
/** T is looked after ten times within it; leaving is told within 200 ms; and this machine is busy. */
const SLACK_MS = 1000;

/** Somebody in a room who sees others come and go. */
class Watcher implements AsyncDisposable {
  readonly #peer: WsPeer;

  private constructor(peer: WsPeer) {
    this.#peer = peer;
  }

  static async enter(gateway: GatewayProcess, room: string): Promise<Watcher> {
    const peer = await WsPeer.open(gateway.ws(`/ws/${room}`));
    await peer.next("presence");
    return new Watcher(peer);
  }

  async seesTwo() {
    await this.#peer.next("presence", ({ count }) => count === 2);
  }

  /** Waits until the other one is gone. @returns How long that took since `from`. */
  async seesOne(from: number): Promise<number> {
    const left = await this.#peer.next("event", ({ kind }: Event) => kind === "leave");
    assert.equal(left.kind, "leave");
    await this.#peer.next("presence", ({ count }) => count === 1);
    return performance.now() - from;
  }

  [Symbol.asyncDispose]() {
    return this.#peer[Symbol.asyncDispose]();
  }
}

function inTime(took: number, what: string) {
  assert.ok(took > T_MS / 2, `${what}: gone after ${took} ms already`);
  assert.ok(took < T_MS + SLACK_MS, `${what}: gone after ${took} ms only`);
}

async function silent(gateway: GatewayProcess, room: string, v1: boolean) {
  await using watcher = await Watcher.enter(gateway, room);
  using _victim = await RawWs.open(gateway.ws(`/ws/${room}`), { v1 });
  const from = performance.now();
  await watcher.seesTwo();
  inTime(await watcher.seesOne(from), `silent, v1 ${v1}`);
}

async function flooded(gateway: GatewayProcess, room: string, v1: boolean) {
  await using watcher = await Watcher.enter(gateway, room);
  await using _flow = await Flow.start({
    mqttPort: gateway.mqttPort,
    rate: 200,
    topics: [`${room}/x`],
    padding: 60_000,
  });
  using _victim = await RawWs.open(gateway.ws(`/ws/${room}`), { v1 });
  const from = performance.now();
  await watcher.seesTwo();
  inTime(await watcher.seesOne(from), `flooded, v1 ${v1}`);
}

async function cutOff(gateway: GatewayProcess, room: string, v1: boolean, rate: number) {
  await using watcher = await Watcher.enter(gateway, room);
  await using _flow = await Flow.start({
    mqttPort: gateway.mqttPort,
    rate,
    topics: [`${room}/x`],
  });
  using proxy = new CutProxy(Number(gateway.url.port));
  using victim = await RawWs.open(gateway.ws(`/ws/${room}`), { v1, port: proxy.port });
  await victim.readUntil(() => victim.messages.some(({ type }) => type === "presence"));
  await watcher.seesTwo();
  await victim.send({ type: "ping", id: 1 });
  await victim.readUntil(() => victim.messages.some(({ type }) => type === "pong"));
  const from = performance.now();
  proxy.cut();
  inTime(await watcher.seesOne(from), `cut off, v1 ${v1}, ${rate} messages/s`);
}

async function startWithRooms(seconds: number, rooms: string[]) {
  const gateway = await GatewayProcess.start({
    args: ["--session-idle-timeout-seconds", String(seconds)],
  });
  await using mqtt = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  for (const room of rooms) await mqtt.publish(`${room}/x`, 1);
  return gateway;
}

test("half a handshake: the MQTT connection is closed, HTTP goes on", async () => {
  const gateway = await shared();
  await using witness = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await witness.subscribe("witness/#");
  using half = await RawMqtt.tcp(gateway.mqttPort);
  using silent = await RawMqtt.webSocket(gateway.ws("/mqtt"));
  await half.send(connectPacket("half").subarray(0, 8));
  using http = await Deno.connect({ hostname: "127.0.0.1", port: Number(gateway.url.port) });
  await http.write(new TextEncoder().encode("GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: webs"));
  const start = performance.now();
  await Promise.all([half.gone(), silent.gone()]);
  const took = performance.now() - start;
  assert.ok(took > 8_000 && took < 12_000, `${took} ms`);
  await witness.publish("witness/n", "1");
  await witness.message(({ text }) => text === "1");
  assert.ok(witness.client.connected);
  assert.equal((await fetch(new URL("/healthz", gateway.url))).status, 200);
});

test("a node that says nothing of its settings: 504 after ten seconds", async () => {
  const gateway = await shared();
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await peer.subscribe("edgewire/v1/mute/set");
  await peer.publish("edgewire/v1/mute/status", { state: "online", radios: ["ble"] });
  await eventually("the node", async () => {
    const { nodes } = await gateway.json("/api/nodes") as NodesAnswer;
    return nodes.length === 1;
  });
  const response = await fetch(new URL("/api/nodes/mute/settings", gateway.url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  assert.equal(response.status, 504);
  assert.match((await response.json()).error.message, /did not answer/);
  assert.equal(peer.received.length, 1, "it was asked");
});

test("a peer that stops answering is gone within T, whatever is sent to it", async () => {
  const rooms = ["a", "b", "c", "d", "e", "f", "g", "h"];
  await using gateway = await startWithRooms(T_MS / 1000, rooms);
  await Promise.all([
    silent(gateway, "a", true),
    silent(gateway, "b", false),
    flooded(gateway, "c", true),
    cutOff(gateway, "d", true, 0.01),
    cutOff(gateway, "e", false, 0.01),
    cutOff(gateway, "f", true, 100),
    cutOff(gateway, "g", false, 100),
  ]);
});

test("a plain peer that never reads while data floods is gone within T of the jam", async () => {
  await using gateway = await startWithRooms(T_MS / 1000, ["a"]);
  await flooded(gateway, "a", false);
});

test("peers that answer stay, however quiet it is", async () => {
  const T = 1000;
  await using gateway = await startWithRooms(T / 1000, ["quiet"]);
  await using mqtt = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await using plain = await WsPeer.open(gateway.ws("/ws/quiet"), { v1: false });
  using lazy = await RawWs.open(gateway.ws("/ws/quiet"));
  // Reads all the time, which answers pings, and says so late: T/5 after it came.
  let told = 0;
  const reading = (async () => {
    let tell: ReturnType<typeof setTimeout> | undefined;
    while (await lazy.read().catch(() => null) !== null) {
      if (lazy.bytes === told) continue;
      tell ??= setTimeout(() => {
        tell = undefined;
        told = lazy.bytes;
        lazy.send({ type: "received", bytes: told }).catch(() => {});
      }, T / 5);
    }
  })();
  for (let n = 0; n < 3; n++) {
    // Quiet for longer than T is what this is about: nothing announces its end.
    await new Promise((resolve) => setTimeout(resolve, T * 1.3));
    await mqtt.publish("quiet/x", `still ${n}`);
    await plain.next("data", ({ value }) => value === `still ${n}`);
  }
  await mqtt.publish("quiet/x", "end");
  await plain.next("data", ({ value }) => value === "end");
  lazy.send({ type: "ping", id: 1 });
  while (!lazy.messages.some(({ type }) => type === "pong")) {
    assert.equal(lazy.closeCode, undefined);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.ok(!plain.messages.some((m) => m.type === "event" && m.kind === "leave"));
  lazy[Symbol.dispose]();
  await reading;
});

/** A gateway that ends, or is cut off, and starts again: its values, numbers and history go on. */
import assert from "node:assert/strict";
import type { HistoryAnswer } from "../../gateway/http/history.ts";
import type { ServerMessage } from "../../gateway/sessions/messages.ts";
import { type ChannelMessage, Client } from "../../web/client/client.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { WsPeer } from "../support/ws_peer.ts";

const { test } = sideBySide(2);

/** A data directory that outlives its gateways. */
class House implements AsyncDisposable {
  readonly dataDir = Deno.makeTempDirSync({ prefix: "edgewire-house-" });

  start(...args: string[]): Promise<GatewayProcess> {
    const { dataDir } = this;
    return GatewayProcess.start({ dataDir, args: ["--history-disk", ...args] });
  }

  async [Symbol.asyncDispose]() {
    await Deno.remove(this.dataDir, { recursive: true });
  }
}

/** Publishes numbers on `log/x`; resolves when they are acknowledged. */
async function publish(gateway: GatewayProcess, from: number, count: number, topic = "log/x") {
  await using mqtt = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  const sent = Array.from({ length: count }, (_, i) => mqtt.publish(topic, from + i, { qos: 1 }));
  await Promise.all(sent);
}

/** Connects, takes the snapshot, leaves. */
async function look(gateway: GatewayProcess) {
  await using peer = await WsPeer.open(gateway.ws("/ws/log"));
  return await peer.next("snapshot");
}

async function kill(gateway: GatewayProcess) {
  gateway.process.kill("SIGKILL");
  await gateway.process.status;
}

function numbered(messages: ServerMessage[]) {
  return messages.filter((message) => message.type === "data" || message.type === "event");
}

function values(messages: ServerMessage[]): unknown[] {
  return messages.flatMap((message) => message.type === "data" ? [message.value] : []);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

test("after a stop values are there, numbers go on, and a resume is complete", async () => {
  await using house = new House();
  let before;
  {
    await using gateway = await house.start();
    await publish(gateway, 0, 1);
    before = await look(gateway);
    await publish(gateway, 1, 99);
  }
  await using gateway = await house.start();
  await publish(gateway, 100, 1);
  const since = `${before.epoch}:${before.seq}`;
  await using peer = await WsPeer.open(gateway.ws(`/ws/log?since=${since}`));
  const { epoch } = await peer.next("welcome");
  assert.equal(epoch, before.epoch);
  const { from, to, complete } = await peer.next("recovered");
  assert.ok(complete);
  assert.equal(from, before.seq + 1);
  assert.deepEqual(numbered(peer.messages).map(({ seq }) => seq), range(from, to));
  assert.deepEqual(values(peer.messages), range(1, 100));
  assert.ok(!peer.messages.some(({ type }) => type === "gap" || type === "snapshot"));
});

test("after a stop the newest values are in the snapshot, with their numbers and times", async () => {
  await using house = new House();
  let before;
  {
    await using gateway = await house.start();
    await publish(gateway, 21, 1, "devices/desk/temperature");
    await publish(gateway, 40, 1, "devices/desk/humidity");
    before = await gateway.json("/api/channels/desk") as { values: unknown[]; seq: number };
  }
  await using gateway = await house.start();
  const after = await gateway.json("/api/channels/desk") as { values: unknown[]; seq: number };
  assert.equal(after.values.length, 2);
  assert.deepEqual(after.values, before.values);
  assert.equal(after.seq, before.seq);
});

test("after kill -9 what was acknowledged is there, and the rest is a gap that says so", async () => {
  await using house = new House();
  const first = await house.start();
  let before;
  try {
    await publish(first, 0, 1);
    before = await look(first);
    await publish(first, 1, 199);
    await kill(first);
  } finally {
    await first[Symbol.asyncDispose]();
  }
  await using gateway = await house.start();
  const snapshot = await look(gateway);
  assert.equal(snapshot.epoch, before.epoch);
  assert.equal(snapshot.values[0]!.value, 199);
  await publish(gateway, 200, 1);
  await using peer = await WsPeer.open(gateway.ws(`/ws/log?since=${before.epoch}:${before.seq}`));
  const recovered = await peer.next("recovered");
  assert.equal(recovered.complete, false);
  const gaps = peer.messages.filter((message) => message.type === "gap");
  assert.deepEqual(gaps.map(({ reason }) => reason), ["restart"]);
  assert.deepEqual(values(peer.messages), range(1, 200));
  // Every number is there once, or in the gap.
  const [gap] = gaps as [typeof gaps[0] & object];
  const told = numbered(peer.messages).map(({ seq }) => seq);
  const missing = gap.to - gap.from + 1;
  assert.ok(told.every((seq, i) => i === 0 || seq > told[i - 1]!), "in order");
  assert.ok(told.every((seq) => seq < gap.from || seq > gap.to));
  assert.equal(told.length + missing, recovered.to - before.seq);
});

test("no number is used twice over many kills", async () => {
  await using house = new House();
  const used = new Map<number, unknown>();
  for (let round = 0; round < 3; round++) {
    await using gateway = await house.start();
    await using mqtt = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
    await mqtt.publish("log/x", `${round}-first`, { qos: 1 });
    await using peer = await WsPeer.open(gateway.ws("/ws/log"));
    await peer.next("snapshot");
    for (let i = 0; i < 50; i++) mqtt.client.publish("log/x", `${round}-${i}`);
    await peer.next("data", ({ value }) => value === `${round}-49`);
    await kill(gateway);
    for (const message of peer.messages) {
      if (message.type !== "data") continue;
      assert.ok(!used.has(message.seq), `${message.seq} is used twice`);
      used.set(message.seq, message.value);
    }
  }
  assert.ok(used.size >= 3 * 50);
});

test("history, entries and events of before a stop are answered from disk", async () => {
  await using house = new House();
  const begun = Date.now();
  {
    await using gateway = await house.start();
    await publish(gateway, 0, 500);
    await look(gateway);
  }
  await using gateway = await house.start("--history-count", "10");
  await publish(gateway, 500, 5);
  const path = "/api/channels/log/history";
  const answer = await gateway.json(`${path}?since=${begun}&points=1000`) as HistoryAnswer;
  const { points } = answer.series[0]!;
  assert.deepEqual(points.map(([, value]) => value), range(0, 504));
  assert.ok(answer.complete);
  const thin = await gateway.json(`${path}?since=${begun}&points=20`) as HistoryAnswer;
  assert.ok(thin.series[0]!.points.length <= 20);
  assert.equal(thin.series[0]!.points.at(-1)![1], 504);
  const csv = await (await fetch(new URL(`${path}?since=${begun}&format=csv`, gateway.url))).text();
  const rows = csv.trimEnd().split("\r\n");
  assert.equal(rows[0], "time,seq,topic,value,id");
  assert.deepEqual(rows.slice(1).map((row) => Number(row.split(",")[3])), range(0, 504));
  const [time] = points[123]!;
  const update = `/api/channels/log/update?topic=log/x&time=${time}`;
  const { seq } = await gateway.json(update) as { seq: number };
  assert.ok(rows[1 + 123]!.startsWith(`${time},${seq},`));
  const { events } = await gateway.json("/api/channels/log/events") as { events: unknown[] };
  assert.deepEqual(events.map((event) => (event as { kind: string }).kind), ["leave", "join"]);
});

test("in memory alone nothing is stored, and the epoch is new at each start", async () => {
  await using house = new House();
  const { dataDir } = house;
  const epochs = [];
  for (let i = 0; i < 2; i++) {
    await using gateway = await GatewayProcess.start({ dataDir });
    await publish(gateway, i, 1);
    epochs.push((await look(gateway)).epoch);
  }
  assert.notEqual(epochs[0], epochs[1]);
  assert.deepEqual([...Deno.readDirSync(house.dataDir)], []);
});

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  test(`the page's client goes on over ${signal}: each update once, gaps named`, async () => {
    await using house = new House();
    let gateway = await house.start();
    const { port } = gateway.url;
    const mqttPort = String(gateway.mqttPort);
    const heard: ChannelMessage[] = [];
    using client = new Client(gateway.ws("/ws"), { timing: { retryMin: 20, retryMax: 50 } });
    client.subscribe("log", (message) => heard.push(message));
    const shown = (value: number) =>
      eventually(`the value ${value}`, () => values(heard).includes(value));
    try {
      await publish(gateway, 0, 1);
      await eventually("the snapshot", () => heard.some(({ type }) => type === "snapshot"));
      for (let round = 0; round < 2; round++) {
        await publish(gateway, 1 + round * 100, 100);
        await shown(100 + round * 100);
        gateway.process.kill(signal);
        await gateway.process.status;
        await gateway[Symbol.asyncDispose]();
        gateway = await house.start("--port", port, "--mqtt-port", mqttPort);
      }
      await publish(gateway, 201, 1);
      await shown(201);
    } finally {
      await gateway[Symbol.asyncDispose]();
    }
    assert.deepEqual(values(heard), range(1, 201));
    assert.equal(heard.filter(({ type }) => type === "snapshot").length, 1);
    const reasons = heard.flatMap((message) => message.type === "gap" ? [message.reason] : []);
    assert.deepEqual(reasons, Array(signal === "SIGKILL" ? 2 : 0).fill("restart"));
  });
}

/** A history that cannot be stored: said everywhere, while live data goes on. */
import assert from "node:assert/strict";
import type { HealthAnswer } from "../../gateway/http/health_answer.ts";
import type { HistoryAnswer } from "../../gateway/http/history.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { WsPeer } from "../support/ws_peer.ts";
import { sideBySide } from "../support/side_by_side.ts";

const { test } = sideBySide();

/** A data directory whose database cannot be opened: a folder stands there. */
class Blocked implements AsyncDisposable {
  readonly dataDir = Deno.makeTempDirSync({ prefix: "edgewire-blocked-" });
  readonly path = `${this.dataDir}/history.db`;

  constructor() {
    Deno.mkdirSync(this.path);
  }

  async [Symbol.asyncDispose]() {
    await Deno.remove(this.dataDir, { recursive: true });
  }
}

function start(dataDir: string): Promise<GatewayProcess> {
  return GatewayProcess.start({ dataDir, args: ["--history-disk"] });
}

async function health(gateway: GatewayProcess): Promise<HealthAnswer> {
  return await gateway.json("/api/health") as HealthAnswer;
}

async function metrics(gateway: GatewayProcess): Promise<string> {
  return await (await fetch(new URL("/metrics", gateway.url))).text();
}

test("a database that cannot be opened: live data flows, and all say what is wrong", async () => {
  await using blocked = new Blocked();
  await using gateway = await start(blocked.dataDir);
  await gateway.process.waitForLine(/^store: .*history\.db/);
  await using mqtt = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  const begun = Date.now();
  await mqtt.publish("log/x", 1, { qos: 1 });
  await using peer = await WsPeer.open(gateway.ws("/ws/log"));
  const status = await peer.next("status");
  assert.match(status.notStored ?? "", /history\.db/);
  const { epoch, seq } = await peer.next("snapshot");
  await mqtt.publish("log/x", 2, { qos: 1 });
  assert.equal((await peer.next("data")).value, 2);

  const answer = await fetch(new URL("/healthz", gateway.url));
  assert.equal(answer.status, 503);
  const said = await answer.json();
  assert.equal(said.status, "failing");
  assert.equal(said.broker.connected, true);
  assert.equal(said.history.state, "failing");
  assert.match(said.history.reason, /history\.db/);
  const { status: word, history } = await health(gateway);
  assert.equal(word, "failing");
  assert.equal(history.kept, "disk");
  assert.equal(history.disk!.state, "failing");
  assert.match(await metrics(gateway), /^edgewire_store_ok 0$/m);

  const path = `/api/channels/log/history?since=${begun}`;
  const { series } = await gateway.json(path) as HistoryAnswer;
  assert.deepEqual(series[0]!.points.map(([, value]) => value), [1, 2]);
  await using again = await WsPeer.open(gateway.ws(`/ws/log?since=${epoch}:${seq}`));
  assert.ok((await again.next("recovered")).complete);

  await Deno.remove(blocked.path);
  await gateway.process.waitForLine(/^store: history is stored again$/);
  const back = await peer.next("status", ({ notStored }) => notStored === undefined);
  assert.equal(back.broker, "connected");
  await mqtt.publish("log/x", 3, { qos: 1 });
  assert.equal((await fetch(new URL("/healthz", gateway.url))).status, 200);
  const stored = await eventually("the database to grow", async () => {
    const { history: { disk } } = await health(gateway);
    return disk!.state === "ok" && disk!.bytes > 0 ? disk : undefined;
  });
  assert.ok(stored.lost >= 2, "what came meanwhile");
  assert.match(await metrics(gateway), /^edgewire_store_ok 1$/m);
});

test("what the disk did not take is a gap that says so, after the next start", async () => {
  await using blocked = new Blocked();
  let before;
  {
    await using gateway = await start(blocked.dataDir);
    await using mqtt = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
    await mqtt.publish("log/x", 1, { qos: 1 });
    await using peer = await WsPeer.open(gateway.ws("/ws/log"));
    before = await peer.next("snapshot");
    await mqtt.publish("log/x", 2, { qos: 1 });
    await eventually("the loss", async () => (await health(gateway)).history.disk!.lost >= 2);
    await Deno.remove(blocked.path);
    await gateway.process.waitForLine(/^store: history is stored again$/);
    await mqtt.publish("log/x", 3, { qos: 1 });
  }
  await using gateway = await start(blocked.dataDir);
  await using peer = await WsPeer.open(gateway.ws(`/ws/log?since=${before.epoch}:${before.seq}`));
  const { complete } = await peer.next("recovered");
  assert.equal(complete, false);
  const gaps = peer.messages.filter((message) => message.type === "gap");
  assert.deepEqual(gaps.map(({ reason }) => reason), ["disk"]);
  const values = peer.messages.flatMap((message) => message.type === "data" ? [message.value] : []);
  assert.deepEqual(values, [3]);
});

/** What `/healthz` says of the history, and that the rest works. */
async function failing(gateway: GatewayProcess): Promise<string> {
  await using mqtt = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await mqtt.publish("log/x", 1, { qos: 1 });
  const { values } = await gateway.json("/api/channels/log") as { values: unknown[] };
  assert.equal(values.length, 1);
  const answer = await fetch(new URL("/healthz", gateway.url));
  assert.equal(answer.status, 503);
  const { broker, history } = await answer.json();
  assert.equal(broker.connected, true);
  assert.equal(history.state, "failing");
  return history.reason;
}

test("a data directory that Deno may not write: the gateway runs, and says so", async () => {
  await using gateway = await start("/etc/edgewire");
  assert.match(await failing(gateway), /write access to "\/etc\/edgewire/);
});

Deno.test({
  name: "a data directory that is read-only: the gateway runs, and says so",
  // To root nothing is.
  ignore: Deno.uid() === 0,
  async fn() {
    const dataDir = await Deno.makeTempDir({ prefix: "edgewire-read-only-" });
    try {
      await Deno.chmod(dataDir, 0o555);
      await using gateway = await start(dataDir);
      assert.match(await failing(gateway), /history\.db/);
    } finally {
      await Deno.remove(dataDir, { recursive: true });
    }
  },
});

test("a second gateway on the same data directory says that it is in use", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "edgewire-shared-" });
  try {
    await using first = await start(dataDir);
    await using second = await start(dataDir);
    assert.match(await failing(second), /in use/);
    assert.equal((await fetch(new URL("/healthz", first.url))).status, 200);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

test("a database cut in the middle is moved aside, and a new log begun", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "edgewire-damaged-" });
  const path = `${dataDir}/history.db`;
  try {
    let epoch;
    {
      await using gateway = await start(dataDir);
      await using mqtt = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
      await mqtt.publish("log/x", "x".repeat(50_000), { qos: 1 });
      epoch = (await health(gateway)).epoch;
    }
    const { size } = await Deno.stat(path);
    await Deno.truncate(path, Math.floor(size / 2));
    await using gateway = await start(dataDir);
    await gateway.process.waitForLine(/^store: damaged: moved to .*history\.db\.damaged-/);
    const answer = await fetch(new URL("/healthz", gateway.url));
    assert.equal(answer.status, 200);
    const { history } = await answer.json();
    assert.equal(history.state, "ok");
    assert.match(history.reason, /^damaged: moved to /);
    assert.notEqual((await health(gateway)).epoch, epoch);
    const names = [...Deno.readDirSync(dataDir)].map(({ name }) => name);
    assert.ok(names.some((name) => name.startsWith("history.db.damaged-")), names.join());
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

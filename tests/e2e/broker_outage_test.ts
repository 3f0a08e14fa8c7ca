/**
 * The external broker goes away and comes back: who watches stays connected
 * and is told, and nothing is done late.
 *
 * @module
 */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { startMosquitto } from "../support/mosquitto.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { testWith } from "../support/tools.ts";
import { WsPeer } from "../support/ws_peer.ts";

function health(gateway: GatewayProcess) {
  return fetch(new URL("/healthz", gateway.url)).then(async (response) => ({
    status: response.status,
    broker: (await response.json()).broker as { connected: boolean; reason?: string },
  }));
}

testWith(["mosquitto"], "the broker is killed and comes back", async () => {
  await using broker = await startMosquitto({ persistence: true });
  await using gateway = await GatewayProcess.start({ args: ["--broker", broker.url] });
  await gateway.process.waitForLine(/^broker: connected/);
  assert.deepEqual(await health(gateway), { status: 200, broker: { connected: true } });
  const device = await MqttPeer.connect(broker.url, { clientId: "device", clean: false });
  await device.subscribe("devices/d/n/set");
  await device.publish("devices/d/n", 1, { retain: true });
  await device.publish("devices/d/other", 5, { retain: true });
  await eventually(
    "the channel",
    async () => (await fetch(new URL("/api/channels/d", gateway.url))).ok,
  );
  await using watcher = await WsPeer.open(gateway.ws("/ws/d"));
  await watcher.next("snapshot");
  const command = { type: "command", channel: "d", topic: "devices/d/n" };

  // One in flight while it dies: it fails, and is not executed later.
  Deno.kill(broker.pid!, "SIGSTOP");
  watcher.send({ ...command, id: "in-flight", value: 66 });
  await watcher.next("ack", ({ id, stage }) => id === "in-flight" && stage === "accepted");
  await broker.kill();
  const failed = await watcher.next(
    "ack",
    ({ id, stage }) => id === "in-flight" && stage === "failed",
  );
  assert.match(failed.reason!, /^broker away: /);
  await watcher.next("status", ({ broker }) => broker === "disconnected");

  // Commands meanwhile fail at once.
  const asked = performance.now();
  watcher.send({ ...command, id: "meanwhile", value: 67 });
  const { stage, reason } = await watcher.next("ack", ({ id }) => id === "meanwhile");
  assert.equal(stage, "failed");
  assert.match(reason!, /^broker away: /);
  assert.ok(performance.now() - asked < 500, `${performance.now() - asked} ms`);
  const { status, broker: said } = await health(gateway);
  assert.equal(status, 503);
  assert.equal(said.connected, false);
  assert.ok(said.reason, "healthz says what is wrong");
  await device[Symbol.asyncDispose]();

  await broker.restart();
  await watcher.next("status", ({ broker }) => broker === "connected");
  await using again = await MqttPeer.connect(broker.url, { clientId: "device", clean: false });
  await again.subscribe("devices/d/n/set");
  await again.publish("devices/d/n", 2);
  const data = await watcher.next("data");
  assert.equal(data.value, 2, "the retained messages that came again are no news");
  assert.equal(data.seq, watcher.messages.findLast((m) => m.type === "data")!.seq);
  watcher.send({ ...command, id: "after", value: 68 });
  await watcher.next("ack", ({ id, stage }) => id === "after" && stage === "delivered");
  await again.message(({ text }) => text === "68");
  assert.deepEqual(
    again.received.map(({ text }) => text),
    ["68"],
    "commands that were reported as failed reached nobody",
  );
  assert.equal(watcher.socket.readyState, WebSocket.OPEN);
});

testWith(["mosquitto"], "the broker is down at the start", async () => {
  await using broker = await startMosquitto();
  await broker.stop();
  await using gateway = await GatewayProcess.start({ args: ["--broker", broker.url] });
  await eventually("the reason", async () => {
    const { status, broker } = await health(gateway);
    assert.equal(status, 503);
    return /refused/i.test(broker.reason ?? "");
  });
  assert.equal((await fetch(gateway.url)).status, 200, "the page is served");
  await using watcher = await WsPeer.open(gateway.ws("/ws"));
  await watcher.next("status", ({ broker }) => broker === "disconnected");
  await broker.restart();
  await watcher.next("status", ({ broker }) => broker === "connected");
  await using peer = await MqttPeer.connect(broker.url);
  await peer.publish("up/n", 1);
  await watcher.next("channels", ({ added }) => added.includes("up"));
});

/** Slow clients are not dead clients: they are thinned, told so, and disturb nobody. */
import assert from "node:assert/strict";
import { Flow } from "../support/flow.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { RawWs } from "../support/raw_ws.ts";
import { slowClients } from "../support/slow_clients.ts";
import { WsPeer } from "../support/ws_peer.ts";

Deno.test("slow clients stay, are thinned with gaps, end with the latest, miss no event", async () => {
  await slowClients({ idleSeconds: 2, slowMs: 4500 });
});

Deno.test("a plain client whose backlog outlasts T is closed with 4408", async () => {
  await using gateway = await GatewayProcess.start({
    args: ["--session-idle-timeout-seconds", "2"],
  });
  await using mqtt = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await mqtt.publish("flood/x", 1);
  await using watcher = await WsPeer.open(gateway.ws("/ws/flood"));
  // It answers no pings either: Deno drops a connection on which something comes after its close.
  using plain = await RawWs.open(gateway.ws("/ws/flood"), { v1: false, pong: false });
  await plain.readUntil(() => plain.messages.some(({ type }) => type === "presence"));
  const flow = await Flow.start({
    mqttPort: gateway.mqttPort,
    rate: 200,
    topics: ["flood/x"],
    padding: 60_000,
  });
  await using _flow = flow;
  const left = await watcher.next("event", ({ kind }) => kind === "leave");
  assert.equal((left.detail as { reason: string }).reason, "reads nothing");
  await flow.stop();
  // What the kernel held comes first, then the close frame.
  await plain.readUntil(() => plain.closeCode !== undefined);
  assert.equal(plain.closeCode, 4408);
});

Deno.test("a plain client that keeps up is not closed, however much flows", async () => {
  await using gateway = await GatewayProcess.start({
    args: ["--session-idle-timeout-seconds", "1"],
  });
  await using flow = await Flow.start({
    mqttPort: gateway.mqttPort,
    rate: 2000,
    topics: ["flood/x", "flood/y"],
    padding: 1000,
  });
  await using ready = await WsPeer.open(gateway.ws("/ws"));
  await ready.next("channels", ({ added }) => added.includes("flood"));
  await using plain = await WsPeer.open(gateway.ws("/ws/flood"), { v1: false });
  const { seq } = await plain.next("snapshot");
  await plain.next("data", (data) => data.seq > seq + 5000);
  await flow.stop();
  const numbers = plain.messages.flatMap((m) =>
    m.type === "data" || m.type === "event" ? m.seq : []
  );
  assert.deepEqual(numbers, numbers.map((_, i) => seq + 1 + i));
});

Deno.test("a snapshot larger than the window comes, though another channel is busy", async () => {
  await using gateway = await GatewayProcess.start();
  const { mqttPort } = gateway;
  await using mqtt = await MqttPeer.connect(`mqtt://127.0.0.1:${mqttPort}`);
  for (let i = 0; i < 10; i++) await mqtt.publish(`big/${i}`, "x".repeat(20_000));
  await using flow = await Flow.start({ mqttPort, rate: 1000, topics: ["busy/x"], padding: 100 });
  await using ready = await WsPeer.open(gateway.ws("/ws"));
  await ready.next("channels", ({ added }) => added.includes("busy"));
  using client = await RawWs.open(gateway.ws("/ws/busy"));
  const has = (channel: string) =>
    client.messages.some((m) => m.type === "snapshot" && m.channel === channel);
  await client.readUntil(() => has("busy"));
  await client.send({ type: "subscribe", channel: "big" });
  // Never says that it has read the last that it has read: something is always under way.
  const late = setTimeout(() => client[Symbol.dispose](), 5000);
  while (!has("big")) {
    const { bytes } = client;
    await client.read();
    await client.send({ type: "received", bytes });
  }
  clearTimeout(late);
  await flow.stop();
});

/** What a client may not do, and how it is told. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { metric } from "../support/metrics.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { RawWs } from "../support/raw_ws.ts";
import { handshake, reset } from "../support/resets.ts";
import { sharedGateway } from "../support/shared_gateway.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { WsPeer } from "../support/ws_peer.ts";

const { test } = sideBySide();

/** For a test of sessions, and one of MQTT clients. */
const shared = sharedGateway({ config: "limits: { sessions: 5, mqttClients: 2 }" });

const CONFIG = `
limits: { messageBytes: 2000, messagesPerSecond: 20, sessions: 5, channelsPerSession: 2 }
`;

const CASES: [what: string, sent: string | Uint8Array<ArrayBuffer>, code: number][] = [
  ["too big", JSON.stringify({ type: "ping", id: "x".repeat(2000) }), 4413],
  ["too big in UTF-8", JSON.stringify({ type: "ping", id: "ü".repeat(1000) }), 4413],
  ["not JSON", "{", 4400],
  ["nothing", "", 4400],
  ["an array", "[]", 4400],
  ["a word", '"ping"', 4400],
  ["null", "null", 4400],
  ["a binary frame", new Uint8Array([123, 125]), 4400],
];

Deno.test("limits", async (t) => {
  await using gateway = await GatewayProcess.start({ config: CONFIG });
  await using mqtt = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  for (const channel of ["a", "b", "c"]) await mqtt.publish(`${channel}/x`, 1);
  await using bystander = await WsPeer.open(gateway.ws("/ws/a"));
  await bystander.next("presence");

  for (const [what, sent, code] of CASES) {
    await t.step(`${what} is closed with ${code}`, async () => {
      await using peer = await WsPeer.open(gateway.ws("/ws"), { v1: false });
      await peer.next("channels");
      peer.socket.send(sent);
      assert.equal((await peer.closed).code, code);
    });
  }

  await t.step("what is not UTF-8 is closed, and nobody else", async () => {
    using raw = await RawWs.open(gateway.ws("/ws"));
    await raw.frame(1, new Uint8Array([0xff, 0xfe]));
    await raw.readUntil(() => raw.closeCode !== undefined).catch(() => {});
    bystander.send({ type: "ping", id: "there" });
    await bystander.next("pong");
  });

  await t.step(
    "an unknown type or a wrong field is an error, and the connection stays",
    async () => {
      await using peer = await WsPeer.open(gateway.ws("/ws"), { v1: false });
      const wrong = [
        { type: "unknown" },
        {},
        { type: 7 },
        { type: "subscribe" },
        { type: "subscribe", channel: "" },
        { type: "ping", id: {} },
        { type: "received", bytes: -1 },
        { type: "received", bytes: 1.5 },
        { type: "toString" },
      ];
      for (const message of wrong) {
        peer.send(message);
        assert.equal((await peer.next("error")).code, "bad_message", JSON.stringify(message));
      }
      peer.send({ type: "ping", id: 1 });
      await peer.next("pong");
    },
  );

  await t.step("more messages than allowed are closed with 4429", async () => {
    using raw = await RawWs.open(gateway.ws("/ws"), { v1: false });
    for (let id = 0; id < 60; id++) await raw.send({ type: "ping", id });
    await raw.readUntil(() => raw.closeCode !== undefined);
    assert.equal(raw.closeCode, 4429);
    const pongs = raw.messages.filter(({ type }) => type === "pong").length;
    assert.ok(pongs >= 40 && pongs < 60, `${pongs} were answered`);
  });

  await t.step("more channels than allowed are an error", async () => {
    await using peer = await WsPeer.open(gateway.ws("/ws"), { v1: false });
    for (const channel of ["a", "b", "c"]) peer.send({ type: "subscribe", channel });
    const error = await peer.next("error");
    assert.deepEqual([error.code, error.id], ["too_many_channels", "c"]);
    peer.send({ type: "unsubscribe", channel: "a" });
    peer.send({ type: "subscribe", channel: "c" });
    await peer.next("snapshot", ({ channel }) => channel === "c");
  });

  await t.step("a channel that is not there: 4404 at its address, an error at /ws", async () => {
    await using single = await WsPeer.open(gateway.ws("/ws/none"), { v1: false });
    assert.equal((await single.closed).code, 4404);
    await using peer = await WsPeer.open(gateway.ws("/ws"), { v1: false });
    peer.send({ type: "subscribe", channel: "none" });
    const error = await peer.next("error");
    assert.deepEqual([error.code, error.id], ["no_such_channel", "none"]);
    peer.send({ type: "unsubscribe", channel: "none" });
    peer.send({ type: "ping", id: 1 });
    await peer.next("pong");
  });

  await t.step("more clients than allowed are closed with 4429", async () => {
    const peers = [];
    for (let i = 0; i < 4; i++) peers.push(await WsPeer.open(gateway.ws("/ws"), { v1: false }));
    await using one = await WsPeer.open(gateway.ws("/ws"), { v1: false });
    assert.equal((await one.closed).code, 4429);
    for (const peer of peers) await peer[Symbol.asyncDispose]();
  });

  await t.step("nobody else was disturbed", async () => {
    await mqtt.publish("a/x", "still here");
    await bystander.next("data", ({ value }) => value === "still here");
  });
});

test("handshakes that are reset take no places", async () => {
  const gateway = await shared();
  for (let i = 0; i < 10; i++) await reset(Number(gateway.url.port), handshake("/ws"));
  await eventually("a place", async () => {
    await using peer = await WsPeer.open(gateway.ws("/ws"));
    return await peer.next("welcome").catch(() => null);
  });
});

test("who asks all the time and never reads is closed, not remembered", async () => {
  await using gateway = await GatewayProcess.start({
    config: "limits: { messagesPerSecond: 1000000 }",
  });
  await using watcher = await WsPeer.open(gateway.ws("/ws"));
  await watcher.next("channels");
  using raw = await RawWs.open(gateway.ws("/ws"), { v1: false });
  const wrong = new TextEncoder().encode(JSON.stringify({ type: "ping", id: "x".repeat(110) }));
  const frame = new Uint8Array([
    0x81,
    0x80 | 126,
    wrong.length >> 8,
    wrong.length & 255,
    0,
    0,
    0,
    0,
  ]);
  const one = new Uint8Array([...frame, ...wrong]);
  const many = new Uint8Array(one.length * 500);
  for (let i = 0; i < 500; i++) many.set(one, i * one.length);
  const asking = (async () => {
    for (let i = 0; i < 200; i++) await raw.write(many);
  })().catch(() => {});
  await eventually(
    "one session less",
    async () => await metric(gateway.url, "edgewire_sessions") === 1,
  );
  watcher.send({ type: "ping", id: 1 });
  await watcher.next("pong");
  raw[Symbol.dispose]();
  await asking;
});

test("more MQTT clients than allowed are closed, on TCP and at /mqtt", async () => {
  const gateway = await shared();
  const url = `mqtt://127.0.0.1:${gateway.mqttPort}`;
  await using first = await MqttPeer.connect(url);
  {
    await using _second = await MqttPeer.connect(url);
    await assert.rejects(MqttPeer.connect(url));
    const socket = new WebSocket(gateway.ws("/mqtt"), ["mqtt"]);
    const { code } = await new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
    assert.equal(code, 4429);
  }
  await first.publish("devices/a/x", 1);
  await eventually("room for another client", async () => {
    const again = await MqttPeer.connect(url).catch(() => null);
    await again?.[Symbol.asyncDispose]();
    return again;
  });
});

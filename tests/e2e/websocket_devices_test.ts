/** Devices that are WebSocket servers themselves: the gateway connects to them. */
import assert from "node:assert/strict";
import { WebSocketServer } from "ws";
import type { DeviceInfo, NodesAnswer } from "../../gateway/nodes/answers.ts";
import type { Ack, Update } from "../../gateway/sessions/messages.ts";
import { DeviceServer } from "../support/device_server.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { metric } from "../support/metrics.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { WsPeer } from "../support/ws_peer.ts";

const VIEWER = "token-of-the-viewer-of-this-test";
const IDLE_SECONDS = 1;

function config(port: number, mutePort: number, awayPort: number): string {
  const at = `ws://127.0.0.1:${port}`;
  return `
session: { idleTimeoutSeconds: ${IDLE_SECONDS} }
command: { timeoutSeconds: 5 }
limits: { mqttPacketBytes: 1000 }
devices:
  - { websocket: "${at}/echo", channel: board, topic: lux }
  - websocket: "${at}/ticker?apikey=secret-of-the-address"
    channel: market
    subprotocols: [ticks.v2, ticks.v1]
    headers: { Authorization: Bearer secret-of-the-header }
    send: [hello, { op: subscribe, args: [BTC, 1.50] }]
  - { websocket: "${at}/big", channel: big }
  - { websocket: "${at}/quiet", channel: quiet, silenceSeconds: 0.2 }
  - { websocket: "${at}/none", channel: none }
  - { websocket: "ws://127.0.0.1:${mutePort}/", channel: mute }
  - { websocket: "ws://127.0.0.1:${awayPort}/", channel: away }
describe: [{ topic: devices/board/lux, unit: lx, control: { type: text } }]
relays: [{ filter: devices/market/message, to: ticks/all }]
tokens: [{ name: screen, role: viewer, token: ${VIEWER} }]
`;
}

/** A gateway with a device of each kind. */
class Bench implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  gateway!: GatewayProcess;
  device!: DeviceServer;

  static async start(): Promise<Bench> {
    const bench = new Bench();
    const stack = bench.#stack;
    const mute = new WebSocketServer({ host: "127.0.0.1", port: 0, autoPong: false });
    await new Promise((resolve) => mute.once("listening", resolve));
    stack.defer(() => {
      for (const client of mute.clients) client.terminate();
      return new Promise((resolve) => mute.close(() => resolve()));
    });
    const away = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port: awayPort } = away.addr;
    away.close();
    bench.startDevice();
    stack.defer(() => bench.device[Symbol.asyncDispose]());
    const { port: mutePort } = mute.address() as { port: number };
    bench.gateway = await GatewayProcess.start({
      config: config(bench.device.port, mutePort, awayPort),
    });
    stack.defer(() => bench.gateway[Symbol.asyncDispose]());
    return bench;
  }

  startDevice(port = 0) {
    this.device = new DeviceServer({
      port,
      onMessage: ({ path, socket }, data) => {
        if (path === "/echo") socket.send(data as string);
      },
    });
  }

  async open(channel: string, token?: string): Promise<WsPeer> {
    const url = this.gateway.ws(`/ws/${channel}`);
    if (token !== undefined) url.searchParams.set("token", token);
    return await WsPeer.open(url);
  }

  /** Waits until a device is in a state. */
  inState(name: string, state: string): Promise<DeviceInfo> {
    return eventually(`${name} ${state}`, async () => {
      const { devices } = await this.gateway.json("/api/nodes") as NodesAnswer;
      return devices.find((device) => device.name === name && device.state === state);
    });
  }

  async [Symbol.asyncDispose]() {
    await this.#stack[Symbol.asyncDispose]();
  }
}

function command(peer: WsPeer, id: string, value: unknown, channel = "board", topic = "lux") {
  peer.send({ type: "command", id, channel, topic: `devices/${channel}/${topic}`, value });
}

async function stages(peer: WsPeer, id: string): Promise<string[]> {
  await peer.next("ack", (ack) => ack.id === id && /observed|failed/.test(ack.stage));
  const acks = peer.messages.filter((m) => m.type === "ack" && m.id === id) as Ack[];
  return acks.map(({ stage, reason }) => reason === undefined ? stage : `${stage}: ${reason}`);
}

Deno.test("devices that are WebSocket servers", async (t) => {
  await using bench = await Bench.start();
  const { gateway } = bench;
  const echo = await bench.device.connection("/echo");
  echo.socket.send("0");
  await bench.inState("board", "online");
  await eventually("the first value", async () => {
    const channel = await gateway.json("/api/channels/board") as { values?: unknown[] };
    return channel.values?.length;
  });

  await t.step("text, JSON, arrays and bytes are updates, as they are by MQTT", async () => {
    await using peer = await bench.open("board");
    await peer.next("presence");
    const { socket } = await bench.device.connection("/echo");
    const sent = ["warm", "21.50", '{"lux":7,"at":"desk"}', '[0,{"x":1},[2]]', "", "{broken"];
    const values = ["warm", 21.5, { lux: 7, at: "desk" }, [0, { x: 1 }, [2]], "", "{broken"];
    for (const text of sent) socket.send(text);
    socket.send(new Uint8Array([0xff, 0, 1]));
    socket.send(new TextEncoder().encode("22"));
    for (const value of [...values, { base64: "/wAB" }, 22]) {
      const data: Update = await peer.next("data");
      assert.deepEqual(data.value, value);
      assert.deepEqual([data.topic, data.device, data.unit], ["devices/board/lux", "board", "lx"]);
      assert.match(data.id, /^[\w-]{6}-\w+$/);
      assert.ok(Math.abs(data.time - Date.now()) < 5000);
    }
  });

  await t.step("a stream is asked for what it is to send, and republished", async () => {
    await using mqtt = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
    await mqtt.subscribe("ticks/all");
    const ticker = await bench.device.connection("/ticker");
    await eventually("both messages", () => ticker.received.length === 2);
    assert.deepEqual(ticker.received, ["hello", '{"op":"subscribe","args":["BTC",1.5]}']);
    assert.equal(ticker.headers.get("authorization"), "Bearer secret-of-the-header");
    assert.equal(ticker.headers.get("sec-websocket-protocol"), "ticks.v2, ticks.v1");
    ticker.socket.send('[["BTC",1.0],["ETH",2.0]]');
    await using peer = await bench.open("market");
    const { values } = await peer.next("snapshot", ({ values }) => values.length > 0);
    assert.deepEqual(values[0]!.value, [["BTC", 1], ["ETH", 2]]);
    const { text } = await mqtt.message(({ topic }) => topic === "ticks/all");
    assert.match(text, /^\{"timestamp":[\d.]+,"message":\[\["BTC",1\.0\],\["ETH",2\.0\]\]\}$/);
  });

  await t.step("a command goes there as a message, and the echo answers it", async () => {
    await using peer = await bench.open("board");
    const { received } = await bench.device.connection("/echo");
    received.length = 0;
    const values = ["on", { a: 1 }, 5, { base64: "/w==" }];
    for (const [i, value] of values.entries()) {
      command(peer, `c${i}`, value);
      assert.deepEqual(await stages(peer, `c${i}`), ["accepted", "delivered", "observed"]);
    }
    assert.deepEqual(received, ["on", '{"a":1}', "5", new Uint8Array([0xff])]);
  });

  await t.step("a command by MQTT goes there, too; a viewer's does not", async () => {
    await using mqtt = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
    const { received } = await bench.device.connection("/echo");
    received.length = 0;
    await using viewer = await bench.open("board", VIEWER);
    command(viewer, "v", "no");
    assert.match((await stages(viewer, "v"))[0]!, /^failed: not allowed/);
    await mqtt.publish("devices/board/lux/set", "by mqtt");
    const echoed: Update = await viewer.next("data");
    assert.equal(echoed.value, "by mqtt");
    assert.deepEqual(received, ["by mqtt"]);
  });

  await t.step(
    "who cannot be reached is lost, with the reason, and takes no commands",
    async () => {
      const { formats, reason, detail, address } = await bench.inState("away", "lost");
      assert.deepEqual([formats, reason], [["WebSocket"], "not connected"]);
      assert.equal(detail, "connection refused");
      assert.match(address!, /^ws:\/\/127\.0\.0\.1:\d+\/$/);
      assert.equal((await bench.inState("none", "lost")).detail, "it answers HTTP 404");
      await using peer = await bench.open("board");
      command(peer, "a", 1, "away", "message");
      assert.deepEqual(await stages(peer, "a"), [
        "failed: device not connected: connection refused",
      ]);
      // Its channel says so, though nothing ever came.
      const { events } = await gateway.json("/api/channels/none/events") as {
        events: { kind: string; detail: unknown }[];
      };
      assert.deepEqual(events[0]!.kind, "lost");
      assert.deepEqual(events[0]!.detail, {
        device: "none",
        reason: "not connected",
        detail: "it answers HTTP 404",
      });
      const device = await gateway.json("/api/devices/none") as DeviceInfo;
      assert.equal(device.state, "lost");
    },
  );

  await t.step("who answers nothing, says nothing or says too much is let go of", async () => {
    assert.equal((await bench.inState("mute", "lost")).detail, `no answer for ${IDLE_SECONDS} s`);
    assert.equal((await bench.inState("quiet", "lost")).detail, "no message for 0.2 s");
    const big = await bench.device.connection("/big");
    big.socket.send("x".repeat(1001));
    assert.equal((await big.closed).code, 1009);
    const { detail } = await bench.inState("big", "lost");
    assert.equal(detail, "it sent a message of more than 1000 bytes");
  });

  await t.step("a trace has the message with the id of its update, and no secrets", async () => {
    const response = await fetch(new URL("/traces/recent.pcapng", gateway.url));
    const text = new TextDecoder("latin1").decode(await response.arrayBuffer());
    const lines = text.match(/edgewire id=\S+ hop=\w+ dir=\w+ channel=board seq=1\b/g) ?? [];
    const [message, update] = ["ws dir=in", "room"].map((hop) =>
      lines.find((line) => line.includes(` hop=${hop}`))?.split(" ")[1]
    );
    assert.ok(message !== undefined && message === update, lines.join("\n"));
    assert.match(text, /GET \/ticker\?apikey=/);
    assert.doesNotMatch(text, /secret-of-the/);
  });

  await t.step("a device that restarts is lost, and found again", async () => {
    await using peer = await bench.open("board");
    await peer.next("presence");
    const { port } = bench.device;
    await bench.device[Symbol.asyncDispose]();
    const lost = await peer.next("event", ({ kind }) => kind === "lost");
    assert.deepEqual(lost.detail, {
      device: "board",
      before: "online",
      reason: "not connected",
      detail: 'it closed the connection (1001 "device restarts")',
    });
    bench.startDevice(port);
    await peer.next("event", ({ kind }) => kind === "online");
    (await bench.device.connection("/echo")).socket.send("back");
    const back: Update = await peer.next("data");
    assert.equal(back.value, "back");
    const count = (way: string) =>
      metric(gateway.url, `edgewire_websocket_device_messages_total{way="${way}"}`);
    assert.ok(await count("in") > 10);
    assert.ok(await count("out") >= 7);
  });

  await t.step("the log says it in few lines, and no secrets", () => {
    const lines = gateway.process.lines.filter((line) => line.startsWith("device "));
    const of = (name: string) => lines.filter((line) => line.startsWith(`device "${name}"`));
    assert.match(of("none")[0]!, /^device "none": it answers HTTP 404; trying again \(ws:/);
    assert.equal(of("none").filter((line) => line.includes("404")).length, 1);
    assert.match(of("market")[0]!, /connected \(ws:\/\/127\.0\.0\.1:\d+\/ticker\)$/);
    assert.ok(lines.length <= 21, lines.join("\n"));
    assert.doesNotMatch(gateway.process.output, /secret-of-the/);
  });

  await t.step("at the end it says goodbye", async () => {
    const { closed } = await bench.device.connection("/echo");
    const status = await gateway.process.stop();
    const { code, reason } = await closed;
    assert.deepEqual([status.code, code, reason], [0, 1001, "shutting down"]);
  });
});

/** Values of the messages of devices that are WebSocket servers: to the page, the history, the cloud. */
import assert from "node:assert/strict";
import type { HistoryAnswer } from "../../gateway/http/history.ts";
import type { Ack, Update } from "../../gateway/sessions/messages.ts";
import { DeviceServer } from "../support/device_server.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { Mosquitto } from "../support/mosquitto.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { testWith } from "../support/tools.ts";
import { WsPeer } from "../support/ws_peer.ts";
import { Cloud } from "../uplink/cloud.ts";

function config(port: number, cloud: string): string {
  return `
devices:
  - websocket: "ws://127.0.0.1:${port}/ticker"
    channel: market
    match: { /0: trade }
    values: { price: /1/0, size: /1/1 }
  - { websocket: "ws://127.0.0.1:${port}/board", channel: desk, topic: raw, values: { lux: /lux } }
  - { websocket: "ws://127.0.0.1:${port}/window", channel: window, topic: lux }
rules:
  - { filter: devices/window/:name, channel: desk, command: "devices/window/:name/set" }
describe:
  - { topic: devices/market/price, unit: USD }
  - { topic: devices/market/message, control: { type: text } }
relays: [{ filter: "devices/market/:name", to: "ticks/:name" }]
uplink:
  url: ${cloud}
  topics: ["devices/desk/#"]
  rules: [{ match: devices/market/price, topic: cloud/btc, payload: "{value}" }]
history: { disk: false }
`;
}

testWith(["mosquitto"], "values of messages: to the page, the history, the cloud", async () => {
  await using broker = await Mosquitto.start();
  await using cloud = await Cloud.connect(broker.url);
  await using device = new DeviceServer();
  await using gateway = await GatewayProcess.start({ config: config(device.port, broker.url) });
  const ticker = await device.connection("/ticker");
  const board = await device.connection("/board");
  ticker.socket.send('["trade",[67120]]');
  await eventually("the channel", async () => {
    const { channels } = await gateway.json("/api/channels") as { channels: unknown[] };
    return channels.length > 0;
  });
  await using page = await WsPeer.open(gateway.ws("/ws/market"));
  await using mqtt = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await mqtt.subscribe("ticks/#");
  const describe = await page.next("describe");
  // It can be commanded, though nothing comes on this topic.
  assert.ok(describe.topics.some(({ topic }) => topic === "devices/market/message"));

  for (const text of ['["hello"]', '["trade",["67123.50",1.0]]', '["trade",[67124.10]]']) {
    ticker.socket.send(text);
  }
  board.socket.send('{"lux":7.10,"at":"desk"}');
  const updates: Update[] = [];
  for (let i = 0; i < 3; i++) updates.push(await page.next("data"));
  assert.deepEqual(updates.map(({ topic, value, unit }) => [topic, value, unit]), [
    ["devices/market/price", 67123.5, "USD"],
    ["devices/market/size", 1, undefined],
    ["devices/market/price", 67124.1, "USD"],
  ]);
  const [first, second, third] = updates.map(({ id }) => id);
  assert.equal(first, second);
  assert.notEqual(first, third);
  assert.equal(updates[0]!.time, updates[1]!.time);
  const { text } = await mqtt.message(({ topic }) => topic === "ticks/size");
  assert.match(text, /"message":1\.0\}$/);

  await eventually("all at the cloud", () => cloud.arrived.length === 5);
  assert.deepEqual(cloud.arrived.map(({ topic, text }) => `${topic} ${text}`).sort(), [
    "cloud/btc 67120",
    "cloud/btc 67123.50",
    "cloud/btc 67124.10",
    "devices/desk/lux 7.10",
    'devices/desk/raw {"lux":7.10,"at":"desk"}',
  ]);
  const path = "/api/channels/market/history";
  const history = await gateway.json(path) as HistoryAnswer;
  const series = history.series.map(({ topic, unit, points }) => ({
    topic,
    unit,
    values: points.map(([, value]) => value),
  }));
  assert.deepEqual(series, [
    { topic: "devices/market/price", unit: "USD", values: [67120, 67123.5, 67124.1] },
    { topic: "devices/market/size", unit: undefined, values: [1] },
  ]);

  const command = (id: string, topic: string) =>
    page.send({
      type: "command",
      id,
      channel: "market",
      topic: `devices/market/${topic}`,
      value: 1,
    });
  command("a", "price");
  const refused: Ack = await page.next("ack");
  assert.equal(
    refused.reason,
    "a value of a message takes no commands; its device's go to devices/market/message",
  );
  command("b", "message");
  await page.next("ack", ({ stage }) => stage === "delivered");
  await eventually("the command", () => ticker.received.length > 0);
  // Nothing is kept of it, and it is an answer.
  ticker.socket.send('["subscribed"]');
  await page.next("ack", ({ id, stage }) => id === "b" && stage === "observed");

  // Two boards in one channel, by a rule.
  const window = await device.connection("/window");
  window.socket.send("8");
  await using desk = await WsPeer.open(gateway.ws("/ws/desk"));
  await desk.next(
    "snapshot",
    ({ values }) => values.some(({ topic }) => topic === "devices/window/lux"),
  );
  desk.send({
    type: "command",
    id: "c",
    channel: "desk",
    topic: "devices/window/lux",
    value: "on",
  });
  await desk.next("ack", ({ stage }) => stage === "delivered");
  assert.deepEqual(await eventually("it", () => window.received.length && window.received), ["on"]);
});

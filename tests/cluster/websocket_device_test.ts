/** A device that is a WebSocket server, at one of two gateways: the other has what is relayed. */
import assert from "node:assert/strict";
import { DeviceServer } from "../support/device_server.ts";
import { eventually } from "../support/eventually.ts";
import { startMosquitto } from "../support/mosquitto.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { testWith } from "../support/tools.ts";
import { health, leaderOf, startAt, values } from "./gateways.ts";

testWith(
  ["mosquitto"],
  "the gateway that alone has a device's messages relays them, though another leads",
  async () => {
    await using broker = await startMosquitto();
    await using device = new DeviceServer();
    await using peer = await MqttPeer.connect(broker.url);
    await peer.subscribe("house/lux");
    const relays = "relays: [{ filter: devices/board/lux, to: house/lux }]\n";
    const board =
      `{ websocket: "ws://127.0.0.1:${device.port}/board", channel: board, topic: lux }`;
    await using first = await startAt(broker.url, "gw.a", { config: relays });
    await eventually("the first leads", async () => (await health(first)).cluster.leads);
    const config = `${relays}devices: [${board}]\n`;
    await using second = await startAt(broker.url, "gw.b", { config });
    assert.equal(await leaderOf(first, second), (await health(first)).cluster.id);

    const { socket } = await device.connection("/board");
    for (const lux of [1, 2, 3]) socket.send(String(lux));
    await eventually("the value in the other's room", async () => {
      const { "house/lux": value } = await values(first, "house");
      return (value as { message?: number } | undefined)?.message === 3;
    });
    const relayed = peer.received.map(({ text }) => (JSON.parse(text) as { message: number }));
    assert.deepEqual(relayed.map(({ message }) => message), [1, 2, 3]);
    assert.deepEqual(await values(first, "board"), {}, "nobody else has them");
  },
);

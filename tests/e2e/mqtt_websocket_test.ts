/**
 * `/mqtt`: MQTT over WebSocket with the embedded broker.
 *
 * @module
 */
import assert from "node:assert/strict";
import { GatewayProcess } from "../support/gateway.ts";
import { metric } from "../support/metrics.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import {
  connectPacket,
  encode,
  join,
  publishPacket,
  RawMqtt,
  subscribePacket,
} from "../support/raw_mqtt.ts";

Deno.test("/mqtt with the embedded broker", async (t) => {
  await using gateway = await GatewayProcess.start({
    args: ["--limits-mqtt-backlog-bytes", "1000000"],
  });
  const url = gateway.ws("/mqtt");

  await t.step("mqtt.js, QoS 0 to 2, and a TCP client on the other side", async () => {
    await using web = await MqttPeer.connect(url.href);
    await using tcp = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
    await web.subscribe("devices/t/#", 2);
    await tcp.subscribe("devices/w/#", 2);
    for (const qos of [0, 1, 2] as const) {
      await web.publish("devices/w/n", qos, { qos });
      await tcp.publish("devices/t/n", qos, { qos });
      await tcp.message(({ text }) => text === String(qos));
      await web.message(({ text }) => text === String(qos));
    }
    assert.equal(web.received.length, 3);
    assert.equal(tcp.received.length, 3);
  });

  await t.step("packets in pieces, and several in a frame", async () => {
    using peer = await RawMqtt.webSocket(url);
    assert.equal(peer.socket.protocol, "mqtt");
    const stream = join(connectPacket("pieces"), publishPacket("pieces/n", "12345"));
    for (const byte of stream) await peer.send(Uint8Array.of(byte));
    await peer.packet("connack");
    await peer.send(
      subscribePacket("pieces/#"),
      publishPacket("pieces/n", "2"),
      encode({
        cmd: "pingreq",
      }),
    );
    await peer.packet("suback");
    await peer.packet("pingresp");
    await peer.send(publishPacket("pieces/n", "3"));
    await peer.packet("publish", ({ payload }) => String(payload) === "3");
    const room = await gateway.json("/api/channels/pieces") as { seq: number };
    assert.equal(room.seq, 3);
  });

  await t.step("a text frame is refused", async () => {
    using peer = await RawMqtt.webSocket(url);
    await peer.send(connectPacket("text"));
    await peer.packet("connack");
    peer.socket.send("text");
    const { code, reason } = (await peer.gone())!;
    assert.deepEqual([code, reason], [4400, "MQTT needs binary frames"]);
  });

  await t.step(
    "who sends faster than is taken is closed at the bound, others are not",
    async () => {
      using other = await RawMqtt.webSocket(url);
      await other.send(connectPacket("other"));
      await other.packet("connack");
      using peer = await RawMqtt.webSocket(url);
      await peer.send(connectPacket("fast"));
      await peer.packet("connack");
      const many = join(
        ...Array(60).fill(publishPacket("fast/n", JSON.stringify("x".repeat(1000)))),
      );
      for (let i = 0; i < 500; i++) peer.socket.send(many);
      // Its close code may be lost under what it still sends.
      await peer.gone();
      using single = await RawMqtt.webSocket(url);
      await single.send(new Uint8Array(1_000_001));
      assert.equal((await single.gone())!.code, 4413);
      await other.send(encode({ cmd: "pingreq" }));
      await other.packet("pingresp");
      assert.equal(await metric(gateway.url, "edgewire_mqtt_closed_for_backlog_total"), 2);
    },
  );
});

/**
 * The embedded broker over TCP, as MQTT clients see it: every message is one
 * update, whatever its quality of service, and other MQTT clients get it too.
 *
 * @module
 */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { TestProcess } from "../support/process.ts";
import { connectPacket, encode, publishPacket, RawMqtt } from "../support/raw_mqtt.ts";
import { testWith } from "../support/tools.ts";
import { WsPeer } from "../support/ws_peer.ts";

/** The values that a channel's history has, by topic. */
async function history(gateway: GatewayProcess, channel: string, topic: string) {
  const answer = await gateway.json(`/api/channels/${channel}/history`) as {
    series?: { topic: string; points: [number, number][] }[];
  };
  const series = answer.series?.find((one) => one.topic === topic);
  return series?.points.map(([, value]) => value) ?? [];
}

testWith(
  ["mosquitto_pub", "mosquitto_sub"],
  "embedded broker: what MQTT clients publish becomes updates",
  async (t) => {
    await using gateway = await GatewayProcess.start();
    const url = `mqtt://127.0.0.1:${gateway.mqttPort}`;
    const mosquitto = ["-h", "127.0.0.1", "-p", String(gateway.mqttPort)];

    await t.step("MQTT 3.1 and 3.1.1 at QoS 0, 1 and 2, one update each", async () => {
      for (const version of ["mqttv31", "mqttv311"]) {
        for (const qos of ["0", "1", "2"]) {
          const topic = `devices/${version}/q${qos}`;
          const args = [...mosquitto, "-V", version, "-q", qos, "-t", topic, "-m", `1${qos}`];
          await using pub = new TestProcess("mosquitto_pub", { args });
          assert.equal((await pub.status).code, 0, pub.output);
          await eventually(topic, async () => (await history(gateway, version, topic)).length);
          assert.deepEqual(await history(gateway, version, topic), [10 + Number(qos)]);
        }
      }
    });

    await t.step("a QoS 2 PUBLISH that is sent twice is one update", async () => {
      using raw = await RawMqtt.tcp(gateway.mqttPort);
      const publish = (dup: boolean) =>
        publishPacket("devices/twice/n", "7", { qos: 2, messageId: 9, dup });
      await raw.send(connectPacket("twice"));
      await raw.packet("connack");
      // In one breath, and again when it was answered.
      await raw.send(publish(false), publish(true));
      await raw.packet("pubrec");
      await raw.send(publish(true), encode({ cmd: "pubrel", messageId: 9, qos: 1 }));
      await raw.packet("pubcomp");
      // Released: the same id is another message now.
      await raw.send(publish(false), encode({ cmd: "pubrel", messageId: 9, qos: 1 }));
      await raw.send(encode({ cmd: "pingreq" }));
      await raw.packet("pingresp");
      assert.deepEqual(await history(gateway, "twice", "devices/twice/n"), [7, 7]);
    });

    await t.step("2,000 QoS 2 messages at once are taken in, each once", async () => {
      await using peer = await MqttPeer.connect(url);
      const closed = new Promise((_, reject) =>
        peer.client.once("close", () => reject(new Error("the connection was closed")))
      );
      const published = Promise.all(
        Array.from({ length: 2000 }, (_, i) => peer.publish("devices/two/n", i, { qos: 2 })),
      );
      await Promise.race([published, closed]);
      closed.catch(() => {});
      const room = await gateway.json("/api/channels/two") as { seq: number };
      assert.equal(room.seq, 2000);
    });

    await t.step("a retained message waits for who subscribes later", async () => {
      await using peer = await MqttPeer.connect(url);
      await peer.publish("devices/kept/n", "still here", { retain: true });
      await using sub = new TestProcess("mosquitto_sub", {
        args: [...mosquitto, "-t", "devices/kept/+", "-C", "1", "-F", "%r %t %p"],
      });
      await sub.waitForLine(/^1 devices\/kept\/n still here$/);
    });

    await t.step("a will is an update", async () => {
      using raw = await RawMqtt.tcp(gateway.mqttPort);
      const will = { topic: "devices/willful/alive", payload: "0", qos: 2, retain: false };
      await raw.send(connectPacket("willful", { will }));
      await raw.packet("connack");
      await raw.send(publishPacket("devices/willful/alive", "1", { qos: 1, messageId: 1 }));
      await raw.packet("puback");
      await using watcher = await WsPeer.open(gateway.ws("/ws/willful"));
      await watcher.next("snapshot", ({ values }) => values[0]?.value === 1);
      raw.close();
      await watcher.next("data", ({ value }) => value === 0);
    });

    await t.step("a persistent session gets what came while it was away", async () => {
      const session = { clientId: "keeper", clean: false };
      {
        await using first = await MqttPeer.connect(url, session);
        await first.subscribe("devices/away/#", 1);
      }
      await using publisher = await MqttPeer.connect(url);
      for (let i = 0; i < 100; i++) await publisher.publish("devices/away/n", i);
      await using second = await MqttPeer.connect(url, session);
      await second.message(({ text }) => text === "99");
      assert.deepEqual(second.received.map(({ text }) => Number(text)), [...Array(100).keys()]);
    });

    await t.step("a session that is away for long does not grow without end", async () => {
      const session = { clientId: "hoarder", clean: false };
      {
        await using first = await MqttPeer.connect(url, session);
        await first.subscribe("devices/hoard/#", 1);
      }
      await using publisher = await MqttPeer.connect(url);
      const block = new Uint8Array(100_000);
      for (let i = 0; i < 60; i++) await publisher.publish("devices/hoard/n", block);
      await using second = await MqttPeer.connect(url, session);
      await publisher.publish("devices/hoard/end", "end");
      await second.message(({ text }) => text === "end");
      // 4 MiB hold 41 of the 60 blocks.
      assert.equal(second.received.length, 42);
    });

    await t.step("MQTT 5 is refused with the code that says so", async () => {
      const error = await MqttPeer.connect(url, { protocolVersion: 5 }).then(
        () => assert.fail("connected"),
        (error: Error) => error,
      );
      assert.match(error.message, /Connection refused|[Uu]nacceptable protocol version/);
      using raw = await RawMqtt.tcp(gateway.mqttPort);
      await raw.send(connectPacket("five", { protocolVersion: 5 }));
      assert.equal((await raw.packet("connack")).returnCode, 1);
      await raw.gone();
      await using sub = new TestProcess("mosquitto_sub", {
        args: [...mosquitto, "-V", "mqttv5", "-t", "x"],
      });
      await sub.waitForLine(/Unsupported Protocol Version|unacceptable protocol version/i);
    });

    await t.step("what is sent together with CONNECT is taken in", async () => {
      using raw = await RawMqtt.tcp(gateway.mqttPort);
      const early = Array.from({ length: 500 }, (_, i) => publishPacket("devices/early/n", `${i}`));
      await raw.send(connectPacket("early"), ...early, encode({ cmd: "pingreq" }));
      await raw.packet("pingresp");
      assert.deepEqual(
        await history(gateway, "early", "devices/early/n"),
        [...Array(500).keys()],
      );
    });
  },
);

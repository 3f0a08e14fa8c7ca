/** NATS as the cloud: MQTT 3.1.1 alone, and topics without dots and spaces. */
import assert from "node:assert/strict";
import type { HealthAnswer } from "../../gateway/http/health_answer.ts";
import type { UplinkStatus } from "../../gateway/uplink/status.ts";
import { NatsCluster } from "../cluster/nats_cluster.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { testWith } from "../support/tools.ts";
import { Cloud } from "./cloud.ts";

testWith(
  ["nats-server"],
  "NATS is the cloud: the envelope, and no topic stalls the rest",
  async () => {
    await using nats = await NatsCluster.start(1);
    const { url } = nats.nodes[0]!;
    await using cloud = await Cloud.connect(url, { protocolVersion: 4 });
    await using gateway = await GatewayProcess.start({
      args: ["--uplink", url, "--uplink-envelope"],
    });
    await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
    const published = [];
    for (let i = 1; i <= 300; i++) published.push(peer.publish(`devices/d${i % 3}/value`, i));
    published.push(peer.publish("devices/d1/firmware 1.2", "old"));
    for (let i = 301; i <= 600; i++) published.push(peer.publish(`devices/d${i % 3}/value`, i));
    await Promise.all(published);
    await cloud.has(601, 60);
    cloud.assertWhole(601);
    const escaped = cloud.arrived.find(({ text }) => text === "old");
    assert.equal(escaped?.topic, "devices/d1/firmware%201%2E2");
    const uplink = await eventually("all is acknowledged", async () => {
      const health = await gateway.json("/api/health") as HealthAnswer;
      const status = health.uplink as UplinkStatus;
      return status.sent === 601 && status;
    });
    assert.equal(uplink.protocol, 4);
    assert.deepEqual(uplink.dropped, { bytes: 0, age: 0, disk: 0, refused: 0, elsewhere: 0 });
    assert.match(gateway.process.output, /dots and spaces are escaped/);
  },
);

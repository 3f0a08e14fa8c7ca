/** What brokers can, found out from real ones. */
import assert from "node:assert/strict";
import { type BrokerCan, describeBroker } from "../../gateway/broker/capabilities.ts";
import { tryBroker } from "../../gateway/broker/external_abilities.ts";
import { NatsCluster } from "../cluster/nats_cluster.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { startMosquitto } from "../support/mosquitto.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { testWith } from "../support/tools.ts";

function tried(url: string, protocol: 4 | 5, timeMs?: number): Promise<BrokerCan> {
  return tryBroker({ url }, {
    protocol,
    clientId: "tester",
    topic: "edgewire/v1/gateways/tester/try",
    ...(timeMs === undefined ? {} : { timeMs }),
  });
}

const EVERYTHING = {
  qos: 2,
  retained: true,
  shared: true,
  dots: true,
  spaces: true,
  refused: "",
  packetBytes: null,
};

testWith(["mosquitto"], "Mosquitto can everything, and leaves nothing behind", async () => {
  await using broker = await startMosquitto({ maxInflight: 33 });
  assert.deepEqual(await tried(broker.url, 5), { ...EVERYTHING, protocol: 5, receiveMaximum: 33 });
  const older = await tried(broker.url, 4);
  assert.deepEqual(older, { ...EVERYTHING, protocol: 4, receiveMaximum: null });
  assert.equal(
    describeBroker(older),
    "MQTT 3.1.1, QoS up to 2, retained messages, shared subscriptions",
  );
  await using peer = await MqttPeer.connect(broker.url);
  await peer.subscribe("#");
  await peer.publish("last", 1);
  await peer.message(({ topic }) => topic === "last");
  assert.deepEqual(peer.received.map(({ topic }) => topic), ["last"]);
});

async function withSettings(listener: string[], check: (can: BrokerCan) => void) {
  await using broker = await startMosquitto({ listener });
  check(await tried(broker.url, 5, 1500));
}

testWith(["mosquitto"], "what a Mosquitto is told not to do is found out", async (t) => {
  await t.step(
    "QoS and retained messages",
    () =>
      withSettings(["max_qos 1", "retain_available false"], ({ qos, retained, dots }) => {
        assert.deepEqual([qos, retained, dots], [1, false, true]);
      }),
  );
  await t.step(
    "size of packets",
    () =>
      withSettings(["max_packet_size 5000"], ({ packetBytes }) => {
        assert.equal(packetBytes, 5000);
      }),
  );
  await t.step("topics that we may not use say nothing of others", async () => {
    const acl = await Deno.makeTempFile({ prefix: "edgewire-acl-" });
    try {
      await Deno.writeTextFile(acl, "topic readwrite elsewhere/#\n");
      await withSettings([`acl_file ${acl}`], (can) => {
        assert.deepEqual([can.dots, can.shared, can.refused, can.qos], [null, null, null, null]);
        assert.match(describeBroker(can), /not found out: .*characters of topics/);
      });
    } finally {
      await Deno.remove(acl);
    }
  });
});

Deno.test("an Edgewire has no shared subscriptions", async () => {
  await using gateway = await GatewayProcess.start();
  const can = await tried(`mqtt://127.0.0.1:${gateway.mqttPort}`, 4);
  assert.deepEqual(can, { ...EVERYTHING, protocol: 4, shared: false, receiveMaximum: null });
});

testWith(
  ["nats-server"],
  "nats-server: no QoS 2, no dots, no spaces, no shared subscriptions",
  async () => {
    await using nats = await NatsCluster.start(1);
    const can = await tried(nats.addresses, 4);
    const [qos, shared, dots, spaces, refused] = [1, false, false, false, ". "];
    const expected = { ...EVERYTHING, qos, shared, dots, spaces, refused };
    assert.deepEqual(can, { ...expected, protocol: 4, receiveMaximum: null });
    assert.match(describeBroker(can), /no topics with a dot or a space: they are escaped$/);
  },
);

Deno.test("a broker that does not answer holds nothing up", async () => {
  const broker = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const began = performance.now();
  const { dots, qos } = await tried(`mqtt://127.0.0.1:${broker.addr.port}`, 4, 300);
  assert.ok(performance.now() - began < 2000);
  assert.deepEqual([dots, qos], [null, null]);
  broker.close();
});

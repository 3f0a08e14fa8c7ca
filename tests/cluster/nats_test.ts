/** Two gateways at a NATS cluster of three nodes. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { testWith } from "../support/tools.ts";
import { WsPeer } from "../support/ws_peer.ts";
import { health, leaderOf, startAt, values } from "./gateways.ts";
import { NatsCluster } from "./nats_cluster.ts";

testWith(["nats-server"], "a NATS cluster of three: two gateways are as one", async (t) => {
  await using nats = await NatsCluster.start();
  const { nodes } = nats;
  // Each begins at another node.
  const others = nodes.map(({ url }) => url);
  await using first = await startAt(others.join(","), "gw.a");
  await using second = await startAt([...others.slice(1), others[0]].join(","), "gw.b");
  await leaderOf(first, second);

  await t.step("what this broker cannot is found out and stated", async () => {
    const { broker: { can } } = await health(first);
    assert.deepEqual(
      [can.protocol, can.qos, can.retained, can.shared, can.dots, can.spaces],
      [4, 1, true, false, false, false],
    );
    await first.process.waitForLine(
      /^broker: MQTT 3\.1\.1, QoS up to 1, .*no shared subscriptions; no topics with a dot or a space/,
    );
    const metrics = await (await fetch(new URL("/metrics", first.url))).text();
    assert.match(metrics, /^edgewire_broker_can\{feature="topics_with_dot"\} 0$/m);
    assert.match(metrics, /^edgewire_broker_can\{feature="retained"\} 1$/m);
  });

  await t.step("values in the rooms of both, commands from both", async () => {
    await using peer = await MqttPeer.connect(nodes[2]!.url);
    await peer.publish("devices/desk/n", 1);
    // As other clients have to write it, and as nobody escaped it.
    await peer.publish("devices/desk/1%2E5%20m", 2);
    await peer.publish("devices/desk/100%", 3);
    const all = { "devices/desk/n": 1, "devices/desk/1.5 m": 2, "devices/desk/100%": 3 };
    for (const gateway of [first, second]) {
      await eventually("all values", async () => {
        const have = await values(gateway, "desk");
        return Object.entries(all).every(([topic, value]) => have[topic] === value);
      });
      const { channels } = await gateway.json("/api/channels") as { channels: { name: string }[] };
      const names = channels.map(({ name }) => name).filter((name) => name !== "ready");
      assert.deepEqual(names, ["desk"], "the broker's own traffic makes no channel");
    }
    await peer.subscribe("devices/desk/+/set");
    await using a = await WsPeer.open(first.ws("/ws/desk"));
    await using b = await WsPeer.open(second.ws("/ws/desk"));
    for (const [number, from, to] of [[7, a, b], [8, b, a]] as const) {
      const topic = "devices/desk/1.5 m";
      from.send({
        type: "command",
        channel: "desk",
        topic,
        value: number,
        id: `command ${number}`,
      });
      await peer.message(({ text }) => text === String(number));
      await from.next("ack", ({ stage }) => stage === "delivered");
      await peer.publish("devices/desk/1%2E5%20m", number);
      await from.next("ack", ({ stage }) => stage === "observed");
      await to.next("data", ({ value }) => value === number);
    }
    assert.deepEqual(
      peer.received.map(({ topic, text }) => [topic, text]),
      [["devices/desk/1%2E5%20m/set", "7"], ["devices/desk/1%2E5%20m/set", "8"]],
    );
    for (const gateway of [first, second]) {
      assert.equal((await health(gateway)).broker.connected, true);
    }
    assert.ok(!first.process.lines.some((line) => line.includes("connection lost")));
  });

  await t.step("clients of /mqtt need not know of it", async () => {
    const will = { topic: "devices/desk/w.i", payload: "gone" as never, qos: 1, retain: false };
    const url = first.ws("/mqtt").href;
    await using other = await MqttPeer.connect(second.ws("/mqtt").href);
    await other.subscribe("devices/desk/a b.c");
    await other.subscribe("devices/desk/+");
    {
      await using web = await MqttPeer.connect(url, { will: { ...will, qos: 1 } });
      await web.publish("devices/desk/a b.c", 5);
      await other.message(({ topic, text }) => topic === "devices/desk/a b.c" && text === "5");
      web.client.stream.destroy();
      await other.message(({ topic }) => topic === "devices/desk/w.i");
    }
    await eventually(
      "the value",
      async () => (await values(second, "desk"))["devices/desk/a b.c"] === 5,
    );
    await other.client.unsubscribeAsync("devices/desk/+");
  });
});

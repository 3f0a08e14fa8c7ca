/** Two gateways at one Mosquitto: they are as one to browsers and nodes. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { type Mosquitto, startMosquitto } from "../support/mosquitto.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { WsPeer } from "../support/ws_peer.ts";
import { health, leaderOf, startAt, values } from "./gateways.ts";

const { testWith } = sideBySide(2);

async function two(broker: Mosquitto) {
  const stack = new AsyncDisposableStack();
  try {
    const first = stack.use(await startAt(broker.url, "gw.a"));
    const second = stack.use(await startAt(broker.url, "gw.b"));
    const peer = stack.use(await MqttPeer.connect(broker.url));
    const leader = await leaderOf(first, second);
    return { first, second, peer, leader, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

testWith(
  ["mosquitto"],
  "two gateways: values in the rooms of both, commands from both",
  async () => {
    await using broker = await startMosquitto();
    await using all = await two(broker);
    const { first, second, peer } = all;
    const topics = ["devices/desk/n", "devices/desk/1.5 m", "devices/desk/a b.c"];
    for (const [i, topic] of topics.entries()) await peer.publish(topic, i);
    for (const gateway of [first, second]) {
      await eventually("all values", async () => {
        const have = await values(gateway, "desk");
        return topics.every((topic, i) => have[topic] === i);
      });
    }
    const { can } = (await health(first)).broker;
    assert.deepEqual(
      [can.protocol, can.qos, can.retained, can.shared, can.dots, can.spaces, can.refused],
      [5, 2, true, true, true, true, ""],
    );

    await peer.subscribe("devices/desk/n/set");
    await using a = await WsPeer.open(first.ws("/ws/desk"));
    await using b = await WsPeer.open(second.ws("/ws/desk"));
    for (const [number, from, to] of [[7, a, b], [8, b, a]] as const) {
      const command = { type: "command", channel: "desk", topic: "devices/desk/n", value: number };
      from.send({ ...command, id: `command ${number}` });
      await peer.message(({ topic, text }) => topic.endsWith("/set") && text === String(number));
      await from.next("ack", ({ stage }) => stage === "delivered");
      await peer.publish("devices/desk/n", number);
      await from.next("ack", ({ stage }) => stage === "observed");
      await to.next("data", ({ value }) => value === number);
    }
    const commands = peer.received.filter(({ topic }) => topic.endsWith("/set"));
    assert.deepEqual(commands.map(({ text }) => text), ["7", "8"], "each reached the device once");
    const rooms = (await first.json("/api/channels") as { channels: { name: string }[] }).channels;
    assert.deepEqual(rooms.map(({ name }) => name), ["desk"], "what gateways say makes no channel");
  },
);

testWith(
  ["mosquitto"],
  "two gateways: what is relayed is relayed once, also after one is gone",
  async () => {
    await using broker = await startMosquitto();
    await using all = await two(broker);
    const { first, second, peer, leader } = all;
    assert.equal(leader, "gw_2ea");
    await peer.subscribe("devices/delay/relayed");
    const relayed = () =>
      peer.received.map(({ text }) => JSON.parse(text) as { message: number })
        .map(({ message }) => message);
    for (let i = 1; i <= 20; i++) await peer.publish("devices/delay/ping", i);
    await eventually("all relayed", () => relayed().length >= 20);
    // Those of the other would have come by now.
    await peer.publish("devices/delay/ping", 21);
    await eventually("one more", () => relayed().includes(21));
    assert.deepEqual(relayed(), Array.from({ length: 21 }, (_, i) => i + 1));

    const killed = performance.now();
    first.process.kill("SIGKILL");
    await eventually("the other", async () => (await health(second)).cluster.leads);
    assert.ok(performance.now() - killed < 5000, "the other takes over");
    await peer.publish("devices/delay/ping", 22);
    await eventually("by the other", () => relayed().includes(22));

    await using again = await startAt(broker.url, "gw.a");
    assert.equal(await leaderOf(second, again), "gw_2eb", "who leads stays");
    await peer.publish("devices/delay/ping", 23);
    await eventually("relayed", () => relayed().includes(23));
    const stopped = second.process.stop();
    const asked = performance.now();
    await eventually("the first again", async () => (await health(again)).cluster.leads);
    assert.ok(performance.now() - asked < 2000, "who leaves in order is followed at once");
    await stopped;
    await peer.publish("devices/delay/ping", 24);
    await eventually("relayed", () => relayed().includes(24));
    assert.deepEqual(relayed().slice(21), [22, 23, 24]);
  },
);

testWith(["mosquitto"], "a browser that changes to another gateway gets a snapshot", async () => {
  await using broker = await startMosquitto();
  await using all = await two(broker);
  const { first, second, peer } = all;
  for (let i = 1; i <= 3; i++) await peer.publish("devices/desk/n", i, { retain: true });
  for (const gateway of [first, second]) {
    await eventually("values", async () => (await values(gateway, "desk"))["devices/desk/n"] === 3);
  }
  let since: string;
  {
    await using watcher = await WsPeer.open(first.ws("/ws/desk"));
    const { epoch, seq } = await watcher.next("snapshot");
    since = `${epoch}:${seq}`;
  }
  await using moved = await WsPeer.open(second.ws(`/ws/desk?since=${since}`));
  const gap = await moved.next("gap");
  assert.equal(gap.reason, "epoch");
  const snapshot = await moved.next("snapshot");
  assert.notEqual(snapshot.epoch, since.split(":")[0]);
  assert.deepEqual(snapshot.values.map(({ value }) => value), [3]);
  assert.ok(!moved.messages.some(({ type }) => type === "recovered"), "no resume is claimed");
  await peer.publish("devices/desk/n", 4);
  await moved.next("data", ({ value }) => value === 4);
});

testWith(
  ["mosquitto"],
  "one that stands still is replaced, and does not go on when it wakes",
  async () => {
    await using broker = await startMosquitto();
    await using all = await two(broker);
    const { first, second } = all;
    const stopped = performance.now();
    first.process.kill("SIGSTOP");
    try {
      await eventually("the other", async () => (await health(second)).cluster.leads);
      assert.ok(performance.now() - stopped < 5500, `${performance.now() - stopped} ms`);
    } finally {
      first.process.kill("SIGCONT");
    }
    assert.equal(await leaderOf(first, second), "gw_2eb");
  },
);

testWith(
  ["mosquitto"],
  "two gateways with one client id: it is said, and they calm down",
  async () => {
    await using broker = await startMosquitto();
    await using first = await startAt(broker.url, "same");
    await using _second = await startAt(broker.url, "same");
    await first.process.waitForLine(/^broker: connections end soon: .* the id "same"\?/);
    const before = first.process.lines.length;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const more = first.process.lines.slice(before).filter((line) => line.includes(": connected"));
    assert.ok(more.length <= 1, first.process.output);
  },
);

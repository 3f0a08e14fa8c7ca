/** What waits for the cloud, over ends of the cloud and of the gateway, and where it is too much. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { Mosquitto } from "../support/mosquitto.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { Cloud } from "./cloud.ts";
import { Line } from "./line.ts";
import { publish, start, uplinkOf } from "./uplinked.ts";

const { testWith } = sideBySide();

testWith(["mosquitto"], "the cloud is killed and comes back: nothing is lost", async () => {
  await using broker = await Mosquitto.start({ persistence: true });
  const session = { clean: false, clientId: "cloud" };
  await using cloud = await Cloud.connect(broker.url, session);
  await using gateway = await start(broker.url);
  await publish(gateway, 500);
  await cloud.has(500);
  await broker.kill();
  await publish(gateway, 500, 3, 501);
  await broker.restart();
  await publish(gateway, 500, 3, 1001);
  await cloud.has(1500, 30);
  cloud.assertWhole(1500);
});

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  testWith(["mosquitto"], `${signal} with a backlog: the next run brings it`, async () => {
    const dataDir = await Deno.makeTempDir({ prefix: "edgewire-uplink-" });
    try {
      await using broker = await Mosquitto.start();
      await using cloud = await Cloud.connect(broker.url);
      using line = new Line(broker.port);
      const url = `mqtt://127.0.0.1:${line.port}`;
      const options = { dataDir };
      {
        await using gateway = await start(url, options);
        await publish(gateway, 300);
        await cloud.has(300);
        line.down();
        await publish(gateway, 1000, 3, 301);
        gateway.process.kill(signal);
        await gateway.process.status;
      }
      line.up();
      await using gateway = await start(url, options);
      await publish(gateway, 100, 3, 1301);
      await cloud.has(1400, 30);
      cloud.assertWhole(1400);
      const epochs = new Set(cloud.arrived.map(({ epoch }) => epoch));
      assert.equal(epochs.size, 1);
    } finally {
      await Deno.remove(dataDir, { recursive: true });
    }
  });
}

testWith(["mosquitto"], "too much waits: the oldest go, and the cloud is told which", async () => {
  await using broker = await Mosquitto.start();
  using line = new Line(broker.port);
  await using cloud = await Cloud.connect(broker.url);
  await using gateway = await start(`mqtt://127.0.0.1:${line.port}`, {
    args: ["--uplink-bytes", "20000"],
  });
  await publish(gateway, 30);
  await eventually("all is acknowledged", async () => (await uplinkOf(gateway)).sent === 30);
  line.down();
  await publish(gateway, 1500, 3, 31);
  await eventually("some are dropped", async () => (await uplinkOf(gateway)).dropped.bytes > 0);
  line.up();
  await eventually("the newest has come", () => cloud.arrived.some(({ text }) => text === "1530"));
  await eventually("all is told", () => cloud.dropped.length >= 3);
  const { dropped } = await uplinkOf(gateway);
  const told = cloud.dropped.reduce((sum, { count }) => sum + count, 0);
  assert.equal(told, dropped.bytes);
  assert.equal(cloud.distinct + told, 1530);
  const ranges = cloud.dropped.map(({ channel, from, to }) => `${channel} ${from}-${to}`);
  assert.deepEqual(cloud.missing.toSorted(), ranges.toSorted());
  assert.deepEqual([...new Set(cloud.dropped.map(({ reason }) => reason))], ["bytes"]);
  const metrics = await (await fetch(new URL("/metrics", gateway.url))).text();
  assert.match(metrics, new RegExp(`uplink_dropped_total{reason="bytes"} ${told}`));
});

testWith(
  ["mosquitto"],
  "with the policy newest what waits stays, and new messages go",
  async () => {
    await using broker = await Mosquitto.start();
    using line = new Line(broker.port);
    await using cloud = await Cloud.connect(broker.url);
    await using gateway = await start(`mqtt://127.0.0.1:${line.port}`, {
      args: ["--uplink-bytes", "20000", "--uplink-policy", "newest"],
    });
    await publish(gateway, 30);
    await eventually("all is acknowledged", async () => (await uplinkOf(gateway)).sent === 30);
    line.down();
    await publish(gateway, 1500, 3, 31);
    const { dropped } = await uplinkOf(gateway);
    assert.ok(dropped.bytes > 0);
    line.up();
    await eventually("it is told", () => cloud.dropped.length === 3);
    assert.equal(cloud.arrived.some(({ text }) => text === "31"), true);
    await publish(gateway, 3, 3, 5000);
    await cloud.has(1533 - dropped.bytes);
    assert.equal(cloud.dropped.reduce((sum, { count }) => sum + count, 0), dropped.bytes);
    const ranges = cloud.dropped.map(({ channel, from, to }) => `${channel} ${from}-${to}`);
    assert.deepEqual(cloud.missing.toSorted(), ranges.toSorted());
  },
);

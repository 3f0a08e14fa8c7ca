/** `/api/health`: what the page's Health view shows. */
import assert from "node:assert/strict";
import type { HealthAnswer } from "../../gateway/http/health_answer.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { Mosquitto } from "../support/mosquitto.ts";
import { parseMetrics } from "../support/metrics.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { sideBySide } from "../support/side_by_side.ts";

const { test, testWith } = sideBySide();

async function health(gateway: GatewayProcess): Promise<HealthAnswer> {
  return await gateway.json("/api/health") as HealthAnswer;
}

test("health: what runs, what it takes, what it took in", async () => {
  await using gateway = await GatewayProcess.start({ args: ["--history-disk"] });
  const before = await health(gateway);
  assert.equal(before.status, "ok");
  assert.equal(before.versions.deno, Deno.version.deno);
  assert.equal(before.broker.kind, "embedded");
  assert.equal(before.broker.messages, 0);
  assert.ok(before.uptime > 0 && before.uptime < 60, `${before.uptime}`);
  assert.ok(before.process.resident > 20e6 && before.process.heapUsed < before.process.resident);
  assert.ok(before.history.limitBytes > 0 && before.recorder!.bytes > 0);
  assert.ok(before.disk!.free > 0 && before.disk!.free <= before.disk!.total);

  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  for (let n = 0; n < 20; n++) await peer.publish("devices/desk/n", n, { qos: 1 });
  const after = await health(gateway);
  assert.ok(after.uptime > before.uptime);
  assert.deepEqual([after.epoch, after.run], [before.epoch, before.run]);
  assert.equal(after.broker.messages, 20);
  assert.equal(after.history.updates, 20);
  assert.equal(after.history.channels, 1);
  assert.ok(after.history.bytes > before.history.bytes);
  assert.equal(after.history.kept, "disk");
  assert.deepEqual([after.history.disk!.state, after.history.disk!.lost], ["ok", 0]);
  const written = await eventually("something to be written", async () => {
    // What is counted comes with a commit, sizes and the oldest time with one in 5 s.
    await peer.publish("devices/desk/n", "more", { qos: 1 });
    const { disk } = (await health(gateway)).history;
    return disk!.bytes > 0 && disk!.writtenToday > 0 && disk!.oldest !== null && disk;
  });
  assert.ok(written.commitMedian <= written.commitP99);
  const scrape = parseMetrics(await (await fetch(new URL("/metrics", gateway.url))).text());
  const commits = "edgewire_store_commit_seconds";
  assert.equal(scrape.types.get(commits), "histogram");
  const count = scrape.samples.get(`${commits}_count`)!;
  assert.equal(count, scrape.samples.get("edgewire_store_commits_total"));
  assert.ok(count > 0 && scrape.samples.get(`${commits}_bucket{le="10"}`)! <= count);
  assert.ok(Math.abs(written.oldest! - after.time) < 60_000);
  const measured = await eventually("the event loop to be measured", async () => {
    const { eventLoop } = await health(gateway);
    return eventLoop.longest > 0 ? eventLoop : undefined;
  });
  assert.ok(measured.median <= measured.p99 && measured.p99 <= measured.longest);
});

testWith(
  ["mosquitto"],
  "health: an external broker that went away, without its password",
  async () => {
    const user = { user: "gateway", pass: "s3cret-of-the-broker" };
    await using broker = await Mosquitto.start({ password: user });
    const url = new URL(broker.url);
    url.username = user.user;
    url.password = user.pass;
    await using gateway = await GatewayProcess.start({ args: ["--broker", url.href] });
    await eventually(
      "the broker",
      async () => (await health(gateway)).broker.connected || undefined,
    );
    await broker.stop();
    const lost = await eventually("the loss", async () => {
      const answer = await health(gateway);
      return answer.broker.connected ? undefined : answer;
    });
    assert.equal(lost.status, "failing");
    assert.ok(lost.broker.reason);
    assert.equal(lost.broker.address, broker.url);
    assert.ok(!JSON.stringify(lost).includes(user.pass));
  },
);

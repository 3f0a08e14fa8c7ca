/** Of two gateways one uploads; when it is killed the other goes on, and nothing is missing. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { startMosquitto } from "../support/mosquitto.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { health, leaderOf, startAt } from "./gateways.ts";

const { testWith } = sideBySide(2);

testWith(["mosquitto"], "one uploads; after it is killed the other, without a hole", async () => {
  await using house = await startMosquitto();
  await using cloud = await startMosquitto();
  await using sky = await MqttPeer.connect(cloud.url);
  await sky.subscribe("cloud/#");
  const args = ["--uplink", cloud.url, "--uplink-prefix", "cloud/"];
  const dirs = [await Deno.makeTempDir(), await Deno.makeTempDir()];
  const start = (index: number) =>
    startAt(house.url, `gw${index}`, {
      args: [...args, "--history-disk"],
      dataDir: dirs[index]!,
    });
  try {
    await using first = await start(0);
    await using second = await start(1);
    assert.equal(await leaderOf(first, second), "gw0");
    await using peer = await MqttPeer.connect(house.url);
    const came = () => sky.received.map(({ text }) => Number(text));
    let published = 0;
    const publish = async (count: number) => {
      for (; count > 0; count--) await peer.publish("devices/desk/n", ++published);
    };

    await publish(50);
    await eventually("all of them", () => new Set(came()).size === 50);
    // Those of the other would have come by now.
    await publish(1);
    await eventually("one more", () => came().includes(51));
    assert.equal(came().length, 51, "each message once, by one of them");

    let isDead = false;
    const publishing = (async () => {
      while (!isDead) await publish(1);
      await publish(100);
    })();
    // Where the test fails before it waits for that.
    publishing.catch(() => {});
    await eventually("some of them", () => came().length > 80);
    first.process.kill("SIGKILL");
    await first.process.status;
    isDead = true;
    await publishing;
    await eventually("the other", async () => (await health(second)).cluster.leads);
    await eventually("all of them", () => new Set(came()).size === published);
  } finally {
    for (const dir of dirs) await Deno.remove(dir, { recursive: true });
  }
});

testWith(["mosquitto"], "what only the one that died had comes when it is back", async () => {
  await using house = await startMosquitto();
  await using cloud = await startMosquitto();
  await cloud.stop();
  const dir = await Deno.makeTempDir();
  const args = ["--uplink", cloud.url];
  const start = () =>
    startAt(house.url, "gw0", { args: [...args, "--history-disk"], dataDir: dir });
  await using peer = await MqttPeer.connect(house.url);
  try {
    {
      await using first = await start();
      for (let i = 1; i <= 10; i++) await peer.publish("devices/desk/n", i);
      first.process.kill("SIGKILL");
      await first.process.status;
    }
    await using second = await startAt(house.url, "gw1", { args });
    await eventually("the other", async () => (await health(second)).cluster.leads);
    await cloud.restart();
    await using sky = await MqttPeer.connect(cloud.url);
    await sky.subscribe("devices/#");
    await using again = await start();
    await eventually("all of them", () => new Set(sky.received.map(({ text }) => text)).size >= 10);
    assert.equal(await leaderOf(second, again), "gw0");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

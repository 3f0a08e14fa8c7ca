import assert from "node:assert/strict";
import { startSimulatedNodes } from "../../firmware/simulated/main.ts";
import { type Mosquitto, startMosquitto } from "../support/mosquitto.ts";
import { TestProcess } from "../support/process.ts";
import { testWith, type Tool } from "../support/tools.ts";
import { TcpRelay } from "./tcp_relay.ts";

const TOOLS: Tool[] = ["mosquitto", "mosquitto_sub", "mosquitto_pub"];

/** A subscriber to everything; its lines are `<retain flag> <topic> <payload>`. */
async function watch(broker: Mosquitto): Promise<TestProcess> {
  await publish(broker, "test/retained", "x", "-r");
  const watcher = new TestProcess("mosquitto_sub", {
    args: ["-q", "1", "-p", String(broker.port), "-t", "#", "-F", "%r %t %p"],
  });
  await watcher.waitForLine(/^1 test\/retained/);
  return watcher;
}

async function publish(broker: Mosquitto, topic: string, payload: string, ...args: string[]) {
  await using publisher = new TestProcess("mosquitto_pub", {
    args: ["-q", "1", "-p", String(broker.port), "-t", topic, "-m", payload, ...args],
  });
  assert.equal((await publisher.status).code, 0, publisher.output);
}

/** Retained messages by topic, as a client that comes now gets them. */
async function retained(broker: Mosquitto): Promise<Map<string, string>> {
  await using watcher = await watch(broker);
  await publish(broker, "test/later", "x");
  await watcher.waitForLine(/^0 test\/later/);
  const messages = watcher.lines.flatMap((line) => [...line.matchAll(/^1 (\S+) (.*)$/g)]);
  return new Map(messages.map(([, topic, payload]) => [topic!, payload!]));
}

testWith(TOOLS, "nodes say online, describe themselves, measure, and say offline", async () => {
  await using broker = await startMosquitto();
  await using watcher = await watch(broker);
  await using nodes = startSimulatedNodes({ broker: broker.url, period_ms: 50 });
  await nodes.ready;
  await watcher.waitForLine(/^0 devices\/chamber\/temperature 2[12]\.\d+$/);
  await watcher.waitForLine(/^0 devices\/chamber\/heatsink -?[\d.]+$/);
  const [, lux] = await watcher.waitForLine(/^0 devices\/lux\/illuminance (.*)$/);
  const { value, unit, ...rest } = JSON.parse(lux!);
  assert.equal(typeof value, "number");
  assert.equal(unit, "lx");
  assert.deepEqual(Object.keys(rest), ["gain", "integration_ms", "counts"]);

  const kept = await retained(broker);
  for (const name of ["chamber", "lux"]) {
    const status = JSON.parse(kept.get(`edgewire/v1/${name}/status`)!);
    assert.equal(status.state, "online");
    assert.ok(Number.isInteger(status.boot) && status.boot >= 0 && status.boot < 2 ** 32);
    assert.match(status.version, /^\d+\.\d+\.\d+$/);
    assert.deepEqual(status.radios, []);
  }
  assert.equal(kept.get("devices/chamber/setpoint"), "18");
  assert.equal(kept.get("devices/chamber/power"), "on");
  assert.ok(!kept.has("devices/chamber/temperature") && !kept.has("devices/lux/illuminance"));

  await nodes.close();
  await watcher.waitForLine(/^0 edgewire\/v1\/chamber\/status {"state":"offline"}$/);
  await watcher.waitForLine(/^0 edgewire\/v1\/lux\/status {"state":"offline"}$/);
  assert.match(broker.log, /Client chamber-[0-9a-f]{8} disconnected\./);
});

testWith(TOOLS, "descriptions name topics, units, ranges and availability", async () => {
  await using broker = await startMosquitto();
  await using nodes = startSimulatedNodes({ broker: broker.url });
  await nodes.ready;
  const kept = await retained(broker);
  const chamber = JSON.parse(kept.get("homeassistant/device/chamber/config")!);
  const lux = JSON.parse(kept.get("homeassistant/device/lux/config")!);
  assert.deepEqual(chamber.dev.ids, ["edgewire_chamber"]);
  assert.equal(chamber.o.name, "edgewire-simulated");
  assert.deepEqual(chamber.cmps.setpoint, {
    p: "number",
    name: "Setpoint",
    stat_t: "devices/chamber/setpoint",
    cmd_t: "devices/chamber/setpoint/set",
    qos: 1,
    dev_cla: "temperature",
    unit_of_meas: "°C",
    min: -10,
    max: 60,
    step: 0.5,
    mode: "slider",
    uniq_id: "edgewire_chamber_setpoint",
    avty_t: "edgewire/v1/chamber/status",
    avty_tpl: "{{ value_json.state }}",
  });
  const { p, cmd_t, pl_on, pl_off } = chamber.cmps.power;
  assert.deepEqual([p, cmd_t, pl_on, pl_off], ["switch", "devices/chamber/power/set", "on", "off"]);
  assert.equal(chamber.cmps.cooler.p, "binary_sensor");
  assert.equal(lux.cmps.illuminance.val_tpl, "{{ value_json.value }}");
  assert.equal(lux.cmps.illuminance.unit_of_meas, "lx");
  const components = [...Object.values(chamber.cmps), ...Object.values(lux.cmps)];
  const ids = (components as { uniq_id: string }[]).map(({ uniq_id }) => uniq_id);
  assert.equal(new Set(ids).size, ids.length);
});

testWith(TOOLS, "commands are answered at once on the state topic", async () => {
  await using broker = await startMosquitto();
  await publish(broker, "devices/chamber/setpoint/set", "33", "-r");
  // A period of an hour: what arrives is an answer, not the next measurement.
  await using nodes = startSimulatedNodes({ broker: broker.url, period_ms: 3_600_000 });
  await nodes.ready;
  await using watcher = await watch(broker);
  const answer = async (id: string, payload: string, expected: string) => {
    const from = watcher.lines.length;
    await publish(broker, `devices/chamber/${id}/set`, payload);
    const pattern = new RegExp(`^0 devices/chamber/${id} (.*)$`);
    assert.equal((await watcher.waitForLine(pattern, { from }))[1], expected, payload);
  };
  await watcher.waitForLine(/^1 devices\/chamber\/setpoint 18$/);
  await answer("setpoint", "25.5", "25.5");
  await answer("setpoint", "25.5", "25.5");
  await answer("setpoint", "99", "60");
  await answer("setpoint", "-99", "-10");
  for (const bad of ["", "warm", "null", "[1]", '{"value":5}', '"12"', "1e999", "NaN"]) {
    await answer("setpoint", bad, "-10");
  }
  await answer("power", "off", "off");
  await answer("power", '"on"', "on");
  await answer("power", "false", "off");
  for (const bad of ["", "ON!", "1", "null"]) await answer("power", bad, "off");
  const kept = await retained(broker);
  assert.equal(kept.get("devices/chamber/setpoint"), "-10");
  assert.equal(kept.get("devices/chamber/power"), "off");
});

testWith(TOOLS, "the power command stops the cooler, and the states say so", async () => {
  await using broker = await startMosquitto();
  await using watcher = await watch(broker);
  await using _nodes = startSimulatedNodes({ broker: broker.url, period_ms: 50 });
  await watcher.waitForLine(/^0 devices\/chamber\/cooler on$/);
  const from = watcher.lines.length;
  await publish(broker, "devices/chamber/power/set", "off");
  await watcher.waitForLine(/^0 devices\/chamber\/power off$/, { from });
  await watcher.waitForLine(/^0 devices\/chamber\/cooler off$/, { from });
  await watcher.waitForLine(/^0 devices\/chamber\/fan off$/, { from });
});

testWith(TOOLS, "a cut connection leaves the will, and the node comes back", async () => {
  await using broker = await startMosquitto();
  await using relay = new TcpRelay(broker.port);
  await using watcher = await watch(broker);
  const url = `mqtt://127.0.0.1:${relay.port}`;
  await using nodes = startSimulatedNodes({ broker: url, period_ms: 50, backoff_ms: 20 });
  await nodes.ready;
  const online = /^0 edgewire\/v1\/chamber\/status {"state":"online","boot":(\d+)/;
  const [, boot] = await watcher.waitForLine(online);
  const from = watcher.lines.length;
  await relay.cut();
  await watcher.waitForLine(/^0 edgewire\/v1\/chamber\/status {"state":"offline"}$/, { from });
  const [, again] = await watcher.waitForLine(online, { from });
  assert.equal(again, boot, "a reconnect is not a restart");
  await publish(broker, "devices/chamber/setpoint/set", "40");
  await watcher.waitForLine(/^0 devices\/chamber\/setpoint 40$/, { from });
});

testWith(TOOLS, "nodes wait for a broker that is not there yet, or gone for a while", async () => {
  await using broker = await startMosquitto();
  await broker.stop();
  const changes: string[] = [];
  const problem = Promise.withResolvers<void>();
  await using nodes = startSimulatedNodes({
    broker: broker.url,
    backoff_ms: 20,
    onChange: (node, change, detail) => {
      changes.push(`${node} ${change}`);
      if (change === "problem") problem.resolve(assert.match(detail, /./));
    },
  });
  await problem.promise;
  await broker.restart();
  await nodes.ready;
  await broker.kill();
  await broker.restart();
  await using watcher = await watch(broker);
  await watcher.waitForLine(/edgewire\/v1\/chamber\/status {"state":"online"/);
  await watcher.waitForLine(/edgewire\/v1\/lux\/status {"state":"online"/);
  assert.ok(changes.includes("chamber offline") && changes.includes("chamber online"));
});

testWith(TOOLS, "nodes log in with user and password", async () => {
  await using broker = await startMosquitto({ password: { user: "node", pass: "secret words" } });
  const login = { broker: broker.url, username: "node" };
  const refused = Promise.withResolvers<string>();
  await using _refused = startSimulatedNodes({
    ...login,
    password: "wrong",
    onChange: (_node, change, detail) => change === "problem" && refused.resolve(detail),
  });
  assert.match(await refused.promise, /not authorized/i);
  await using nodes = startSimulatedNodes({ ...login, password: "secret words" });
  await nodes.ready;
});

testWith(["mosquitto"], "aborting the signal closes the nodes, also without a broker", async () => {
  await using broker = await startMosquitto();
  const controller = new AbortController();
  const nodes = startSimulatedNodes({ broker: broker.url, signal: controller.signal });
  await nodes.ready;
  controller.abort();
  await nodes.close();
  await broker.stop();
  const orphans = startSimulatedNodes({ broker: broker.url, signal: AbortSignal.abort() });
  await assert.rejects(orphans.ready, /closed/);
  await orphans.close();
});

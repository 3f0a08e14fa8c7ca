/**
 * Three receivers at 1,000 frames/s with 30 % loss and duplicates: no update twice, none lost that at
 * least one receiver heard, by the simulator's own log. Devices with numbers of their own and without,
 * plain and encrypted.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { LogEntry } from "../../firmware/simulated/air.ts";
import { simulatedDevices, startSimulatedNodes } from "../../firmware/simulated/main.ts";
import type { NodesAnswer } from "../../gateway/nodes/answers.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { receivers } from "../support/receivers.ts";
import { WsPeer } from "../support/ws_peer.ts";

Deno.test("three receivers at 1,000 frames/s: every content heard becomes updates once", async () => {
  await receivers({
    seconds: 5,
    framesPerSecond: 1000,
    devices: 60,
    loss: 0.3,
    duplicates: 0.1,
    seed: 3,
  });
});

Deno.test("the simulated house: every device under its name, opened where there is a key", async () => {
  const house = simulatedDevices();
  await using gateway = await GatewayProcess.start({ config: JSON.stringify({ devices: house }) });
  const log: LogEntry[] = [];
  await using _nodes = startSimulatedNodes({
    broker: `mqtt://127.0.0.1:${gateway.mqttPort}`,
    rate: 10,
    log: (entry) => log.push(entry),
  });
  // The coordinator sends beacons, which are events of the node, and measures nothing.
  const measuring = house.filter(({ name }) => name !== "coordinator");
  const answer = await eventually("all devices", async () => {
    const answer = await gateway.json("/api/nodes") as NodesAnswer;
    return answer.devices.length === measuring.length && answer;
  });
  for (const { name, address, key } of measuring) {
    const device = answer.devices.find((device) => device.name === name);
    assert.ok(device !== undefined, name);
    assert.equal(device.address, address);
    assert.equal(device.findings, 0, name);
    if (key !== undefined) assert.equal(device.sealing, "opened", name);
  }
  const nodes = answer.nodes.map(({ name, dialect, malformed }) =>
    `${name} ${dialect} ${malformed}`
  );
  for (const name of ["ble-1", "ble-2", "wpan-1"]) assert.ok(nodes.includes(`${name} edgewire 0`));
  assert.ok(nodes.includes("omg-1 openmqttgateway 0"));

  await using client = await WsPeer.open(gateway.ws("/ws/workbench-safe"));
  const { value } = await client.next("data", ({ topic }) => topic.endsWith("/temperature"));
  const sent = log.filter(({ name }) => name === "workbench-safe");
  assert.ok(sent.some(({ values }) => values.temperature === value), `${value} was measured`);
});

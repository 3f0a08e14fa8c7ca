/**
 * The simulated node that speaks as OpenMQTTGateway.
 *
 * @module
 */
import assert from "node:assert/strict";
import { simulatedDevices, startSimulatedNodes } from "../../firmware/simulated/main.ts";
import { eventually } from "../support/eventually.ts";
import { startMosquitto } from "../support/mosquitto.ts";
import { testWith } from "../support/tools.ts";
import { Watcher } from "./watcher.ts";

testWith(["mosquitto"], "the node that speaks as OpenMQTTGateway", async () => {
  await using broker = await startMosquitto();
  await using watcher = await Watcher.open(broker);
  const nodes = startSimulatedNodes({ rate: 20, loss: 0, broker: broker.url, only: ["omg-1"] });
  await nodes.ready;
  const known = new Map(simulatedDevices().map(({ address, name }) => [address, name]));
  const topics = () =>
    new Set(watcher.payloads.map(({ topic }) => topic).filter((t) => t.includes("/BTtoMQTT/")));
  await eventually("five devices", () => topics().size >= 5);
  for (const topic of topics()) {
    const [, mac] = topic.match(/^home\/omg-1\/BTtoMQTT\/([0-9A-F]{12})$/)!;
    const [message] = watcher.json(topic);
    assert.equal(String(message!.id).replaceAll(":", ""), mac);
    assert.ok(known.has(String(message!.id)), `${message!.id} is among the simulated devices`);
    assert.ok(Number(message!.rssi) < 0);
    assert.equal(typeof message!.model_id, "string");
  }
  const tags = [...topics()].flatMap((topic) => watcher.json(topic))
    .filter(({ model_id }) => model_id === "RuuviTag_RAWv2");
  for (const { tempc, tempf, hum, pres, volt, accz } of tags) {
    assert.ok(Math.abs(Number(tempf) - (Number(tempc) * 1.8 + 32)) < 0.01);
    assert.ok(Number(hum) > 0 && Number(pres) > 900 && Number(volt) > 2);
    assert.ok(Math.abs(Number(accz) - 10.16) < 0.5, `${accz} m/s²`);
  }
  assert.ok(tags.length > 0);
  const own = [...topics()].filter((topic) => /C47C8D6A2F01|E37E9D124402/.test(topic));
  assert.equal(own.length, 2);
  const [system] = await eventually("its state", () => {
    const states = watcher.json("home/omg-1/SYStoMQTT");
    return states.length > 0 && states;
  });
  assert.equal(typeof system!.uptime, "number");
  const presence = () =>
    watcher.peer.received.filter(({ topic }) => topic === "home/omg-1/LWT").map(({ text }) => text);
  assert.deepEqual(presence(), ["online"]);
  await nodes.close();
  await eventually("offline", () => presence().at(-1) === "offline");
});

/** What `/api/relays` says, and the relay that is there by default. */
import assert from "node:assert/strict";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";

const asker = (gateway: GatewayProcess) => async (topic: string) =>
  await gateway.json(`/api/relays?topic=${encodeURIComponent(topic)}`);

Deno.test("/api/relays: where a topic belongs, and what republishes it", async () => {
  await using gateway = await GatewayProcess.start({
    config: `
rules: [{ filter: "lab/:room/#", channel: ":room" }]
relays:
  - { filter: "lab/:room/temperature", to: "stamped/:room" }
  - { filter: "lab/#", to: "all/copy" }
`,
  });
  const ask = asker(gateway);
  assert.deepEqual(await ask("lab/a/temperature"), {
    channel: "a",
    relays: ["stamped/a", "all/copy"],
  });
  assert.deepEqual(await ask("lab/a b/ü"), { channel: "a b", relays: ["all/copy"] });
  assert.deepEqual(await ask("devices/delay/ping"), { channel: "delay", relays: [] });
  assert.deepEqual(await ask("edgewire/v1/n/set"), { channel: null, relays: [] });
  for (const query of ["", "?topic=", "?topic=a/%2B", "?topic=%23", "?topic=a%00"]) {
    const response = await fetch(new URL(`/api/relays${query}`, gateway.url));
    assert.equal(response.status, 400, query);
    assert.match((await response.json()).error.message, /topic/);
  }
});

Deno.test("the delay view's relay works without a configuration", async () => {
  await using gateway = await GatewayProcess.start();
  assert.deepEqual(await asker(gateway)("devices/delay/ping"), {
    channel: "delay",
    relays: ["devices/delay/relayed"],
  });
  await using mqtt = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await mqtt.subscribe("devices/delay/relayed");
  const before = Date.now();
  await mqtt.publish("devices/delay/ping", { n: 1 });
  const { text } = await mqtt.message(({ topic }) => topic === "devices/delay/relayed");
  const { timestamp, message } = JSON.parse(text);
  assert.deepEqual(message, { n: 1 });
  assert.ok(timestamp >= before - 3 && timestamp <= Date.now() + 3, text);
});

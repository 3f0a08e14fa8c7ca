/** Settings of our own nodes over HTTP, with the simulated node, on both kinds of broker. */
import assert from "node:assert/strict";
import { RadioNode } from "../../firmware/simulated/radio_node.ts";
import type { NodesAnswer, NodeSettingsAnswer } from "../../gateway/nodes/answers.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { startMosquitto } from "../support/mosquitto.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { sideBySide } from "../support/side_by_side.ts";

const { test, testWith } = sideBySide(2);

const OPERATOR = "a-token-of-an-operator-here";

interface Answer {
  status: number;
  body: NodeSettingsAnswer & { error?: { message: string } };
}

async function post(
  gateway: GatewayProcess,
  node: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(new URL(`/api/nodes/${node}/settings`, gateway.url), {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

/** Waits until the gateway knows so many nodes. */
async function known(gateway: GatewayProcess, count: number) {
  await eventually(`${count} nodes`, async () => {
    const { nodes } = await gateway.json("/api/nodes") as NodesAnswer;
    return nodes.length === count;
  });
}

async function check(gateway: GatewayProcess, broker: string) {
  await using wpan = new RadioNode({ broker, name: "attic", radio: "802.15.4", channel: 11 });
  await using ble = new RadioNode({ broker, name: "hall", radio: "ble" });
  await using peer = await MqttPeer.connect(broker);
  await Promise.all([wpan.ready, ble.ready]);
  const say = (node: string, state: string, radios: string[]) =>
    peer.publish(`edgewire/v1/${node}/status`, { state, radios }, { retain: true });
  await say("gone", "offline", ["ble"]);
  await say("lux", "online", []);
  await known(gateway, 4);
  await peer.publish("home/OMG/BTtoMQTT/C4D300112233", { id: "C4:D3:00:11:22:33", rssi: -60 });
  await known(gateway, 5);

  const read = await post(gateway, "attic", {});
  assert.deepEqual(read, {
    status: 200,
    body: { ok: true, settings: { scan: true, channel: 11 } },
  });
  assert.deepEqual((await post(gateway, "hall", {})).body, { ok: true, settings: { scan: true } });

  const changed = await post(gateway, "attic", { channel: 26 });
  assert.deepEqual(changed.body, { ok: true, settings: { scan: true, channel: 26 } });
  assert.equal(wpan.settings.channel, 26);

  const { status, body: refused } = await post(gateway, "attic", { scan: false, channel: 27 });
  assert.equal(status, 200);
  assert.ok(!refused.ok && /^channel: /.test(refused.reason), JSON.stringify(refused));
  assert.deepEqual(refused.settings, { scan: true, channel: 26 });
  assert.deepEqual({ ...wpan.settings }, { scan: true, channel: 26 });

  // Two at a time get each their own answer.
  const both = await Promise.all([
    post(gateway, "attic", { channel: 12 }),
    post(gateway, "hall", {}),
  ]);
  assert.deepEqual(both.map(({ body }) => body.settings), [
    { scan: true, channel: 12 },
    { scan: true },
  ]);

  for (const wrong of ["[]", "null", "7", "{", '{"id":"mine"}']) {
    assert.equal((await post(gateway, "attic", wrong)).status, 400, wrong);
  }
  await peer.subscribe("edgewire/v1/lux/set");
  for (
    const [node, why] of [
      ["nobody", /no node "nobody"/],
      ["OMG", /speaks "openmqttgateway"/],
      ["lux", /names no radios/],
    ] as const
  ) {
    const { status, body } = await post(gateway, node, {});
    assert.equal(status, 404, node);
    assert.match(body.error!.message, why);
  }
  assert.deepEqual(peer.received, [], "nobody who takes no settings is asked");
  const asOperator = { authorization: `Bearer ${OPERATOR}` };
  assert.equal((await post(gateway, "attic", { channel: 13 }, asOperator)).status, 403);
  const foreign = await post(gateway, "attic", { channel: 13 }, { origin: "https://a.example" });
  assert.equal(foreign.status, 403);
  assert.match(foreign.body.error!.message, /origin/);
  assert.equal(wpan.settings.channel, 12);
  const got = await fetch(new URL("/api/nodes/attic/settings", gateway.url));
  await got.body?.cancel();
  assert.deepEqual([got.status, got.headers.get("allow")], [405, "POST"]);

  const gone = await post(gateway, "gone", {});
  assert.equal(gone.status, 504);
  assert.match(gone.body.error!.message, /offline/);
}

const CONFIG = `
tokens:
  - { name: worker, role: operator, token: ${OPERATOR} }
`;

test("settings of nodes over HTTP, embedded broker", async () => {
  await using gateway = await GatewayProcess.start({ config: CONFIG });
  await check(gateway, `mqtt://127.0.0.1:${gateway.mqttPort}`);
});

testWith(["mosquitto"], "settings of nodes over HTTP, external broker", async () => {
  await using broker = await startMosquitto();
  await using gateway = await GatewayProcess.start({
    config: CONFIG,
    args: ["--broker", broker.url],
  });
  await check(gateway, broker.url);
});

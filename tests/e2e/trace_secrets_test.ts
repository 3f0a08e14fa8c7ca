/**
 * Secrets are in no trace, however it is read; what stands for them is as long.
 *
 * @module
 */
import assert from "node:assert/strict";
import { cookieName } from "../../gateway/http/identify.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { startMosquitto } from "../support/mosquitto.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { tcpTalks } from "../support/tcp_streams.ts";
import { testOnWire } from "../support/tools.ts";
import { TraceCapture } from "../support/trace_capture.ts";
import { tsharkWarnings } from "../support/tshark.ts";
import { WsPeer } from "../support/ws_peer.ts";

const secret = (what: string) => `very-secret-${what}-0123456789`;
const SECRETS = {
  admin: secret("admin"),
  linked: secret("linked"),
  cookie: secret("cookie"),
  bearer: secret("bearer"),
  mqtt: secret("mqtt"),
  broker: secret("broker"),
  wifi: secret("wifi"),
  key: secret("key"),
};
const LAST = "the last of all";

/** Of what was written, where bytes are hidden. */
async function lengths(path: string, ports: number[]): Promise<Map<number, number[]>> {
  const talks = await tcpTalks(path, ports);
  return new Map(
    [...talks].map(([port, { client, server }]) => [port, [client.length, server.length]]),
  );
}

testOnWire(["tshark", "mosquitto"], "no secret is in a trace", async (t) => {
  await using broker = await startMosquitto({
    password: { user: "gateway", pass: SECRETS.broker },
  });
  const roles = {
    admin: "admin",
    linked: "viewer",
    cookie: "operator",
    bearer: "viewer",
    mqtt: "admin",
  };
  const tokens = Object.entries(roles).map(([name, role]) =>
    `{ name: ${name}, role: ${role}, token: ${SECRETS[name as keyof typeof SECRETS]} }`
  );
  await using gateway = await GatewayProcess.start({
    args: ["--no-access-open-loopback", "--trace-port", "0"],
    config: `tokens: [${tokens.join(", ")}]\n`,
  });
  await using behind = await GatewayProcess.start({
    args: ["--broker", broker.url, "--broker-username", "gateway"],
    env: { EDGEWIRE_BROKER_PASSWORD: SECRETS.broker },
  });
  await behind.process.waitForLine(/^broker: connected/);
  const line = await gateway.process.waitForLine(/^traces\s+tcp 127\.0\.0\.1:(\d+)/);
  const headers = { authorization: `Bearer ${SECRETS.admin}` };
  await using live = await TraceCapture.live(gateway, "", { headers });
  await using port = await TraceCapture.port(Number(line[1]));
  await using wire = await TraceCapture.wire([gateway.mqttPort]);

  await using admin = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`, {
    username: "mqtt",
    password: SECRETS.mqtt,
    clientId: "settings",
  });
  await admin.subscribe("edgewire/v1/attic/#");
  await using web = await MqttPeer.connect(`${gateway.ws("/mqtt").href}?token=${SECRETS.mqtt}`, {
    username: "mqtt",
    password: SECRETS.mqtt,
  });
  await web.subscribe("devices/#");
  const settings = { wifi: { ssid: "home", password: SECRETS.wifi }, bindkey: SECRETS.key };
  await admin.publish("edgewire/v1/attic/set", settings);
  await admin.message(({ topic }) => topic.endsWith("/set"));
  await admin.publish("devices/desk/n", { n: 1, token: SECRETS.key });
  await using linked = await WsPeer.open(`${gateway.ws("/ws/desk")}?token=${SECRETS.linked}`);
  await using cookie = await WsPeer.open(gateway.ws("/ws/desk"), {
    headers: { cookie: `${cookieName(gateway.url)}=${SECRETS.cookie}; other=1` },
  });
  await using bearer = await WsPeer.open(gateway.ws("/ws/desk"), {
    headers: { authorization: `Bearer ${SECRETS.bearer}` },
  });
  const welcomes = [];
  for (const peer of [linked, cookie, bearer]) welcomes.push(await peer.next("welcome"));
  const value = { password: SECRETS.wifi };
  cookie.send({ type: "command", id: "1", channel: "desk", topic: "devices/desk/n", value });
  await cookie.next("ack");
  await web.message(({ topic }) => topic.endsWith("/set"));
  await admin.publish("devices/desk/n", LAST);
  for (const capture of [live, port, wire]) await capture.until(LAST);
  for (const peer of [linked, bearer, cookie]) {
    await peer.next("data", ({ value }) => value === LAST);
  }

  await using recent = await TraceCapture.recent(gateway, "", { headers });
  await using broken = await TraceCapture.recent(behind);
  assert.ok(broken.has("*".repeat(SECRETS.broker.length)), "the broker's password was sent");
  const all = { live, port, recent, broken };
  const secrets = [...Object.values(SECRETS), ...welcomes.map(({ session }) => session)];

  await t.step("none of them is there", () => {
    for (const [name, capture] of Object.entries(all)) {
      for (const text of secrets) assert.ok(!capture.has(text), `${text} in ${name}`);
    }
  });

  await t.step("what is hidden is as long, and tshark has nothing to warn of", async () => {
    const file = await live.file();
    const expected = await lengths(await wire.file(), [gateway.mqttPort]);
    const found = await lengths(file, [1883]);
    assert.ok(expected.size > 0);
    for (const [client, bytes] of expected) assert.deepEqual(found.get(client), bytes);
    for (const capture of Object.values(all)) {
      assert.deepEqual(await tsharkWarnings(await capture.file()), []);
    }
  });
});

/** The uplink of a gateway, against real brokers: what goes up, by which ways, and what comes down. */
import assert from "node:assert/strict";
import type { HealthAnswer } from "../../gateway/http/health_answer.ts";
import { makeCertificates } from "../support/certificates.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { Mosquitto } from "../support/mosquitto.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { WsPeer } from "../support/ws_peer.ts";
import { Cloud } from "./cloud.ts";
import { Line } from "./line.ts";
import { publish, start, uplinkOf } from "./uplinked.ts";

const { test, testWith } = sideBySide();

testWith(["mosquitto"], "updates go up with epoch and numbers, payloads as they came", async () => {
  await using broker = await Mosquitto.start();
  await using cloud = await Cloud.connect(broker.url);
  await using gateway = await start(broker.url, {
    args: ["--uplink-prefix", "site/7/", "--uplink-topics", "devices/#,lab/+/raw"]
      .concat("--no-history-disk"),
  });
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await peer.publish("devices/desk/temperature", "21.50");
  await peer.publish("devices/desk/note", "plain text");
  await peer.publish("lab/x/raw", Uint8Array.of(0xff, 0, 1));
  await peer.publish("other/x", "1");
  await peer.publish("devices/desk/temperature", "21.75");
  await cloud.has(4);
  const { epoch } = await gateway.json("/api/health") as HealthAnswer;
  const [first, note, raw, last] = cloud.arrived;
  assert.deepEqual({ ...first, time: 0 }, {
    topic: "site/7/devices/desk/temperature",
    text: "21.50",
    epoch,
    channel: "desk",
    seq: 1,
    n: 1,
    time: 0,
    via: [epoch],
  });
  assert.ok(Math.abs(first!.time - Date.now()) < 60_000);
  assert.equal(note!.text, "plain text");
  assert.equal(raw!.topic, "site/7/lab/x/raw");
  assert.equal(raw!.n, 1);
  assert.equal(last!.n, 3);
  const uplink = await eventually("all is acknowledged", async () => {
    const status = await uplinkOf(gateway);
    return status.sent === 4 && status;
  });
  assert.equal(uplink.state, "connected");
  assert.equal(uplink.protocol, 5);
  assert.equal(uplink.backlog.messages, 0);
  assert.equal(uplink.backlog.kept, "memory");
});

testWith(["mosquitto"], "an outage of the line: all comes afterwards, in order", async () => {
  await using broker = await Mosquitto.start();
  using line = new Line(broker.port);
  await using cloud = await Cloud.connect(broker.url);
  await using gateway = await start(`mqtt://127.0.0.1:${line.port}`);
  await publish(gateway, 300);
  await cloud.has(300);
  await using page = await WsPeer.open(gateway.ws("/ws"));
  await page.next("status", ({ uplink }) => uplink === "connected");
  line.down();
  await page.next("status", ({ uplink }) => uplink === "disconnected");
  await publish(gateway, 1500, 3, 301);
  const away = await uplinkOf(gateway);
  assert.equal(away.state === "waiting" || away.state === "connecting", true);
  assert.equal(away.backlog.messages >= 1500, true);
  assert.equal(away.backlog.kept, "disk");
  line.up();
  await cloud.has(1800, 30);
  cloud.assertWhole(1800);
  const values = cloud.arrived.filter(({ channel }) => channel === "d0").map(({ text }) => text);
  const expected = Array.from({ length: 600 }, (_, i) => String(1 + 3 * i));
  assert.deepEqual([...new Set(values)], expected);
  await eventually("nothing waits", async () => (await uplinkOf(gateway)).backlog.messages === 0);
});

testWith(["mosquitto"], "Mosquitto's WebSocket listener is a cloud, too", async () => {
  await using broker = await Mosquitto.start({ websockets: true });
  await using cloud = await Cloud.connect(broker.url);
  await using gateway = await start(broker.wsUrl);
  await publish(gateway, 1000);
  await cloud.has(1000);
  cloud.assertWhole(1000);
  assert.equal((await uplinkOf(gateway)).protocol, 5);
});

testWith(
  ["mosquitto", "openssl"],
  "user, password and TLS, by both ways; secrets are told nobody",
  async () => {
    const password = { user: "site", pass: "p@ss/word" };
    const tls = await makeCertificates();
    await using broker = await Mosquitto.start({ password, tls, websockets: true });
    const dir = await Deno.makeTempDir();
    try {
      const ca = `${dir}/ca.pem`;
      await Deno.writeTextFile(ca, tls.ca);
      await using cloud = await Cloud.connect(broker.url, {
        username: password.user,
        password: password.pass,
        ca: tls.ca,
      });
      let sent = 0;
      for (const address of [broker.url, broker.wsUrl]) {
        const url = new URL(address);
        url.username = password.user;
        url.password = encodeURIComponent(password.pass);
        await using gateway = await start(url.href, { args: ["--uplink-ca", ca] });
        await publish(gateway, 5);
        sent += 5;
        await cloud.has(sent);
        const said = gateway.process.output + JSON.stringify(await uplinkOf(gateway));
        assert.equal(said.includes("p@ss"), false);
        assert.equal(said.includes("p%40ss"), false);
      }
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
);

testWith(
  ["mosquitto", "openssl"],
  "a cloud whose certificate nobody vouches for gets nothing",
  async () => {
    await using broker = await Mosquitto.start({ tls: await makeCertificates() });
    await using gateway = await start(broker.url);
    await publish(gateway, 5);
    const reason = await eventually("it is said", async () => {
      const { reason = "" } = await uplinkOf(gateway);
      return reason !== "" && reason;
    });
    assert.match(reason, /certificate|issuer/i);
    assert.equal((await uplinkOf(gateway)).sent, 0);
    assert.equal((await uplinkOf(gateway)).backlog.messages, 5);
  },
);

testWith(["mosquitto"], "commands come down, and only what the role may", async () => {
  await using broker = await Mosquitto.start();
  await using gateway = await start(broker.url, {
    args: ["--uplink-prefix", "site/", "--uplink-down", "devices/#,edgewire/v1/+/set"],
  });
  await using node = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await node.subscribe("#");
  await using person = await MqttPeer.connect(broker.url, { protocolVersion: 5 });
  await eventually("connected", async () => (await uplinkOf(gateway)).state === "connected");
  await person.publish("site/devices/lamp/power", "true");
  await person.publish("site/edgewire/v1/attic/set", "{}");
  await person.publish("site/devices/lamp/power/set", "true");
  await node.message(({ topic, text }) => topic === "devices/lamp/power/set" && text === "true");
  assert.deepEqual(node.received.map(({ topic }) => topic), ["devices/lamp/power/set"]);
  // The device answers, and that goes up and does not come back.
  await node.publish("devices/lamp/power", "true");
  const status = await eventually("it went up", async () => {
    const uplink = await uplinkOf(gateway);
    return uplink.sent === 1 && uplink;
  });
  assert.deepEqual(status.down, { taken: 1, refused: 2, failed: 0 });
});

test("another Edgewire is the cloud, by its /mqtt; with the envelope it sees values", async () => {
  await using far = await GatewayProcess.start();
  await using cloud = await Cloud.connect(`mqtt://127.0.0.1:${far.mqttPort}`, {
    protocolVersion: 4,
  });
  await using near = await start(far.ws("/mqtt").href, {
    args: ["--uplink-envelope", "--uplink-prefix", "site/"],
  });
  await publish(near, 400);
  await cloud.has(400, 20);
  cloud.assertWhole(400);
  assert.equal((await uplinkOf(near)).protocol, 4);
  const shown = JSON.stringify(await far.json("/api/channels/site"));
  assert.match(shown, /"value":400\b/);
  assert.equal(shown.includes('"ew"'), false);
});

for (const envelope of [true, false]) {
  const how = envelope ? "with" : "without";
  test(`two gateways that upload to each other, ${how} envelope: no circle`, async () => {
    using line = new Line(0);
    const args = envelope ? ["--uplink-envelope"] : [];
    await using one = await start(`mqtt://127.0.0.1:${line.port}`, { args });
    await using two = await start(`mqtt://127.0.0.1:${one.mqttPort}`, { args });
    line.target = two.mqttPort;
    for (const gateway of [one, two]) {
      await eventually("connected", async () => (await uplinkOf(gateway)).state === "connected");
    }
    await publish(one, 100);
    await publish(two, 50, 3, 1001);
    // Who knows the way sends each on to the other, who knows its own; else nobody passes it on.
    const sent = envelope ? [150, 150] : [100, 50];
    const all = async () => (await Promise.all([one, two].map(uplinkOf))).map(({ sent }) => sent);
    await eventually("both have all", async () => `${await all()}` === `${sent}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.deepEqual(await all(), sent);
    for (const gateway of [one, two]) {
      const { history } = await gateway.json("/api/health") as HealthAnswer;
      assert.equal(history.updates, 150);
    }
  });
}

testWith(["mosquitto"], "the local broker is the cloud by mistake: no circle", async () => {
  await using broker = await Mosquitto.start();
  await using gateway = await GatewayProcess.start({
    args: ["--broker", broker.url, "--uplink", broker.url, "--uplink-prefix", "up/"],
  });
  await eventually("connected", async () => (await uplinkOf(gateway)).state === "connected");
  await using peer = await MqttPeer.connect(broker.url);
  await peer.publish("devices/desk/value", 1);
  await eventually("it went up", async () => (await uplinkOf(gateway)).sent > 0);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal((await uplinkOf(gateway)).sent, 1);
});

testWith(
  ["mosquitto"],
  "rules make uploads of their own, at their pace, and nothing else goes",
  async () => {
    await using broker = await Mosquitto.start();
    await using cloud = await Cloud.connect(broker.url);
    await using gateway = await GatewayProcess.start({
      config: `
uplink:
  url: ${broker.url}
  rules:
    - { match: devices/desk/temperature, topic: channels/12/publish, payload: "field1={value}", everySeconds: 2, combine: true, qos: 0 }
    - { match: devices/desk/humidity, topic: channels/12/publish, payload: "field2={value}", everySeconds: 2, combine: true, qos: 0 }
    - { match: "devices/:name/#", topic: "all/{name}", payload: "{value}" }
`,
    });
    await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
    await eventually("connected", async () => (await uplinkOf(gateway)).state === "connected");
    await peer.publish("devices/desk/temperature", 20);
    await peer.publish("devices/desk/humidity", 50);
    await peer.publish("devices/desk/temperature", 21);
    await peer.publish("other/x", 1);
    await eventually("all has come", () => cloud.arrived.length === 4);
    const texts = (topic: string) =>
      cloud.arrived.filter((one) => one.topic === topic).map(({ text }) => text);
    assert.deepEqual(texts("all/desk"), ["20", "50", "21"]);
    assert.deepEqual(texts("channels/12/publish"), ["field1=21&field2=50"]);
    const { rules, backlog } = await uplinkOf(gateway);
    assert.deepEqual(rules, { made: 4, leftOut: 1, unfit: 0 });
    assert.equal(backlog.messages, 0);
  },
);

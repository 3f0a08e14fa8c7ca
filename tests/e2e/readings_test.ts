/**
 * What the gateway decoded, back out again: readings for other MQTT clients, devices for Home
 * Assistant; and nothing of it comes in again.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { checkConfig, type DeviceConfig } from "../support/home_assistant.ts";
import { metric } from "../support/metrics.ts";
import { type Mosquitto, startMosquitto } from "../support/mosquitto.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { TestProcess } from "../support/process.ts";
import { RadioSource, RUUVI_DEVICE, RUUVI_EVENT } from "../support/radio.ts";
import { sideBySide } from "../support/side_by_side.ts";

const { test, testWith } = sideBySide();

/** BTHome v2 from 54:48:E6:8F:80:A5: flags, 25.06 °C, 50.55 %. */
const BTHOME = "043E1902010300A5808FE648540D0201060916D2FC4002CA0903BF13C0";
const READINGS = `edgewire/v1/readings/${RUUVI_DEVICE}`;
const CONFIG = `homeassistant/device/edgewire_${RUUVI_DEVICE}/config`;
/** What is configured is announced to Home Assistant at its first packet. */
const CONFIGURED = 'devices: [{ address: "CD:D4:FA:52:7A:F2" }]\n';

const node = new RadioSource("attic");

/** A radio envelope with one HCI event. */
function envelope(hex: string): Uint8Array {
  return node.events(Uint8Array.fromHex(hex));
}

/** `mosquitto_sub`: what somebody else gets. */
class Subscriber implements AsyncDisposable {
  readonly process: TestProcess;

  private constructor(process: TestProcess) {
    this.process = process;
  }

  /** Subscribes, and waits until that is so. */
  static async open(port: number, peer: MqttPeer, ...filters: string[]): Promise<Subscriber> {
    const args = ["-p", String(port), "-q", "1", "-F", "%r %t %p"];
    for (const filter of [...filters, "test/ready"]) args.push("-t", filter);
    const process = new TestProcess("mosquitto_sub", { args });
    const subscriber = new Subscriber(process);
    await eventually("mosquitto_sub", async () => {
      await peer.publish("test/ready", "");
      return process.lines.some((line) => line.includes("test/ready"));
    });
    return subscriber;
  }

  /** Messages so far, with the retained flag before. */
  on(topic: string): string[] {
    const text = ` ${topic} `;
    return this.process.lines.filter((line) => line.slice(1).startsWith(text));
  }

  async next(topic: string, accept = /^/): Promise<string> {
    return await eventually(
      `a message on ${topic}`,
      () => this.on(topic).map((line) => line.slice(topic.length + 3)).find((t) => accept.test(t)),
    );
  }

  async [Symbol.asyncDispose]() {
    await this.process.stop();
  }
}

const TOOLS = ["mosquitto", "mosquitto_sub"] as const;

testWith([...TOOLS], "a frame that two nodes hear goes out as readings, each once", async () => {
  await using gateway = await GatewayProcess.start();
  await using node = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await using other = await Subscriber.open(gateway.mqttPort, node, "edgewire/v1/readings/#");
  const before = Date.now();
  await node.publish("edgewire/v1/attic/radio", envelope(RUUVI_EVENT));
  await node.publish("edgewire/v1/cellar/radio", envelope(RUUVI_EVENT));
  await node.publish("edgewire/v1/attic/radio", envelope(BTHOME));
  await other.next("edgewire/v1/readings/5448E68F80A5/rssi");

  const { time, ...said } = JSON.parse(await other.next(`${READINGS}/temperature`));
  assert.deepEqual(said, { value: 25.01, unit: "°C", node: "attic" });
  assert.ok(time >= before && time <= Date.now());
  const pressure = JSON.parse(await other.next(`${READINGS}/pressure`));
  assert.deepEqual([pressure.value, pressure.unit], [1004.16, "hPa"]);
  const topics = other.process.lines.map((line) => line.split(" ")[1]!)
    .filter((topic) => topic !== "test/ready");
  assert.equal(new Set(topics).size, topics.length, "nothing twice");
  assert.ok(other.process.lines.every((line) => line.startsWith("0 ")), "nothing retained");
  assert.equal(
    await metric(gateway.url, 'edgewire_readings_out_total{outcome="published"}'),
    topics.length,
  );
  // Our own readings are not messages that came in, and make no channel.
  const { channels } = await gateway.json("/api/channels") as { channels: { name: string }[] };
  assert.deepEqual(channels.map(({ name }) => name).sort(), ["5448E68F80A5", RUUVI_DEVICE, "test"]);
});

testWith(
  [...TOOLS],
  "who hears all readings of a device hears its door as well as its numbers",
  async () => {
    await using gateway = await GatewayProcess.start();
    await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
    const device = "5448E68F80A5";
    const topic = `edgewire/v1/readings/${device}`;
    await using all = await Subscriber.open(gateway.mqttPort, peer, "#");
    await using two = await Subscriber.open(
      gateway.mqttPort,
      peer,
      `${topic}/door`,
      `${topic}/rssi`,
    );
    // Packet id, voltage, door: open and closed in turn.
    for (let i = 0; i < 10; i++) {
      const data = `0201060b16d2fc40000${i}0c020c1a0${i % 2}`;
      const report = `043e1b02010300a5808fe648540f${data}c0`;
      await peer.publish("edgewire/v1/attic/radio", envelope(report));
    }
    for (const heard of [all, two]) {
      await eventually("ten doors", () => heard.on(`${topic}/door`).length >= 10);
      await eventually("ten signals", () => heard.on(`${topic}/rssi`).length >= 10);
      assert.equal(heard.on(`${topic}/door`).length, 10);
    }
  },
);

testWith([...TOOLS], "nobody hears, nothing is published; `off` is off", async () => {
  await using gateway = await GatewayProcess.start({ args: ["--readings-publish", "off"] });
  await using node = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await using other = await Subscriber.open(gateway.mqttPort, node, "edgewire/v1/readings/#");
  await node.publish("edgewire/v1/attic/radio", envelope(RUUVI_EVENT));
  await node.publish("test/ready", "after");
  await other.next("test/ready", /after/);
  assert.deepEqual(other.process.lines.filter((line) => line.includes("readings")), []);

  await using quiet = await GatewayProcess.start();
  await using alone = await MqttPeer.connect(`mqtt://127.0.0.1:${quiet.mqttPort}`);
  await alone.publish("edgewire/v1/attic/radio", envelope(RUUVI_EVENT));
  await eventually(
    "the device",
    async () => (await fetch(new URL(`/api/devices/${RUUVI_DEVICE}`, quiet.url))).ok,
  );
  assert.equal(await metric(quiet.url, 'edgewire_readings_out_total{outcome="published"}'), 0);
});

testWith([...TOOLS], "Home Assistant: announced, gone, back, forgotten", async () => {
  const args = ["--home-assistant-discovery", "--liveness-lost-min-seconds", "0.3"]
    .concat(["--liveness-lost-max-seconds", "0.5", "--liveness-late-max-seconds", "0.4"])
    .concat(["--liveness-late-min-seconds", "0.2"]);
  await using gateway = await GatewayProcess.start({ args, config: CONFIGURED });
  const { mqttPort } = gateway;
  await using node = await MqttPeer.connect(`mqtt://127.0.0.1:${mqttPort}`);
  const filters = ["edgewire/v1/readings/#", "homeassistant/device/#"];
  await using home = await Subscriber.open(mqttPort, node, ...filters);
  // Of a stranger that is heard once nothing is retained.
  await node.publish("edgewire/v1/attic/radio", envelope(BTHOME));
  await node.publish("edgewire/v1/attic/radio", envelope(RUUVI_EVENT));
  const config: DeviceConfig = JSON.parse(await home.next(CONFIG, /./));
  assert.deepEqual(home.on("homeassistant/device/edgewire_5448E68F80A5/config"), []);
  const payloads = new Map(
    home.process.lines.filter((line) => line.includes(`readings/${RUUVI_DEVICE}`))
      .map((line) => line.split(" ")).map(([, topic, ...text]) => [topic!, text.join(" ")]),
  );
  checkConfig(config, payloads);
  assert.equal(config.dev.name, "RuuviTag 7AF2");
  assert.equal(config.cmps.temperature!.unit_of_meas, "°C");

  const availability = config.avty_t!;
  await home.next(availability, /^online$/);
  await node.publish("edgewire/v1/attic/status", { state: "offline" });
  await home.next(availability, /^offline$/);
  // Who comes later gets both.
  await using late = await Subscriber.open(mqttPort, node, CONFIG, availability);
  await late.next(CONFIG, /RuuviTag/);
  assert.deepEqual(late.on(availability), [`1 ${availability} offline`]);
  await node.publish("edgewire/v1/attic/radio", envelope(RUUVI_EVENT.replace("29B3", "29B4")));
  await late.next(availability, /^online$/);

  const announced = home.on(CONFIG).length;
  await node.publish("homeassistant/status", "online");
  await eventually("announced again", () => home.on(CONFIG).length > announced);

  const url = new URL(`/api/devices/${RUUVI_DEVICE}`, gateway.url);
  assert.equal((await fetch(url, { method: "DELETE" })).status, 204);
  await late.next(CONFIG, /^$/);
  await late.next(availability, /^$/);
  await using afterwards = await Subscriber.open(mqttPort, node, CONFIG, availability);
  assert.deepEqual(afterwards.process.lines.filter((line) => !line.includes("test/ready")), []);
});

test("Home Assistant can be an operator: it may leave its will and say that it is there", async () => {
  const token = "0123456789abcdef0123";
  const config = CONFIGURED +
    "homeAssistant: { discovery: true }\naccess: { openLoopback: false }\n" +
    `tokens: [{ name: home, role: operator, token: ${token} }, ` +
    `{ name: hall, role: node, token: x${token} }]\n`;
  await using gateway = await GatewayProcess.start({ config });
  const url = `mqtt://127.0.0.1:${gateway.mqttPort}`;
  const will = { topic: "homeassistant/status", payload: Buffer.from("offline"), qos: 0 as const };
  await using home = await MqttPeer.connect(url, {
    username: "home",
    password: token,
    will: { ...will, retain: true },
  });
  await home.subscribe("homeassistant/#");
  await home.publish("homeassistant/status", "online");
  await home.subscribe(`${READINGS}/#`);
  await using node = await MqttPeer.connect(url, { username: "hall", password: `x${token}` });
  await node.publish("edgewire/v1/hall/radio", envelope(RUUVI_EVENT));
  await home.message(({ topic }) => topic === CONFIG);
  await home.message(({ topic }) => topic === `${READINGS}/temperature`);
});

async function behind(
  broker: Mosquitto,
  clientId: string,
  ...args: string[]
): Promise<GatewayProcess> {
  const gateway = await GatewayProcess.start({
    args: ["--broker", broker.url, "--broker-client-id", clientId, ...args],
    config: CONFIGURED,
  });
  await gateway.process.waitForLine(/^broker: connected/);
  return gateway;
}

testWith([...TOOLS], "with --broker readings stay in, unless they are asked for", async () => {
  await using broker = await startMosquitto();
  await using node = await MqttPeer.connect(broker.url);
  await using other = await Subscriber.open(broker.port, node, "edgewire/v1/readings/#");
  {
    await using gateway = await behind(broker, "silent");
    await node.publish("edgewire/v1/attic/radio", envelope(RUUVI_EVENT));
    await eventually(
      "the device",
      async () => (await fetch(new URL(`/api/devices/${RUUVI_DEVICE}`, gateway.url))).ok,
    );
  }
  await using _gateway = await behind(broker, "talking", "--readings-publish", "on");
  await node.publish("edgewire/v1/attic/radio", envelope(BTHOME));
  await other.next("edgewire/v1/readings/5448E68F80A5/temperature");
  assert.deepEqual(other.process.lines.filter((line) => line.includes(RUUVI_DEVICE)), []);
});

testWith([...TOOLS], "of two gateways on one broker one speaks, and then the other", async () => {
  await using broker = await startMosquitto();
  await using node = await MqttPeer.connect(broker.url);
  const all = ["edgewire/v1/#", "homeassistant/#"];
  await using other = await Subscriber.open(broker.port, node, ...all);
  await using first = await behind(broker, "first", "--home-assistant-discovery");
  await using second = await behind(broker, "second", "--home-assistant-discovery");
  for (const gateway of [first, second]) {
    await gateway.process.waitForLine(/^gateways: .*first.* uploads, relays and announces/);
  }
  await node.publish("edgewire/v1/attic/radio", envelope(RUUVI_EVENT));
  const rssi = `${READINGS}/rssi`;
  await eventually("one repeats", () => other.on(rssi).length === 2);
  // What a loop would do, it does by now: each message is answered within milliseconds.
  await node.publish("edgewire/v1/attic/radio", envelope(BTHOME));
  await other.next("edgewire/v1/readings/5448E68F80A5/rssi");
  assert.equal(other.on(CONFIG).length, 1);
  assert.equal(other.on(`${READINGS}/temperature`).length, 2);
  for (const gateway of [first, second]) {
    const { nodes } = await gateway.json("/api/nodes") as { nodes: { name: string }[] };
    assert.deepEqual(nodes.map(({ name }) => name), ["attic"]);
    const { channels } = await gateway.json("/api/channels") as { channels: { name: string }[] };
    assert.deepEqual(
      channels.map(({ name }) => name).filter((name) => name !== "test").sort(),
      ["5448E68F80A5", RUUVI_DEVICE],
    );
  }
  // Whoever asks for Home Assistant is told when a gateway breaks off, and by the next one which it is.
  const states = () =>
    other.on(CONFIG).map((line) => {
      const { avty } = JSON.parse(line.slice(CONFIG.length + 3)) as DeviceConfig;
      return avty!.map(({ t }) => t).find((topic) => topic.includes("gateways"))!;
    });
  const [gone] = states();
  assert.match(gone!, /first/);
  await other.next(gone!, /^online$/);
  first.process.kill("SIGKILL");
  await other.next(gone!, /^offline$/);
  await eventually("the other announces", () => other.on(CONFIG).length === 2);
  assert.match(states()[1]!, /second/);
});

/**
 * Other people's bridge nodes as they are: messages of OpenMQTTGateway, Theengs Gateway, Ruuvi
 * Gateway and Zigbee2MQTT, published by `mosquitto_pub`, become updates with unit and node, and
 * controls that work.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { NodeInfo, NodesAnswer } from "../../gateway/nodes/answers.ts";
import type { Control, Update } from "../../gateway/sessions/messages.ts";
import { DEVICES, GROUPS, INFO, LAMP_STATE } from "../nodes/dialects/zigbee2mqtt_samples.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { TestProcess } from "../support/process.ts";
import { testWith } from "../support/tools.ts";
import { WsPeer } from "../support/ws_peer.ts";

/** A gateway that hears nodes, and a browser that watches. */
class Bench implements AsyncDisposable {
  readonly gateway: GatewayProcess;
  readonly browser: WsPeer;

  private constructor(gateway: GatewayProcess, browser: WsPeer) {
    this.gateway = gateway;
    this.browser = browser;
  }

  static async start(config?: string): Promise<Bench> {
    const gateway = await GatewayProcess.start(config === undefined ? {} : { config });
    return new Bench(gateway, await WsPeer.open(gateway.ws("/ws")));
  }

  /** Publishes as the facts do, and waits until the broker has it. */
  async publish(topic: string, payload: unknown, ...more: string[]) {
    const text = typeof payload === "string" ? payload : JSON.stringify(payload);
    const args = ["-h", "127.0.0.1", "-p", String(this.gateway.mqttPort), "-q", "1"]
      .concat(["-t", topic, "-m", text, ...more]);
    await using process = new TestProcess("mosquitto_pub", { args });
    assert.equal((await process.status).code, 0);
  }

  /** What a channel's topics say now, once it is there. */
  async values(channel: string): Promise<Map<string, Update>> {
    await eventually(`channel ${channel}`, async () => {
      const { channels } = await this.gateway.json("/api/channels") as {
        channels: { name: string }[];
      };
      return channels.some(({ name }) => name === channel);
    });
    this.browser.send({ type: "subscribe", channel });
    const { values } = await this.browser.next("snapshot", (one) => one.channel === channel);
    return new Map(values.map((value) => [value.topic, value]));
  }

  /** A node, once it is as asked. */
  node(name: string, accept: (node: NodeInfo) => boolean = () => true): Promise<NodeInfo> {
    return eventually(`node ${name}`, async () => {
      const { nodes } = await this.gateway.json("/api/nodes") as NodesAnswer;
      return nodes.find((node) => node.name === name && accept(node));
    });
  }

  async [Symbol.asyncDispose]() {
    await this.browser[Symbol.asyncDispose]();
    await this.gateway[Symbol.asyncDispose]();
  }
}

function check(
  values: Map<string, Update>,
  device: string,
  name: string,
  expected: { value: unknown; unit?: string; node: string },
) {
  const topic = `edgewire/v1/readings/${device}/${name}`;
  const update = values.get(topic);
  assert.ok(update !== undefined, `${topic} is missing: ${[...values.keys()].join(", ")}`);
  const { value, unit, node } = update;
  assert.deepEqual({ value, unit, node }, { unit: undefined, ...expected }, topic);
}

testWith(["mosquitto_pub"], "OpenMQTTGateway and Theengs Gateway", async (t) => {
  await using bench = await Bench.start();
  const node = "OpenMQTTGateway";

  await t.step("decoded values, text that is a number among them", async () => {
    await bench.publish("home/OpenMQTTGateway/BTtoMQTT/A4C1388D18B2", {
      ...{ id: "A4:C1:38:8D:18:B2", rssi: -67, brand: "Xiaomi", model: "LYWSD03MMC" },
      ...{ tempc: 21.42, tempf: 70.556, hum: "48.3", batt: 87 },
    });
    const values = await bench.values("A4C1388D18B2");
    check(values, "A4C1388D18B2", "temperature", { value: 21.42, unit: "°C", node });
    check(values, "A4C1388D18B2", "humidity", { value: 48.3, unit: "%", node });
    check(values, "A4C1388D18B2", "battery", { value: 87, unit: "%", node });
  });

  await t.step("what it could not decode is decoded here", async () => {
    await bench.publish("home/OpenMQTTGateway/BTtoMQTT/undecoded", {
      ...{ id: "54:48:e6:8f:80:a5", rssi: -70 },
      ...{ servicedatauuid: "0xfcd2", servicedata: "4002ca0903bf13" },
    });
    const values = await bench.values("5448E68F80A5");
    check(values, "5448E68F80A5", "temperature", { value: 25.06, unit: "°C", node });
    check(values, "5448E68F80A5", "humidity", { value: 50.55, unit: "%", node });
  });

  await t.step("Theengs Gateway", async () => {
    await bench.publish("home/TheengsGateway/BTtoMQTT/F35285010203", {
      ...{ name: "F35285", id: "F3:52:85:01:02:03", rssi: -82, model_id: "BM_V23" },
      ...{ tempc: 24.1, tempf: 75.38, hum: 104.7, dp: 24.8, volt: 2.56 },
    });
    const values = await bench.values("F35285010203");
    const theengs = "TheengsGateway";
    check(values, "F35285010203", "dew_point", { value: 24.8, unit: "°C", node: theengs });
    assert.equal((await bench.node(theengs)).dialect, "theengs");
  });

  await t.step("whether it is there, and what it says of itself", async () => {
    await bench.publish("home/OpenMQTTGateway/LWT", "online", "-r");
    await bench.publish("home/OpenMQTTGateway/SYStoMQTT", {
      ...{ uptime: 60405, version: "v1.6.0", freemem: 115572, modules: ["BT"] },
      ...{ SSID: "hidden", BSSID: "hidden", mqtt_pass: "hidden" },
    });
    const info = await bench.node(node, ({ version }) => version !== undefined);
    assert.deepEqual([info.dialect, info.state, info.version], [
      "openmqttgateway",
      "online",
      "v1.6.0",
    ]);
    assert.equal(info.details?.freemem, 115572);
    assert.doesNotMatch(JSON.stringify(info), /hidden/);
    await bench.publish("home/OpenMQTTGateway/LWT", "offline", "-r");
    await bench.node(node, ({ state }) => state === "lost");
  });

  await t.step("settings and raw messages are no channels", async () => {
    await bench.publish("home/OpenMQTTGateway/commands/MQTTtoSYS/config", { wifi_pass: "hidden" });
    await bench.publish("devices/last/value", 1);
    await bench.values("last");
    const { channels } = await bench.gateway.json("/api/channels") as {
      channels: { name: string }[];
    };
    assert.ok(!channels.some(({ name }) => name === "home"), JSON.stringify(channels));
  });
});

testWith(["mosquitto_pub"], "Ruuvi Gateway", async () => {
  await using bench = await Bench.start();
  const node = "C8:25:2D:8E:9C:2C";
  await bench.publish(`ruuvi/${node}/CB:B8:33:4C:88:4F`, {
    ...{ gw_mac: node, rssi: -26, aoa: [], gwts: "1653668027", ts: "1653668027", coords: "" },
    data: "0201061BFF99040512FC5394C37C0004FFFC040CAC364200CDCBB8334C884F",
  });
  const values = await bench.values("CBB8334C884F");
  check(values, "CBB8334C884F", "temperature", { value: 24.3, unit: "°C", node });
  check(values, "CBB8334C884F", "pressure", { value: 1000.44, unit: "hPa", node });
  assert.equal((await bench.node(node)).dialect, "ruuvi");
});

testWith(["mosquitto_pub"], "Zigbee2MQTT", async (t) => {
  await using bench = await Bench.start();
  const { browser } = bench;
  const node = "zigbee2mqtt";
  await using bridge = await MqttPeer.connect(`mqtt://127.0.0.1:${bench.gateway.mqttPort}`);
  await bridge.subscribe("zigbee2mqtt/+/set");

  await t.step("a light's properties, with units and controls", async () => {
    await bench.publish("zigbee2mqtt/bridge/state", { state: "online" }, "-r");
    await bench.publish("zigbee2mqtt/bridge/info", INFO, "-r");
    await bench.publish("zigbee2mqtt/bridge/devices", DEVICES, "-r");
    await bench.publish("zigbee2mqtt/bridge/groups", GROUPS, "-r");
    await bench.publish("zigbee2mqtt/lamp", LAMP_STATE, "-r");
    const values = await bench.values("lamp");
    const brightness = values.get("zigbee2mqtt/lamp/brightness");
    assert.deepEqual([brightness?.value, brightness?.node], [127, node]);
    assert.equal(values.get("zigbee2mqtt/lamp/state")?.value, "ON");
    assert.equal(values.get("zigbee2mqtt/lamp/color_temp")?.unit, "mired");
    assert.deepEqual(values.get("zigbee2mqtt/lamp/color")?.value, LAMP_STATE.color);

    const isDescribed = (topic: string) =>
      browser.messages.findLast((one) =>
        one.type === "describe" && one.channel === "lamp" &&
        one.topics.some((described) => described.topic === topic)
      );
    const described = await eventually(
      "controls of the lamp",
      () => isDescribed("zigbee2mqtt/lamp/brightness"),
    );
    assert.ok(described.type === "describe");
    const controls = new Map(described.topics.map(({ topic, control }) => [topic, control]));
    const expected: [string, Control | undefined][] = [
      ["state", { type: "switch", on: "ON", off: "OFF" }],
      ["brightness", { type: "number", min: 0, max: 254 }],
      ["color_temp", { type: "number", min: 250, max: 454 }],
      // Never told, so no command would be answered.
      ["effect", undefined],
      ["linkquality", undefined],
    ];
    for (const [name, control] of expected) {
      assert.deepEqual(controls.get(`zigbee2mqtt/lamp/${name}`), control, name);
    }
  });

  await t.step("a command goes out as JSON, and is observed in the state", async () => {
    const command = { channel: "lamp", topic: "zigbee2mqtt/lamp/brightness", value: 200 };
    browser.send({ type: "command", id: "c1", ...command });
    const { text } = await eventually(
      "the command",
      () => bridge.received.find(({ topic }) => topic === "zigbee2mqtt/lamp/set"),
    );
    assert.deepEqual(JSON.parse(text), { brightness: 200 });
    await browser.next("ack", ({ id, stage }) => id === "c1" && stage === "delivered");
    await bridge.publish("zigbee2mqtt/lamp", { ...LAMP_STATE, brightness: 200 });
    const data = await browser.next(
      "data",
      ({ topic, value }) => topic === "zigbee2mqtt/lamp/brightness" && value === 200,
    );
    assert.equal(data.node, node);
    await browser.next("ack", ({ id, stage }) => id === "c1" && stage === "observed");
  });

  await t.step("bare values on the property's own topic (output: attribute)", async () => {
    await bench.publish("zigbee2mqtt/lamp/state", "OFF");
    const data = await browser.next(
      "data",
      ({ topic, value }) => topic === "zigbee2mqtt/lamp/state" && value === "OFF",
    );
    assert.deepEqual([data.channel, data.node], ["lamp", node]);
  });

  await t.step("names with a slash, groups", async () => {
    await bench.publish("zigbee2mqtt/living room/plug", { power: 12.5, state_l1: "ON" });
    const plug = await bench.values("living room/plug");
    const power = plug.get("zigbee2mqtt/living room/plug/power");
    assert.deepEqual([power?.value, power?.unit], [12.5, "W"]);
    await bench.publish("zigbee2mqtt/all lamps", { state: "OFF" });
    const group = await bench.values("all lamps");
    assert.equal(group.get("zigbee2mqtt/all lamps/state")?.value, "OFF");
  });

  await t.step("the bridge is a node; its settings are nobody's channel", async () => {
    const info = await bench.node(node, ({ version }) => version === "1.40.1");
    assert.deepEqual([info.dialect, info.state], ["zigbee2mqtt", "online"]);
    assert.doesNotMatch(JSON.stringify(info), /hidden/);
    await bench.publish("zigbee2mqtt/bridge/state", "offline", "-r");
    await bench.node(node, ({ state }) => state === "lost");
    const { channels } = await bench.gateway.json("/api/channels") as {
      channels: { name: string }[];
    };
    assert.ok(!channels.some(({ name }) => name === "zigbee2mqtt"), JSON.stringify(channels));
  });
});

/**
 * Nodes of other dialects among our own: whose names and channels are whose, what stays hidden, and
 * when what they decoded is news.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { IncomingMessage } from "../../../gateway/broker/broker.ts";
import { isSettings } from "../../../gateway/access/policy.ts";
import type { Nodes } from "../../../gateway/nodes/nodes.ts";
import { loadRadioIntake } from "../../../gateway/nodes/radio/radio_loader.ts";
import { Commands } from "../../../gateway/rooms/commands.ts";
import { Rooms } from "../../../gateway/rooms/rooms.ts";
import { noTaps } from "../../../gateway/taps.ts";
import { Rules } from "../../../gateway/rooms/rules.ts";
import type { Command } from "../../../gateway/sessions/messages.ts";
import { config } from "../../sessions/fake_client.ts";
import { hearingNodes } from "../hearing_nodes.ts";
import { advertisingReport, RadioSource } from "../../support/radio.ts";

// As the broker waits for it before it hands on the first frames.
await loadRadioIntake();

const SENDER = "5448E68F80A5";
const SENDER_TEXT = "54:48:E6:8F:80:A5";
/** 25.06 °C as BTHome, and as advertising data. */
const DATA = "0716d2fc4002ca09";

/** Rooms and nodes, and what they said. */
class Scene implements Disposable {
  readonly rules = new Rules([], []);
  readonly rooms: Rooms;
  readonly nodes: Nodes;
  readonly forgotten: string[] = [];

  constructor(more: object = {}) {
    const settings = { ...config(), ...more };
    this.rooms = new Rooms(settings, this.rules, () => {}, noTaps);
    const onForget = (name: string) => void this.forgotten.push(name);
    this.nodes = hearingNodes(this.rooms, { config: settings, onForget });
  }

  publish(topic: string, payload: unknown, more: Partial<IncomingMessage> = {}) {
    const text = typeof payload === "string" ? payload : JSON.stringify(payload);
    const bytes = payload instanceof Uint8Array ? payload : new TextEncoder().encode(text);
    const message = { topic, payload: bytes, qos: 1, replayed: false, own: false } as const;
    this.rooms.take({ ...message, ...more });
  }

  /** A node of ours hears the sender. */
  hear(source: RadioSource) {
    this.publish(source.topic, source.events(advertisingReport(SENDER, DATA)));
  }

  /** Devices of a Zigbee2MQTT, each with a switch. */
  list(base: string, names: string[], property = "state") {
    const switches = { type: "binary", property, access: 7, value_on: "ON", value_off: "OFF" };
    const definition = { vendor: "V", model: base, exposes: [switches] };
    const device = { ieee_address: "0x1", type: "Router", definition };
    const devices = names.map((friendly_name) => ({ ...device, friendly_name }));
    this.publish(`${base}/bridge/devices`, devices);
  }

  /** Everything that anybody who may watch gets to see. */
  get shown(): string {
    const rooms = [...this.rooms.all()].map(({ name }) => [
      this.history(name),
      this.rooms.descriptions(name),
    ]);
    return JSON.stringify([rooms, this.nodes.answer()]);
  }

  get channels(): string[] {
    return [...this.rooms.all()].map(({ name }) => name).sort();
  }

  get devices(): string[] {
    return this.nodes.answer().devices.map(({ name }) => name).sort();
  }

  history(channel: string): Record<string, unknown>[] {
    const room = this.rooms.get(channel);
    return room === undefined
      ? []
      : [...room.history.after(0)].map((entry) => JSON.parse(room.encode(entry)));
  }

  topics(channel: string): unknown[] {
    return [...new Set(this.history(channel).map(({ topic }) => topic))];
  }

  values(device: string, name: string): unknown[] {
    return this.history(device)
      .filter(({ topic }) => topic === `edgewire/v1/readings/${device}/${name}`)
      .map(({ value }) => value);
  }

  node(name: string) {
    return this.nodes.answer().nodes.find((node) => node.name === name);
  }

  device(name: string) {
    return this.nodes.answer().devices.find((device) => device.name === name);
  }

  /** Commands a topic; what was published, and the stages. */
  async command(channel: string, topic: string, value: unknown): Promise<string[]> {
    const said: string[] = [];
    const commands = new Commands({
      timeoutMs: 60_000,
      route: (one) => this.rules.route(one),
      obstacle: () => null,
      publish: (to, payload) => {
        said.push(`${to} ${new TextDecoder().decode(payload)}`);
        return Promise.resolve();
      },
    });
    const command = { type: "command", id: "1", channel, topic, value } as Command;
    const delivered = Promise.withResolvers<void>();
    commands.submit("me", command, ({ stage, reason }) => {
      said.push(reason === undefined ? stage : `${stage}: ${reason}`);
      if (stage === "delivered" || stage === "failed") delivered.resolve();
    });
    await delivered.promise;
    const told = [...said];
    commands.close();
    return told;
  }

  [Symbol.dispose]() {
    this.nodes.close();
    this.rooms.close();
  }
}

const SECRET = { cmd: "wifi", wifi_ssid: "x", wifi_pass: "hidden", network_key: [1, 2, 3] };

const SECRET_TOPICS = [
  "home/OpenMQTTGateway/commands/MQTTtoSYS/config",
  "home/OpenMQTTGateway/commands/MQTTtoBT/config",
  "home/OpenMQTTGateway/SYStoMQTT",
  "home/lamp/MQTTtoSYS",
  "home/bridge/info",
  "home/bridge/request/backup",
  "zigbee2mqtt/bridge/info",
  "zigbee2mqtt/bridge/response/backup",
  "zigbee2mqtt/bridge/config/devices",
];

Deno.test("settings are shown to nobody, whatever base a Zigbee2MQTT is said to have", () => {
  const configured = [["home"], ["zigbee2mqtt/bridge", "home/bridge"], ["zigbee2mqtt", "home"]];
  for (const base of [...configured, []]) {
    using scene = new Scene({ zigbee2mqtt: { base } });
    for (const learned of ["home", "zigbee2mqtt/bridge", "home/OpenMQTTGateway/commands"]) {
      const names = ["lamp", "MQTTtoSYS", "OpenMQTTGateway", "info", "bridge", "config"];
      scene.list(learned, names, "wifi_pass");
    }
    for (const topic of SECRET_TOPICS) {
      scene.publish(topic, SECRET);
      scene.publish(topic, SECRET, { replayed: true });
      scene.publish(`${topic}/wifi_pass`, "hidden");
    }
    assert.doesNotMatch(scene.shown, /hidden|network_key/, base.join());
    for (const { name, topics } of scene.rooms.all()) {
      const described = scene.rooms.descriptions(name).map(({ topic }) => topic);
      assert.deepEqual([...topics.keys(), ...described].filter(isSettings), [], base.join());
    }
  }
});

Deno.test("no control publishes settings, though a list of devices says so", async () => {
  using scene = new Scene({ zigbee2mqtt: { base: ["home/gw/commands", "home"] } });
  scene.list("home/gw/commands", ["MQTTtoBT"], "x");
  scene.list("home", ["gw/commands/MQTTtoSYS", "gw/bridge/request"], "x");
  const said = await scene.command("MQTTtoBT", "home/gw/commands/MQTTtoBT/x", "boo");
  assert.deepEqual(said, ["failed: the topic is not of this channel"]);
  for (const name of ["gw/commands/MQTTtoSYS", "gw/bridge/request"]) {
    assert.deepEqual(await scene.command(name, `home/${name}/x`, "boo"), [
      "failed: the topic is not of this channel",
    ]);
    assert.equal(scene.rules.isCommand(`home/${name}/set`), false);
  }
});

Deno.test("a property called base64 takes its value as JSON, like every other", async () => {
  using scene = new Scene();
  scene.list("zigbee2mqtt", ["lamp"], "base64");
  assert.deepEqual(await scene.command("lamp", "zigbee2mqtt/lamp/base64", "aGVsbG8="), [
    "accepted",
    'zigbee2mqtt/lamp/set {"base64":"aGVsbG8="}',
    "delivered",
  ]);
});

Deno.test("what a node may publish below devices/ speaks for no other node", () => {
  using scene = new Scene();
  scene.publish("edgewire/v1/attic/status", { state: "online", boot: 1 });
  scene.hear(new RadioSource("attic"));
  const advertised = { servicedatauuid: "0xfcd2", servicedata: "4002d007" };
  for (const first of ["devices", "edgewire", "homeassistant"]) {
    scene.publish(`${first}/evil/attic/BTtoMQTT/${SENDER}`, { id: SENDER_TEXT, ...advertised });
    scene.publish(`${first}/evil/attic/SYStoMQTT`, { version: "evil" });
    scene.publish(`${first}/evil/attic/LWT`, "offline");
    scene.publish(`${first}/evil/OpenMQTTGateway/LWT`, "offline");
    scene.publish(`${first}/evil/${SENDER}/${SENDER}`, { rssi: -1, data: "0816d2fc4002d107" });
  }
  assert.deepEqual(scene.nodes.answer().nodes.map(({ name }) => name), ["attic"]);
  const { state, version, frames } = scene.node("attic")!;
  assert.deepEqual([state, version, frames], ["online", undefined, 1]);
  assert.deepEqual(scene.values(SENDER, "temperature"), [25.06]);
  assert.deepEqual(scene.device(SENDER)?.receivers.map(({ node }) => node), ["attic"]);
});

Deno.test("a node of another dialect never speaks for one that has its name already", () => {
  using scene = new Scene();
  scene.publish("edgewire/v1/attic/status", { state: "online", boot: 1, version: "1.0" });
  scene.publish("home/attic/LWT", "offline");
  scene.publish("home/attic/SYStoMQTT", { version: "2.0", uptime: 5 });
  const { version, state, details } = scene.node("attic")!;
  assert.deepEqual([version, state, details], ["1.0", "online", undefined]);
  assert.deepEqual([scene.node("home/attic")?.dialect, scene.node("home/attic")?.version], [
    "openmqttgateway",
    "2.0",
  ]);
  assert.equal(scene.nodes.obstacle("attic"), null);

  // Nor for one of its own dialect somewhere else.
  scene.publish("home/OMG/LWT", "online");
  scene.publish("lab/OMG/LWT", "offline");
  assert.equal(scene.node("OMG")?.state, "online");
  assert.equal(scene.node("lab/OMG")?.state, "lost");
});

Deno.test("our own node has its name, though another was there first", () => {
  using scene = new Scene();
  scene.publish("home/attic/SYStoMQTT", { version: "2.0" });
  assert.equal(scene.node("attic")?.dialect, "openmqttgateway");
  scene.publish("edgewire/v1/attic/status", "");
  assert.equal(scene.node("attic")?.dialect, "openmqttgateway", "it is not ours to remove");
  scene.publish("edgewire/v1/attic/status", { state: "online", version: "1.0" });
  for (let i = 0; i < 3; i++) scene.publish("home/attic/SYStoMQTT", { version: `2.${i}` });
  const nodes = scene.nodes.answer().nodes;
  assert.deepEqual(nodes.map(({ name, dialect, version }) => [name, dialect, version]), [
    ["attic", "edgewire", "1.0"],
    ["home/attic", "openmqttgateway", "2.2"],
  ]);
});

Deno.test("commands for a device go out whatever a node of another dialect says of its name", () => {
  using scene = new Scene();
  scene.publish("home/lamp/LWT", "offline");
  assert.equal(scene.node("lamp")?.state, "lost");
  assert.equal(scene.nodes.obstacle("lamp"), null);
  scene.publish("edgewire/v1/valve/status", { state: "offline" });
  assert.match(scene.nodes.obstacle("valve") ?? "", /^node offline: valve/);
});

Deno.test("what becomes of a node is no event of a device that has its name", () => {
  using scene = new Scene();
  scene.publish("devices/desk/lamp", "1");
  for (const name of ["desk", "OMG"]) {
    scene.publish(`home/${name}/LWT`, "online");
    scene.publish(`home/${name}/BTtoMQTT/${SENDER}`, thermometer(1, 20));
    scene.publish(`home/${name}/LWT`, "offline");
    assert.equal(scene.node(name)?.state, "lost");
  }
  assert.deepEqual(scene.history("desk").map(({ topic }) => topic), ["devices/desk/lamp"]);
  assert.deepEqual(scene.history("OMG").map(({ kind }) => kind), ["lost"]);
});

Deno.test("a node that says goodbye is told from one whose last will the broker publishes", () => {
  using scene = new Scene();
  for (const [name, will] of [["OMG", true], ["OMG_2", false]] as const) {
    scene.publish(`home/${name}/LWT`, "online", { client: name });
    scene.publish(`home/${name}/LWT`, "offline", { client: name, will });
  }
  assert.equal(scene.node("OMG")?.state, "online", "it may come back at once");
  assert.equal(scene.node("OMG_2")?.reason, "said goodbye");
});

Deno.test("a Zigbee device's name is its channel; where that is another's, its path is", () => {
  using scene = new Scene({ devices: [{ address: SENDER_TEXT, name: "fridge" }] });
  scene.publish("devices/door/lock", "1");
  scene.publish("edgewire/v1/attic/status", { state: "online" });
  const others = ["fridge", "door", "attic", "A4C1388D18B2"];
  scene.list("lab/evil", ["lamp", ...others]);
  for (const name of ["lamp", ...others]) scene.publish(`lab/evil/${name}`, { state: "ON" });
  scene.hear(new RadioSource("attic"));
  assert.deepEqual(scene.topics("lamp"), ["lab/evil/lamp/state"]);
  for (const name of others) {
    const path = `lab/evil/${name}`;
    assert.deepEqual(scene.topics(path), [`${path}/state`]);
    assert.ok(!JSON.stringify(scene.history(name)).includes("evil"), name);
    assert.deepEqual(scene.rooms.descriptions(name).filter(({ control }) => control), [], name);
    assert.equal(scene.rooms.descriptions(path)[0]?.control?.type, "switch");
    assert.equal(scene.rules.route(`${path}/state`).device, path);
  }
  assert.deepEqual(scene.values("fridge", "temperature"), [25.06]);
});

Deno.test("a device of an OpenMQTTGateway that has only a name stays out of others' channels", () => {
  using scene = new Scene();
  scene.publish("devices/desk/lamp", "1");
  scene.publish("home/OMG/BTtoMQTT/undecoded", { id: "desk", tempc: 1 });
  scene.publish("home/OMG/BTtoMQTT/undecoded", { id: "tag", tempc: 2 });
  assert.deepEqual(scene.topics("desk"), ["devices/desk/lamp"]);
  assert.deepEqual(scene.values("desk (openmqttgateway)", "temperature"), [1]);
  assert.deepEqual(scene.values("tag", "temperature"), [2]);
});

Deno.test("two networks with the same name: what one says of its device is not said of the other", () => {
  using scene = new Scene({ zigbee2mqtt: { base: ["z1", "z2"] } });
  for (const base of ["z1", "z2"]) {
    scene.list(base, ["lamp"]);
    scene.publish(`${base}/lamp`, { state: base });
  }
  assert.deepEqual(scene.devices, ["lamp", "z2/lamp"]);
  assert.deepEqual(scene.topics("lamp"), ["z1/lamp/state"]);
  scene.publish("z2/lamp/availability", "offline");
  assert.deepEqual([scene.device("lamp")?.state, scene.device("z2/lamp")?.state], [
    "online",
    "lost",
  ]);
  scene.list("z1", []);
  assert.deepEqual([scene.devices, scene.forgotten], [["z2/lamp"], ["lamp"]]);
  // The name was its own before: it comes back to its channel.
  scene.list("z1", ["lamp"]);
  scene.publish("z1/lamp", { state: "back" });
  assert.deepEqual(scene.history("lamp").at(-1)?.value, "back");
});

Deno.test("a Zigbee device that has a sensor's name neither loses nor removes the sensor", () => {
  using scene = new Scene({ devices: [{ address: SENDER_TEXT, name: "lamp" }] });
  scene.hear(new RadioSource("attic"));
  scene.list("zigbee2mqtt", ["lamp"]);
  scene.publish("zigbee2mqtt/lamp", { state: "ON" });
  scene.publish("zigbee2mqtt/lamp/availability", "offline");
  assert.equal(scene.device("lamp")?.state, "online");
  assert.equal(scene.device("zigbee2mqtt/lamp")?.state, "lost");
  scene.list("zigbee2mqtt", []);
  assert.deepEqual(scene.devices, ["lamp"]);
  assert.deepEqual(scene.forgotten, ["zigbee2mqtt/lamp"]);
});

Deno.test("availability makes no devices; that of a listed one comes whenever it comes", () => {
  using scene = new Scene();
  for (let i = 0; i < 100; i++) scene.publish(`zigbee2mqtt/x${i}/availability`, "online");
  assert.equal(scene.nodes.monitor.findDevice("x1"), undefined);
  assert.deepEqual(scene.devices, []);
  scene.publish("zigbee2mqtt/lamp/availability", "offline", { replayed: true });
  scene.list("zigbee2mqtt", ["lamp"]);
  assert.deepEqual([scene.device("lamp")?.state, scene.device("lamp")?.reason], ["lost", "silent"]);
});

Deno.test("a device that was forgotten comes back with its properties", () => {
  using scene = new Scene();
  scene.list("zigbee2mqtt", ["lamp"]);
  scene.publish("zigbee2mqtt/lamp", { state: "ON" });
  assert.equal(scene.nodes.forget("lamp"), true);
  scene.publish("zigbee2mqtt/lamp", { state: "OFF" });
  assert.deepEqual(scene.devices, ["lamp"]);
  assert.equal(scene.history("lamp").at(-1)?.value, "OFF");
  assert.equal(scene.rooms.descriptions("lamp")[0]?.control?.type, "switch");
});

/** A thermometer as two gateways decoded it, whose programs differ. */
function thermometer(packet: number, tempc: number, more: object = {}) {
  return { id: SENDER_TEXT, model_id: "LYWSD03MMC", tempc, packet, ...more };
}

Deno.test("what several gateways decoded of one packet is one update, by the packet's number", () => {
  using scene = new Scene();
  const say = (gateway: string, message: object) =>
    scene.publish(`home/${gateway}/BTtoMQTT/${SENDER}`, message);
  say("OMG_1", thermometer(254, 21.5, { rssi: -60 }));
  say("OMG_2", thermometer(254, 21.5, { rssi: -70, encr: 1, more: 5 }));
  say("TheengsGateway", thermometer(254, 21.5, { rssi: -80, other: 1 }));
  assert.deepEqual(scene.values(SENDER, "temperature"), [21.5]);
  say("OMG_1", thermometer(255, 22));
  say("OMG_1", thermometer(0, 23));
  say("OMG_2", thermometer(255, 22, { late: 1 }));
  assert.deepEqual(scene.values(SENDER, "temperature"), [21.5, 22, 23]);
  const receivers = scene.device(SENDER)!.receivers;
  assert.deepEqual(receivers.map(({ node, rssi }) => [node, rssi]), [
    ["OMG_1", -60],
    ["OMG_2", -70],
    ["TheengsGateway", -80],
  ]);
});

Deno.test("a gateway's time counts where it can be true", () => {
  using scene = new Scene();
  const seen = (name: string, time: unknown) => {
    const started = Date.now();
    scene.publish(`home/${name}/BTtoMQTT/${SENDER}`, thermometer(1, 20, { unixtime: time }));
    const { lastSeen } = scene.device(SENDER)!.receivers.find(({ node }) => node === name)!;
    return (lastSeen - started) / 1000;
  };
  const near = (value: number, expected: number, text: string) =>
    assert.ok(Math.abs(value - expected) < 0.5, `${text}: ${value}`);
  const time = Math.floor(Date.now() / 1000) * 1000 - 20_000 + 1;
  near(seen("ms", time), (time - Date.now()) / 1000, "20 s ago, in milliseconds");
  near(seen("s", (time - 1) / 1000), (time + 999 - Date.now()) / 1000, "within that second");
  near(seen("now", Math.floor(Date.now() / 1000)), 0, "within this second");
  near(seen("old", time - 100_000), 0, "too old");
  near(seen("future", time + 100_000), 0, "not yet");
  near(seen("none", undefined), 0, "none");
});

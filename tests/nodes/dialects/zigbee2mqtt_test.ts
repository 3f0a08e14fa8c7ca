/**
 * Zigbee2MQTT's messages: devices described by `exposes`, their states, who is there.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { PropertyTopic } from "../../../gateway/nodes/dialects/dialect.ts";
import { zigbee2Mqtt } from "../../../gateway/nodes/dialects/zigbee2mqtt.ts";
import { mistreat, type Payload, tell, told } from "./recording_sink.ts";
import {
  device,
  DEVICES,
  GROUPS,
  INFO,
  LAMP_STATE,
  LIGHT_EXPOSES,
  STATE,
} from "./zigbee2mqtt_samples.ts";

const LIST = "zigbee2mqtt/bridge/devices";

/** One that knows the devices. */
function listening() {
  const dialect = zigbee2Mqtt(["zigbee2mqtt"]);
  const descriptions = told(dialect, LIST, DEVICES).of("describe");
  const topics = new Map(descriptions.map(({ topic }) => [topic.topic, topic]));
  return { dialect, topics };
}

const named = (name: string) => ({ device: { path: `zigbee2mqtt/${name}`, name } });

const settable = (name: string, member: string) => ({
  ...named(name),
  command: { topic: `zigbee2mqtt/${name}/set`, member },
});

Deno.test("exposes become units and controls", () => {
  const { topics } = listening();
  const expected: PropertyTopic[] = [
    {
      topic: "zigbee2mqtt/lamp/state",
      ...settable("lamp", "state"),
      control: { type: "switch", on: "ON", off: "OFF" },
    },
    {
      topic: "zigbee2mqtt/lamp/brightness",
      ...settable("lamp", "brightness"),
      control: { type: "number", min: 0, max: 254 },
    },
    {
      topic: "zigbee2mqtt/lamp/color_temp",
      ...settable("lamp", "color_temp"),
      unit: "mired",
      control: { type: "number", min: 250, max: 454 },
    },
    { topic: "zigbee2mqtt/lamp/color", ...settable("lamp", "color") },
    {
      topic: "zigbee2mqtt/lamp/effect",
      ...settable("lamp", "effect"),
    },
    {
      topic: "zigbee2mqtt/lamp/identify",
      ...settable("lamp", "identify"),
    },
    { topic: "zigbee2mqtt/lamp/linkquality", ...named("lamp"), unit: "lqi" },
    {
      topic: "zigbee2mqtt/living room/plug/state_l2",
      ...settable("living room/plug", "state_l2"),
      control: { type: "switch", on: "ON", off: "OFF" },
    },
    {
      topic: "zigbee2mqtt/living room/plug/power",
      ...named("living room/plug"),
      unit: "W",
    },
    {
      topic: "zigbee2mqtt/living room/plug/countdown",
      ...settable("living room/plug", "countdown"),
      unit: "s",
      control: { type: "number", min: 0, max: 43200, step: 1 },
    },
    {
      topic: "zigbee2mqtt/living room/plug/child_lock",
      ...settable("living room/plug", "child_lock"),
      control: { type: "switch", on: true, off: false },
    },
    {
      topic: "zigbee2mqtt/living room/plug/label",
      ...settable("living room/plug", "label"),
      control: { type: "text" },
    },
    {
      topic: "zigbee2mqtt/bath/thermostat/occupied_heating_setpoint",
      ...settable("bath/thermostat", "occupied_heating_setpoint"),
      unit: "°C",
      control: { type: "number", min: 5, max: 30, step: 0.5 },
    },
    {
      topic: "zigbee2mqtt/bath/thermostat/local_temperature",
      ...named("bath/thermostat"),
      unit: "°C",
    },
    {
      topic: "zigbee2mqtt/bath/thermostat/system_mode",
      ...settable("bath/thermostat", "system_mode"),
      control: { type: "choice", choices: ["off", "heat", "auto"] },
    },
    {
      topic: "zigbee2mqtt/bath/thermostat/schedule",
      ...settable("bath/thermostat", "schedule"),
    },
    {
      topic: "zigbee2mqtt/blind/state",
      ...settable("blind", "state"),
      control: { type: "choice", choices: ["OPEN", "CLOSE", "STOP"] },
    },
    {
      topic: "zigbee2mqtt/blind/position",
      ...settable("blind", "position"),
      unit: "%",
      control: { type: "number", min: 0, max: 100 },
    },
    {
      topic: "zigbee2mqtt/door lock/state",
      ...settable("door lock", "state"),
      control: { type: "switch", on: "LOCK", off: "UNLOCK" },
    },
    { topic: "zigbee2mqtt/door lock/lock_state", ...named("door lock") },
    {
      topic: "zigbee2mqtt/fan/fan_mode",
      ...settable("fan", "fan_mode"),
      control: { type: "choice", choices: ["low", "medium", "high"] },
    },
    { topic: "zigbee2mqtt/button/action", ...named("button") },
  ];
  for (const topic of expected) assert.deepEqual(topics.get(topic.topic), topic, topic.topic);
  const names = new Set([...topics.values()].map(({ device }) => device.name));
  assert.ok(!names.has("Coordinator") && !names.has("stranger"));
});

Deno.test("each member of a state is a property of its own, described or not", () => {
  const { dialect, topics } = listening();
  const said = told(dialect, "zigbee2mqtt/lamp", LAMP_STATE);
  assert.deepEqual(
    said.of("property").map(({ topic, json }) => [topic.topic, json]),
    Object.entries(LAMP_STATE).map(([member, value]) => [
      `zigbee2mqtt/lamp/${member}`,
      JSON.stringify(value),
    ]),
  );
  const [brightness] = said.of("property");
  assert.equal(brightness!.node, "zigbee2mqtt");
  assert.equal(brightness!.topic, topics.get("zigbee2mqtt/lamp/brightness"));
  const again = told(dialect, "zigbee2mqtt/lamp", LAMP_STATE).of("property");
  again.forEach((property, i) => assert.equal(property.topic, said.of("property")[i]!.topic));
});

Deno.test("states before the list of devices, and of groups", () => {
  const dialect = zigbee2Mqtt(["zigbee2mqtt"]);
  const early = told(dialect, "zigbee2mqtt/living room/plug", { power: 12.5 }).only("property");
  assert.deepEqual([early.topic.device.name, early.json], ["living room/plug", "12.5"]);
  told(dialect, LIST, DEVICES);
  const late = told(dialect, "zigbee2mqtt/living room/plug", { power: 13 }).only("property");
  assert.equal(late.topic.unit, "W");
  told(dialect, "zigbee2mqtt/bridge/groups", GROUPS);
  const group = told(dialect, "zigbee2mqtt/all lamps", { state: "OFF" }).only("property");
  assert.deepEqual([group.topic.topic, group.topic.device.name], [
    "zigbee2mqtt/all lamps/state",
    "all lamps",
  ]);
});

Deno.test("output: attribute, bare values on the property's own topic", () => {
  const { dialect, topics } = listening();
  const cases: [topic: string, payload: string, json: string][] = [
    ["zigbee2mqtt/lamp/state", "ON", '"ON"'],
    ["zigbee2mqtt/lamp/brightness", "127", "127"],
    ["zigbee2mqtt/living room/plug/child_lock", "true", "true"],
    ["zigbee2mqtt/lamp/color-x", "0.46", "0.46"],
    ["zigbee2mqtt/lamp/color", "12,13,14", '"12,13,14"'],
    ["zigbee2mqtt/button/action", "", "null"],
  ];
  for (const [topic, payload, json] of cases) {
    const said = told(dialect, topic, payload).only("property");
    assert.deepEqual([said.topic.topic, said.json], [topic, json]);
    if (topics.has(topic)) assert.equal(said.topic, topics.get(topic));
  }
  const unlisted = told(zigbee2Mqtt(), "zigbee2mqtt/some/lamp/state", "OFF").only("property");
  assert.deepEqual([unlisted.topic.device.name, unlisted.json], ["some/lamp", '"OFF"']);
});

Deno.test("availability, as JSON and as text", () => {
  const { dialect } = listening();
  for (const name of ["lamp", "living room/plug", "all lamps"]) {
    for (const state of ["online", "offline"]) {
      for (const payload of [{ state }, state]) {
        const topic = `zigbee2mqtt/${name}/availability`;
        assert.deepEqual(told(dialect, topic, payload).only("availability"), {
          kind: "availability",
          node: "zigbee2mqtt",
          device: name,
          online: state === "online",
        });
      }
    }
  }
  assert.deepEqual(told(dialect, "zigbee2mqtt/lamp/availability", "").said, []);
  told(dialect, "zigbee2mqtt/lamp/availability", "perhaps").only("malformed");
});

Deno.test("the bridge: there or not, which version, and no secrets", () => {
  const dialect = zigbee2Mqtt(["zigbee2mqtt"]);
  for (const state of ["online", "offline"]) {
    for (const payload of [{ state }, state]) {
      const said = told(dialect, "zigbee2mqtt/bridge/state", payload).only("node");
      assert.deepEqual(said, { kind: "node", node: "zigbee2mqtt", state });
    }
  }
  const said = told(dialect, "zigbee2mqtt/bridge/info", INFO).only("node");
  assert.equal(said.version, "1.40.1");
  assert.deepEqual(said.details, {
    commit: "abcdef0",
    permit_join: false,
    restart_required: false,
    coordinator: "zStack3",
    channel: 15,
  });
  assert.doesNotMatch(JSON.stringify(said), /hidden|dddd|6754/);
  told(dialect, "zigbee2mqtt/bridge/state", "gone").only("malformed");
});

Deno.test("commands, questions, logs and answers are no values", () => {
  const { dialect } = listening();
  const topics = ["lamp/set", "lamp/set/state", "lamp/get", "living room/plug/get/power"]
    .concat(["bridge/logging", "bridge/request/permit_join", "bridge/response/backup"])
    .concat(["bridge/definitions", "bridge/extensions", "bridge/health", "unknown/thing/set"]);
  for (const topic of topics) {
    assert.deepEqual(told(dialect, `zigbee2mqtt/${topic}`, { state: "ON" }).said, [], topic);
    assert.deepEqual(told(dialect, `zigbee2mqtt/${topic}`, "ON").said, [], topic);
  }
});

Deno.test("devices that are renamed or removed take their descriptions along", () => {
  const { dialect, topics } = listening();
  let changes = 0;
  dialect.onChange = () => changes++;
  told(dialect, "zigbee2mqtt/lamp", LAMP_STATE);
  assert.deepEqual(told(dialect, LIST, DEVICES).said, [], "the same list says nothing new");
  assert.equal(changes, 0);

  const renamed = DEVICES.map((one) =>
    one.friendly_name === "lamp" ? { ...one, friendly_name: "desk/lamp" } : one
  ).filter(({ friendly_name }) => friendly_name !== "blind");
  const said = told(dialect, LIST, renamed);
  assert.equal(changes, 1);
  const gone = new Set(said.of("undescribe").map(({ topic }) => topic));
  for (const topic of topics.keys()) {
    const was = topic.startsWith("zigbee2mqtt/lamp/") || topic.startsWith("zigbee2mqtt/blind/");
    assert.equal(gone.has(topic), was, topic);
  }
  assert.ok(gone.has("zigbee2mqtt/lamp/color_mode"), "what was only seen is gone too");
  assert.deepEqual(said.of("gone").map(({ device }) => device), ["lamp", "blind"]);
  assert.deepEqual(said.of("device").map(({ device }) => device), ["desk/lamp"]);
  const now = said.of("describe").map(({ topic }) => topic);
  assert.ok(now.length > 0 && now.every((one) => one.device.name === "desk/lamp"));
  const moved = told(dialect, "zigbee2mqtt/desk/lamp", { brightness: 5 }).only("property");
  assert.deepEqual(moved.topic.command, {
    topic: "zigbee2mqtt/desk/lamp/set",
    member: "brightness",
  });
});

Deno.test("a device whose abilities change is described anew, where they changed", () => {
  const { dialect } = listening();
  const lamp = device("lamp", [
    { type: "light", features: [STATE] },
    { access: 1, name: "linkquality", property: "linkquality", type: "numeric", unit: "%" },
  ]);
  const changed = DEVICES.map((one) => one.friendly_name === "lamp" ? lamp : one);
  const said = told(dialect, LIST, changed);
  assert.deepEqual(said.of("describe").map(({ topic }) => [topic.topic, topic.unit]), [
    ["zigbee2mqtt/lamp/linkquality", "%"],
  ]);
  assert.deepEqual(said.of("undescribe").map(({ topic }) => topic.split("/").at(-1)).sort(), [
    ...["brightness", "color", "color_temp", "effect", "identify"],
  ]);
});

Deno.test("a device that leaves is gone before the list says so", () => {
  const { dialect } = listening();
  const event = { type: "device_leave", data: { friendly_name: "button", ieee_address: "0x1" } };
  const said = told(dialect, "zigbee2mqtt/bridge/event", event);
  assert.deepEqual(said.said, [
    { kind: "undescribe", topic: "zigbee2mqtt/button/action" },
    { kind: "gone", device: "button" },
  ]);
  const other = { type: "device_announce", data: { friendly_name: "lamp" } };
  assert.deepEqual(told(dialect, "zigbee2mqtt/bridge/event", other).said, []);
});

Deno.test("bases: those configured, and those that list devices", () => {
  const dialect = zigbee2Mqtt(["home/zigbee"]);
  let changes = 0;
  dialect.onChange = () => changes++;
  for (const topic of ["zigbee2mqtt/lamp", "zigbee2mqtt/bridge/state", "home/zigbee", "x", ""]) {
    assert.equal(dialect.reader(topic), null, topic);
  }
  told(dialect, "home/zigbee/lamp", { state: "ON" }).only("property");
  const list = "attic/z2m/bridge/devices";
  assert.deepEqual(told(dialect, list, [{ name: "something else" }]).said, []);
  assert.equal(dialect.reader("attic/z2m/lamp"), null);
  const learned = told(dialect, list, DEVICES);
  assert.ok(learned.of("describe").length > 0);
  assert.deepEqual(learned.of("node").map(({ node }) => node), ["attic/z2m"]);
  assert.equal(changes, 1);
  told(dialect, "attic/z2m/bridge/state", "online").only("node");
  const lamp = told(dialect, "attic/z2m/lamp", { state: "ON" }).only("property");
  assert.deepEqual(lamp.topic.command, { topic: "attic/z2m/lamp/set", member: "state" });
});

Deno.test("below a base that was learned, what is not listed is somebody else's", () => {
  const dialect = zigbee2Mqtt([]);
  told(dialect, "home/bridge/devices", DEVICES);
  const others = ["kitchen", "kitchen/temperature", "kitchen/temperature/set", "kitchen/set"]
    .concat(["kitchen/availability", "OMG/LWT", "lamps/state"]);
  for (const topic of others) assert.equal(dialect.reader(`home/${topic}`), null, topic);
  told(dialect, "home/lamp", { state: "ON" }).only("property");
  told(dialect, "home/lamp/state", "ON").only("property");
  told(dialect, "home/lamp/availability", "online").only("availability");
  told(dialect, "home/bridge/state", "online").only("node");
  for (const topic of ["lamp/set", "lamp/set/state", "lamp/get"]) {
    assert.deepEqual(told(dialect, `home/${topic}`, "{}").said, [], topic);
  }
});

Deno.test("settings below a base are no values", () => {
  const topics = [
    "OpenMQTTGateway/commands/MQTTtoSYS/config",
    "OpenMQTTGateway/SYStoMQTT",
    "lamp/MQTTtoSYS",
    "other/bridge/info",
    "x/gw_cfg",
  ];
  const dialect = zigbee2Mqtt(["home", "home/bridge"]);
  told(dialect, "home/bridge/devices", DEVICES);
  for (const topic of topics) {
    const payload = { wifi_pass: "hidden" };
    assert.deepEqual(told(dialect, `home/${topic}`, payload).said, [], topic);
  }
  const info = told(zigbee2Mqtt(["home/bridge"]), "home/bridge/info", INFO);
  assert.deepEqual(info.said, [], "its name is not a device of another base");
});

Deno.test("availability that comes before the list is told again with it", () => {
  const dialect = zigbee2Mqtt();
  told(dialect, "zigbee2mqtt/lamp/availability", "offline");
  const [said, ...more] = told(dialect, LIST, DEVICES).of("availability");
  assert.deepEqual(said, {
    kind: "availability",
    node: "zigbee2mqtt",
    device: "lamp",
    online: false,
  });
  assert.deepEqual(more, []);
  assert.deepEqual(told(dialect, LIST, DEVICES).of("availability"), []);
});

Deno.test("nobody takes over the topics of others by listing devices there", () => {
  const dialect = zigbee2Mqtt(["home/zigbee"]);
  const refused = ["devices", "edgewire/v1/n1", "homeassistant", "$SYS", "", "a//b"]
    .concat(["home/OMG/commands/MQTTtoSYS", "home/zigbee/bridge/request", "zigbee2mqtt/bridge"])
    .concat(["home/gw/commands", "lab/devices/x", "lab/edgewire", "lab/homeassistant", "lab/$x"]);
  for (const base of refused) {
    const found = tell(dialect, `${base}/bridge/devices`, DEVICES);
    assert.deepEqual(found?.said ?? [], [], base);
  }
});

Deno.test("members and names that would break topics", () => {
  const { dialect } = listening();
  const said = told(dialect, "zigbee2mqtt/lamp", '{"a/b":1,"c+d#":2,"":3,"__proto__":4}');
  assert.deepEqual(said.of("property").map(({ topic }) => topic.topic), [
    "zigbee2mqtt/lamp/a_b",
    "zigbee2mqtt/lamp/c_d_",
    "zigbee2mqtt/lamp/__proto__",
  ]);
  const bad = ["", "bridge", "bridge/x", "a+", "#", "x".repeat(500), 17, null]
    .map((name) => ({ ...device("x", LIGHT_EXPOSES), friendly_name: name }));
  assert.deepEqual(told(zigbee2Mqtt(), LIST, bad).said, []);
});

Deno.test("10,000 devices are listed, more are not; properties of one are bounded", () => {
  const sensor = DEVICES.find(({ friendly_name }) => friendly_name.startsWith("0x"))!;
  const many = Array.from(
    { length: 10_100 },
    (_, i) => ({ ...sensor, friendly_name: `sensor ${i}` }),
  );
  const dialect = zigbee2Mqtt(["zigbee2mqtt"]);
  const said = told(dialect, LIST, many);
  assert.equal(said.of("describe").length, 30_000);
  assert.deepEqual(told(dialect, "zigbee2mqtt/sensor 10050", { temperature: 1 }).said, []);
  told(dialect, "zigbee2mqtt/sensor 9999", { temperature: 1 }).only("property");
  const wide = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`m${i}`, i]));
  const properties = told(dialect, "zigbee2mqtt/sensor 1", wide).of("property");
  assert.ok(properties.length <= 500 && properties.length > 400, `${properties.length}`);
});

Deno.test("what cannot be read is said, and nothing else", () => {
  const { dialect } = listening();
  const cases: [topic: string, payload: Payload][] = [
    ["lamp", "ON"],
    ["lamp", '{"state":'],
    ["lamp", new Uint8Array([0x7b, 0xff])],
    ["stranger", "[]"],
    ["bridge/devices", "{}"],
    ["bridge/devices", "nothing"],
    ["bridge/groups", '"x"'],
    ["bridge/info", "[]"],
    ["bridge/event", "1"],
    ["lamp/state", new Uint8Array([0xff])],
  ];
  for (const [topic, payload] of cases) {
    assert.equal(
      told(dialect, `zigbee2mqtt/${topic}`, payload).only("malformed").node,
      "zigbee2mqtt",
    );
  }
  for (const topic of ["lamp", "bridge/devices", "bridge/groups", "bridge/info", "bridge/state"]) {
    assert.deepEqual(tell(dialect, `zigbee2mqtt/${topic}`, "")?.said, [], topic);
  }
});

Deno.test("every prefix and 5,000 mutations of messages do no harm", () => {
  const samples: [string, Payload][] = [
    [LIST, [DEVICES[1]!, DEVICES[2]!]],
    ["zigbee2mqtt/bridge/groups", GROUPS],
    ["zigbee2mqtt/bridge/info", INFO],
    ["zigbee2mqtt/bridge/state", { state: "online" }],
    ["zigbee2mqtt/bridge/event", { type: "device_leave", data: { friendly_name: "lamp" } }],
    ["zigbee2mqtt/lamp", LAMP_STATE],
    ["zigbee2mqtt/lamp/availability", { state: "online" }],
    ["zigbee2mqtt/lamp/color", '{"x":1}'],
    ["other/bridge/devices", [DEVICES[3]!]],
  ];
  mistreat(() => zigbee2Mqtt(["zigbee2mqtt"]), samples, 5000);
});

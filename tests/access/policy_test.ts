/**
 * Settings of nodes, our own and other people's, are nobody's but the admin's, wherever they stand.
 *
 * @module
 */
import assert from "node:assert/strict";
import { isSettings, Policy } from "../../gateway/access/policy.ts";
import type { Identity } from "../../gateway/access/tokens.ts";
import { Rules } from "../../gateway/rooms/rules.ts";

const identity = (role: Identity["role"], name = "n1") => ({ role, name }) as Identity;
const VIEWER = identity("viewer");
const OPERATOR = identity("operator");
const ADMIN = identity("admin");

const SETTINGS = [
  "edgewire/v1/n1/set",
  "edgewire/v1/n1/set/result",
  "home/OpenMQTTGateway/commands/MQTTtoSYS/config",
  "home/OpenMQTTGateway/commands/MQTTtoSYS/firmware_update",
  "home/OpenMQTTGateway/commands/MQTTtoBT",
  "home/OpenMQTTGateway/commands/MQTTtoBT/config",
  "a/house/far/away/OMG_1/commands/MQTTtoSYS/config",
  "OMG/commands/MQTTtoSYS",
  "home/TheengsGateway/commands/MQTTtoBT/config",
  "home/OpenMQTTGateway/SYStoMQTT",
  "very/deep/base/OMG/SYStoMQTT",
  "zigbee2mqtt/bridge/request/permit_join",
  "zigbee2mqtt/bridge/request/device/ota_update/update",
  "zigbee2mqtt/bridge/response/backup",
  "zigbee2mqtt/bridge/info",
  "zigbee2mqtt/bridge/config",
  "zigbee2mqtt/bridge/config/permit_join",
  "zigbee2mqtt/bridge/extensions",
  "zigbee2mqtt/bridge/converters",
  "zigbee2mqtt/bridge/logging",
  "house/ground floor/zigbee/bridge/request/restart",
  "ruuvi/C8:25:2D:8E:9C:2C/gw_cfg",
];

const NO_SETTINGS = [
  "devices/desk/temperature",
  "devices/desk/temperature/set",
  "home/OpenMQTTGateway/BTtoMQTT/A4C1388D18B2",
  "home/OpenMQTTGateway/LWT",
  "home/OpenMQTTGateway/version",
  "zigbee2mqtt/bridge/devices",
  "zigbee2mqtt/bridge/state",
  "zigbee2mqtt/bridge lamp/info",
  "zigbee2mqtt/lamp/set",
  "bridge/request/of/something/else",
  "golden/bridge/traffic",
  "home/commands/lamp",
  "ruuvi/C8:25:2D:8E:9C:2C/F4:1F:0C:28:CB:D6",
];

/** A configuration that calls everything a command topic. */
function policy(): Policy {
  const commands = [...SETTINGS, ...NO_SETTINGS];
  return new Policy((topic) => commands.includes(topic));
}

Deno.test("viewers and operators neither read nor write settings, whatever the rules say", () => {
  const judge = policy();
  for (const topic of SETTINGS) {
    assert.equal(isSettings(topic), true, topic);
    for (const who of [VIEWER, OPERATOR]) {
      assert.equal(judge.mayRead(who, topic), false, `${who.role} reads ${topic}`);
      assert.equal(judge.mayPublish(who, topic), false, `${who.role} publishes on ${topic}`);
      assert.equal(judge.maySubscribe(who, topic), false, `${who.role} subscribes to ${topic}`);
    }
    assert.equal(judge.mayRead(ADMIN, topic), true, topic);
    assert.equal(judge.mayPublish(ADMIN, topic), true, topic);
    assert.equal(judge.maySubscribe(ADMIN, topic), true, topic);
  }
});

Deno.test("what merely resembles settings stays open", () => {
  const judge = policy();
  for (const topic of NO_SETTINGS) {
    assert.equal(isSettings(topic), false, topic);
    assert.equal(judge.mayRead(VIEWER, topic), true, topic);
    assert.equal(judge.maySubscribe(VIEWER, topic), true, topic);
    assert.equal(judge.mayPublish(OPERATOR, topic), true, topic);
    assert.equal(judge.mayPublish(VIEWER, topic), false, topic);
  }
});

Deno.test("subscriptions to nothing but settings are refused, wider ones are not", () => {
  const judge = policy();
  const refused = [
    "+/+/commands/MQTTtoSYS/#",
    "home/+/commands/MQTTtoSYS/config",
    "+/+/+/MQTTtoBT",
    "+/+/SYStoMQTT",
    "+/bridge/request/#",
    "zigbee2mqtt/bridge/request/+",
    "zigbee2mqtt/bridge/response/#",
    "zigbee2mqtt/bridge/info",
    "$share/group/zigbee2mqtt/bridge/request/#",
    "edgewire/v1/+/set/#",
  ];
  const granted = ["#", "+/+/#", "home/#", "home/+/+", "zigbee2mqtt/#", "zigbee2mqtt/bridge/#"];
  for (const filter of refused) {
    assert.equal(judge.maySubscribe(VIEWER, filter), false, filter);
    assert.equal(judge.maySubscribe(OPERATOR, filter), false, filter);
    assert.equal(judge.maySubscribe(ADMIN, filter), true, filter);
  }
  for (const filter of granted) assert.equal(judge.maySubscribe(VIEWER, filter), true, filter);
});

Deno.test("settings belong to no channel, though a rule says so", () => {
  const rules = new Rules([{ filter: ":base/#", channel: ":base" }], []);
  for (const topic of SETTINGS) assert.equal(rules.route(topic).channel, null, topic);
  assert.equal(rules.route("zigbee2mqtt/lamp").channel, "zigbee2mqtt");
});

Deno.test("a node stays with its own topics", () => {
  const judge = policy();
  const node = identity("node");
  assert.equal(judge.mayRead(node, "edgewire/v1/n1/set"), true);
  assert.equal(judge.mayPublish(node, "edgewire/v1/n1/status"), true);
  assert.equal(judge.mayPublish(node, "home/n1/commands/MQTTtoSYS/config"), false);
  assert.equal(judge.mayRead(node, "zigbee2mqtt/bridge/info"), false);
});

Deno.test("a node of another dialect publishes and reads what its token names, and no more", () => {
  const policy = new Policy(() => false);
  const node = { role: "node", name: "hall", topics: ["home/OMG/#"] } as const;
  assert.equal(policy.mayPublish(node, "home/OMG/BTtoMQTT/A4C138AABBCC"), true);
  assert.equal(policy.mayRead(node, "home/OMG/commands/MQTTtoBT/config"), true);
  assert.equal(policy.maySubscribe(node, "home/OMG/commands/#"), true);
  assert.equal(policy.mayPublish(node, "devices/hall/temperature"), true);
  assert.equal(policy.mayPublish(node, "home/other/BTtoMQTT/A4C138AABBCC"), false);
  assert.equal(policy.maySubscribe(node, "home/#"), false);
  assert.equal(policy.mayPublish({ role: "node", name: "hall" }, "home/OMG/LWT"), false);
});

import assert from "node:assert/strict";
import { Rules } from "../../gateway/rooms/rules.ts";

const builtIn = new Rules([], []);

Deno.test("built-in rules: topic to channel, device and command topic", () => {
  const cases: [string, string | null, string | null][] = [
    ["devices/desk/lamp", "desk", "devices/desk/lamp/set"],
    ["devices/desk/lamp/changed", "desk", "devices/desk/lamp/set"],
    ["devices/desk/lamp/a/b", "desk", null],
    ["devices/desk", "desk", null],
    ["devices/desk/lamp/set", null, null],
    ["weather/roof/wind", "weather", null],
    ["weather", "weather", null],
    ["/leading", null, null],
    ["edgewire/v1/node/status", null, null],
    ["edgewire/v1/node/set", null, null],
    ["homeassistant/sensor/x/config", null, null],
    ["$SYS/broker/uptime", null, null],
  ];
  for (const [topic, channel, command] of cases) {
    const route = builtIn.route(topic);
    assert.deepEqual([route.channel, route.command], [channel, command], topic);
  }
  assert.equal(builtIn.route("devices/desk/lamp").device, "desk");
});

Deno.test("a command for .../changed is answered on the state topic as well", () => {
  assert.equal(builtIn.route("devices/desk/lamp/changed").answer, "devices/desk/lamp");
  assert.equal(builtIn.route("devices/desk/lamp").answer, undefined);
});

Deno.test("rules of the configuration come first, with names and wildcards", () => {
  const rules = new Rules([
    { filter: "lab/:room/+/state", channel: ":room", command: "lab/:room/+/order" },
    { filter: "devices/desk/#", channel: "bench" },
  ], []);
  const attic = rules.route("lab/attic/lamp/state");
  assert.deepEqual([attic.channel, attic.command], ["attic", "lab/attic/lamp/order"]);
  assert.equal(rules.route("lab/attic/lamp/order").channel, null);
  assert.equal(rules.route("lab/attic/lamp/other").channel, "lab");
  assert.equal(rules.route("devices/desk/lamp").channel, "bench");
});

Deno.test("a rule or relay that asks for what its filter has not is refused at the start", () => {
  const rule = (channel: string, command?: string) =>
    new Rules([{ filter: "a/:b/+", channel, ...(command === undefined ? {} : { command }) }], []);
  const relay = (to: string) => new Rules([], [{ filter: "a/:b/#", to }]);
  assert.throws(() => rule(":c"), /rule "a\/:b\/\+": .*":c"/);
  assert.throws(() => rule(":b", "a/:c/set"), /":c"/);
  assert.throws(() => rule(":b", "a/+/+/set"), /"\+"/);
  assert.throws(() => relay(":c"), /relay .*":c"/);
  assert.throws(() => relay("x/+"), /"\+"/);
  rule(":b", "a/:b/+/set");
  relay(":b/#");
});

Deno.test("relays: where to, and never onto itself", () => {
  const rules = new Rules([], [
    { filter: "in/:name", to: "out/:name" },
    { filter: "#", to: "out/x" },
  ]);
  assert.deepEqual(rules.route("in/a").relays, ["out/a", "out/x"]);
  assert.deepEqual(rules.route("out/x").relays, []);
});

Deno.test("the same topic gives the same route; the cache is bounded", () => {
  const rules = new Rules([], []);
  const first = rules.route("a/b");
  assert.equal(rules.route("a/b"), first);
  const long = "x".repeat(60_000);
  for (let i = 0; i < 400; i++) rules.route(`${i}/${long}`);
  assert.notEqual(rules.route("a/b"), first);
});

const SETTINGS = ["home/OMG/commands/MQTTtoSYS/config", "z/bridge/info", "edgewire/v1/n/set"];

Deno.test("settings of nodes are not republished, and nothing is republished as settings", () => {
  const rules = new Rules([], [
    { filter: "#", to: "copy/#" },
    { filter: "in/:name", to: "home/:name/commands/MQTTtoSYS/config" },
  ]);
  for (const topic of SETTINGS) assert.deepEqual(rules.route(topic).relays, [], topic);
  assert.deepEqual(rules.route("in/a").relays, ["copy/in/a"]);
});

Deno.test("derived topics: settings belong to no channel, and are no commands", () => {
  const rules = new Rules([], []);
  for (const topic of SETTINGS) {
    const hidden = rules.derive({ topic, channel: "x", command: "x/set", relays: [] });
    assert.deepEqual([hidden.channel, hidden.command], [null, null], topic);
    assert.equal(rules.route(topic), hidden);
    const bound = rules.derive({ topic: `x/${topic}`, channel: "x", command: topic, relays: [] });
    assert.equal(bound.command, null, topic);
    assert.equal(rules.isCommand(topic), false, topic);
  }
  assert.equal(rules.isCommand("x/set"), false);
  const lamp = { topic: "z/lamp/state", channel: "lamp", command: "z/lamp/set", relays: [] };
  assert.deepEqual(rules.derive(lamp), lamp);
  assert.equal(rules.isCommand("z/lamp/set"), true);
  rules.underive(lamp.topic);
  assert.equal(rules.isCommand("z/lamp/set"), false);
});

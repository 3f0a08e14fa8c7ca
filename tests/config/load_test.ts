import assert from "node:assert/strict";
import { helpText, loadConfig, UsageError } from "../../gateway/config/load.ts";
import { environmentName, flagName, options } from "../../gateway/config/options.ts";

/** Loads with a file of this text, these variables and these flags. */
async function load(
  { file, env = {}, args = [] }: { file?: string; env?: Record<string, string>; args?: string[] },
) {
  const path = file === undefined ? undefined : Deno.makeTempFileSync({ suffix: ".yaml" });
  try {
    if (path !== undefined) Deno.writeTextFileSync(path, file!);
    const all = path === undefined ? args : ["--config", path, ...args];
    return await loadConfig(all, (name) => env[name]);
  } catch (error) {
    // The name of the file changes from run to run.
    if (path !== undefined) {
      (error as Error).message = (error as Error).message.replaceAll(path, "F");
    }
    throw error;
  } finally {
    if (path !== undefined) Deno.removeSync(path);
  }
}

/** Asserts that loading fails, saying all of this. */
async function fails(given: Parameters<typeof load>[0], ...said: (string | RegExp)[]) {
  await assert.rejects(load(given), (error: Error) => {
    assert.ok(error instanceof UsageError, String(error.stack));
    for (const part of said) {
      assert.match(
        error.message,
        typeof part === "string" ? new RegExp(RegExp.escape(part)) : part,
      );
    }
    return true;
  });
}

Deno.test("flags win over the environment, the environment over the file, that over defaults", async () => {
  const file = "port: 1001\nmqttPort: 1002\nhistory: { count: 5 }\n";
  const env = { EDGEWIRE_PORT: "2001", EDGEWIRE_HISTORY_AGE_SECONDS: "60" };
  const config = await load({ file, env, args: ["--port", "3001"] });
  assert.equal(config.port, 3001);
  assert.equal((await load({ file, env })).port, 2001);
  assert.equal((await load({ file })).port, 1001);
  assert.equal((await load({})).port, 8080);
  assert.equal(config.mqttPort, 1002);
  assert.deepEqual(config.history, {
    count: 5,
    bytes: 4 << 20,
    ageSeconds: 60,
    totalBytes: 64 << 20,
    disk: false,
    diskCount: 20_000_000,
    diskBytes: 256 << 20,
  });
});

Deno.test("with an uplink the history is on disk, unless it is said otherwise", async () => {
  const file = "uplink: mqtt://127.0.0.1\n";
  const disk = async (given: Parameters<typeof load>[0]) => (await load(given)).history.disk;
  assert.equal(await disk({ file }), true);
  assert.equal(await disk({ args: ["--uplink", "ws://127.0.0.1/mqtt"] }), true);
  assert.equal(await disk({ file, args: ["--no-history-disk"] }), false);
  assert.equal(await disk({ file: `${file}history: { disk: false, count: 5 }\n` }), false);
  await fails({ file: `${file}history: 5\n` }, "history", "F");
});

Deno.test("every setting can be given in all three ways, and means the same", async () => {
  const text = {
    text: "some/file",
    integer: "7",
    number: "7.5",
    switch: "true",
    list: "a,b",
  } as const;
  for (const option of options) {
    const value = option.key === "broker.url" || option.key === "uplink.url"
      ? "mqtt://h"
      // Above the lower bound that goes with it.
      : option.key.endsWith("MaxSeconds")
      ? "90000"
      : option.choices?.at(-1) ?? text[option.type];
    // What belongs together has to be given together.
    const both = { cert: ["--cert", "c"], key: ["--key", "k"] };
    const rest = Object.entries(both).flatMap(([key, flags]) => key === option.key ? [] : flags);
    const flag = `--${flagName(option)}`;
    const byFlag = await load({
      args: [...rest, ...(option.type === "switch" ? [flag] : [flag, value])],
    });
    const byEnvironment = await load({ args: rest, env: { [environmentName(option)]: value } });
    const [group, name] = option.key.split(".");
    const json = option.type === "list" ? '["a", "b"]' : value;
    const file = name === undefined ? `${group}: ${json}` : `${group}: { ${name}: "${json}" }`;
    const quoted = option.type === "text" ? file : file.replaceAll(`"${json}"`, json);
    assert.deepEqual(byEnvironment, byFlag, option.key);
    assert.deepEqual(await load({ args: rest, file: quoted }), byFlag, option.key);
    const without = option.default === true
      ? [`--no-${flagName(option)}`]
      : [...both.cert, ...both.key];
    assert.notDeepEqual(byFlag, await load({ args: without }), `${option.key} changes something`);
  }
});

Deno.test("names: environment variables begin with EDGEWIRE_, flags are unique, all have help", () => {
  const flags = options.map(flagName);
  assert.equal(new Set([...flags, "config", "help"]).size, flags.length + 2);
  for (const option of options) {
    assert.match(environmentName(option), /^EDGEWIRE_[A-Z][A-Z0-9]*(_[A-Z]+)*$/);
    assert.match(flagName(option), /^[a-z][a-z0-9]*(-[a-z]+)*$/);
    assert.ok(option.help.length > 10, option.key);
  }
  assert.equal(
    environmentName(options.find(({ key }) => key === "mqttPort")!),
    "EDGEWIRE_MQTT_PORT",
  );
  const lines = helpText().split("\n");
  for (const flag of flags) assert.ok(lines.some((line) => line.startsWith(`  --${flag}`)), flag);
  assert.equal(lines.length, flags.length + 1);
});

Deno.test("switches: on, off, and --no-", async () => {
  assert.equal((await load({ args: ["--no-access-open-loopback"] })).access.openLoopback, false);
  for (const word of ["1", "true", "YES", "on"]) {
    assert.equal((await load({ env: { EDGEWIRE_DEMO: word } })).demo, true, word);
  }
  assert.equal((await load({ env: { EDGEWIRE_DEMO: "off" }, file: "demo: true" })).demo, false);
  assert.equal(
    (await load({ env: { EDGEWIRE_DEMO: "" }, file: "demo: true" })).demo,
    true,
    "empty is unset",
  );
});

Deno.test("broker: an address alone is enough, and the other settings can be added", async () => {
  assert.equal((await load({ file: "broker: mqtts://h:1" })).broker.url, "mqtts://h:1");
  const { broker } = await load({
    file: "broker: mqtt://h",
    env: { EDGEWIRE_BROKER_USERNAME: "me" },
    args: ["--broker-subscribe", "a/#, b/+"],
  });
  assert.deepEqual(broker, { url: "mqtt://h", username: "me", subscribe: ["a/#", "b/+"] });
});

Deno.test("lists stand in the file", async () => {
  const config = await load({
    file: `
rules: [{ filter: "lab/:room/+", channel: ":room", command: "lab/:room/+/set" }]
relays: [{ filter: "a/:x", to: "b/:x" }]
describe: [{ topic: "a/b", unit: "V", control: { type: number, min: 0 } }]
tokens: [{ name: me, role: viewer, token: 0123456789abcdef-0 }]
`,
  });
  assert.equal(config.rules[0]?.channel, ":room");
  assert.equal(config.relays[0]?.to, "b/:x");
  assert.deepEqual(config.describe[0]?.control, { type: "number", min: 0 });
  assert.equal(config.tokens[0]?.role, "viewer");
});

Deno.test("what is wrong is said with its place", async () => {
  await fails({ file: "host: h\nprot: 1\n" }, "prot is not a known setting", "(F, line 2)");
  await fails({ file: "\nhistory:\n  count: many\n" }, "history.count is not a number", "line 3");
  await fails({ file: "history:\n  cuont: 1\n" }, "history.cuont is not a known setting", "line 2");
  await fails({ file: "port: 70000" }, "port is above 65535", "line 1");
  await fails({ file: "port: 1.5" }, "port is not a whole number");
  await fails({ file: "history: 5" }, /history .*group/);
  await fails({ file: "host: [unclosed" }, /^F: .*line 1/s);
  await fails({ file: "- a\n- b" }, 'F: expected a list of "key: value"');
  await fails({ file: "rules:\n  - filter: a\n" }, /rules\.0\.channel.*line 2/s);
  await fails(
    { file: "tokens: [{ name: a, role: king, token: 0123456789abcdef }]" },
    "tokens.0.role",
  );
  await fails({ file: "tokens: [{ name: a, role: admin, token: short }]" }, "shorter than 16");
  await fails({ file: "port: 70000\nmqttPort: x\n" }, "port is above", "mqttPort is not a number");
  await fails({ args: ["--port", "-1"] }, "--port");
  await fails({ args: ["--port", "70000"] }, "port is above 65535 (--port)");
  await fails({ args: ["--port", "abc"] }, '--port: "abc" is not a number');
  await fails({ args: ["--prot", "1"] }, "--prot");
  await fails({ args: ["stray"] }, "stray");
  await fails({ args: ["--port"] }, "--port");
  await fails({ env: { EDGEWIRE_PORT: "abc" } }, 'EDGEWIRE_PORT: "abc" is not a number');
  await fails(
    { env: { EDGEWIRE_HISTORY_COUNT: "0" } },
    "history.count is below 1 (EDGEWIRE_HISTORY_COUNT)",
  );
  await fails({ env: { EDGEWIRE_DEMO: "maybe" } }, 'EDGEWIRE_DEMO: "maybe" is not true or false');
  await fails(
    { args: ["--config", "/nowhere.yaml"] },
    "cannot read the configuration file",
    "/nowhere",
  );
});

Deno.test("settings that contradict each other are refused", async () => {
  await fails({ args: ["--cert", "c"] }, "cert and key go together");
  await fails({ args: ["--mqtts-port", "8883"] }, "mqttsPort needs cert and key");
  for (const url of ["http://h", "h:1883", "mqtt://", "mqtt://h:99999"]) {
    await fails({ args: ["--broker", url] }, `broker "${url}" is not a broker's address`);
  }
});

Deno.test("devices: addresses in three spellings and of three kinds, names and keys are checked", async () => {
  const key = "b9ea895fac7eea6d30532432a516f3a3";
  const of = (device: unknown) => ({ file: JSON.stringify({ devices: [device] }) });
  for (
    const address of [
      "A4:C1:38:8D:18:B2",
      "a4-c1-38-8d-18-b2",
      "A4C1388D18B2",
      "00:12:4B:00:01:02:03:04",
      "1A62/0001",
    ]
  ) assert.equal((await load(of({ address, name: "fridge" }))).devices[0]!.address, address);
  assert.equal((await load(of({ address: "A4C1388D18B2", key }))).devices[0]!.key, key);
  await fails(
    of({ address: "A4:C1:38", key }),
    "devices.0.address is no address of a device",
    "line 1",
  );
  await fails(
    of({ address: "A4C1388D18B2", key: "secret" }),
    "devices.0.key is not 32 hexadecimal",
  );
  await fails(
    of({ address: "A4C1388D18B2", name: "a/b" }),
    "devices.0.name has to be one topic level",
  );
  await fails(of({ address: "1A62/0001", key }), "devices.0.key needs the extended address");
  await fails(
    of({ address: "A4C1388D18B2", short: "1A62/0001" }),
    "devices.0.short goes with an extended",
  );
  await fails(
    of({ address: "00124B0001020304", key: key.slice(0, 24) }),
    "devices.0.key has to have 32 digits for an 802.15.4 device",
  );
});

Deno.test("a token's further topics are for nodes, and filters", async () => {
  const of = (more: object) => ({
    file: JSON.stringify({ tokens: [{ name: "hall", token: "0123456789abcdef", ...more }] }),
  });
  const topics = ["home/OMG/#"];
  assert.deepEqual((await load(of({ role: "node", topics }))).tokens[0]!.topics, topics);
  await fails(of({ role: "viewer", topics }), "tokens.0.topics goes with the role node");
});

Deno.test("a device stands in the list once, and a name belongs to one", async () => {
  const of = (...devices: unknown[]) => ({ file: JSON.stringify({ devices }) });
  const [one, same] = ["A4:C1:38:8D:18:B2", "a4c1388d18b2"].map((address) => ({ address }));
  await fails(of(one, same), "devices.1.address is that of devices.0 already");
  const named = (address: string) => ({ address, name: "desk" });
  await fails(
    of(named("A4C1388D18B2"), named("A4C1388D18B3")),
    "devices.1.name is that of devices.0",
  );
});

Deno.test("bounds of liveness are in order", async () => {
  const file = "liveness: { lateMinSeconds: 100, lateMaxSeconds: 50 }";
  await fails({ file }, "liveness.lateMinSeconds is above liveness.lateMaxSeconds");
});

Deno.test("devices that are WebSocket servers stand apart from those that nodes hear", async () => {
  const of = (...devices: unknown[]) => ({ file: JSON.stringify({ devices }) });
  const websocket = "ws://board.local:81/ws";
  const heard = { address: "A4:C1:38:8D:18:B2", name: "fridge" };
  const { devices, webSocketDevices } = await load(of(heard, { websocket, channel: "board" }));
  assert.deepEqual(devices.map(({ name }) => name), ["fridge"]);
  assert.deepEqual(webSocketDevices, [{
    websocket,
    channel: "board",
    send: [],
    headers: {},
    subprotocols: [],
  }]);
  const fail = (more: object, ...said: string[]) =>
    fails(of({ websocket, channel: "board", ...more }), ...said);
  const address = "is not the address of a WebSocket: use ws://host:port/path or wss://host/path";
  for (const wrong of ["http://board", "ws://", "board:81", "ws://board/#part"]) {
    await fail({ websocket: wrong }, `devices.0.websocket ${address}`, "line 1");
  }
  await fails(of({ websocket }), "devices.0.channel is missing");
  await fail({ channel: "a/b" }, "devices.0.channel has to be one topic level, without / + # $");
  await fail({ topic: "+" }, "devices.0.topic has to be one topic level");
  await fail({ values: { lux: "lux" } }, "devices.0.values.lux is not a JSON Pointer (RFC 6901)");
  await fail({ values: { lux: "/a~2" } }, "devices.0.values.lux is not a JSON Pointer");
  await fail({ values: { "a/b": "" } }, "devices.0.values.a/b has to be one topic level");
  await fail({ values: {} }, "devices.0.values has to have 1 to 100 values");
  await fail(
    { values: { lux: "" }, topic: "lux" },
    "devices.0.topic is the name of one of its values",
  );
  await fail({ match: { "/0": [] } }, "devices.0.match./0 is not text, number, true or false");
  await fail({ send: "hello" }, "devices.0.send is not a list of messages");
  await fail({ headers: { "a b": "c" } }, "devices.0.headers.a b is not the name of a header");
  await fail({ headers: { Host: "x" } }, "devices.0.headers.Host is a header that the handshake");
  await fail({ headers: { A: "b\nc" } }, "devices.0.headers.A cannot stand in a header");
  await fail({ subprotocols: ["a", "a"] }, "devices.0.subprotocols names a subprotocol twice");
  await fail({ silenceSeconds: 0 }, "devices.0.silenceSeconds is below 0.1");
  await fail({ ca: "ca.pem" }, "devices.0.ca goes with a wss:// address");
  await fail({ address: "A4:C1:38:8D:18:B2" }, "devices.0.address is not a known setting");
  await fails(
    of(heard, { websocket, channel: "fridge" }),
    "devices.1.channel is that of devices.0 already, and names the device: give it another",
  );
});

import assert from "node:assert/strict";
import {
  HomeAssistant,
  type HomeAssistantOptions,
} from "../../../gateway/nodes/out/home_assistant.ts";
import { idOf } from "../../../gateway/nodes/out/home_assistant_names.ts";
import { VALUE_KEYS } from "../../../gateway/nodes/dialects/theengs_values.ts";
import { Discovery } from "../../../gateway/nodes/discovery.ts";
import type { PublishedReading } from "../../../gateway/nodes/out/readings_publisher.ts";
import { OBJECTS_V2 } from "../../../traces/sensors/bthome_objects.ts";
import { RUUVI_FORMATS } from "../../../traces/sensors/ruuvi_formats.ts";
import { eventually } from "../../support/eventually.ts";
import { checkConfig, type DeviceConfig } from "../../support/home_assistant.ts";

interface Message {
  topic: string;
  text: string;
  retain: boolean;
  qos: number;
}

/** Home Assistant's side of the broker. */
class Heard {
  readonly messages: Message[] = [];
  readonly repeated: PublishedReading[] = [];
  /** Whether the broker is away. */
  away = false;
  #waiters: (() => void)[] = [];

  readonly publish = (
    topic: string,
    payload: Uint8Array,
    { retain, qos }: { retain: boolean; qos: 0 | 1 },
  ) => {
    if (this.away) return Promise.reject(new Error("away"));
    this.messages.push({ topic, text: new TextDecoder().decode(payload), retain, qos });
    this.#wake();
    return Promise.resolve();
  };

  readonly repeat = (reading: PublishedReading) => {
    this.repeated.push(reading);
    this.#wake();
  };

  #wake() {
    for (const wake of this.#waiters.splice(0)) wake();
  }

  /** Waits until something is so. */
  async until(what: string, holds: () => boolean) {
    const late = setTimeout(() => this.#wake(), 5000);
    const end = performance.now() + 4900;
    while (!holds()) {
      assert.ok(performance.now() < end, `${what}: not within 5 s`);
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
    clearTimeout(late);
  }

  on(topic: string): Message[] {
    return this.messages.filter((message) => message.topic === topic);
  }

  config(id: string): DeviceConfig | undefined {
    const text = this.on(`homeassistant/device/${id}/config`).at(-1)?.text;
    return text === undefined || text === "" ? undefined : JSON.parse(text);
  }
}

/** Home Assistant's announcer, for which every device is steady unless a test says otherwise. */
function start(options: Partial<HomeAssistantOptions> = {}) {
  const heard = new Heard();
  const { publish, repeat } = heard;
  const home = new HomeAssistant({
    publish,
    repeat,
    prefix: "homeassistant",
    version: "1.2.3",
    settleMs: 10,
    birthMs: 5,
    repeatMs: 20,
    steadyMs: 0,
    steadyPackets: 1,
    ...options,
  });
  return { heard, home };
}

function reading(name: string, more: Partial<PublishedReading> = {}): PublishedReading {
  return {
    device: "attic",
    name,
    topic: `edgewire/v1/readings/${more.device ?? "attic"}/${name}`,
    json: "1",
    unit: "",
    node: "hall",
    time: 1795190000000.5,
    kind: "number",
    quantity: undefined,
    diagnostic: false,
    ...more,
  };
}

const TEMPERATURE = reading("temperature", {
  unit: "°C",
  json: "21.5",
  quantity: "temperature",
});
const CONFIG = "homeassistant/device/edgewire_attic/config";
const AVAILABILITY = "edgewire/v1/readings/attic/availability";

Deno.test("a device is announced once, when all its readings are known", async () => {
  const { heard, home } = start();
  home.device("attic", { address: "A4:C1:38:8D:18:B2", model: "LYWSD03MMC" });
  home.reading(TEMPERATURE);
  home.reading(reading("humidity", { unit: "%", quantity: "humidity" }));
  home.reading(TEMPERATURE);
  await heard.until("config", () => heard.on(CONFIG).length > 0);
  assert.deepEqual(
    heard.messages.map(({ topic, retain, qos }) => ({ topic, retain, qos })),
    [{ topic: AVAILABILITY, retain: true, qos: 1 }, { topic: CONFIG, retain: true, qos: 1 }],
  );
  assert.equal(heard.messages[0]!.text, "online");
  const config = heard.config("edgewire_attic")!;
  assert.deepEqual(config.dev, {
    ids: ["edgewire_attic"],
    name: "attic",
    mdl: "LYWSD03MMC",
    cns: [["bluetooth", "A4:C1:38:8D:18:B2"]],
  });
  assert.deepEqual(config.o, { name: "Edgewire", sw: "1.2.3" });
  assert.equal(config.avty_t, AVAILABILITY);
  assert.deepEqual(config.cmps.temperature, {
    p: "sensor",
    dev_cla: "temperature",
    stat_cla: "measurement",
    unit_of_meas: "°C",
    val_tpl: "{{ value_json.value }}",
    name: "Temperature",
    uniq_id: "edgewire_attic_temperature",
    stat_t: "edgewire/v1/readings/attic/temperature",
  });
  assert.deepEqual(Object.keys(config.cmps), ["temperature", "humidity"]);
  await home.close();
});

Deno.test("what is learned later is announced with the rest", async () => {
  const { heard, home } = start();
  home.reading(TEMPERATURE);
  await heard.until("first config", () => heard.on(CONFIG).length === 1);
  home.reading(reading("battery", { unit: "%", quantity: "battery", diagnostic: true }));
  await heard.until("second config", () => heard.on(CONFIG).length === 2);
  const { cmps } = heard.config("edgewire_attic")!;
  assert.deepEqual(Object.keys(cmps), ["temperature", "battery"]);
  assert.equal(cmps.battery!.ent_cat, "diagnostic");
  assert.equal(cmps.battery!.en, undefined);
  await home.close();
});

Deno.test("kinds of readings become the entities that fit", async () => {
  const { heard, home } = start();
  home.reading(reading("door", { kind: "binary", json: "true", quantity: "door" }));
  home.reading(reading("odd", { kind: "binary", json: "true", quantity: "no such class" }));
  home.reading(reading("button", { kind: "event", json: '"press"', quantity: "button" }));
  home.reading(reading("door_event", { kind: "event", json: '"knock"' }));
  home.reading(reading("firmware", { kind: "text", json: '"4.2"', diagnostic: true }));
  home.reading(reading("security", { kind: "event", json: '{"finding":"downgrade"}' }));
  home.reading(reading("energy", { unit: "kWh", quantity: "energy" }));
  home.reading(reading("voltage", { unit: "parsec", quantity: "voltage" }));
  home.reading(reading("rssi", { unit: "dBm", quantity: "signal_strength" }));
  home.reading(reading("packet_id", { diagnostic: true }));
  await heard.until("config", () => heard.on(CONFIG).length > 0);
  const { cmps } = heard.config("edgewire_attic")!;
  const part = (name: string, ...keys: string[]) => keys.map((key) => cmps[name]![key]);
  assert.deepEqual(part("door", "p", "dev_cla", "stat_cla"), ["binary_sensor", "door", undefined]);
  assert.deepEqual(part("odd", "p", "dev_cla"), ["binary_sensor", undefined]);
  assert.deepEqual(part("button", "p", "dev_cla"), ["event", "button"]);
  assert.ok((cmps.button!.event_types as string[]).includes("long_press"));
  assert.deepEqual(cmps.door_event!.event_types, ["knock"]);
  assert.deepEqual(part("firmware", "p", "stat_cla", "ent_cat"), [
    "sensor",
    undefined,
    "diagnostic",
  ]);
  assert.match(String(cmps.security!.val_tpl), /value_json\.value\.finding/);
  assert.deepEqual(part("energy", "dev_cla", "stat_cla"), ["energy", "total_increasing"]);
  assert.deepEqual(part("voltage", "dev_cla", "unit_of_meas"), [undefined, "parsec"]);
  assert.deepEqual(part("rssi", "ent_cat", "en"), ["diagnostic", false]);
  assert.deepEqual(part("packet_id", "ent_cat", "en"), ["diagnostic", false]);

  // An event that says something new is announced again.
  home.reading(reading("door_event", { kind: "event", json: '"stuck"' }));
  await heard.until("config", () => heard.on(CONFIG).length === 2);
  assert.deepEqual(heard.config("edgewire_attic")!.cmps.door_event!.event_types, [
    "knock",
    "stuck",
  ]);
  await home.close();
});

Deno.test("all that our decoders and Theengs' say is taken by Home Assistant", async () => {
  const { heard, home } = start();
  const all: PublishedReading[] = [];
  const examples = { number: "1", binary: "true", event: '"press"', text: '"x"' };
  for (const object of OBJECTS_V2) {
    if (object === undefined) continue;
    const { name, kind, unit, quantity, diagnostic } = object.measure;
    all.push(
      reading(name, { device: "b", json: examples[kind], kind, unit, quantity, diagnostic }),
    );
  }
  for (const [number, { fields }] of RUUVI_FORMATS) {
    for (const { measure: { name, kind, unit, quantity, diagnostic } } of fields) {
      const json = examples[kind];
      all.push(reading(name, { device: `r${number}`, json, kind, unit, quantity, diagnostic }));
    }
  }
  for (const { name, unit, quantity, binary } of VALUE_KEYS.values()) {
    const kind = binary ? "binary" : "number";
    all.push(reading(name, { device: "t", json: examples[kind], kind, unit, quantity }));
  }
  assert.ok(all.length > 150);
  for (const one of all) home.reading(one);
  const devices = [...new Set(all.map(({ device }) => device))];
  const announced = (device: string) => heard.config(`edgewire_${device}`) !== undefined;
  await heard.until("all configs", () => devices.every(announced));
  for (const device of devices) {
    const payloads = new Map(
      all.filter((one) => one.device === device).map((one) => [
        `edgewire/v1/readings/${device}/${one.name}`,
        `{"value":${one.json},"unit":"${one.unit}","time":1,"node":"n"}`,
      ]),
    );
    checkConfig(heard.config(`edgewire_${device}`)!, payloads);
  }
  await home.close();
});

Deno.test("a beacon that says only who it is is not announced", async () => {
  const { heard, home } = start();
  home.device("phone", { address: "4A:00:00:00:00:01" });
  home.reading(reading("uuid", { device: "phone", kind: "text", json: '"e2c5"' }));
  home.reading(reading("major", { device: "phone" }));
  home.reading(reading("measured_power", { device: "phone", unit: "dBm" }));
  const rssi = { unit: "dBm", quantity: "signal_strength" };
  home.reading(reading("rssi", { device: "phone", ...rssi }));
  home.reading(TEMPERATURE);
  await heard.until("the other's config", () => heard.on(CONFIG).length > 0);
  home.liveness("phone", "lost");
  home.forget("phone");
  home.connected();
  assert.ok(heard.messages.every(({ topic }) => !topic.includes("phone")));
  await home.close();
});

Deno.test("availability follows liveness; a late device is still there", async () => {
  const { heard, home } = start();
  home.liveness("attic", "online");
  home.reading(TEMPERATURE);
  await heard.until("config", () => heard.on(CONFIG).length > 0);
  for (const state of ["online", "late", "lost", "lost", "online"] as const) {
    home.liveness("attic", state);
  }
  home.liveness("nobody", "lost");
  const said = heard.on(AVAILABILITY);
  assert.deepEqual(said.map(({ text }) => text), ["online", "offline", "online"]);
  assert.ok(said.every(({ retain }) => retain));
  assert.equal(heard.messages.filter(({ topic }) => topic.includes("nobody")).length, 0);
  await home.close();
});

Deno.test("a device that is lost before it is announced is announced as such", async () => {
  const { heard, home } = start();
  home.reading(TEMPERATURE);
  home.liveness("attic", "lost");
  await heard.until("config", () => heard.on(CONFIG).length > 0);
  assert.deepEqual(heard.on(AVAILABILITY).map(({ text }) => text), ["offline"]);
  await home.close();
});

Deno.test("a device that is forgotten is withdrawn, and comes back when it is heard", async () => {
  const { heard, home } = start();
  home.reading(TEMPERATURE);
  await heard.until("config", () => heard.on(CONFIG).length > 0);
  home.forget("attic");
  home.forget("attic");
  const withdrawn = heard.messages.slice(2);
  assert.deepEqual(withdrawn.map(({ topic, text, retain }) => [topic, text, retain]), [
    [CONFIG, "", true],
    [AVAILABILITY, "", true],
  ]);
  assert.deepEqual(home.counters, {
    announced: 1,
    withdrawn: 1,
    failed: 0,
    overLimit: 0,
  });
  home.reading(TEMPERATURE);
  await heard.until("config again", () => heard.config("edgewire_attic") !== undefined);
  // One that is forgotten before it is announced is never announced.
  home.reading({ ...TEMPERATURE, device: "cellar" });
  home.forget("cellar");
  home.reading({ ...TEMPERATURE, device: "roof" });
  await heard.until("roof", () => heard.config("edgewire_roof") !== undefined);
  assert.equal(heard.config("edgewire_cellar"), undefined);
  await home.close();
});

Deno.test("when Home Assistant starts all is announced again, and values that it missed", async () => {
  const { heard, home } = start();
  home.reading(TEMPERATURE);
  home.reading(reading("button", { kind: "event", json: '"press"' }));
  await heard.until("repeated", () => heard.repeated.length === 1);
  assert.deepEqual(heard.repeated, [TEMPERATURE]);
  const say = (text: string, topic = "homeassistant/status") =>
    home.take(topic, new TextEncoder().encode(text));
  say("offline");
  say("online", "other/status");
  assert.equal(heard.on(CONFIG).length, 1);
  say("online");
  await heard.until("config again", () => heard.on(CONFIG).length === 2);
  await heard.until("repeated again", () => heard.repeated.length === 2);
  await home.close();
});

Deno.test("what was said since the announcement is not repeated", async () => {
  const { heard, home } = start();
  const humidity = reading("humidity", { unit: "%" });
  home.reading(TEMPERATURE);
  home.reading(humidity);
  await heard.until("config", () => heard.on(CONFIG).length > 0);
  home.reading({ ...TEMPERATURE, json: "22" });
  await heard.until("repeated", () => heard.repeated.length > 0);
  assert.deepEqual(heard.repeated, [humidity]);
  await home.close();
});

Deno.test("a broker that was away is told all when it is back", async () => {
  const gatewayTopic = "edgewire/v1/gateways/here/state";
  const { heard, home } = start({ gatewayTopic });
  heard.away = true;
  home.reading(TEMPERATURE);
  const end = performance.now() + 5000;
  while (home.counters.failed < 2 && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  heard.away = false;
  home.connected();
  await heard.until("config", () => heard.on(CONFIG).length === 1);
  assert.deepEqual(heard.on(gatewayTopic).map(({ text, retain }) => [text, retain]), [[
    "online",
    true,
  ]]);
  const { avty, avty_mode, avty_t } = heard.config("edgewire_attic")!;
  assert.deepEqual([avty, avty_mode, avty_t], [
    [{ t: AVAILABILITY }, { t: gatewayTopic }],
    "all",
    undefined,
  ]);
  await home.close();
  assert.equal(heard.on(gatewayTopic).at(-1)!.text, "offline");
  // And nothing more.
  const count = heard.messages.length;
  home.take("homeassistant/status", new TextEncoder().encode("online"));
  home.connected();
  home.reading(reading("new"));
  assert.equal(heard.messages.length, count);
});

Deno.test("what is announced describes no topic of ours, nor another gateway's", async () => {
  const { heard, home } = start();
  home.reading(TEMPERATURE);
  await heard.until("config", () => heard.on(CONFIG).length > 0);
  const described: string[] = [];
  const discovery = new Discovery(
    ({ topic }) => described.push(topic),
    (topic) => described.push(topic),
  );
  discovery.take(CONFIG, new TextEncoder().encode(heard.on(CONFIG)[0]!.text));
  discovery.take(CONFIG, new Uint8Array(0));
  assert.deepEqual(described, []);
  await home.close();
});

Deno.test("ids have only letters that Home Assistant takes, and differ where names do", () => {
  const names = [
    "A4C1388D18B2",
    "living_room",
    "living room",
    "living__room",
    "a/b",
    "a_2fb",
    "Küche",
  ];
  const ids = names.map(idOf);
  for (const id of ids) assert.match(id, /^[a-zA-Z0-9_-]+$/);
  assert.equal(new Set(ids).size, names.length);
  assert.deepEqual(ids.slice(0, 3), ["A4C1388D18B2", "living__room", "living_20room"]);
});

Deno.test("a device without a name of its own is shown by what it calls itself", async () => {
  const { heard, home } = start();
  const address = "A4:C1:38:8D:18:B2";
  const device = "A4C1388D18B2";
  const shown = async (facts: { model?: string; localName?: string }) => {
    const before = heard.messages.length;
    home.device(device, { address, ...facts });
    home.reading({ ...TEMPERATURE, device });
    await heard.until("config", () => heard.messages.length >= before + 2);
    return heard.config(`edgewire_${device}`)!.dev.name;
  };
  assert.equal(await shown({}), address);
  assert.equal(await shown({ model: "RuuviTag" }), "RuuviTag 18B2");
  assert.equal(await shown({ model: "LYWSD03MMC", localName: "ATC_8D18B2" }), "ATC_8D18B2");
  await home.close();
});

Deno.test("a flood of names leaves nothing retained at the broker", async () => {
  const configured = (name: string) => name === "attic";
  const { heard, home } = start({ steadyMs: 120_000, steadyPackets: 5, configured });
  for (let i = 0; i < 3000; i++) {
    const device = `C0${i.toString(16).padStart(10, "0")}`;
    home.device(device, { address: "C0:00:00:00:00:00" });
    for (let time = 0; time < 10; time++) home.reading({ ...TEMPERATURE, device, time });
    home.liveness(device, "lost");
  }
  home.connected();
  home.reading(TEMPERATURE);
  await heard.until("what comes later", () => heard.on(CONFIG).length > 0);
  assert.deepEqual(heard.messages.map(({ topic }) => topic), [AVAILABILITY, CONFIG]);
  await home.close();
});

Deno.test("a device is announced when it was heard for a while, in several packets", async () => {
  const configured = (name: string) => name === "roof";
  const { heard, home } = start({ steadyMs: 50, steadyPackets: 3, configured });
  const say = (time: number, device = "attic") => {
    home.reading({ ...TEMPERATURE, time, device });
    home.reading(reading("humidity", { unit: "%", time, device }));
  };
  const begin = performance.now();
  // Many readings of one packet are one.
  for (let i = 0; i < 10; i++) say(1);
  await eventually("its time", () => performance.now() - begin > 60);
  say(2);
  say(0, "roof");
  await heard.until("another", () => heard.config("edgewire_roof") !== undefined);
  assert.equal(heard.on(CONFIG).length, 0);
  say(3);
  await heard.until("config", () => heard.on(CONFIG).length > 0);
  assert.deepEqual(Object.keys(heard.config("edgewire_attic")!.cmps), ["temperature", "humidity"]);
  await home.close();
});

Deno.test("a device that the configuration names is announced at its first packet", async () => {
  const configured = (name: string) => name === "attic";
  const { heard, home } = start({ steadyMs: 120_000, steadyPackets: 5, configured });
  home.reading(TEMPERATURE);
  await heard.until("config", () => heard.on(CONFIG).length > 0);
  await home.close();
});

Deno.test("no more devices are announced than may be; when one is forgotten another can", async () => {
  const { heard, home } = start({ maxDevices: 2 });
  const configs = () =>
    new Set(heard.messages.filter(({ topic }) => topic.endsWith("/config")).map((m) => m.topic));
  for (const device of ["a", "b", "c"]) home.reading({ ...TEMPERATURE, device });
  await heard.until("over the limit", () => home.counters.overLimit > 0 && configs().size === 2);
  home.forget("a");
  await heard.until("the third", () => heard.config("edgewire_c") !== undefined);
  assert.equal(configs().size, 3);
  await home.close();
});

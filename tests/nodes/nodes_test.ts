/** Radio frames of several nodes becoming updates, without a broker. */
import assert from "node:assert/strict";
import type { Nodes } from "../../gateway/nodes/nodes.ts";
import { loadRadioIntake } from "../../gateway/nodes/radio/radio_loader.ts";
import { Rooms } from "../../gateway/rooms/rooms.ts";
import { noTaps } from "../../gateway/taps.ts";
import { Rules } from "../../gateway/rooms/rules.ts";
import { RadioFlag, RadioLink } from "../../traces/sensors/radio_envelope.ts";
import { config } from "../sessions/fake_client.ts";
import {
  advertisingReport,
  RadioSource,
  record,
  RUUVI_DEVICE,
  RUUVI_EVENT,
} from "../support/radio.ts";
import { sealBtHomeV2 } from "../traces/support/sensor_sealing.ts";
import { macFrame, withFcs } from "../traces/support/wpan_frames.ts";
import { hearingNodes } from "./hearing_nodes.ts";

// As the broker waits for it before it hands on the first frames.
await loadRadioIntake();

const KEY = "231d39c1d7cc1ab1aee224cd096db932";
const SENDER = "5448E68F80A5";
const EXTENDED = "00124b0001020304";

/** Rooms and nodes, and what they said. */
class Scene implements Disposable {
  readonly rooms: Rooms;
  readonly nodes: Nodes;
  readonly logged: string[] = [];

  constructor(
    devices: { address: string; name?: string; key?: string; short?: string }[] = [],
    history: { ageSeconds?: number } = {},
  ) {
    const settings = { ...config(), devices };
    settings.history = { ...settings.history, ...history };
    const rules = new Rules([], []);
    this.rooms = new Rooms(settings, rules, () => {}, noTaps);
    const log = (line: string) => void this.logged.push(line);
    this.nodes = hearingNodes(this.rooms, { config: settings, log });
  }

  publish(topic: string, payload: Uint8Array | string) {
    const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
    this.rooms.take({ topic, payload: bytes, qos: 1, replayed: false, own: false });
  }

  /** Hands on HCI events. */
  hear(source: RadioSource, ...events: Uint8Array[]) {
    this.publish(source.topic, source.events(...events));
  }

  /** All updates and events of a channel so far. */
  history(channel: string): Record<string, unknown>[] {
    const room = this.rooms.get(channel);
    return room === undefined
      ? []
      : [...room.history.after(0)].map((entry) => JSON.parse(room.encode(entry)));
  }

  /** Values of one reading so far. */
  values(device: string, name: string): unknown[] {
    return this.history(device)
      .filter(({ topic }) => topic === `edgewire/v1/readings/${device}/${name}`)
      .map(({ value }) => value);
  }

  [Symbol.dispose]() {
    this.nodes.close();
    this.rooms.close();
  }
}

function bthome(hex: string): Uint8Array {
  const content = Uint8Array.fromHex(hex);
  return advertisingReport(SENDER, Uint8Array.of(content.length + 3, 0x16, 0xd2, 0xfc, ...content));
}

function sealed(info: number, counter: number, plain: string): Uint8Array {
  const key = Uint8Array.fromHex(KEY);
  const bytes = sealBtHomeV2(key, parseInt(SENDER, 16), info, counter, Uint8Array.fromHex(plain));
  return bthome(bytes.toHex());
}

Deno.test("a frame becomes updates in physical units, with device, node and one id", () => {
  using scene = new Scene();
  scene.hear(new RadioSource("attic"), Uint8Array.fromHex(RUUVI_EVENT));
  const updates = scene.history(RUUVI_DEVICE);
  const temperature = updates.find(({ topic }) => String(topic).endsWith("/temperature"))!;
  assert.deepEqual(
    { ...temperature, seq: 0, time: 0, id: "" },
    {
      type: "data",
      channel: RUUVI_DEVICE,
      seq: 0,
      time: 0,
      topic: `edgewire/v1/readings/${RUUVI_DEVICE}/temperature`,
      value: 25.01,
      node: "attic",
      unit: "°C",
      device: RUUVI_DEVICE,
      id: "",
    },
  );
  assert.equal(new Set(updates.map(({ id }) => id)).size, 1);
  assert.deepEqual(scene.values(RUUVI_DEVICE, "humidity"), [61.0425]);
  assert.deepEqual(scene.values(RUUVI_DEVICE, "pressure"), [1004.16]);
  assert.deepEqual(scene.values(RUUVI_DEVICE, "rssi"), [-68]);
});

Deno.test("what two nodes hear is one update; both receivers are told", () => {
  using scene = new Scene();
  const [attic, cellar] = [new RadioSource("attic"), new RadioSource("cellar", 9)];
  scene.hear(attic, Uint8Array.fromHex(RUUVI_EVENT));
  scene.hear(cellar, Uint8Array.fromHex(RUUVI_EVENT));
  assert.deepEqual(scene.values(RUUVI_DEVICE, "temperature"), [25.01]);
  const { receivers } = scene.nodes.device(RUUVI_DEVICE)!;
  assert.deepEqual(receivers.map(({ node, rssi, share }) => ({ node, rssi, share })), [
    { node: "attic", rssi: -68, share: 1 },
    { node: "cellar", rssi: -68, share: 1 },
  ]);
});

Deno.test("a batch that is sent again makes no updates again", () => {
  using scene = new Scene();
  const attic = new RadioSource("attic");
  const batch = attic.events(bthome("4002ca09"), bthome("4002cb09"));
  scene.publish(attic.topic, batch);
  scene.publish(attic.topic, batch);
  assert.deepEqual(scene.values(SENDER, "temperature"), [25.06, 25.07]);
  const [node] = scene.nodes.answer().nodes;
  assert.deepEqual([node!.frames, node!.batchesRepeated], [2, 1]);
});

Deno.test("batches that are missing, frames that the node dropped, and reboots are told", () => {
  using scene = new Scene();
  const attic = new RadioSource("attic");
  scene.hear(attic, bthome("4002ca09"));
  attic.batch += 3;
  attic.dropped = 17;
  scene.hear(attic, bthome("4002cb09"));
  Object.assign(attic, { boot: 99, batch: 0, dropped: 2 });
  scene.hear(attic, bthome("4002cc09"));
  const [node] = scene.nodes.answer().nodes;
  const { batchesMissed, dropped, reboots, boot } = node!;
  assert.deepEqual({ batchesMissed, dropped, reboots, boot }, {
    batchesMissed: 3,
    dropped: 2,
    reboots: 1,
    boot: 99,
  });
});

Deno.test("an envelope that is cut short gives what it holds, and is told with the byte", () => {
  using scene = new Scene();
  const attic = new RadioSource("attic");
  const batch = attic.events(bthome("4002ca09"), bthome("4002cb09"));
  scene.publish(attic.topic, batch.subarray(0, batch.length - 3));
  scene.publish(attic.topic, "not an envelope at all");
  assert.deepEqual(scene.values(SENDER, "temperature"), [25.06]);
  assert.equal(scene.nodes.answer().nodes[0]!.malformed, 2);
  assert.match(scene.logged[0]!, /^node "attic": radio envelope: .* \(at byte \d+\)$/);
  assert.match(scene.logged[1]!, /does not begin with "EW"/);
});

Deno.test("a frame whose check sequence was wrong is counted, and not believed", () => {
  using scene = new Scene();
  const attic = new RadioSource("attic");
  const flags = RadioFlag.Checked | RadioFlag.Wrong;
  scene.publish(attic.topic, attic.envelope(record(bthome("4002ca09"), { flags })));
  assert.equal(scene.nodes.answer().devices.length, 0);
  assert.equal(scene.nodes.answer().nodes[0]!.damaged, 1);
});

Deno.test("people's phones and other strangers make no channel", () => {
  using scene = new Scene();
  const apple = "02011a0aff4c001005411c0c8f21";
  scene.hear(new RadioSource("attic"), advertisingReport("6A1122334455", apple));
  assert.equal(scene.rooms.size, 0);
  assert.equal(scene.nodes.sensors.counters.strangers, 1);
});

Deno.test("an encrypted device is opened with its key, and named as configured", () => {
  using scene = new Scene([{ address: "54:48:E6:8F:80:A5", name: "fridge", key: KEY }]);
  scene.hear(new RadioSource("attic"), bthome("41a47266c95f730011223378237214"));
  assert.deepEqual(scene.values("fridge", "temperature"), [25.06]);
  assert.equal(scene.nodes.device("fridge")!.sealing, "opened");
  const said = JSON.stringify([scene.nodes.answer(), scene.nodes.device("fridge")]);
  assert.ok(!said.toLowerCase().includes(KEY), "the key is not shown");
});

Deno.test("without its key an encrypted device is there, and says why it has no values", () => {
  using scene = new Scene();
  scene.hear(new RadioSource("attic"), bthome("41a47266c95f730011223378237214"));
  const { sealing, formats, readings } = scene.nodes.device(SENDER)!;
  assert.deepEqual([sealing, formats], ["no key", ["BTHome v2"]]);
  assert.ok(!readings.some(({ name }) => name === "temperature"));
  assert.equal(scene.nodes.sensors.counters.noKey, 1);
});

Deno.test("replay, downgrade and forgery are updates of their own, and give no values", () => {
  using scene = new Scene([{ address: SENDER, name: "fridge", key: KEY }]);
  const attic = new RadioSource("attic");
  scene.hear(attic, sealed(0x41, 1000, "02ca09"));
  scene.hear(attic, sealed(0x41, 1020, "02cb09"));
  scene.hear(attic, sealed(0x41, 1001, "02ff09"));
  scene.hear(attic, bthome("4002ee09"));
  const forged = sealed(0x41, 1030, "02cc09");
  forged[forged.length - 2]! ^= 1;
  scene.hear(attic, forged);
  assert.deepEqual(scene.values("fridge", "temperature"), [25.06, 25.07]);
  const findings = scene.values("fridge", "security") as { finding: string; counter?: number }[];
  assert.deepEqual(findings.map(({ finding }) => finding), [
    "replayed counter",
    "downgrade",
    "integrity",
  ]);
  assert.equal(findings[0]!.counter, 1001);
  assert.equal(scene.nodes.device("fridge")!.findings, 3);
});

Deno.test("a packet that another node hands on a little later is no replay", () => {
  using scene = new Scene([{ address: SENDER, name: "fridge", key: KEY }]);
  const [attic, cellar] = [new RadioSource("attic"), new RadioSource("cellar", 9)];
  scene.hear(attic, sealed(0x41, 1000, "02ca09"));
  scene.hear(cellar, sealed(0x41, 1000, "02ca09"));
  scene.hear(attic, sealed(0x41, 1002, "02cc09"));
  // Only the cellar heard this one; the attic was faster with the next.
  scene.hear(cellar, sealed(0x41, 1001, "02cb09"));
  assert.deepEqual(scene.values("fridge", "temperature"), [25.06, 25.08]);
  assert.deepEqual(scene.values("fridge", "security"), []);
  assert.equal(scene.nodes.sensors.counters.superseded, 1);
});

Deno.test("pressing a button twice is two updates, words are told when they change", () => {
  using scene = new Scene();
  const attic = new RadioSource("attic");
  scene.hear(attic, bthome("4400013a01"));
  scene.hear(attic, bthome("4400013a01"));
  scene.hear(attic, bthome("4400023a01"));
  assert.deepEqual(scene.values(SENDER, "button"), ["press", "press"]);
  const beacon = "1aff4c000215e2c56db5dffb48d2b060d0f5a71096e000640000c5";
  scene.hear(attic, advertisingReport("010203040506", beacon));
  scene.hear(attic, advertisingReport("010203040506", beacon.replace("00640000", "00640001")));
  assert.equal(scene.values("010203040506", "uuid").length, 1);
  assert.deepEqual(scene.values("010203040506", "minor"), [0, 1]);
});

Deno.test("IEEE 802.15.4: BTHome as payload, plain and secured; a replayed frame is found", () => {
  const key = "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf";
  using scene = new Scene([
    { address: EXTENDED, name: "boiler", key },
    { address: "1a62/0001", name: "window" },
  ]);
  const lab = new RadioSource("lab");
  const send = (frame: Uint8Array) =>
    scene.publish(
      lab.topic,
      lab.envelope(record(withFcs(frame), { linkType: RadioLink.WpanWithFcs, rssi: -71 })),
    );
  const common = { pan: 0x1a62, destination: 0, compression: true };
  const plain = Uint8Array.fromHex("40012d0211fe");
  send(macFrame({ ...common, source: 1, payload: plain }));
  assert.deepEqual(scene.values("window", "temperature"), [-4.95]);
  const secured = (counter: number, temperature: string) =>
    macFrame({
      ...common,
      source: EXTENDED,
      payload: Uint8Array.fromHex(`4002${temperature}`),
      security: { level: 5, key: Uint8Array.fromHex(key), counter },
    });
  send(secured(50, "ca09"));
  send(secured(51, "cb09"));
  send(secured(50, "cc09"));
  assert.deepEqual(scene.values("boiler", "temperature"), [25.06, 25.07]);
  const findings = scene.values("boiler", "security") as { finding: string }[];
  assert.deepEqual(findings.map(({ finding }) => finding), ["replayed counter"]);
  assert.equal(scene.nodes.device("boiler")!.sealing, "refused");
});

Deno.test("IEEE 802.15.4: beacons and association requests are events of the node", () => {
  using scene = new Scene();
  const lab = new RadioSource("lab");
  const beacon = macFrame({
    type: 0,
    source: 0,
    sourcePan: 0x1a62,
    open: Uint8Array.of(0xff, 0xcf, 0, 0),
  });
  const request = macFrame({
    type: 3,
    pan: 0x1a62,
    destination: 0,
    sourcePan: 0xffff,
    source: EXTENDED,
    open: Uint8Array.of(1, 0x8e),
  });
  const frames = [beacon, beacon, request, request].map((frame) =>
    record(withFcs(frame), { linkType: RadioLink.WpanWithFcs, rssi: -50 })
  );
  scene.publish(lab.topic, lab.envelope(...frames));
  const events = scene.history("lab").map(({ kind, detail }) => ({ kind, detail }));
  assert.deepEqual(events, [
    {
      kind: "beacon",
      detail: { node: "lab", pan: "0x1a62", coordinator: "1A62/0000", rssi: -50, beacons: 1 },
    },
    {
      kind: "association request",
      detail: { node: "lab", pan: "0x1a62", device: "00:12:4B:00:01:02:03:04", rssi: -50 },
    },
  ]);
});

Deno.test("each value says where its bytes stand and what was done to them", () => {
  using scene = new Scene();
  scene.hear(new RadioSource("attic"), Uint8Array.fromHex(RUUVI_EVENT));
  const { packet, readings } = scene.nodes.device(RUUVI_DEVICE)!;
  const { value, offset, length, raw, factor, unit, rule } = readings
    .find(({ name }) => name === "temperature")!;
  assert.equal(packet!.hex.slice(2 * offset, 2 * (offset + length)), "138a");
  assert.deepEqual({ value, raw, unit }, { value: 25.01, raw: 0x138a, unit: "°C" });
  assert.equal(raw as number * factor, value);
  assert.match(rule, /Ruuvi data format 5/);
});

Deno.test("a device that is forgotten is gone, and comes back when it is heard", () => {
  using scene = new Scene();
  const attic = new RadioSource("attic");
  scene.hear(attic, bthome("4002ca09"));
  assert.equal(scene.nodes.forget(SENDER), true);
  assert.equal(scene.nodes.forget(SENDER), false);
  assert.equal(scene.nodes.device(SENDER), undefined);
  assert.equal(scene.rooms.get(SENDER), undefined, "its channel is gone as well");
  scene.hear(attic, bthome("4002cb09"));
  assert.deepEqual(scene.values(SENDER, "temperature"), [25.07]);
});

Deno.test("two devices that are to have one name keep apart", () => {
  using scene = new Scene([
    { address: SENDER, name: "desk" },
    { address: "01:02:03:04:05:06", name: "desk" },
  ]);
  const attic = new RadioSource("attic");
  scene.hear(attic, bthome("4002ca09"));
  scene.hear(attic, advertisingReport("010203040506", "0716d2fc4002cb09"));
  assert.deepEqual(scene.nodes.answer().devices.map(({ name }) => name), [
    "desk",
    "desk-010203040506",
  ]);
});

Deno.test("a node's status is checked, and what it says is shown", () => {
  using scene = new Scene();
  scene.publish(
    "edgewire/v1/attic/status",
    '{"state":"online","boot":5,"version":"1.2","radios":["ble"],"period":10}',
  );
  scene.publish("edgewire/v1/cellar/status", '{"state":"asleep"}');
  const { nodes } = scene.nodes.answer();
  const { name, state, boot, version, radios } = nodes[0]!;
  assert.deepEqual({ name, state, boot, version, radios }, {
    name: "attic",
    state: "online",
    boot: 5,
    version: "1.2",
    radios: ["ble"],
  });
  assert.equal(nodes.length, 1);
  assert.equal(scene.nodes.malformed, 1);
  scene.publish("edgewire/v1/attic/status", "");
  assert.deepEqual(scene.nodes.answer().nodes, []);
});

Deno.test("settings have nodes that name radios, and those that answered", () => {
  using scene = new Scene();
  const status = (name: string, more: string) =>
    scene.publish(`edgewire/v1/${name}/status`, `{"state":"online"${more}}`);
  status("attic", ',"radios":["ble"]');
  status("lux", ',"radios":[]');
  status("plain", "");
  scene.publish("home/OMG/BTtoMQTT/C4D300112233", '{"id":"C4:D3:00:11:22:33","rssi":-60}');
  const settings = () =>
    Object.fromEntries(scene.nodes.answer().nodes.map((node) => [node.name, node.settings]));
  assert.deepEqual(settings(), { attic: true, lux: false, plain: false, OMG: false });
  assert.equal(scene.nodes.noSettings("attic"), null);
  assert.match(scene.nodes.noSettings("lux")!, /no settings: .*"lux" names no radios/);
  assert.match(scene.nodes.noSettings("OMG")!, /"OMG" speaks "openmqttgateway"/);
  assert.match(scene.nodes.noSettings("nobody")!, /no node "nobody"/);
  // A status that leaves radios out, as a last will does, takes none away.
  status("attic", "");
  scene.publish("edgewire/v1/plain/set/result", '{"id":"of another","ok":true}');
  scene.publish("edgewire/v1/nobody/set/result", '{"id":"of another","ok":true}');
  assert.deepEqual(settings(), { attic: true, lux: false, plain: true, OMG: false });
  assert.equal(scene.nodes.noSettings("plain"), null);
});

Deno.test("a keyed 802.15.4 device is believed with an integrity code alone, from the first frame on", () => {
  const key = "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf";
  using scene = new Scene([{ address: EXTENDED, name: "boiler", key }]);
  const lab = new RadioSource("lab");
  const send = (level: number | undefined, counter: number, payload: string) => {
    const security = level === undefined
      ? {}
      : { security: { level, key: Uint8Array.fromHex(key), counter } };
    const frame = macFrame({
      pan: 0x1a62,
      destination: 0,
      compression: true,
      source: EXTENDED,
      payload: Uint8Array.fromHex(payload),
      ...security,
    });
    const wpan = { linkType: RadioLink.WpanWithFcs, rssi: -71 };
    scene.publish(lab.topic, lab.envelope(record(withFcs(frame), wpan)));
  };
  send(undefined, 0, "4002ff09");
  send(0, 2_147_483_000, "4002fe09");
  send(4, 2_147_483_001, "4002fd09");
  assert.deepEqual(scene.values("boiler", "temperature"), []);
  send(5, 12, "4002ca09");
  assert.deepEqual(scene.values("boiler", "temperature"), [25.06]);
  send(5, 11, "4002cb09");
  assert.deepEqual(scene.values("boiler", "temperature"), [25.06]);
  // Only who forgets it lets its counter begin anew.
  scene.nodes.forget("boiler");
  send(5, 3, "4002cc09");
  assert.deepEqual(scene.values("boiler", "temperature"), [25.08]);
});

Deno.test("three devices of one name each have their own, and can be forgotten", () => {
  const addresses = ["010203040506", "010203040507", "010203040508"];
  using scene = new Scene(addresses.map((address) => ({ address, name: "desk" })));
  const attic = new RadioSource("attic");
  for (const address of addresses) {
    scene.hear(attic, advertisingReport(address, "0716d2fc4002cb09"));
  }
  const names = scene.nodes.answer().devices.map(({ name }) => name);
  assert.equal(new Set(names).size, 3, names.join());
  for (const name of names) assert.equal(scene.nodes.forget(name), true, name);
  assert.deepEqual(scene.nodes.answer().devices, []);
});

Deno.test("what is told when it changes is told again in a channel that began anew", () => {
  const { setInterval } = globalThis;
  let sweep: (() => void) | undefined;
  globalThis.setInterval = ((callback: () => void) => {
    sweep ??= callback;
    return 0;
  }) as unknown as typeof setInterval;
  using scene = new Scene([], { ageSeconds: 0 });
  globalThis.setInterval = setInterval;
  const attic = new RadioSource("attic");
  // Packet id, and a battery that stays at 93 %.
  scene.hear(attic, bthome("400001015d"));
  scene.hear(attic, bthome("400002015d"));
  assert.deepEqual(scene.values(SENDER, "battery"), [93]);
  const { active } = scene.rooms.get(SENDER)!;
  while (performance.timeOrigin + performance.now() <= active + 1);
  sweep!();
  assert.equal(scene.rooms.get(SENDER), undefined);
  scene.hear(attic, bthome("400003015d"));
  assert.deepEqual(scene.values(SENDER, "battery"), [93]);
});

Deno.test("made-up addresses push out neither each other's betters nor the last channel", () => {
  using scene = new Scene([{ address: SENDER, name: "fridge", key: KEY }]);
  const attic = new RadioSource("attic");
  scene.hear(attic, sealed(0x41, 1000, "02ca09"));
  for (let i = 0; i < 6000; i++) {
    const address = (0xc0_0000_0000_00 + i).toString(16).padStart(12, "0");
    scene.hear(attic, advertisingReport(address, "0716d2fc4002ca09"));
  }
  assert.ok(scene.nodes.answer().devices.length < 2100);
  assert.ok(scene.nodes.sensors.counters.strangers > 3900);
  scene.hear(attic, sealed(0x41, 1001, "02cb09"));
  assert.deepEqual(scene.values("fridge", "temperature"), [25.06, 25.07]);
});

Deno.test("who has no key cannot speak for a device, not even say that it lives", () => {
  using scene = new Scene([{ address: SENDER, name: "fridge", key: KEY }]);
  const attic = new RadioSource("attic");
  scene.hear(attic, sealed(0x41, 1000, "02ca09"));
  const before = scene.nodes.device("fridge")!;
  const name = "05094576696c";
  scene.hear(attic, advertisingReport(SENDER, `${name}0716d2fc4402ee09`, -20));
  const after = scene.nodes.device("fridge")!;
  const told = ({ localName, receivers }: typeof before) => [
    localName,
    ...receivers.map(({ heard, rssi, share }) => [heard, rssi, share]),
  ];
  assert.deepEqual(told(after), told(before));
  assert.ok(Math.abs(after.lastSeen - before.lastSeen) < 1);
  assert.equal(after.findings, 1);
});

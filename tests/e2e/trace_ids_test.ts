/**
 * One id from the radio to the screen: in the packets of every hop of one trace, and in the message
 * that the browser got. And traces of which only a part was asked for.
 *
 * @module
 */
import assert from "node:assert/strict";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { advertisingReport, RadioSource, RUUVI_DEVICE, RUUVI_EVENT } from "../support/radio.ts";
import { testWith } from "../support/tools.ts";
import { TraceCapture } from "../support/trace_capture.ts";
import { type HopPacket, tsharkHops, tsharkRows, tsharkWarnings } from "../support/tshark.ts";
import { WsPeer } from "../support/ws_peer.ts";

const TEMPERATURE = `edgewire/v1/readings/${RUUVI_DEVICE}/temperature`;
/** Where the Ruuvi event has its temperature (0.005 °C) and measurement sequence. */
const TEMPERATURE_AT = 22;
const SEQUENCE_AT = 37;
const LAST = "the last one";

function ruuvi(celsius: number, sequence: number): Uint8Array {
  const event = Uint8Array.fromHex(RUUVI_EVENT);
  const view = new DataView(event.buffer);
  view.setInt16(TEMPERATURE_AT, celsius / 0.005);
  view.setUint16(SEQUENCE_AT, sequence);
  return event;
}

/** A sender whose advertisements make no update. */
function stranger(address: string, name = ""): Uint8Array {
  const text = new TextEncoder().encode(name);
  return advertisingReport(address, Uint8Array.of(2, 1, 6, text.length + 1, 9, ...text));
}

/** Way of an id through the hops: its lines for one update, in order. */
async function wayOf(path: string, id: string, seq: number): Promise<HopPacket[]> {
  const lines = await tsharkHops(path);
  return lines.filter((line) => line.id === id && line.seq === seq);
}

function hopsOf(lines: HopPacket[]): string[] {
  return lines.map(({ hop, out }) => `${hop} ${out ? "out" : "in"}`).sort();
}

interface Frame {
  number: number;
  protocols: string[];
}

/** Frames, of those with these numbers, that pass a display filter. */
async function holding(path: string, lines: HopPacket[], filter: string): Promise<Frame[]> {
  const numbers = lines.map(({ frame }) => frame).join(",");
  const rows = await tsharkRows(
    path,
    ["frame.number", "frame.protocols"],
    `frame.number in {${numbers}} && (${filter})`,
  );
  return rows.map(([number, protocols]) => ({
    number: Number(number),
    protocols: protocols![0]!.split(":"),
  }));
}

function colons(bytes: Uint8Array): string {
  return bytes.toHex().replace(/..(?=.)/g, "$&:");
}

testWith(["tshark"], "one id from the radio to the screen, also in parts", async (t) => {
  await using gateway = await GatewayProcess.start();
  const url = `mqtt://127.0.0.1:${gateway.mqttPort}`;
  await using attic = await MqttPeer.connect(url, { clientId: "attic" });
  await using cellar = await MqttPeer.connect(url, { clientId: "cellar" });
  await using watcher = await MqttPeer.connect(url, { clientId: "watcher" });
  await watcher.subscribe("edgewire/v1/readings/#");
  await watcher.subscribe("devices/#");
  const nodes = { attic: new RadioSource("attic"), cellar: new RadioSource("cellar") };
  await attic.publish(nodes.attic.topic, nodes.attic.events(ruuvi(25, 1)));
  await attic.publish("devices/desk/light", 1);
  await using screen = await WsPeer.open(gateway.ws("/ws"));
  for (const channel of ["desk", RUUVI_DEVICE]) screen.send({ type: "subscribe", channel });
  await screen.next("snapshot", ({ channel }) => channel === RUUVI_DEVICE);
  await using plain = await WsPeer.open(gateway.ws("/ws/desk"), { v1: false });
  await plain.next("snapshot");

  await using live = await TraceCapture.live(gateway);
  await using ofDesk = await TraceCapture.live(gateway, "?channel=desk");
  await using ofAttic = await TraceCapture.live(gateway, "?node=attic");
  await using ofRadio = await TraceCapture.live(gateway, "?hop=radio,ws");
  await using ofRuuvi = await TraceCapture.live(gateway, `?hop=mqtt&channel=${RUUVI_DEVICE}`);

  const heard = ruuvi(25.5, 2);
  await attic.publish(nodes.attic.topic, nodes.attic.events(stranger("C0FFEE000001"), heard));
  const data = await screen.next("data", ({ topic }) => topic === TEMPERATURE);
  await watcher.message(({ text }) => text.includes(`"time":${data.time},`));
  await cellar.publish(nodes.cellar.topic, nodes.cellar.events(stranger("C0FFEE000002")));
  await attic.publish("devices/desk/light", 42, { qos: 2 });
  const desk = await screen.next("data", ({ channel }) => channel === "desk");
  await plain.next("data", ({ id }) => id === desk.id);
  await watcher.message(({ text }) => text === "42");
  const last = nodes.attic.events(ruuvi(26, 3), stranger("C0FFEE000001", LAST));
  await attic.publish(nodes.attic.topic, last);
  await attic.publish("devices/desk/light", LAST);
  for (const capture of [live, ofDesk, ofAttic, ofRadio, ofRuuvi]) await capture.until(LAST);
  const file = await live.file();

  await t.step("an advertisement: the same id in the packets of all hops", async () => {
    assert.equal(data.value, 25.5);
    const lines = await wayOf(file, data.id, data.seq);
    assert.deepEqual(hopsOf(lines), ["mqtt in", "mqtt out", "radio in", "room in", "ws out"]);
    const [radio, ...others] = lines;
    assert.equal(radio!.hop, "radio");
    const bytes = `(bthci_evt || mqtt) && frame contains ${colons(heard)}`;
    const id = `(json || websocket) && frame contains "\\"id\\":\\"${data.id}\\""`;
    const held = await holding(file, lines, `(${bytes}) || (${id})`);
    const withProtocol = (name: string, but = "") =>
      held.filter(({ protocols }) => protocols.includes(name) && !protocols.includes(but))
        .map(({ number }) => number);
    const framesOf = (accept: (line: HopPacket) => boolean) =>
      others.filter(accept).map(({ frame }) => frame);
    assert.deepEqual(withProtocol("bthci_evt"), [radio!.frame]);
    assert.deepEqual(withProtocol("mqtt"), framesOf(({ hop, out }) => hop === "mqtt" && !out));
    assert.deepEqual(withProtocol("json", "websocket"), framesOf(({ hop }) => hop === "room"));
    assert.deepEqual(withProtocol("websocket"), framesOf(({ hop }) => hop === "ws"));
    const shown = [...others].every(({ sinceUs }) => sinceUs >= 0);
    assert.ok(shown, `each hop says how long it took: ${JSON.stringify(others)}`);
    for (const { time } of others) assert.ok(time >= radio!.time);
  });

  await t.step("a plain value: the same id in the packets of all hops", async () => {
    const lines = await wayOf(file, desk.id, desk.seq);
    assert.deepEqual(hopsOf(lines), ["mqtt in", "mqtt out", "room in", "ws out", "ws out"]);
    assert.equal((await holding(file, lines, 'mqtt.topic == "devices/desk/light"')).length, 2);
    for (const { hop, out, sinceUs } of lines) {
      assert.equal(sinceUs >= 0, hop !== "mqtt" || out, `${hop} ${out}: ${sinceUs}`);
    }
  });

  await t.step("an advertisement without update is there too", async () => {
    const frames = await tsharkHops(file, "bthci_evt.bd_addr == c0:ff:ee:00:00:02");
    assert.deepEqual(frames.map(({ hop, channel }) => hop + channel), ["radio"]);
    assert.match(frames[0]!.id, /^[\w-]+\.0$/);
  });

  await t.step("?channel: packets of its updates", async () => {
    const path = await ofDesk.file();
    const lines = (await tsharkHops(path)).filter(({ synthetic }) => !synthetic);
    assert.deepEqual(new Set(lines.map(({ channel }) => channel)), new Set(["desk"]));
    const hops = hopsOf(await wayOf(path, desk.id, desk.seq));
    assert.deepEqual(hops, ["mqtt in", "mqtt out", "room in", "ws out", "ws out"]);
    assert.ok(!ofDesk.has(RUUVI_DEVICE));
  });

  await t.step("?node: packets of what it heard and said", async () => {
    const path = await ofAttic.file();
    const lines = await tsharkHops(path);
    assert.ok(!lines.some(({ channel }) => channel === "desk"));
    assert.deepEqual(
      await tsharkRows(path, ["frame"], "bthci_evt.bd_addr == c0:ff:ee:00:00:02"),
      [],
    );
    const hops = hopsOf(await wayOf(path, data.id, data.seq));
    assert.deepEqual(hops, ["mqtt in", "mqtt out", "radio in", "room in", "ws out"]);
  });

  await t.step("?hop: packets of these hops", async () => {
    const path = await ofRadio.file();
    const lines = await tsharkHops(path);
    assert.deepEqual(new Set(lines.map(({ hop }) => hop)), new Set(["radio", "ws"]));
    assert.deepEqual(hopsOf(await wayOf(path, data.id, data.seq)), ["radio in", "ws out"]);
    const both = hopsOf(await wayOf(await ofRuuvi.file(), data.id, data.seq));
    assert.deepEqual(both, ["mqtt in", "mqtt out"]);
    const mqtt = await tsharkHops(await ofRuuvi.file());
    assert.deepEqual(new Set(mqtt.map(({ hop }) => hop)), new Set(["mqtt"]));
  });

  await t.step("tshark has nothing to warn of in any of them", async () => {
    for (const capture of [live, ofDesk, ofAttic, ofRadio, ofRuuvi]) {
      assert.deepEqual(await tsharkWarnings(await capture.file()), []);
    }
  });
});

/** The name of a device that the gateway connects to is no other's. */
import assert from "node:assert/strict";
import { loadRadioIntake } from "../../gateway/nodes/radio/radio_loader.ts";
import { Rooms } from "../../gateway/rooms/rooms.ts";
import { Rules } from "../../gateway/rooms/rules.ts";
import { noTaps } from "../../gateway/taps.ts";
import { config } from "../sessions/fake_client.ts";
import { advertisingReport, RadioSource } from "../support/radio.ts";
import { hearingNodes } from "./hearing_nodes.ts";

await loadRadioIntake();

const SENDER = "5448E68F80A5";
/** 25.06 °C as BTHome. */
const DATA = "0716d2fc4002ca09";

Deno.test("devices of others and those that nodes hear get other names than linked ones", () => {
  const linked = ["desk", SENDER];
  const settings = config();
  const rooms = new Rooms(settings, new Rules([], []), () => {}, noTaps);
  const nodes = hearingNodes(rooms, { config: settings, linked });
  try {
    for (const name of linked) nodes.link(name, "ws://127.0.0.1:1/");
    const publish = (topic: string, payload: Uint8Array) =>
      rooms.take({ topic, payload, qos: 1, replayed: false, own: false });
    const zigbee = '{"temperature":21}';
    publish("zigbee2mqtt/desk", new TextEncoder().encode(zigbee));
    const source = new RadioSource("r");
    publish(source.topic, source.events(advertisingReport(SENDER, DATA)));
    const names = nodes.answer().devices.map(({ name, formats: [format] }) => `${format}: ${name}`);
    assert.deepEqual(names, [
      "zigbee2mqtt: zigbee2mqtt/desk",
      `BTHome v2: ${SENDER}-${SENDER}`,
      "WebSocket: desk",
      `WebSocket: ${SENDER}`,
    ]);
  } finally {
    nodes.close();
    rooms.close();
  }
});

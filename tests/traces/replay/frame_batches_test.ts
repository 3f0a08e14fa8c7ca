/** Radio frames in batches, as nodes send them, and the names of the nodes. */
import assert from "node:assert/strict";
import { liveInterface } from "../../../traces/flows/live_interface.ts";
import { namesOf } from "../../../traces/replay/survey.ts";
import { RadioEnvelope, RadioLink } from "../../../traces/sensors/radio_envelope.ts";
import { advertisingReport } from "../../support/radio.ts";
import { CaptureFile, Connection, planOf } from "./capture.ts";

const FRAME = advertisingReport("CDD4FA527AF2", "020106");

/** Node, kind and frames of each message. */
async function batchesOf(bytes: Uint8Array, speed = 1) {
  const { messages, survey } = await planOf(bytes, { speed });
  return messages.map(({ topic, kind, payload, time }) => {
    const envelope = new RadioEnvelope();
    const times = [];
    if (envelope.open(payload)) { while (envelope.next()) times.push(envelope.record.time); }
    const { batch, boot } = envelope.header;
    return { topic, kind, frames: times.length, batch, boot, times, time: time - survey.first };
  });
}

Deno.test("batches are bounded by count, bytes and age; batch numbers count up from 0", async () => {
  const file = new CaptureFile();
  const radio = file.interface(RadioLink.HciH4);
  const at = (ms: number) => {
    file.time = ms;
    file.packet(FRAME, radio);
  };
  for (let ms = 0; ms < 30; ms++) at(ms / 100);
  at(49);
  at(51);
  for (let i = 0; i < 100; i++) at(200 + i / 100);
  const batches = await batchesOf(file.take());
  assert.deepEqual(batches.map(({ kind, frames, batch }) => [kind, frames, batch]), [
    ["clock", 1, 0],
    ["frames", 31, 1],
    ["frames", 1, 2],
    ["frames", 64, 3],
    ["frames", 36, 4],
  ]);
  assert.equal(new Set(batches.map(({ boot }) => boot)).size, 1);
  assert.deepEqual(batches.map(({ time }) => time), [49_000, 49_000, 51_000, 200_630, 200_990]);
  const [clock, first, second] = batches;
  assert.equal(first!.times.at(-1)! - first!.times[0]!, 49_000);
  assert.equal(second!.times[0]! - first!.times[0]!, 51_000);
  // The clock shows the time at which it is sent, or at full speed that of the capture's end.
  assert.equal(clock!.times[0], first!.times.at(-1));
});

Deno.test("at full speed a node's clock shows the end of the capture", async () => {
  const file = new CaptureFile();
  const radio = file.interface(RadioLink.HciH4);
  for (const ms of [0, 30_000]) {
    file.time = ms;
    file.packet(FRAME, radio);
  }
  const [clock, , last] = await batchesOf(file.take(), Infinity);
  assert.equal(clock!.times[0], last!.times[0]);
});

Deno.test("the order over nodes and MQTT messages stays", async () => {
  const file = new CaptureFile();
  const radios = [
    file.interface(RadioLink.HciH4, "hci0"),
    file.interface(RadioLink.HciH4, "a/b c"),
  ];
  const sensor = new Connection(file, 10);
  for (const radio of [0, 0, 1, 0]) file.packet(FRAME, radios[radio]);
  sensor.publish("lab/n", "1");
  file.packet(FRAME, radios[0]);
  const batches = await batchesOf(file.take());
  const said = batches.filter(({ kind }) => kind !== "clock")
    .map(({ topic, frames }) => `${topic} ${frames}`);
  assert.deepEqual(said, [
    "edgewire/v1/replay-hci0/radio 2",
    "edgewire/v1/replay-a-b-c/radio 1",
    "edgewire/v1/replay-hci0/radio 1",
    "lab/n 0",
    "edgewire/v1/replay-hci0/radio 1",
  ]);
});

Deno.test("names of nodes: those of a gateway's trace, else made of the interfaces' names", () => {
  const names = (
    labels: string[],
    node?: string,
  ) => [...namesOf(labels.map((label, i) => liveInterface(i, label, 0)), node).values()];
  assert.deepEqual(names(["hci0"]), ["replay"]);
  assert.deepEqual(names(["hci0"], "desk"), ["desk"]);
  assert.deepEqual(names(["hci0", "hci1"]), ["replay-hci0", "replay-hci1"]);
  assert.deepEqual(names(["hci", "hci"], "desk"), ["desk-hci", "desk-hci-1"]);
  assert.deepEqual(names(["radio:attic", "radio:attic", "radio:cellar"]), [
    "attic",
    "attic",
    "cellar",
  ]);
  assert.deepEqual(names(["radio:attic", "radio:attic"], "desk"), ["desk", "desk"]);
  assert.deepEqual(names(["radio:attic", "radio:cellar"], "desk"), ["desk-attic", "desk-cellar"]);
  assert.deepEqual(names(["radio:readings"]), ["readings-"]);
});

/** Which MQTT messages of a capture are replayed. */
import assert from "node:assert/strict";
import { LeftOut } from "../../../traces/replay/left_out.ts";
import {
  CaptureFile,
  Connection,
  planOf,
  publish,
  REFUSED,
  said,
  UPPER_PDU_LINK,
  upperPdu,
} from "./capture.ts";

Deno.test("a message that the broker hands on to two clients is replayed once", async () => {
  const file = new CaptureFile();
  const sensor = new Connection(file, 10);
  const watchers = [new Connection(file, 11), new Connection(file, 12)];
  for (const value of ["1", "1", "2"]) {
    sensor.publish("lab/n", value, { qos: 1, messageId: 5, retain: value === "2" });
    for (const watcher of watchers) watcher.receive("lab/n", value);
  }
  const { messages, leftOut } = await planOf(file.take());
  assert.deepEqual(said(messages), ["lab/n 1", "lab/n 1", "lab/n 2"]);
  assert.deepEqual(messages.map(({ qos, retain }) => [qos, retain]), [
    [1, false],
    [1, false],
    [1, true],
  ]);
  assert.deepEqual([...leftOut], [[LeftOut.Copy, 6]]);
});

Deno.test("what only the broker's side shows is replayed, once for all subscribers", async () => {
  const file = new CaptureFile();
  const watcher = new Connection(file, 11);
  const other = new Connection(file, 12);
  watcher.publish("lab/own", "o");
  watcher.receive("lab/own", "o");
  for (const value of ["1", "1"]) {
    watcher.receive("lab/n", value);
    other.receive("lab/n", value);
  }
  const { messages } = await planOf(file.take());
  assert.deepEqual(said(messages), ["lab/own o", "lab/n 1", "lab/n 1"]);
});

Deno.test("retained messages that a later subscriber gets are no new ones", async () => {
  const file = new CaptureFile();
  const sensor = new Connection(file, 10);
  sensor.publish("lab/n", "1", { retain: true });
  file.time += 60_000;
  const late = new Connection(file, 11);
  late.receive("lab/n", "1", { retain: true });
  late.receive("lab/before", "0", { retain: true });
  const { messages } = await planOf(file.take());
  assert.deepEqual(said(messages), ["lab/n 1", "lab/before 0"]);
});

Deno.test("a PUBLISH sent again counts only where the first is missing", async () => {
  const file = new CaptureFile();
  const sensor = new Connection(file, 10);
  sensor.publish("lab/n", "1", { qos: 1, messageId: 7 });
  sensor.publish("lab/n", "1", { qos: 1, messageId: 7, dup: true });
  sensor.publish("lab/n", "2", { qos: 1, messageId: 8, dup: true });
  const { messages, leftOut } = await planOf(file.take());
  assert.deepEqual(said(messages), ["lab/n 1", "lab/n 2"]);
  assert.deepEqual([...leftOut], [[LeftOut.Again, 1]]);
});

Deno.test("two clients may say the same; a bridge to another broker says nothing new", async () => {
  const file = new CaptureFile();
  const one = new Connection(file, 10);
  const two = new Connection(file, 11);
  const bridge = new Connection(file, 12, {}, [192, 0, 2, 2]);
  one.publish("lab/n", "1");
  bridge.publish("lab/n", "1");
  two.publish("lab/n", "1");
  const { messages } = await planOf(file.take());
  assert.deepEqual(said(messages), ["lab/n 1", "lab/n 1"]);
});

Deno.test("MQTT packets that the capture also has as LINKTYPE 252 count once", async () => {
  const file = new CaptureFile();
  const pdus = file.interface(UPPER_PDU_LINK, "mqtt-pdu");
  const sensor = new Connection(file, 10);
  for (const value of ["1", "1"]) {
    sensor.publish("lab/n", value);
    file.packet(upperPdu(publish("lab/n", value), 10), pdus);
  }
  const { messages } = await planOf(file.take());
  assert.deepEqual(said(messages), ["lab/n 1", "lab/n 1"]);
});

Deno.test("the last will of a connection that breaks is published at its end", async () => {
  const will = { topic: "lab/state", payload: "gone", qos: 1, retain: true };
  const file = new CaptureFile();
  const watcher = new Connection(file, 9);
  const broken = new Connection(file, 10, { will });
  const polite = new Connection(file, 11, { will: { ...will, topic: "lab/other" } });
  const open = new Connection(file, 12, { will: { ...will, topic: "lab/third" } });
  broken.publish("lab/n", "1");
  polite.disconnect();
  broken.breaks();
  watcher.receive("lab/state", "gone");
  open.publish("lab/n", "2");
  const { messages } = await planOf(file.take());
  assert.deepEqual(said(messages), ["lab/n 1", "lab/state gone", "lab/n 2"]);
  const [, last] = messages;
  assert.deepEqual([last!.kind, last!.qos, last!.retain], ["will", 1, true]);
});

Deno.test("a client that the broker refused leaves no will", async () => {
  const will = { topic: "lab/state", payload: "gone", qos: 0, retain: false };
  const file = new CaptureFile();
  new Connection(file, 10, { will }).breaks();
  new Connection(file, 11, { will, connack: REFUSED }).breaks();
  const { messages } = await planOf(file.take());
  assert.deepEqual(said(messages), ["lab/state gone"]);
});

Deno.test("commands, and what brokers and gateways say themselves, are left out", async () => {
  const topics = [
    "devices/lamp/power/set",
    "zigbee2mqtt/lamp/set/state",
    "zigbee2mqtt/lamp/get",
    "zigbee2mqtt/bridge/request/permit_join",
    "home/omg/commands/MQTTtoBT/config",
    "cmnd/plug/POWER",
    "shellies/plug/relay/0/command",
    "edgewire/v1/attic/set",
    "edgewire/v1/readings/A4C1388D18B2/temperature",
    "edgewire/v1/gateways/house/state",
    "homeassistant/device/edgewire_a4c1388d18b2/config",
  ];
  const kept = [
    "devices/lamp/power",
    "devices/set/settings",
    "edgewire/v1/attic/set/result",
    "homeassistant/device/lamp/config",
    "stat/plug/RESULT",
  ];
  const file = new CaptureFile();
  const client = new Connection(file, 10);
  for (const topic of [...topics, ...kept]) client.publish(topic, "{}");
  client.receive("$SYS/broker/uptime", "1");
  const bytes = file.take();
  const { messages, leftOut } = await planOf(bytes);
  assert.deepEqual(messages.map(({ topic }) => topic), kept);
  assert.equal(leftOut.get(LeftOut.Command), 8);
  assert.equal(leftOut.get(LeftOut.Gateway), 3);
  assert.equal(leftOut.get(LeftOut.Broker), 1);
  const all = await planOf(bytes, { commands: true });
  assert.deepEqual(all.messages.map(({ topic }) => topic), [...topics.slice(0, 8), ...kept]);
});

Deno.test("times are those of the capture, and never go back", async () => {
  const file = new CaptureFile();
  const sensor = new Connection(file, 10);
  sensor.publish("lab/n", "1");
  file.time += 999;
  sensor.publish("lab/n", "2");
  file.time -= 500;
  sensor.publish("lab/n", "3");
  const { messages, survey: { first, last } } = await planOf(file.take());
  assert.deepEqual(messages.map(({ time }) => time - first), [0, 1_000_000, 1_000_000]);
  assert.equal(last - first, 1_000_000);
});

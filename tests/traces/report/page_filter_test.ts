/**
 * The filter of the HTML report.
 *
 * @module
 */
import assert from "node:assert/strict";
import { pageFilter } from "../../../traces/report/html/page_filter.ts";
import type { PageEntry } from "../../../traces/report/html/page_script.ts";

const IDS = new Map([
  ["mqtt.topic", 1],
  ["ip.src", 2],
  ["ip.dst", 3],
  ["frame.len", 4],
  ["tcp", 5],
  ["mqtt.msgtype", 6],
  ["tcp.flags", 7],
  ["tcp.srcport", 8],
]);

const entry = (id: number, value: string, shown?: string): PageEntry =>
  shown === undefined ? [id, 1, 0, 0, 0, value] : [id, 1, 0, 0, 0, value, shown];

const FRAME = [
  entry(1, "lab/lux and more"),
  entry(2, "10.0.0.1"),
  entry(3, "10.0.0.2"),
  entry(4, "120", "120 bytes"),
  entry(6, "3", "Publish Message (3)"),
  entry(7, "0x0018"),
  entry(8, "1883"),
];

const passes = (text: string) => pageFilter(text, (name) => IDS.get(name))?.(FRAME);

Deno.test("the page's filter: comparison, presence, logic", () => {
  const right = [
    "mqtt.topic",
    "!tcp",
    "not tcp",
    "ip.addr == 10.0.0.2",
    "ip.src eq 10.0.0.1",
    "frame.len > 100 && frame.len<=120",
    "frame.len ge 120 and tcp.port==1883",
    'mqtt.topic contains "lux and"',
    'mqtt.topic matches "^LAB/.u"',
    "mqtt.msgtype == 3",
    "mqtt.msgtype == Publish Message (3)",
    "tcp.flags == 24",
    "tcp || mqtt.topic",
    "tcp && tcp or mqtt.topic",
    "ip.addr != 10.0.0.3",
  ];
  for (const text of right) assert.equal(passes(text), true, text);
  const wrong = ["tcp", "frame.len > 200", "!mqtt.topic", "ip.addr != 10.0.0.1", "tcp != 1"];
  for (const text of wrong) assert.equal(passes(text), false, text);
});

Deno.test("the page's filter: other text is searched for as it is", () => {
  for (
    const text of ["", "Publish and", "mqtt.topics", "mqtt.topic &&", 'mqtt.topic matches "("']
  ) {
    assert.equal(passes(text), undefined, text);
  }
});

/**
 * Which dialect a topic belongs to, asked once per topic; and JSON read with care.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Dialect } from "../../../gateway/nodes/dialects/dialect.ts";
import { Dialects } from "../../../gateway/nodes/dialects/dialects.ts";
import { parseJson, parseObject } from "../../../gateway/nodes/dialects/json.ts";
import {
  openMqttGateway,
  theengsGateway,
} from "../../../gateway/nodes/dialects/openmqttgateway.ts";
import { ruuviGateway } from "../../../gateway/nodes/dialects/ruuvi_gateway.ts";
import { zigbee2Mqtt } from "../../../gateway/nodes/dialects/zigbee2mqtt.ts";
import { RecordingSink } from "./recording_sink.ts";

class Counting implements Dialect {
  onChange?: (() => void) | undefined;
  asked = 0;
  readonly name: string;
  readonly #prefix: string;

  constructor(name: string, prefix: string) {
    this.name = name;
    this.#prefix = prefix;
  }

  reader(topic: string) {
    this.asked++;
    return topic.startsWith(this.#prefix) ? () => {} : null;
  }
}

Deno.test("the first dialect that knows a topic has it, and is asked once", () => {
  const [a, b] = [new Counting("a", "one/"), new Counting("b", "o")];
  const dialects = new Dialects([a, b]);
  for (let i = 0; i < 3; i++) {
    assert.equal(dialects.reader("one/x")?.dialect, "a");
    assert.equal(dialects.reader("other")?.dialect, "b");
    assert.equal(dialects.reader("nobody"), null);
  }
  assert.deepEqual([a.asked, b.asked], [3, 2]);
  assert.equal(dialects.reader("one/x"), dialects.reader("one/x"));
});

Deno.test("a dialect that changed is asked again, and the change is told", () => {
  const a = new Counting("a", "x");
  const dialects = new Dialects([a]);
  let changes = 0;
  dialects.onChange = () => changes++;
  dialects.reader("x");
  a.onChange?.();
  dialects.reader("x");
  assert.deepEqual([a.asked, changes], [2, 1]);
});

Deno.test("100,000 topics are remembered, then it starts over", () => {
  const a = new Counting("a", "x");
  const dialects = new Dialects([a]);
  for (let i = 0; i < 100_000; i++) dialects.reader(`x${i}`);
  dialects.reader("x0");
  assert.equal(a.asked, 100_000);
  dialects.reader("one more");
  dialects.reader("x0");
  assert.equal(a.asked, 100_002);
});

Deno.test("numbers that a double does not hold stay text, digit by digit", () => {
  assert.deepEqual(parseJson('{"id":9007199254740993,"a":[-12345678901234567890,1e400]}'), {
    id: "9007199254740993",
    a: ["-12345678901234567890", "1e400"],
  });
  assert.deepEqual(parseJson("9007199254740991"), 9007199254740991);
  assert.deepEqual(parseJson("12345678901234567890"), "12345678901234567890");
  assert.deepEqual(parseJson('{"a":0.12345678901234567890}'), { a: 0.12345678901234568 });
  assert.deepEqual(parseJson('{"a":"1234567890123456789"}'), { a: "1234567890123456789" });
  assert.deepEqual(parseJson('{"a":1.5e200}'), { a: 1.5e200 });
});

Deno.test("what is no JSON object is named", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  assert.equal(parseObject(new Uint8Array([0xc3])), "not UTF-8");
  assert.equal(parseObject(bytes("")), "empty");
  assert.equal(parseObject(bytes("{")), "not JSON");
  assert.equal(parseObject(bytes("[]")), "not a JSON object");
  assert.equal(parseObject(bytes(`{"a":${"[".repeat(100)}${"]".repeat(100)}}`)), "not JSON");
  assert.equal(
    parseObject(bytes(`{"a":${"[".repeat(1e5)}1111111111111111111${"]".repeat(1e5)}}`)),
    "not JSON",
  );
  assert.deepEqual(parseObject(bytes('\ufeff{"a":1}')), { a: 1 });
});

Deno.test("no dialect speaks on topics of devices, of our own nodes, of Home Assistant", () => {
  const all =
    () => [openMqttGateway(), theengsGateway(), ruuviGateway(), zigbee2Mqtt(["devices/z"])];
  const mac = "C8252D8E9C2C";
  for (const first of ["devices", "edgewire", "homeassistant", "$share", "$SYS"]) {
    const dialects = new Dialects(all());
    for (const rest of ["attic/BTtoMQTT/x", "attic/LWT", "OMG/LWT", "TheengsGateway/version"]) {
      assert.equal(dialects.reader(`${first}/evil/${rest}`), null, rest);
    }
    assert.equal(dialects.reader(`${first}/OpenMQTTGateway/SYStoMQTT`), null);
    assert.equal(dialects.reader(`${first}/${mac}/${mac}`), null);
    assert.equal(dialects.reader(`${first}/x/bridge/devices`), null);
    assert.equal(dialects.reader(`${first}/z/lamp`), null);
  }
  const home = new Dialects(all());
  assert.equal(home.reader("devices_of_mine/OMG/LWT")?.dialect, "openmqttgateway");
});

Deno.test("a gateway below Zigbee2MQTT's base is still a gateway", () => {
  for (const bases of [["home"], []]) {
    const dialects = new Dialects([openMqttGateway(), theengsGateway(), zigbee2Mqtt(bases)]);
    const list = '[{"ieee_address":"0x1","friendly_name":"lamp","type":"Router"}]';
    const { read } = dialects.reader("home/bridge/devices")!;
    read(new TextEncoder().encode(list), new RecordingSink());
    for (const what of ["BTtoMQTT/A4C1388D18B2", "SYStoMQTT", "LWT", "version"]) {
      assert.equal(dialects.reader(`home/OMG_1/${what}`)?.dialect, "openmqttgateway", what);
    }
    assert.equal(dialects.reader("home/lamp")?.dialect, "zigbee2mqtt");
  }
});

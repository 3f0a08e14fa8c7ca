import assert from "node:assert/strict";
import { Dissection } from "../../../traces/wire/dissection.ts";
import { allFields } from "../../../traces/wire/field.ts";
import {
  INCOMPLETE,
  looksLikeMqttConnect,
  measureMqtt,
  MqttPacket,
  NO_LENGTH,
} from "../../../traces/wire/mqtt_packet.ts";
import { payloadText } from "../../../traces/wire/payload_text.ts";
import { octets } from "../support/stream_run.ts";

const d = new Dissection(allFields().length);
const over = (bytes: Uint8Array): Dissection => {
  d.begin(bytes, 0, bytes.length, bytes.length);
  return d;
};

Deno.test("remaining lengths of MQTT 3.1.1, table 2.4", () => {
  const cases: [number[], number][] = [
    [[0], 2],
    [[0x7f], 129],
    [[0x80, 0x01], 3 + 128],
    [[0xff, 0x7f], 3 + 16_383],
    [[0x80, 0x80, 0x01], 4 + 16_384],
    [[0xff, 0xff, 0xff, 0x7f], 5 + 268_435_455],
    [[], INCOMPLETE],
    [[0x80], INCOMPLETE],
    [[0x80, 0x80, 0x80], INCOMPLETE],
    [[0x80, 0x80, 0x80, 0x80], NO_LENGTH],
  ];
  for (const [bytes, length] of cases) {
    assert.equal(measureMqtt(over(octets([0x30], bytes)), new MqttPacket()), length);
  }
});

Deno.test("CONNECT is recognised from its first bytes", () => {
  const looks = (...parts: (string | number[])[]) => looksLikeMqttConnect(over(octets(...parts)));
  assert.ok(looks([0x10, 12, 0, 4], "MQTT", [4, 2, 0, 60, 0, 0]));
  assert.ok(looks([0x10, 14, 0, 6], "MQIsdp", [3, 2, 0, 60, 0, 0]));
  assert.ok(looks([0x10, 0x90, 1, 0, 4], "MQTT", [5]));
  assert.ok(looks([0x10, 12, 0, 4], "MQTT", [0x84]), "a bridge");
  assert.ok(looks([0x10, 12, 0, 4], "MQ"));
  assert.ok(!looks([0x10, 12, 0]), "too little to tell");
  assert.ok(!looks([0x10, 12, 0, 4], "MQTT", [6]));
  assert.ok(!looks([0x11, 12, 0, 4], "MQTT", [4]));
  assert.ok(!looks([0x10, 0xff, 0xff, 0xff, 0xff, 1, 0, 4], "MQTT"));
  assert.ok(!looks("GET / HTTP/1.1"));
});

Deno.test("payload is shown as text where it is text, else as hex", () => {
  const show = (bytes: Uint8Array, most = 100) => payloadText(bytes, 0, bytes.length, most);
  assert.equal(show(octets('{"a":1}')), '{"a":1}');
  assert.equal(show(octets("21.5 °C\n")), "21.5 °C\n");
  assert.equal(show(octets([0, 1, 0xff])), "0x0001ff");
  assert.equal(show(octets([])), "");
  assert.equal(show(octets("abcdef"), 3), "abc…");
  assert.equal(show(octets([0, 1, 2]), 4), "0x0001…");
});

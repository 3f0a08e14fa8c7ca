import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { PassEscape } from "../../gateway/broker/pass_escape.ts";
import { parsePacket } from "../../gateway/broker/pass_filter.ts";
import { TopicEscape } from "../../gateway/broker/topic_escape.ts";
import { encode } from "../support/raw_mqtt.ts";

const publish = { cmd: "publish", payload: "1", qos: 1, messageId: 7, dup: false, retain: true };

for (const version of [4, 5]) {
  const pass = new PassEscape(new TopicEscape(". "), version);

  Deno.test(`PassEscape, MQTT ${version}: topics are written for the broker, and read from it`, () => {
    const properties = version === 5 ? { properties: { userProperties: { a: "x.y" } } } : {};
    const bytes = encode({ ...publish, topic: "a.b/c d", ...properties }, version);
    const written = pass.toBroker(bytes);
    const packet = parsePacket(written, version) as { topic: string; payload: Uint8Array };
    assert.equal(packet.topic, "a%2Eb/c%20d");
    assert.deepEqual(new Uint8Array(pass.fromBroker(written)), bytes, "all else stays");
  });

  Deno.test(`PassEscape, MQTT ${version}: filters and wills too`, () => {
    const subscribe = {
      cmd: "subscribe",
      messageId: 1,
      subscriptions: [{ topic: "a.b/+", qos: 1 }],
    };
    const asked = parsePacket(pass.toBroker(encode(subscribe, version)), version);
    assert.equal(
      (asked as unknown as { subscriptions: [{ topic: string }] }).subscriptions[0].topic,
      "a%2Eb/+",
    );
    const unsubscribe = { cmd: "unsubscribe", messageId: 1, unsubscriptions: ["a.b/+"] };
    const left = parsePacket(pass.toBroker(encode(unsubscribe, version)), version);
    assert.deepEqual((left as unknown as { unsubscriptions: string[] }).unsubscriptions, [
      "a%2Eb/+",
    ]);
    const will = { topic: "w.x", payload: Buffer.from("gone"), qos: 1, retain: true };
    const connect = {
      cmd: "connect",
      clientId: "c.d",
      clean: true,
      keepalive: 7,
      protocolId: "MQTT",
      protocolVersion: version,
      username: "u.v",
      password: "p q",
      will,
    };
    const said = parsePacket(pass.toBroker(encode(connect, version)), version) as unknown as
      & typeof connect
      & { password: Uint8Array };
    assert.equal(said.will.topic, "w%2Ex");
    assert.deepEqual([said.clientId, said.username, said.keepalive], ["c.d", "u.v", 7]);
    assert.equal(new TextDecoder().decode(said.password), "p q");
  });

  Deno.test(`PassEscape, MQTT ${version}: what needs nothing passes as the very bytes`, () => {
    const plain = encode({ ...publish, topic: "a/b%" }, version);
    assert.equal(pass.toBroker(plain), plain);
    assert.equal(pass.fromBroker(plain), plain);
    const ping = encode({ cmd: "pingreq" }, version);
    assert.equal(pass.toBroker(ping), ping);
    const broken = Uint8Array.of(0x30, 2, 0, 9);
    assert.equal(pass.toBroker(broken), broken);
  });
}

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import mqtt, { type IPublishPacket } from "mqtt-packet";
import { userProperties } from "../../gateway/uplink/stamp.ts";
import { readPublish } from "../../gateway/verify/publish_reader.ts";

const STAMP = { epoch: "k3", channel: "größe", seq: 4, n: 3, time: 1_750_000_000_000, via: ["k3"] };

function bytesOf(packet: Partial<IPublishPacket>, protocolVersion: 4 | 5): Uint8Array {
  const whole = { cmd: "publish", topic: "a/ü", payload: "", qos: 0, dup: false, retain: false };
  return new Uint8Array(
    mqtt.generate({ ...whole, ...packet } as IPublishPacket, { protocolVersion }),
  );
}

Deno.test("PUBLISH packets of every kind, as another library writes them", () => {
  const others = {
    payloadFormatIndicator: true,
    messageExpiryInterval: 0x26262626,
    topicAlias: 0x26,
    responseTopic: "answers/&",
    correlationData: Buffer.from([0x26, 0, 1]),
    subscriptionIdentifier: 300,
    contentType: "text/plain",
  };
  for (const payload of ["", "21.5", "x".repeat(200), "y".repeat(20_000)]) {
    for (const qos of [0, 1, 2] as const) {
      const base = { payload, qos, dup: qos > 0, retain: qos === 1, messageId: 0x2626 };
      const expected = {
        topic: "a/ü",
        dup: qos > 0,
        retain: qos === 1,
        payload: new TextEncoder().encode(payload),
      };
      const old = readPublish(bytesOf(base, 4), payload.length);
      assert.deepEqual(old, { ...expected, userProperties: undefined });
      const bare = readPublish(bytesOf(base, 5), payload.length);
      assert.deepEqual(bare, { ...expected, userProperties: undefined });
      const properties = { ...others, userProperties: userProperties(STAMP) };
      const full = readPublish(bytesOf({ ...base, properties }, 5), payload.length);
      assert.deepEqual(full, { ...expected, userProperties: userProperties(STAMP) });
    }
  }
});

Deno.test("a topic alias stands for its topic", () => {
  const properties = { topicAlias: 7, userProperties: userProperties(STAMP) };
  const bytes = bytesOf({ topic: "", qos: 1, messageId: 1, payload: "on", properties }, 5);
  const read = readPublish(bytes, 2, "devices/desk");
  assert.equal(read.topic, "devices/desk");
  assert.equal(read.userProperties?.["ew-n"], "3");
});

Deno.test("properties that end early give what was there", () => {
  const properties = { userProperties: userProperties(STAMP) };
  const whole = bytesOf({ qos: 1, messageId: 1, payload: "on", properties }, 5);
  for (let end = 12; end < whole.length; end++) {
    const { userProperties: found } = readPublish(whole.subarray(0, end), 0);
    for (const name of Object.keys(found ?? {}).slice(0, -1)) {
      assert.equal(found![name], (userProperties(STAMP) as Record<string, string>)[name]);
    }
  }
});

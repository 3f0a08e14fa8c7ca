/**
 * The summary of the gateway's own traces: what it made up, or wrote twice, is measured nowhere.
 *
 * @module
 */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { connectPacket, encode, publishPacket } from "../../support/raw_mqtt.ts";
import { facts, mqttWebSocketFacts, Recording } from "../../recorder/encoder/recording.ts";
import { HopTrace, summaryOf } from "../support/hop_trace.ts";
import { summaryJson } from "../../../traces/report/summary/summary_json.ts";

const CONNACK = encode({ cmd: "connack", returnCode: 0, sessionPresent: false });
const PUBLISH = publishPacket("a/b", "12", { qos: 1, messageId: 7 });
const PUBACK = encode({ cmd: "puback", messageId: 7 });
const PINGREQ = encode({ cmd: "pingreq" });
const PINGRESP = encode({ cmd: "pingresp" });

const OVER_WEBSOCKET = mqttWebSocketFacts();

/** A client that connects, publishes with QoS 1 and pings. @param before it connected earlier */
async function trace(websocket: boolean, before: boolean): Promise<Uint8Array> {
  const recording = new Recording(before ? { recentBytes: 0 } : {});
  if (!before) recording.open();
  const client = recording.recorder.connection(websocket ? OVER_WEBSOCKET : facts());
  client.received(connectPacket("browser"));
  client.sent(CONNACK);
  if (before) recording.open();
  client.received(PUBLISH);
  recording.recorder.message(client, "Id-1", 3, 2, 0);
  await delay(5);
  client.sent(PUBACK);
  client.received(PINGREQ);
  client.sent(PINGRESP);
  client.closed(true, 1005);
  return await recording.finish();
}

// deno-lint-ignore no-explicit-any
function summary(file: Uint8Array, filter?: string): any {
  return JSON.parse(JSON.stringify(summaryJson(summaryOf(file, filter))));
}

for (const websocket of [false, true]) {
  for (const before of [false, true]) {
    const name = `MQTT${websocket ? " over WebSocket" : ""}${before ? ", open before" : ""}`;
    Deno.test(`a trace of the gateway: ${name}: only what it saw of both ends`, async () => {
      const { roundTrips, overhead, topics } = summary(await trace(websocket, before));
      const kinds = ["mqtt qos 1", "mqtt ping"];
      assert.deepEqual(Object.keys(roundTrips), before ? kinds : ["mqtt connect", ...kinds]);
      const qos1 = roundTrips["mqtt qos 1"];
      assert.equal(qos1.count, 1);
      assert.ok(qos1.least >= 0.004, `${qos1.least} s`);
      assert.equal(overhead.mqttPublish.count, 1);
      assert.equal(overhead.mqttPublish.payload, 2);
      assert.equal(overhead.mqttControl.count, 5);
      assert.deepEqual(
        topics.map(({ topic, messages }: Record<string, unknown>) => [topic, messages]),
        [["a/b", 1]],
      );
    });
  }
}

Deno.test("a trace of the gateway: the second form counts where the first is left out", async () => {
  const file = await trace(true, false);
  const { roundTrips, overhead } = summary(file, 'frame.interface_name == "mqtt-pdu"');
  assert.equal(roundTrips["mqtt qos 1"].count, 1);
  assert.equal(overhead.mqttPublish.count, 1);
});

Deno.test("acknowledgements are measured where the wire was recorded, not in a trace of the gateway", () => {
  const hops = new HopTrace();
  hops.open(0, 50_001);
  hops.mqtt(5, 40_001, false, "edgewire hop=mqtt dir=in");
  hops.mqtt(9, 40_001, true, "edgewire hop=mqtt dir=out");
  // The same of a capture of the wire.
  const wire = new HopTrace();
  wire.mqtt(5, 40_001, false);
  wire.mqtt(9, 40_001, true);
  assert.equal(summary(hops.take()).roundTrips["tcp ack"], undefined);
  assert.equal(summary(wire.take()).roundTrips["tcp ack"].count, 1);
});

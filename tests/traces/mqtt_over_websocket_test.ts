/**
 * MQTT over WebSocket is the same MQTT as over TCP: sessions of the same steps, recorded over both,
 * decode to the same packets, however mqtt.js splits them into frames.
 */
import assert from "node:assert/strict";
import { ownFields } from "./compare/own_fields.ts";
import { sampleFiles } from "./support/sample_files.ts";

/** All of a packet that does not depend on the transport. */
const FIELDS = [
  ...["mqtt.msgtype", "mqtt.hdrflags", "mqtt.len", "mqtt.protoname", "mqtt.ver", "mqtt.conflags"],
  ...["mqtt.kalive", "mqtt.clientid", "mqtt.willtopic", "mqtt.willmsg", "mqtt.conack.val"],
  ...["mqtt.connack.reason_code", "mqtt.topic", "mqtt.msg", "mqtt.msgid", "mqtt.sub.qos"],
  ...["mqtt.suback.qos", "mqtt.subscription_options_qos", "mqtt.suback.reason_code"],
  ...["mqtt.disconnect.reason_code", "mqtt.property_id", "mqtt.prop_number", "mqtt.prop_string"],
  ...["mqtt.prop_key", "mqtt.prop_value", "mqtt.property.topic_alias"],
];

/** Every value of one side, by field, sorted: packets of both sides may cross on the way. */
async function values(sample: string, fromClient: boolean): Promise<Record<string, string[]>> {
  const { path } = sampleFiles().find(({ name }) => name === sample)!;
  const names = [...FIELDS, "tcp.srcport", "frame.number"];
  const { frames } = await ownFields(path, names, { preferences: [] });
  const port = frames[0]!.at(-2)![0];
  const side = frames.filter((frame) => (frame.at(-2)![0] === port) === fromClient);
  const all = FIELDS.map((
    field,
    column,
  ) => [field, side.flatMap((frame) => frame[column]!).sort()]);
  return Object.fromEntries(all);
}

for (const version of ["mqtt31", "mqtt311", "mqtt5"]) {
  Deno.test(`${version}: the same packets over TCP and WebSocket`, async () => {
    for (const fromClient of [true, false]) {
      const tcp = await values(`mosquitto-mqttjs-${version}-tcp.pcapng`, fromClient);
      const webSocket = await values(`mosquitto-mqttjs-${version}-ws.pcapng`, fromClient);
      assert.ok(tcp["mqtt.msgtype"]!.length > 10, "there are packets");
      assert.deepEqual(webSocket, tcp);
    }
  });
}

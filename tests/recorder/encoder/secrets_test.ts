/** Secrets that a reader could see who comes late, or of connections that are not what they should be. */
import { equal, ok } from "node:assert/strict";
import type { ConnectionSubject, Subject } from "../../../gateway/recorder/trace_messages.ts";
import { connectPacket, encode } from "../../support/raw_mqtt.ts";
import { bytes, facts, Recording, sessionFacts } from "./recording.ts";

const SECRET = "geheim42";

function has({ file }: Recording, text: string): boolean {
  return new TextDecoder("latin1").decode(file).includes(text);
}

const connect = (more: object = {}) =>
  encode({
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 5,
    clean: true,
    clientId: "x",
    keepalive: 0,
    ...more,
  }, 5);
const connack = encode({ cmd: "connack", reasonCode: 0, sessionPresent: false }, 5);
const publish = (topic: string, payload: string, properties: object) =>
  encode({ cmd: "publish", topic, payload, qos: 0, dup: false, retain: false, properties }, 5);

Deno.test("MQTT 5 with a CONNECT that is too long to be kept, and a reader later", async () => {
  const recording = new Recording({ recentBytes: 0 });
  const client = recording.recorder.connection(facts());
  const payload = "x".repeat(9000);
  client.received(connect({ will: { topic: "w", payload, qos: 0, retain: false } }));
  client.sent(connack);
  recording.open();
  const properties = { userProperties: { token: SECRET } };
  client.received(publish("a/b", `{"x":1,"password":"${SECRET}"}`, properties));
  await recording.settle();
  ok(has(recording, '{"x":1,"password":"********"}'));
  ok(!has(recording, SECRET));
});

Deno.test("a topic alias that was set before the recording began", async () => {
  const recording = new Recording({ recentBytes: 0 });
  const client = recording.recorder.connection(facts());
  client.received(connect());
  client.sent(connack);
  client.received(publish("home/wifi/password", SECRET, { topicAlias: 1 }));
  recording.open();
  client.received(publish("", SECRET, { topicAlias: 1 }));
  await recording.settle();
  ok(has(recording, "********"));
  ok(!has(recording, SECRET));
});

Deno.test("HTTP sent to the MQTT port is there, without its secrets", async () => {
  const recording = new Recording();
  recording.open();
  const client = recording.recorder.connection(facts());
  const lines = [`GET /ws?token=${SECRET} HTTP/1.1`, "Host: x", `Authorization: Bearer ${SECRET}`];
  client.received(bytes(`${lines.join("\r\n")}\r\n\r\n`));
  await recording.settle();
  ok(has(recording, "GET /ws?token=******** HTTP/1.1\r\nHost: x\r\nAuthorization: "));
  ok(!has(recording, SECRET));
});

Deno.test("a session: commands in any order, headers of proxies", async () => {
  const recording = new Recording();
  recording.open();
  const session = recording.recorder.connection(sessionFacts({
    upgrade: {
      target: "/ws?X-Amz-Signature=geheim42",
      requestHeaders: [["x-original-uri", `/ws?token=${SECRET}`], ["x-jwt-assertion", SECRET]],
      responseHeaders: [["set-cookie", `a=${SECRET}`]],
    },
  }));
  const topic = '"topic":"cmnd/x/Password1"';
  session.receivedText(`{"type":"command",${topic},"value":"${SECRET}"}`);
  session.receivedText(`{"type":"command","value":{"a":["${SECRET}"]},${topic}}`);
  session.receivedText(`{"payload":"{\\"password\\":\\"${SECRET}\\"}"}`);
  await recording.settle();
  ok(has(recording, "X-Original-Uri: /ws?token=********"));
  ok(has(recording, `"value":{"a":["********"]},${topic}}`));
  ok(!has(recording, SECRET));
});

Deno.test("what is kept of a connection, and told to the Worker, has no secrets", () => {
  const { recorder } = new Recording();
  const told: Subject[] = [];
  const client = recorder.connection(facts());
  client.received(connect({ username: "u", password: SECRET }));
  client.sent(connack);
  const given = sessionFacts();
  recorder.connection(given);
  recorder.attach({ subjects: (subjects) => told.push(...subjects), forget() {} });
  const [mqtt, session] = told as ConnectionSubject[];
  const first = new TextDecoder("latin1").decode(mqtt!.firstIn);
  ok(first.endsWith("********") && !first.includes(SECRET));
  ok(mqtt!.firstOut !== undefined);
  const upgrade = JSON.stringify(session!.facts.upgrade);
  ok(upgrade.includes("/ws?token=********&x=1") && !upgrade.includes(SECRET));
  equal(given.upgrade!.target, "/ws?token=geheim42&x=1", "what was given stays as it is");
  // Bytes that were given are the caller's.
  const packet = connectPacket("x");
  const copy = packet.slice();
  recorder.connection(facts()).received(packet);
  equal(packet.toHex(), copy.toHex());
});

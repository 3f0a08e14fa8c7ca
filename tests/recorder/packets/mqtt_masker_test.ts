import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import mqtt, { type Packet } from "mqtt-packet";
import { maskFirstPacket, MqttMasker } from "../../../gateway/recorder/packets/mqtt_masker.ts";
import { MqttLink, type MqttVersion } from "../../../gateway/recorder/packets/mqtt_link.ts";
import { TcpConversation } from "../../../gateway/recorder/packets/tcp_conversation.ts";
import { testWith } from "../../support/tools.ts";
import { Random } from "../../traces/support/random.ts";
import { ownProblems, raw, tsharkFields } from "./capture_check.ts";

/** The library's types demand fields that it fills in itself. */
const make = (packet: object, protocolVersion = 4): Uint8Array =>
  Uint8Array.from(mqtt.generate(packet as Packet, { protocolVersion }));
const connect = (protocolVersion: number, more: object = {}) => {
  const protocolId = protocolVersion === 3 ? "MQIsdp" : "MQTT";
  const fields = { protocolId, protocolVersion, clientId: "c", clean: true, keepalive: 60 };
  return make({ cmd: "connect", ...fields, ...more }, protocolVersion);
};
const publish = (topic: string, payload: string, version = 4, more: object = {}) =>
  make({ cmd: "publish", topic, payload, qos: 0, retain: false, ...more }, version);

function masked(bytes: Uint8Array, version: MqttVersion = 0, cuts: readonly number[] = []) {
  const masker = new MqttMasker(new MqttLink(version));
  const copy = bytes.slice();
  [0, ...cuts].forEach((from, at) => masker.mask(copy.subarray(from, cuts[at])));
  return copy;
}

/** The bytes with the text, wherever it stands, as stars. */
function without(bytes: Uint8Array, ...secrets: string[]): Uint8Array {
  let text = Buffer.from(bytes).toString("latin1");
  for (const secret of secrets) {
    assert.ok(text.includes(secret), secret);
    text = text.replaceAll(secret, "*".repeat(secret.length));
  }
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

/** In one piece, in every two, and byte by byte. */
function hides(bytes: Uint8Array, secrets: readonly string[], version: MqttVersion = 0) {
  const expected = without(bytes, ...secrets);
  assert.deepEqual(masked(bytes, version), expected);
  for (let cut = 0; cut <= bytes.length; cut++) {
    assert.deepEqual(masked(bytes, version, [cut]), expected, `cut at ${cut}`);
  }
  const everywhere = Array.from(bytes.keys()).slice(1);
  assert.deepEqual(masked(bytes, version, everywhere), expected, "byte by byte");
}

const WILL = { topic: "gone", payload: '{"token":"w1ll"}', qos: 1, retain: true };

for (const version of [3, 4, 5] as const) {
  Deno.test(`CONNECT of version ${version}: the password, however it is cut`, () => {
    hides(connect(version, { username: "user", password: "s3cret" }), ["s3cret"]);
    hides(connect(version, { username: "user", password: "s3cret", will: WILL }), [
      ...["s3cret", "w1ll"],
    ]);
    hides(connect(version), []);
    hides(connect(version, { will: { ...WILL, payload: "bye" } }), []);
  });

  Deno.test(`CONNECT of version ${version}: a user name alone is a token`, () => {
    hides(connect(version, { username: "t0ken", will: { ...WILL, payload: "bye" } }), ["t0ken"]);
  });
}

Deno.test("CONNECT: also of a bridge, and with bytes behind the last field", () => {
  hides(connect(4, { username: "user", password: "s3cret" }).with(8, 0x84), ["s3cret"]);
  const packet = connect(4, { username: "user" });
  const longer = Uint8Array.from([...packet, ...Buffer.from("pa55")]);
  longer[1]! += 4;
  hides(longer, ["user", "pa55"]);
});

Deno.test("MQTT 5: authentication data, user properties with a secret's name", () => {
  const properties = {
    sessionExpiryInterval: 10,
    authenticationMethod: "SCRAM",
    authenticationData: Buffer.from("aUthD4ta"),
    userProperties: { "api-key": "k3y", "place": "attic" },
  };
  const will = { ...WILL, properties: { contentType: "json", userProperties: { secret: "w5" } } };
  const first = { username: "user", password: "s3cret", properties, will };
  hides(connect(5, first), ["aUthD4ta", "k3y", "s3cret", "w1ll", "w5"]);
  const connack = { cmd: "connack", reasonCode: 0, sessionPresent: false, properties };
  hides(make(connack, 5), ["aUthD4ta", "k3y"]);
  hides(make({ cmd: "auth", reasonCode: 24, properties }, 5), ["aUthD4ta", "k3y"], 5);
  const carried = { properties: { userProperties: { token: "t0k" }, topicAlias: 4 } };
  hides(publish("a/b", '{"psk":"abc"}', 5, carried), ["t0k", "abc"], 5);
});

Deno.test("PUBLISH: secrets in JSON, by topic, by alias", () => {
  hides(publish("a/b", '{"ssid":"home","password":"hunter2"}'), ["hunter2"], 4);
  hides(publish("a/b", '{"ssid":"home","password":"hunter2"}'), ["hunter2"]);
  hides(publish("a/password", "hunter2", 4, { qos: 1, messageId: 9 }), ["hunter2"], 4);
  hides(publish("a/wifi_password/set", '"hunter2"'), ["hunter2"], 4);
  hides(publish("password/a", "hunter2"), [], 4);
  const aliased = [
    publish("a/token", "one", 5, { properties: { topicAlias: 1 } }),
    publish("a/b", "two", 5, { properties: { topicAlias: 2 } }),
    publish("", "three", 5, { properties: { topicAlias: 1 } }),
    publish("", "four", 5, { properties: { topicAlias: 2 } }),
    publish("c", "five", 5, { properties: { topicAlias: 1 } }),
    publish("", "six", 5, { properties: { topicAlias: 1 } }),
  ];
  hides(Uint8Array.from(aliased.flatMap((packet) => [...packet])), ["one", "three"], 5);
  hides(publish("cmnd/x/Password1", "hunter2", 4), ["hunter2"], 4);
  hides(publish("home/alarm/code", "1234", 4), ["1234"], 4);
  hides(publish("home/door_lock/pin/set", "1234", 4), ["1234"], 4);
  hides(publish("remote/code", "1234", 4), [], 4);
  hides(publish("home/alarm/set", '{"code":"1234"}', 4), ["1234"], 4);
  hides(publish("home/remote/set", '{"code":"1234"}', 4), [], 4);
});

Deno.test("PUBLISH of a version that is not known: as either", () => {
  hides(publish("a/b", '{"password":"hunter2"}', 5), ["hunter2"]);
  const properties = {
    messageExpiryInterval: 100,
    contentType: "application/json",
    userProperties: { unit: "lux" },
  };
  hides(publish("a/b", '{"x":1,"password":"hunter2"}', 5, { properties }), ["hunter2"]);
  hides(publish("a/token", "hunter2", 4), ["hunter2"]);
  hides(publish("a/b", "21.5", 4), []);
  hides(publish("a/b", "{21.5 [token", 4), []);
});

Deno.test("PUBLISH with a topic alias that is not known: all of its payload", () => {
  const aliased = [
    publish("", "hunter2", 5, { properties: { topicAlias: 1 } }),
    publish("a/b", "plain", 5, { properties: { topicAlias: 1 } }),
    publish("", "plain", 5, { properties: { topicAlias: 1 } }),
    publish("home/alarm", '{"x":1}', 5, { properties: { topicAlias: 2 } }),
    publish("", '{"code":"1234"}', 5, { properties: { topicAlias: 2 } }),
  ];
  const bytes = Uint8Array.from(aliased.flatMap((packet) => [...packet]));
  hides(bytes, ["hunter2", "1234"], 5);
  // Only version 5 has it.
  hides(bytes, ["hunter2", "1234"], 0);
});

Deno.test("user names that are parameters", () => {
  const username = "me?x-amz-customauthorizer-signature=abc&token=t0k&x=1";
  const packet = connect(4, { username, password: "s3cret" });
  hides(packet, ["abc", "t0k", "s3cret"]);
});

Deno.test("HTTP where MQTT should be: its secrets, and nothing else", () => {
  for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "PROPFIND"]) {
    const lines = [
      `${method} /ws?token=t0k&x=1 HTTP/1.1`,
      "Host: gateway.example",
      "Authorization: bas1c",
      "Cookie: c00kie",
      "",
      '{"password":"hunter2"}',
    ];
    const bytes = Uint8Array.from(Buffer.from(lines.join("\r\n")));
    hides(bytes, ["t0k", "bas1c", "c00kie", "hunter2"]);
  }
  const answer = Buffer.from("HTTP/1.1 200 OK\r\nSet-Cookie: c00kie\r\n\r\n");
  hides(Uint8Array.from(answer), ["c00kie"]);
});

Deno.test("the first packet of a connection", () => {
  const packet = connect(5, { username: "user", password: "s3cret" });
  const expected = without(packet, "s3cret");
  assert.equal(maskFirstPacket(packet), packet);
  assert.deepEqual(packet, expected);
  assert.deepEqual(maskFirstPacket(packet), expected);
});

Deno.test("begins in the middle: the rest of an unknown packet is hidden; what is no MQTT stays but for secrets", () => {
  const masker = new MqttMasker(new MqttLink(4));
  const rest = publish("a/b", '{"token":"abc"}').subarray(6);
  masker.start(rest.length);
  const packet = publish("a/b", '{"token":"abc"}');
  const copies = [rest.slice(), packet.slice()];
  copies.forEach((copy) => masker.mask(copy));
  assert.deepEqual(copies, [new Uint8Array(rest.length).fill(0x2a), without(packet, "abc")]);

  const bytes = Uint8Array.from([0x30, 255, 255, 255, 255, 1, ...Buffer.from('{"token":"abc"}')]);
  const copy = bytes.slice();
  masker.mask(copy);
  assert.equal(masker.lost, true);
  assert.deepEqual(copy, without(bytes, "abc"));
});

Deno.test("any bytes, in any pieces: no exception, the same as in one piece", () => {
  const random = new Random(11);
  const first = connect(5, { username: "u", password: "s3cret", will: WILL });
  const session = Uint8Array.from([...first, ...publish("a/b", '{"token":["a",12]}', 5)]);
  for (let round = 0; round < 3000; round++) {
    const bytes = random.below(4) === 0 ? random.bytes(1 + random.below(300)) : session.slice();
    for (let i = random.below(3); i > 0; i--) bytes[random.below(bytes.length)] = random.below(256);
    const cuts: number[] = [];
    for (let at = 1 + random.below(40); at < bytes.length; at += 1 + random.below(40)) {
      cuts.push(at);
    }
    assert.deepEqual(masked(bytes, 0, cuts), masked(bytes));
  }
});

testWith(["tshark"], "tshark and our decoder read what is left of a session", async () => {
  const packets: Uint8Array[] = [];
  const sink = ({ packet }: { packet: Uint8Array }) => void packets.push(packet.slice());
  const tcp = new TcpConversation({
    client: { host: "10.0.0.1", port: 50_000 },
    server: { host: "10.0.0.2", port: 1883 },
  });
  const link = new MqttLink();
  const maskers = { client: new MqttMasker(link), server: new MqttMasker(link) };
  const send = (side: "client" | "server", bytes: Uint8Array) => {
    const copy = bytes.slice();
    maskers[side].mask(copy);
    tcp.data(side, [copy], sink);
  };
  tcp.handshake(sink);
  send("client", connect(5, { username: "user", password: "s3cret", will: WILL }));
  send("server", make({ cmd: "connack", reasonCode: 0, sessionPresent: false }, 5));
  send("client", publish("a/wifi", '{"password":"hunter2"}', 5));
  send("client", publish("a/big", "x".repeat(100_000), 5));
  send("client", make({ cmd: "disconnect", reasonCode: 0 }, 5));
  tcp.close("client", sink);
  const fields = [
    "_ws.malformed",
    "tcp.analysis.flags",
    "mqtt.passwd",
    "mqtt.topic",
    "mqtt.willmsg",
  ];
  const found = await tsharkFields(raw(packets), [...fields, "mqtt.msgtype"]);
  assert.ok(found.every(([malformed, flags]) => malformed === "" && flags === ""));
  const shown = found.map((line) => line.slice(2).join("|")).filter((line) => line !== "|||");
  const will = Buffer.from('{"token":"****"}').toString("hex");
  assert.deepEqual(shown, [`******||${will}|1`, "|||2", "|a/wifi||3", "|a/big||3", "|||14"]);
  assert.deepEqual(await ownProblems(raw(packets)), []);
});

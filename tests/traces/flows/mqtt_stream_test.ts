import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import mqtt, { type Packet } from "mqtt-packet";
import { MqttStream } from "../../../traces/flows/mqtt_stream.ts";
import { type Found, octets, type Piece, StreamRun, valuesOf } from "../support/stream_run.ts";
import { Random } from "../support/random.ts";

type Version = 3 | 4 | 5;

/** The library's types demand fields that it fills in itself. */
const make = (packet: object, protocolVersion: Version = 4): Uint8Array =>
  mqtt.generate(packet as Packet, { protocolVersion });

const connect = (protocolVersion: Version, more: object = {}): Uint8Array =>
  make({
    cmd: "connect",
    protocolId: protocolVersion === 3 ? "MQIsdp" : "MQTT",
    protocolVersion,
    clientId: "c",
    clean: true,
    keepalive: 0,
    ...more,
  }, protocolVersion);

const connack = (version: Version, more: object = {}): Uint8Array =>
  make({ cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent: false, ...more }, version);

const publish = (version: Version, more: object = {}): Uint8Array =>
  make(
    { cmd: "publish", topic: "t", payload: "x", qos: 0, dup: false, retain: false, ...more },
    version,
  );

/** Runs pieces; a plain array of bytes comes from side 0. */
function run(pieces: readonly (Piece | Uint8Array)[]): Found[] {
  const stream = new StreamRun((context) => new MqttStream(context));
  return pieces.map((piece) =>
    stream.find(piece instanceof Uint8Array ? { side: 0, bytes: piece } : piece)
  );
}

const problems = (found: readonly Found[]): string[] => found.flatMap(({ problems }) => problems);
const server = (bytes: Uint8Array, time?: number): Piece =>
  time === undefined ? { side: 1, bytes } : { side: 1, bytes, time };
const client = (bytes: Uint8Array, time?: number): Piece =>
  time === undefined ? { side: 0, bytes } : { side: 0, bytes, time };

for (const version of [3, 4, 5] as const) {
  Deno.test(`MQTT ${version}: a whole session has its fields and no problem`, () => {
    const found = run([
      connect(version, {
        keepalive: 60,
        username: "user",
        password: "secret",
        will: { topic: "w", payload: "gone", qos: 1, retain: true },
      }),
      server(connack(version)),
      make({
        cmd: "subscribe",
        messageId: 1,
        subscriptions: [{ topic: "a/+", qos: 1 }, { topic: "b/#", qos: 2 }],
      }, version),
      server(make({ cmd: "suback", messageId: 1, granted: [1, 2] }, version)),
      publish(version, { topic: "a/1", payload: '{"v":1}', qos: 1, messageId: 2 }),
      server(make({ cmd: "puback", messageId: 2 }, version)),
      publish(version, { qos: 2, messageId: 3, retain: true }),
      server(make({ cmd: "pubrec", messageId: 3 }, version)),
      make({ cmd: "pubrel", messageId: 3 }, version),
      server(make({ cmd: "pubcomp", messageId: 3 }, version)),
      make({ cmd: "unsubscribe", messageId: 4, unsubscriptions: ["a/+"] }, version),
      server(make({ cmd: "unsuback", messageId: 4, granted: [0] }, version)),
      make({ cmd: "pingreq" }, version),
      server(make({ cmd: "pingresp" }, version)),
      make({ cmd: "disconnect" }, version),
    ]);
    assert.deepEqual(problems(found), []);
    assert.deepEqual(valuesOf(found, "mqtt.msgtype").map(Number), [
      ...[1, 2, 8, 9, 3, 4, 3, 5, 6, 7, 10, 11, 12, 13, 14],
    ]);
    assert.deepEqual(valuesOf(found, "mqtt.ver"), [String(version)]);
    assert.deepEqual(valuesOf(found, "mqtt.username"), ["user"]);
    assert.deepEqual(valuesOf(found, "mqtt.passwd"), ["secret"]);
    assert.deepEqual(valuesOf(found, "mqtt.willtopic"), ["w"]);
    assert.deepEqual(valuesOf(found, "mqtt.willmsg"), ["676f6e65"]);
    assert.deepEqual(valuesOf(found, "mqtt.topic"), ["a/+", "b/#", "a/1", "t", "a/+"]);
    assert.deepEqual(valuesOf(found, "mqtt.msg"), ["7b2276223a317d", "78"]);
    assert.deepEqual(valuesOf(found, "edgewire.mqtt.payload"), ['{"v":1}', "x"]);
    const old = version < 5;
    const qos = old ? "mqtt.suback.qos" : "mqtt.suback.reason_code";
    assert.deepEqual(valuesOf(found, qos), ["1", "2"]);
    assert.deepEqual(
      valuesOf(found, old ? "mqtt.conack.val" : "mqtt.connack.reason_code"),
      ["0"],
    );
    // CONNACK, SUBACK, PUBACK, PUBREC, PUBCOMP (since PUBLISH), UNSUBACK, PINGRESP.
    const rtt = valuesOf(found, "edgewire.mqtt.rtt").map(Number);
    assert.deepEqual(rtt, [1, 1, 1, 1, 3, 1, 1]);
  });
}

Deno.test("every type of property of MQTT 5 is read", () => {
  const found = run([
    connect(5, {
      properties: {
        sessionExpiryInterval: 7,
        receiveMaximum: 9,
        maximumPacketSize: 1000,
        topicAliasMaximum: 5,
        requestResponseInformation: true,
        requestProblemInformation: false,
        userProperties: { key: "value" },
        authenticationMethod: "m",
        authenticationData: Buffer.from([1, 2]),
      },
    }),
    publish(5, {
      properties: {
        payloadFormatIndicator: true,
        messageExpiryInterval: 4321,
        topicAlias: 2,
        responseTopic: "r",
        correlationData: Buffer.from("c"),
        contentType: "text/plain",
      },
    }),
  ]);
  assert.deepEqual(problems(found), []);
  assert.deepEqual(valuesOf(found, "mqtt.property_id"), [
    ...["0x11", "0x21", "0x27", "0x22", "0x19", "0x17", "0x26", "0x15", "0x16"],
    ...["0x01", "0x02", "0x23", "0x08", "0x09", "0x03"],
  ]);
  assert.deepEqual(valuesOf(found, "mqtt.prop_number"), [
    "7",
    "9",
    "1000",
    "5",
    "1",
    "0",
    "1",
    "4321",
  ]);
  assert.deepEqual(valuesOf(found, "mqtt.prop_key"), ["key"]);
  assert.deepEqual(valuesOf(found, "mqtt.prop_value"), ["value"]);
  assert.deepEqual(valuesOf(found, "mqtt.property.topic_alias"), ["2"]);
  assert.deepEqual(valuesOf(found, "mqtt.property.content_type"), ["text/plain"]);
});

Deno.test("topic aliases are resolved, each direction by itself", () => {
  const alias = (topic: string) => publish(5, { topic, properties: { topicAlias: 1 } });
  const found = run([
    connect(5, { properties: { topicAliasMaximum: 3 } }),
    server(connack(5, { properties: { topicAliasMaximum: 3 } })),
    client(alias("ours")),
    server(alias("theirs")),
    client(alias("")),
    server(alias("")),
    client(alias("new")),
    client(alias("")),
  ]);
  assert.deepEqual(problems(found), []);
  assert.deepEqual(valuesOf(found, "mqtt.topic"), [
    ...["ours", "theirs", "ours", "theirs", "new", "new"],
  ]);
});

const ALIAS_UNKNOWN = [0x30, 7, 0, 0, 3, 0x23, 0, 9, 0x78];

/** Pieces, and the rule that the last of them breaks. */
const BREACHES: readonly [string, readonly (Piece | Uint8Array)[], string][] = [
  ["reserved flags", [connect(4), octets([0xc1, 0])], "flags of the fixed header"],
  ["reserved type", [connect(4), octets([0x00, 0])], "packet type is reserved"],
  ["AUTH in 3.1.1", [connect(4), octets([0xf0, 0])], "AUTH packet before"],
  ["QoS 3", [connect(4), octets([0x36, 6, 0, 1, "t".charCodeAt(0), 0, 1, 0])], "QoS 3"],
  ["DUP with QoS 0", [connect(4), octets([0x38, 3, 0, 1, 0x74])], "duplicate flag with QoS 0"],
  ["identifier 0", [connect(4), octets([0x32, 5, 0, 1, 0x74, 0, 0])], "packet identifier is 0"],
  ["empty topic", [connect(4), octets([0x30, 2, 0, 0])], "topic is empty"],
  ["wildcard in a name", [connect(4), publish(4, { topic: "a" }).map(wild)], "wildcard character"],
  ["U+0000", [connect(4), octets([0x30, 5, 0, 3, 0x61, 0, 0x62])], "U+0000"],
  ["not UTF-8", [connect(4), octets([0x30, 4, 0, 2, 0xc3, 0x28])], "not well-formed UTF-8"],
  ["surrogate", [connect(4), octets([0x30, 5, 0, 3, 0xed, 0xa0, 0x80])], "not well-formed UTF-8"],
  ["name", [octets([0x10, 13, 0, 4], "MQXX", [4, 2, 0, 0, 0, 1, 0x63])], "protocol name"],
  ["version", [octets([0x10, 13, 0, 4], "MQTT", [9, 2, 0, 0, 0, 1, 0x63])], "protocol version"],
  [
    "connect flag",
    [octets([0x10, 13, 0, 4], "MQTT", [4, 3, 0, 0, 0, 1, 0x63])],
    "reserved connect",
  ],
  ["will QoS", [octets([0x10, 13, 0, 4], "MQTT", [4, 10, 0, 0, 0, 1, 0x63])], "will QoS without"],
  ["will retain", [octets([0x10, 13, 0, 4], "MQTT", [4, 34, 0, 0, 0, 1, 0x63])], "will retain"],
  ["password alone", [
    octets([0x10, 16, 0, 4], "MQTT", [4, 0x42, 0, 0, 0, 1, 0x63, 0, 1, 0x70]),
  ], "password without user name"],
  ["no client id", [octets([0x10, 12, 0, 4], "MQTT", [4, 0, 0, 0, 0, 0])], "empty client"],
  ["connack flags", [connect(4), server(octets([0x20, 2, 2, 0]))], "reserved acknowledge flags"],
  ["session refused", [connect(4), server(octets([0x20, 2, 1, 5]))], "session present"],
  ["return code", [connect(4), server(octets([0x20, 2, 0, 6]))], "return code is reserved"],
  ["reason code", [connect(5), server(octets([0x20, 3, 0, 1, 0]))], "reason code does not"],
  ["no filter", [connect(4), octets([0x82, 2, 0, 1])], "no topic filter"],
  ["QoS 3 wanted", [connect(4), octets([0x82, 6, 0, 1, 0, 1, 0x61, 3])], "requested QoS is 3"],
  ["reserved bits", [connect(4), octets([0x82, 6, 0, 1, 0, 1, 0x61, 4])], "reserved bits of the"],
  ["retain handling", [connect(5), octets([0x82, 7, 0, 1, 0, 0, 1, 0x61, 0x30])], "retain handl"],
  ["# inside", [connect(4), octets([0x82, 8, 0, 1, 0, 3], "a/#".slice(1), "b", 0)], "wildcard #"],
  ["+ inside", [connect(4), octets([0x82, 7, 0, 1, 0, 2], "a+", 0)], "wildcard +"],
  ["suback code", [connect(4), server(octets([0x90, 3, 0, 1, 5]))], "return code is reserved"],
  ["extra bytes", [connect(4), octets([0x40, 3, 0, 1, 9])], "bytes follow behind"],
  [
    "long length",
    [connect(4), octets([0x30, 0x80, 0x80, 0x80, 0x80, 1, 0])],
    "more than four bytes",
  ],
  ["property unknown", [connect(5), octets([0x30, 6, 0, 1, 0x74, 2, 0x7e, 0])], "not defined"],
  ["property misplaced", [connect(5), octets([0x30, 7, 0, 1, 0x74, 3, 0x21, 0, 1])], "belong into"],
  ["property twice", [
    connect(5),
    octets([0x30, 8, 0, 1, 0x74, 4, 1, 0, 1, 0]),
  ], "more than once"],
  ["property not boolean", [connect(5), octets([0x30, 6, 0, 1, 0x74, 2, 1, 2])], "neither 0 nor 1"],
  ["alias 0", [connect(5), octets([0x30, 7, 0, 1, 0x74, 3, 0x23, 0, 0])], "topic alias is 0"],
  ["payload not UTF-8", [
    connect(5),
    octets([0x30, 7, 0, 1, 0x74, 2, 1, 1, 0xff]),
  ], "payload is said to be UTF-8"],
  ["second CONNECT", [connect(4), connect(4)], "second CONNECT"],
  ["CONNACK not first", [connect(4), server(publish(4))], "first packet is not CONNACK"],
  ["second CONNACK", [connect(4), server(connack(4)), server(connack(4))], "second CONNACK"],
  ["from server", [connect(4), server(connack(4)), server(octets([0xc0, 0]))], "only clients send"],
  ["server's DISCONNECT", [
    connect(4),
    server(connack(4)),
    server(octets([0xe0, 0])),
  ], "only clients send"],
  ["from client", [connect(4), octets([0xd0, 0])], "only servers send"],
  ["after DISCONNECT", [connect(4), octets([0xe0, 0]), octets([0xc0, 0])], "follows DISCONNECT"],
  ["keep alive", [
    client(connect(4, { keepalive: 10 }), 0),
    server(connack(4), 0.1),
    server(publish(4), 15.5),
  ], "client was silent"],
  ["identifier in use", [
    connect(4),
    publish(4, { qos: 1, messageId: 5 }),
    publish(4, { qos: 1, messageId: 5 }),
  ], "still in use"],
  ["sent again", [
    connect(5),
    publish(5, { qos: 1, messageId: 5 }),
    publish(5, { qos: 1, messageId: 5, dup: true }),
  ], "is sent again"],
  ["unknown identifier", [
    connect(4),
    server(connack(4)),
    server(make({ cmd: "puback", messageId: 9 })),
  ], "not in use"],
  ["wrong acknowledgement", [
    connect(4),
    server(connack(4)),
    publish(4, { qos: 2, messageId: 9 }),
    server(make({ cmd: "puback", messageId: 9 })),
  ], "does not fit the QoS"],
  ["too few results", [
    connect(4),
    server(connack(4)),
    make({
      cmd: "subscribe",
      messageId: 1,
      subscriptions: [{ topic: "a", qos: 0 }, { topic: "b", qos: 0 }],
    }),
    server(octets([0x90, 3, 0, 1, 0])),
  ], "number of results"],
  ["unknown alias", [connect(5), octets(ALIAS_UNKNOWN)], "alias was not set"],
  ["alias too high", [
    connect(5),
    server(connack(5, { properties: { topicAliasMaximum: 1 } })),
    publish(5, { properties: { topicAlias: 2 } }),
  ], "greater than the receiver allows"],
  ["receive maximum", [
    connect(5),
    server(connack(5, { properties: { receiveMaximum: 1 } })),
    publish(5, { qos: 1, messageId: 1 }),
    publish(5, { qos: 1, messageId: 2 }),
  ], "more PUBLISH packets"],
  ["packet size", [
    connect(5),
    server(connack(5, { properties: { maximumPacketSize: 20 } })),
    publish(5, { payload: "x".repeat(30) }),
  ], "larger than the receiver allows"],
  ["maximum QoS", [
    connect(5),
    server(connack(5, { properties: { maximumQoS: 1 } })),
    publish(5, { qos: 2, messageId: 1 }),
  ], "higher than the server allows"],
  ["no retain", [
    connect(5),
    server(connack(5, { properties: { retainAvailable: false } })),
    publish(5, { retain: true }),
  ], "retain is set although"],
  ["subscription identifier", [
    connect(5),
    octets([0x30, 6, 0, 1, 0x74, 2, 0x0b, 1]),
  ], "client's PUBLISH has a subscription"],
];

/** Makes the topic "a" a wildcard. */
function wild(byte: number, index: number): number {
  return index === 4 ? 0x23 : byte;
}

for (const [name, pieces, text] of BREACHES) {
  Deno.test(`breach is named with its clause: ${name}`, () => {
    const stream = new StreamRun((context) => new MqttStream(context));
    for (const [index, piece] of pieces.entries()) {
      stream.feed(piece instanceof Uint8Array ? client(piece) : piece);
      const found = stream.d.problems.filter(({ rule }) => rule.text.includes(text));
      if (index < pieces.length - 1) {
        assert.deepEqual(found, [], "not before the last packet");
        continue;
      }
      assert.equal(found.length, 1, problems([stream.found()]).join("; ") || "no problem");
      assert.match(found[0]!.rule.clause, /MQTT (5|3\.1\.1), \d/);
    }
  });
}

Deno.test("without CONNECT the version is inferred", () => {
  const cases: [Uint8Array, string][] = [
    [connack(4), "mqtt.conack.val"],
    [connack(5), "mqtt.connack.reason_code"],
    [
      make({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "a/b", qos: 1 }] }, 4),
      "mqtt.sub.qos",
    ],
    [
      make({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "a/b", qos: 1 }] }, 5),
      "mqtt.subscription_options",
    ],
  ];
  for (const [bytes, field] of cases) {
    const found = run([bytes]);
    assert.equal(valuesOf(found, field).length, 1, field);
    assert.deepEqual(problems(found), [
      "the CONNECT packet is not in the capture; the version is inferred where possible",
    ]);
    assert.deepEqual(valuesOf(found, "mqtt.unknown_version"), ["1"]);
  }
});

Deno.test("PUBLISH of MQTT 5 without CONNECT is believed after three", () => {
  const packet = publish(5, { properties: { contentType: "a/b" } });
  const found = run([packet, packet, packet, packet]);
  assert.deepEqual(valuesOf(found, "mqtt.property.content_type"), ["a/b", "a/b"]);
});

Deno.test("behind a gap decoding goes on where a packet begins", () => {
  const stream = new StreamRun((context) => new MqttStream(context));
  stream.feed(client(connect(4)));
  stream.feed(client(publish(4, { payload: "x".repeat(50) }).subarray(0, 20)));
  stream.lose(0, 35 + 4);
  const found = stream.find(client(publish(4)));
  assert.deepEqual(valuesOf([found], "mqtt.topic"), ["t"]);
  stream.lose(0, 100);
  assert.deepEqual(problems([stream.find(client(octets([0xff, 0xff, 1])))]), [
    "bytes behind a gap are no MQTT packet; passed over",
  ]);
  assert.deepEqual(valuesOf([stream.find(client(publish(4)))], "mqtt.topic"), ["t"]);
});

/** A stream of all kinds of packets. */
const STREAM = octets(
  connect(5, { properties: { userProperties: { a: "b" } }, username: "u" }),
  publish(5, { qos: 1, messageId: 1, properties: { topicAlias: 1 }, topic: "some/topic" }),
  publish(5, { payload: "y".repeat(200), properties: { topicAlias: 1 }, topic: "" }),
  make({ cmd: "subscribe", messageId: 2, subscriptions: [{ topic: "q/#", qos: 1 }] }, 5),
  make({ cmd: "pingreq" }),
  make({ cmd: "disconnect", reasonCode: 4, properties: { reasonString: "bye" } }, 5),
);

/** All fields, without the layer entries (they tell where runs of bytes begin). */
function fieldsOf(pieces: readonly Uint8Array[]): string[] {
  return run(pieces).flatMap(({ fields }) => fields.map(([name, value]) => `${name}=${value}`));
}

Deno.test("where the stream is split makes no difference", () => {
  const whole = fieldsOf([STREAM]);
  for (let at = 1; at < STREAM.length; at++) {
    assert.deepEqual(fieldsOf([STREAM.subarray(0, at), STREAM.subarray(at)]), whole, `at ${at}`);
  }
  assert.deepEqual(fieldsOf([...STREAM].map((byte) => Uint8Array.of(byte))), whole);
});

Deno.test("every prefix of a packet with a length that fits is read as far as it goes", () => {
  const packet = publish(5, { qos: 1, messageId: 1, properties: { contentType: "x/y" } });
  for (let length = 0; length < packet.length - 2; length++) {
    const cut = octets([packet[0]!, length], packet.subarray(2, 2 + length));
    const found = run([connect(5), cut]);
    assert.ok(valuesOf(found, "mqtt.msgtype").length >= 1);
  }
});

Deno.test("random bytes and mutations neither throw nor run away", () => {
  const random = new Random(5);
  for (let round = 0; round < 3000; round++) {
    const stream = new StreamRun((context) => new MqttStream(context));
    const bytes = Uint8Array.from(STREAM);
    for (let i = 0; i < 8; i++) bytes[random.below(bytes.length)] = random.below(256);
    const from = random.below(bytes.length);
    stream.find(client(bytes.subarray(0, from)));
    stream.find(server(bytes.subarray(from)));
    stream.lose(0, random.below(100));
    stream.find(client(bytes));
  }
});

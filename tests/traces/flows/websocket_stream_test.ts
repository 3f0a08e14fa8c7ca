import assert from "node:assert/strict";
import { constants, deflateRawSync } from "node:zlib";
import mqtt, { type Packet } from "mqtt-packet";
import { HttpStream } from "../../../traces/flows/http_stream.ts";
import { MqttStream } from "../../../traces/flows/mqtt_stream.ts";
import { WebSocketStream } from "../../../traces/flows/websocket_stream.ts";
import { looksLikeWebSocket } from "../../../traces/wire/websocket_shape.ts";
import { Deflate } from "pako";
import { Random } from "../support/random.ts";
import { flat, type Found, octets, StreamRun, valuesOf } from "../support/stream_run.ts";
import {
  acceptOf,
  BINARY,
  CLOSE,
  CONTINUATION,
  frame,
  KEY,
  PING,
  PONG,
  request,
  response,
  TEXT,
} from "../support/websocket_frames.ts";

const MASK = [0x37, 0xfa, 0x21, 0x3d];
const fromClient = (opcode: number, payload: Uint8Array | string, more: object = {}): Uint8Array =>
  frame(opcode, payload, { mask: MASK, ...more });

/** A conversation whose opening handshake was seen; side 0 is the client. */
function upgraded(extensions = "", protocol = ""): StreamRun {
  const lines = [
    ...extensions === "" ? [] : [`Sec-WebSocket-Extensions: ${extensions}`],
    ...protocol === "" ? [] : [`Sec-WebSocket-Protocol: ${protocol}`],
  ];
  const offer = lines.map((line) =>
    line.replace("permessage-deflate", "permessage-deflate; client_max_window_bits")
      .replace(
        /; client_max_window_bits; (.*)client_max_window_bits=\d+/,
        "; client_max_window_bits; $1",
      )
      .replace(/; $/, "")
  );
  const run = new StreamRun((context) => new HttpStream(context));
  assert.deepEqual(run.find({ side: 0, bytes: request("/", ...offer) }).problems, []);
  assert.deepEqual(run.find({ side: 1, bytes: response(acceptOf(KEY), ...lines) }).problems, []);
  assert.equal(run.conversation.protocol?.name, "websocket");
  return run;
}

const texts = (found: readonly Found[]): string[] => valuesOf(found, "websocket.payload.text");

Deno.test("the examples of RFC 6455, 5.7", () => {
  const run = upgraded();
  const hello = [0x48, 0x65, 0x6c, 0x6c, 0x6f];
  const unmasked = run.find({ side: 1, bytes: octets([0x81, 5], hello) });
  assert.deepEqual(texts([unmasked]), ["Hello"]);
  const masked = octets([0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
  assert.deepEqual(texts([run.find({ side: 0, bytes: masked })]), ["Hello"]);
  const parts = [octets([0x01, 3], "Hel"), octets([0x80, 2], "lo")];
  const found = parts.map((bytes) => run.find({ side: 1, bytes }));
  assert.deepEqual(texts(found), ["Hello"]);
  assert.deepEqual(valuesOf(found, "websocket.fragment.count"), ["2"]);
  assert.deepEqual(valuesOf(found, "websocket.reassembled.length"), ["5"]);
  const ping = run.find({ side: 1, bytes: octets([0x89, 5], hello) });
  assert.deepEqual(valuesOf([ping], "websocket.payload.ping"), ["48656c6c6f"]);
  const pong = run.find({
    side: 0,
    bytes: octets([0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]),
  });
  assert.deepEqual(valuesOf([pong], "websocket.payload.pong"), ["48656c6c6f"]);
  assert.deepEqual(valuesOf([pong], "edgewire.websocket.rtt").map(Number), [1]);
  const long = run.find({ side: 1, bytes: frame(BINARY, new Uint8Array(256)) });
  assert.deepEqual(valuesOf([long], "websocket.payload_length"), ["126"]);
  assert.deepEqual(valuesOf([long], "websocket.payload_length_ext_16"), ["256"]);
  assert.deepEqual(valuesOf([long], "data.len"), ["256"]);
  const huge = run.find({ side: 1, bytes: frame(BINARY, new Uint8Array(65536)) });
  assert.deepEqual(valuesOf([huge], "websocket.payload_length_ext_64"), ["65536"]);
  assert.deepEqual(flat([unmasked, ...found, ping, pong, long, huge]).problems, []);
});

const CLAUSE = /RFC (6455|7692), \d/;

/** Frames of one side, and the rule that the last of them breaks. */
const BREACHES: readonly [string, 0 | 1, readonly Uint8Array[], string][] = [
  ["unmasked client", 0, [frame(TEXT, "a")], "client frame is not masked"],
  ["masked server", 1, [fromClient(TEXT, "a")], "server frame is masked"],
  ["RSV1", 1, [frame(TEXT, "a", { rsv: 4 })], "a reserved bit is set"],
  ["RSV2", 1, [frame(TEXT, "a", { rsv: 2 })], "a reserved bit is set"],
  ["RSV3 in a control frame", 1, [frame(PING, "a", { rsv: 1 })], "a reserved bit is set"],
  ["opcode 3", 1, [frame(3, "a")], "opcode is reserved"],
  ["opcode 11", 1, [frame(11, "a")], "opcode is reserved"],
  ["16-bit length for 5", 1, [octets([0x81, 126, 0, 5], "Hello")], "coded longer"],
  [
    "64-bit length for 5",
    1,
    [octets([0x81, 127, 0, 0, 0, 0, 0, 0, 0, 5], "Hello")],
    "coded longer",
  ],
  ["top bit of the length", 1, [octets([0x81, 127, 0x80, 0, 0, 0, 0, 0, 0, 1], "x")], "top bit"],
  ["fragmented ping", 1, [frame(PING, "a", { fin: false })], "control frame is fragmented"],
  ["long ping", 1, [frame(PING, "a".repeat(126))], "more than 125 bytes"],
  ["nothing to continue", 1, [frame(CONTINUATION, "a")], "without a message to continue"],
  ["inside a message", 1, [
    frame(TEXT, "a", { fin: false }),
    frame(TEXT, "b"),
  ], "before the fragmented one has ended"],
  ["text", 1, [frame(TEXT, octets([0xc3, 0x28]))], "text message is not UTF-8"],
  ["masked text", 0, [fromClient(TEXT, octets([0x61, 0xff]))], "text message is not UTF-8"],
  ["text over fragments", 1, [
    frame(TEXT, octets([0xe2, 0x82]), { fin: false }),
    frame(CONTINUATION, octets([0x28])),
  ], "text message is not UTF-8"],
  ["close reason", 1, [frame(CLOSE, octets([3, 0xe8, 0xff]))], "close reason is not UTF-8"],
  ["close of one byte", 1, [frame(CLOSE, "a")], "payload of one byte"],
  ["close 1005", 1, [frame(CLOSE, octets([3, 0xed]))], "close code must not be sent"],
  ["close 999", 1, [frame(CLOSE, octets([3, 0xe7]))], "close code must not be sent"],
  ["close 2000", 1, [frame(CLOSE, octets([7, 0xd0]))], "close code must not be sent"],
  ["after close", 1, [frame(CLOSE, ""), frame(TEXT, "a")], "follows this side's close frame"],
];

for (const wanted of [true, false]) {
  for (const [name, side, frames, text] of BREACHES) {
    const how = wanted ? "all fields wanted" : "no fields wanted";
    Deno.test(`breach is named with its clause: ${name}, ${how}`, () => {
      const run = upgraded();
      if (!wanted) run.d.want.fill(0);
      for (const [index, bytes] of frames.entries()) {
        run.feed({ side, bytes });
        const { problems } = run.d;
        if (index < frames.length - 1) {
          assert.deepEqual(problems, []);
          continue;
        }
        assert.deepEqual(problems.map(({ rule }) => rule.text.includes(text)), [true], text);
        assert.match(problems[0]!.rule.clause, CLAUSE);
      }
    });
  }
}

Deno.test("text split inside a character is right as a whole", () => {
  const run = upgraded();
  const euro = octets("€");
  const found = [
    run.find({ side: 1, bytes: frame(TEXT, euro.subarray(0, 1), { fin: false }) }),
    run.find({ side: 1, bytes: frame(PING, "between") }),
    run.find({ side: 1, bytes: frame(CONTINUATION, euro.subarray(1, 2), { fin: false }) }),
    run.find({ side: 1, bytes: frame(CONTINUATION, euro.subarray(2)) }),
  ];
  assert.deepEqual(flat(found).problems, []);
  assert.deepEqual(texts(found), ["€"]);
  assert.deepEqual(valuesOf(found, "websocket.payload.continue"), ["82"]);
});

Deno.test("an empty last fragment ends the message", () => {
  const run = upgraded();
  const found = [
    run.find({ side: 1, bytes: frame(TEXT, "abc", { fin: false }) }),
    run.find({ side: 1, bytes: frame(CONTINUATION, "") }),
    run.find({ side: 1, bytes: frame(TEXT, "d") }),
  ];
  assert.deepEqual(texts(found), ["abc", "d"]);
  assert.deepEqual(flat(found).problems, []);
});

Deno.test("how it was closed is noted", () => {
  const run = upgraded();
  const found = run.find({ side: 1, bytes: frame(CLOSE, octets([3, 0xe9], "bye")) });
  assert.equal(run.conversation.closed, "WebSocket close 1001 by server");
  assert.deepEqual(valuesOf([found], "websocket.payload.close.status_code"), ["1001"]);
  assert.deepEqual(valuesOf([found], "websocket.payload.close.reason"), ["bye"]);
});

// --- permessage-deflate -----------------------------------------------------------------------

const TAIL = 4;

/** Compresses messages as one side does. */
function compressor(bits: number, keeps: boolean): (text: string) => Uint8Array {
  if (!keeps) {
    return (text) => {
      const options = { windowBits: Math.max(9, bits), finishFlush: constants.Z_SYNC_FLUSH };
      return Uint8Array.from(deflateRawSync(text, options)).subarray(0, -TAIL);
    };
  }
  let made: Uint8Array[] = [];
  const deflate = new Deflate({ raw: true, windowBits: Math.max(9, bits) });
  deflate.onData = (chunk: Uint8Array) => {
    made.push(chunk);
  };
  return (text) => {
    // RFC 7692, 7.2.3.6: an empty message.
    if (text === "") return Uint8Array.of(0);
    made = [];
    deflate.push(text, 2);
    return octets(...made).subarray(0, -TAIL);
  };
}

const SENTENCES = [
  "a message that says the same again and again",
  "a message that says the same again and again, and more",
  "",
  "a message that says the same again and again",
  "something else: " + "€äß".repeat(2000),
];

for (const bits of [8, 9, 12, 15]) {
  for (const keeps of [true, false]) {
    for (const side of [0, 1] as const) {
      for (const pieces of [1, 3]) {
        const who = side === 0 ? "client" : "server";
        const name = `deflate: ${who}, window ${bits}, context ${keeps ? "kept" : "not kept"}, ` +
          `${pieces} frames`;
        Deno.test(name, () => {
          const parameters = [
            ...keeps ? [] : [`; ${who}_no_context_takeover`],
            ...bits === 15 ? [] : [`; ${who}_max_window_bits=${bits}`],
          ];
          const run = upgraded(`permessage-deflate${parameters.join("")}`);
          // zlib has no raw deflate with a window of 256 bytes; what it makes for 512 is checked
          // only with short messages then.
          const compress = compressor(bits, keeps);
          const sentences = bits === 8 ? SENTENCES.slice(0, 4) : SENTENCES;
          const found: Found[] = [];
          for (const sentence of sentences) {
            const data = compress(sentence);
            const size = Math.ceil(data.length / pieces);
            for (let i = 0; i < pieces; i++) {
              const opcode = i === 0 ? TEXT : CONTINUATION;
              const options = { fin: i === pieces - 1, rsv: i === 0 ? 4 : 0 };
              const part = data.subarray(i * size, (i + 1) * size);
              const bytes = side === 0
                ? fromClient(opcode, part, options)
                : frame(opcode, part, options);
              found.push(run.find({ side, bytes }));
            }
          }
          assert.deepEqual(flat(found).problems, []);
          assert.deepEqual(texts(found), sentences);
          const marks = found.map((_, i) => i % pieces === 0 ? "1" : "0");
          assert.deepEqual(valuesOf(found, "websocket.pmc"), marks);
        });
      }
    }
  }
}

Deno.test("deflate: both directions have their own context", () => {
  const run = upgraded("permessage-deflate");
  const ours = compressor(15, true);
  const theirs = compressor(15, true);
  const found: Found[] = [];
  for (const sentence of ["one and one and one", "one and one and two"]) {
    found.push(run.find({ side: 0, bytes: fromClient(TEXT, ours(sentence), { rsv: 4 }) }));
    found.push(run.find({ side: 1, bytes: frame(TEXT, theirs(`${sentence}!`), { rsv: 4 }) }));
  }
  assert.deepEqual(flat(found).problems, []);
  assert.deepEqual(texts(found), [
    ...["one and one and one", "one and one and one!"],
    ...["one and one and two", "one and one and two!"],
  ]);
});

Deno.test("deflate: a final block, and a message that is not compressed between", () => {
  const run = upgraded("permessage-deflate");
  const last = Uint8Array.from(deflateRawSync("Hello"));
  const found = [
    run.find({ side: 1, bytes: frame(TEXT, octets(last, [0]), { rsv: 4 }) }),
    run.find({ side: 1, bytes: frame(TEXT, "plain") }),
    run.find({
      side: 1,
      bytes: frame(TEXT, octets([0xf2, 0x48, 0xcd, 0xc9, 0xc9, 7, 0]), { rsv: 4 }),
    }),
  ];
  assert.deepEqual(texts(found), ["Hello", "plain", "Hello"]);
  assert.deepEqual(flat(found).problems, []);
});

Deno.test("deflate: what cannot be decompressed is a problem, also for what builds upon it", () => {
  const run = upgraded("permessage-deflate");
  const bad = run.find({ side: 1, bytes: frame(TEXT, octets([0xff, 0xff, 0xff]), { rsv: 4 }) });
  assert.deepEqual(bad.problems, ["message cannot be decompressed"]);
  assert.deepEqual(valuesOf([bad], "websocket.decompression.failed.expert"), ["1"]);
  const next = run.find({ side: 1, bytes: frame(TEXT, compressor(15, true)("x"), { rsv: 4 }) });
  assert.deepEqual(next.problems, [
    "message cannot be decompressed: earlier ones it builds upon are missing",
  ]);
});

Deno.test("deflate: a bomb is cut off", () => {
  const run = upgraded("permessage-deflate; server_no_context_takeover");
  const zeros = deflateRawSync(new Uint8Array(20 * 1024 * 1024), {
    finishFlush: constants.Z_SYNC_FLUSH,
  });
  const bytes = frame(BINARY, Uint8Array.from(zeros).subarray(0, -TAIL), { rsv: 4 });
  assert.deepEqual(run.find({ side: 1, bytes }).problems, [
    "message is too long to be put together or decompressed",
  ]);
});

Deno.test("deflate: control frames and continuations are never compressed", () => {
  const run = upgraded("permessage-deflate");
  assert.deepEqual(run.find({ side: 1, bytes: frame(PING, "", { rsv: 4 }) }).problems, [
    "a control frame is marked as compressed",
  ]);
  run.feed({ side: 1, bytes: frame(TEXT, "a", { fin: false }) });
  assert.deepEqual(run.find({ side: 1, bytes: frame(CONTINUATION, "b", { rsv: 4 }) }).problems, [
    "a continuation frame is marked as compressed",
  ]);
});

// --- MQTT -------------------------------------------------------------------------------------

const PACKETS = [
  mqtt.generate({ cmd: "connect", clientId: "c", clean: true, keepalive: 0 } as Packet),
  mqtt.generate({ cmd: "publish", topic: "a/b", payload: "1", qos: 1, messageId: 1 } as Packet),
  mqtt.generate({ cmd: "publish", topic: "a/b", payload: "2".repeat(300), qos: 0 } as Packet),
  mqtt.generate({ cmd: "pingreq" }),
].map((packet) => Uint8Array.from(packet));

/** Fields and problems of MQTT alone. */
function mqttOnly(found: readonly Found[]): { fields: string[]; problems: string[] } {
  const { fields, problems } = flat(found);
  return { fields: fields.filter((field) => /^(edgewire\.)?mqtt\./.test(field)), problems };
}

function overTcp(): { fields: string[]; problems: string[] } {
  const run = new StreamRun((context) => new MqttStream(context));
  return mqttOnly(PACKETS.map((bytes) => run.find({ side: 0, bytes })));
}

for (const protocol of ["mqtt", "mqttv3.1", "mqttv3.1.1", ""]) {
  Deno.test(`MQTT in WebSocket is one byte stream, subprotocol "${protocol}"`, () => {
    const all = octets(...PACKETS);
    for (const size of [1, 2, 7, 50, 1000]) {
      if (protocol === "" && size < 4) continue;
      const run = upgraded("", protocol);
      const found: Found[] = [];
      for (let at = 0; at < all.length; at += size) {
        const bytes = fromClient(BINARY, all.subarray(at, at + size));
        found.push(run.find({ side: 0, bytes }));
      }
      assert.deepEqual(mqttOnly(found), overTcp(), `${size} bytes a frame`);
    }
  });
}

Deno.test("MQTT in WebSocket: several messages in a segment, server's frames, text frames", () => {
  const run = upgraded("", "mqtt");
  const connack = mqtt.generate({ cmd: "connack", returnCode: 0 } as Packet);
  const found = run.find({
    side: 1,
    bytes: octets(frame(BINARY, connack.subarray(0, 1)), frame(BINARY, connack.subarray(1))),
  });
  assert.deepEqual(valuesOf([found], "mqtt.msgtype"), ["2"]);
  const text = run.find({ side: 0, bytes: fromClient(TEXT, PACKETS[3]!) });
  assert.deepEqual(text.problems, ["MQTT in a WebSocket text message"]);
});

// --- streams ----------------------------------------------------------------------------------

const STREAM = octets(
  request("/x", "Sec-WebSocket-Protocol: chat"),
  fromClient(TEXT, "one"),
  fromClient(BINARY, new Uint8Array(300)),
  fromClient(TEXT, "two", { fin: false }),
  fromClient(PING, "p"),
  fromClient(CONTINUATION, "three"),
  fromClient(CLOSE, octets([3, 0xe8])),
);
const HEAD = request("/x", "Sec-WebSocket-Protocol: chat").length;

Deno.test("where the stream is split makes no difference", () => {
  const fieldsOf = (cuts: readonly number[]): string[] => {
    const run = new StreamRun((context) => new HttpStream(context));
    const found: Found[] = [];
    let at = 0;
    for (const cut of [...new Set([...cuts, HEAD, STREAM.length])].sort((a, b) => a - b)) {
      found.push(run.find({ side: 0, bytes: STREAM.subarray(at, cut) }));
      if (cut === HEAD) run.feed({ side: 1, bytes: response() });
      at = cut;
    }
    return flat(found).fields.filter((field) => !field.startsWith("websocket.fragment="));
  };
  const whole = fieldsOf([HEAD]);
  for (let cut = 1; cut < STREAM.length; cut++) assert.deepEqual(fieldsOf([cut]), whole, `${cut}`);
  assert.deepEqual(fieldsOf(Array.from({ length: STREAM.length - 1 }, (_, i) => i + 1)), whole);
});

Deno.test("a frame too large to keep is passed over, its header read", () => {
  const run = upgraded();
  const size = 40 * 1024 * 1024;
  const head = octets([0x82, 127, 0, 0, 0, 0, size >>> 24, size >>> 16 & 255, 0, 0]);
  run.feed({ side: 1, bytes: head });
  const piece = new Uint8Array(1024 * 1024);
  let last = run.found();
  for (let sent = 0; sent < size; sent += piece.length) last = run.find({ side: 1, bytes: piece });
  assert.deepEqual(valuesOf([last], "websocket.payload_length_ext_64"), [String(size)]);
  assert.deepEqual(last.problems, ["message is too long to be put together or decompressed"]);
  assert.ok(run.context.budget.waiting < 100);
  assert.deepEqual(texts([run.find({ side: 1, bytes: frame(TEXT, "next") })]), ["next"]);
});

Deno.test("frames are recognised by their shape", () => {
  const shape = (bytes: Uint8Array): boolean => {
    const run = new StreamRun((context) => new WebSocketStream(context));
    run.d.begin(bytes, 0, bytes.length, bytes.length);
    return looksLikeWebSocket(run.d);
  };
  assert.ok(shape(fromClient(TEXT, "hello")));
  assert.ok(shape(octets(frame(TEXT, "hello"), frame(PING, ""), frame(BINARY, "x"))));
  assert.ok(!shape(octets(frame(TEXT, "hello"), fromClient(TEXT, "hello"))), "one side, one mask");
  assert.ok(!shape(frame(TEXT, octets([0xff, 0xfe]))), "not UTF-8");
  assert.ok(!shape(octets("GET / HTTP/1.1\r\n\r\n")));
  assert.ok(!shape(octets([0x82, 6, 0, 1, 0, 1, 0x61, 0])), "MQTT SUBSCRIBE");
  assert.ok(!shape(octets([0x10, 12, 0, 4], "MQTT", [4, 2, 0, 60, 0, 0])), "MQTT CONNECT");
  assert.ok(!shape(octets([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0])), "TLS");
  assert.ok(!shape(octets([1, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 1])), "Modbus");
});

Deno.test("without the handshake the client is who masks", () => {
  const run = new StreamRun((context) => new WebSocketStream(context));
  const found = run.find({ side: 1, bytes: fromClient(TEXT, "a") });
  assert.equal(run.conversation.client, 1);
  assert.equal(found.problems.length, 1);
  assert.match(found.problems[0]!, /^the opening handshake is not in the capture/);
  assert.deepEqual(run.find({ side: 0, bytes: frame(TEXT, "b") }).problems, []);
  assert.deepEqual(run.find({ side: 0, bytes: fromClient(TEXT, "b") }).problems, [
    "server frame is masked",
  ]);
});

Deno.test("pongs answer the right ping; empty and unsolicited ones too", () => {
  const run = upgraded();
  run.feed({ side: 0, bytes: fromClient(PING, "a"), time: 10 });
  run.feed({ side: 0, bytes: fromClient(PING, "b"), time: 20 });
  const answer = run.find({ side: 1, bytes: frame(PONG, "b"), time: 25 });
  assert.deepEqual(valuesOf([answer], "edgewire.websocket.rtt").map(Number), [5]);
  const late = run.find({ side: 1, bytes: frame(PONG, "a"), time: 26 });
  assert.deepEqual(valuesOf([late], "edgewire.websocket.rtt"), []);
  run.feed({ side: 1, bytes: frame(PING, ""), time: 30 });
  const empty = run.find({ side: 0, bytes: fromClient(PONG, ""), time: 30.5 });
  assert.deepEqual(valuesOf([empty], "edgewire.websocket.rtt").map(Number), [0.5]);
});

Deno.test("behind a gap decoding goes on at the next frame", () => {
  const run = upgraded("permessage-deflate; server_no_context_takeover");
  run.feed({ side: 1, bytes: frame(TEXT, "x".repeat(100)).subarray(0, 50) });
  run.lose(1, 52);
  assert.deepEqual(texts([run.find({ side: 1, bytes: frame(TEXT, "next") })]), ["next"]);
  run.lose(1, 10);
  const rest = run.find({ side: 1, bytes: octets([0x70, 0x70, 0x70]) });
  assert.deepEqual(rest.problems, ["bytes behind a gap are no WebSocket frame; passed over"]);
  assert.deepEqual(texts([run.find({ side: 1, bytes: frame(TEXT, "again") })]), ["again"]);
});

Deno.test("random bytes and mutations neither throw nor run away", () => {
  const random = new Random(11);
  for (let round = 0; round < 1500; round++) {
    const run = upgraded(random.of(["", "permessage-deflate"]), random.of(["", "mqtt"]));
    const bytes = Uint8Array.from(STREAM.subarray(HEAD));
    for (let i = 0; i < 10; i++) bytes[random.below(bytes.length)] = random.below(256);
    const from = random.below(bytes.length);
    run.find({ side: 0, bytes: bytes.subarray(0, from) });
    run.find({ side: 1, bytes: bytes.subarray(from) });
    run.lose(0, random.below(100));
    run.find({ side: 0, bytes });
    run.end(0);
    run.end(1);
    assert.equal(run.context.budget.waiting, 0);
  }
});

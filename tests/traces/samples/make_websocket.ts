/**
 * Makes the samples of WebSocket and MQTT that no decent program sends: breaches of RFC 6455 and of
 * the MQTT standards, conversations without their beginning, odd splits into segments.
 *
 * Run: `deno run -A tests/traces/samples/make_websocket.ts`
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { PcapWriter } from "../../../traces/files/pcap_writer.ts";
import { connectPacket, encode, publishPacket } from "../../support/raw_mqtt.ts";
import { bytesOf, u16 } from "../support/packets.ts";
import { TcpTalk } from "../support/tcp_talk.ts";
import * as ws from "../support/websocket_frames.ts";
import { SAMPLES } from "./record_loopback.ts";
import { A4, B4, CONNACK, CONNECT, reading, talk } from "./short_conversation.ts";

const START = 1_760_000_000;
const MASK = [0x12, 0x34, 0x56, 0x78];

async function write(name: string, frames: Uint8Array[]) {
  const out = new PcapWriter({ linkType: 1, nanoseconds: false });
  frames.forEach((frame, i) => {
    const time = { seconds: START + Math.floor(i / 10), nanoseconds: i % 10 * 100_000_000 };
    out.packet(time, frame);
  });
  await Deno.writeFile(new URL(`${name}.pcap`, SAMPLES), out.take());
}

let ports = 51_000;

function conversation(): TcpTalk {
  return new TcpTalk({ client: A4, server: B4, clientPort: ports++, serverPort: 8080 });
}

function upgraded(t: TcpTalk, ...more: string[]): Uint8Array[] {
  return [
    ...t.open(),
    t.send(0, ws.request("/ws/hall", ...more)),
    t.send(1, ws.response(undefined, ...more)),
  ];
}

function masked(opcode: number, payload: Uint8Array | string, options: ws.FrameOptions = {}) {
  return ws.frame(opcode, payload, { mask: MASK, ...options });
}

/** A close frame's payload (RFC 6455, 5.5.1). */
function code(status: number, reason = ""): Uint8Array {
  return bytesOf(u16(status), new TextEncoder().encode(reason));
}

/** Each breach in a conversation of its own, since a client would end there. */
function breaches(): Uint8Array[] {
  const from = (side: 0 | 1, ...frames: Uint8Array[]) => {
    const t = conversation();
    return [...upgraded(t), ...frames.map((frame) => t.send(side, frame)), ...t.close(1)];
  };
  return [
    ...from(0, ws.frame(ws.TEXT, "client without mask")),
    ...from(1, masked(ws.TEXT, "server with mask")),
    ...from(1, ws.frame(ws.TEXT, "RSV1 without extension", { rsv: 4 })),
    ...from(1, ws.frame(ws.TEXT, "RSV2", { rsv: 2 })),
    ...from(1, ws.frame(3, "reserved opcode"), ws.frame(11, "reserved control opcode")),
    ...from(1, ws.frame(ws.PING, "x".repeat(126))),
    ...from(1, ws.frame(ws.PING, "in parts", { fin: false })),
    ...from(1, ws.frame(ws.CONTINUATION, "of nothing")),
    ...from(1, ws.frame(ws.TEXT, "unfinished", { fin: false }), ws.frame(ws.TEXT, "another")),
    ...from(1, ws.frame(ws.TEXT, bytesOf(0xc3, 0x28))),
    ...from(1, ws.frame(ws.CLOSE, bytesOf(3))),
    ...from(1, ws.frame(ws.CLOSE, code(1005))),
    ...from(1, ws.frame(ws.CLOSE, code(1000, "bye")), ws.frame(ws.TEXT, "after close")),
    // 5 bytes with a length of 16 bits: not the shortest form.
    ...from(1, bytesOf(0x81, 126, u16(5), [1, 2, 3, 4, 5].map((byte) => byte + 64))),
  ];
}

function wrongAccept(): Uint8Array[] {
  const t = conversation();
  return [
    ...t.open(),
    t.send(0, ws.request("/ws", "Sec-WebSocket-Protocol: edgewire.v1")),
    t.send(1, ws.response("AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "Sec-WebSocket-Protocol: chat")),
    t.send(1, ws.frame(ws.TEXT, "hello")),
  ];
}

/** Lengths of each form, several frames in a segment, one in many, fragments and a ping between. */
function splits(): Uint8Array[] {
  const t = conversation();
  const long = masked(ws.BINARY, new Uint8Array(70_000).map((_, i) => i));
  const middle = ws.frame(ws.TEXT, "m".repeat(300));
  const several = bytesOf(
    ws.frame(ws.TEXT, "one"),
    ws.frame(ws.TEXT, "two"),
    ws.frame(ws.PING, ""),
  );
  const frames = [...upgraded(t), t.send(1, several), t.send(0, masked(ws.PONG, ""))];
  // The head of a frame alone, then its payload in two parts.
  for (const [start, end] of [[0, 1], [1, 4], [4, 200]]) {
    frames.push(t.send(1, middle.subarray(start, end)));
  }
  frames.push(t.send(1, bytesOf(middle.subarray(200), ws.frame(ws.TEXT, "behind it"))));
  for (let at = 0; at < long.length; at += 1400) {
    frames.push(t.send(0, long.subarray(at, at + 1400)), t.ack(1));
  }
  frames.push(t.send(0, masked(ws.TEXT, "first, ", { fin: false })));
  frames.push(t.send(0, masked(ws.PING, "between")), t.send(1, ws.frame(ws.PONG, "between")));
  frames.push(t.send(0, masked(ws.CONTINUATION, "second, ", { fin: false })));
  frames.push(t.send(0, masked(ws.CONTINUATION, "last")));
  // An empty last fragment.
  frames.push(t.send(1, ws.frame(ws.TEXT, "all of it", { fin: false })));
  frames.push(t.send(1, ws.frame(ws.CONTINUATION, "")));
  frames.push(t.send(1, ws.frame(ws.TEXT, "another message")));
  frames.push(t.send(0, masked(ws.CLOSE, code(1001, "going away"))));
  frames.push(t.send(1, ws.frame(ws.CLOSE, code(1001))));
  return [...frames, ...t.close(1)];
}

/** The capture began after the upgrade. */
function noUpgrade(): Uint8Array[] {
  const t = conversation();
  const frames: Uint8Array[] = [];
  for (let i = 0; i < 5; i++) {
    frames.push(t.send(1, ws.frame(ws.TEXT, JSON.stringify({ type: "data", seq: i, value: 20 }))));
    frames.push(t.send(0, masked(ws.TEXT, JSON.stringify({ type: "received", bytes: 40 * i }))));
  }
  frames.push(t.send(0, masked(ws.PING, "")), t.send(1, ws.frame(ws.PONG, "")));
  return frames;
}

/** MQTT of which CONNECT is missing: first 3.1.1, then 5 with properties. */
function noConnect(): Uint8Array[] {
  const t = talk(52_000);
  const five = encode({
    ...{ cmd: "publish", topic: "devices/a", payload: "1", qos: 1, messageId: 9, dup: false },
    ...{ retain: false, properties: { contentType: "text/plain", messageExpiryInterval: 5 } },
  }, 5);
  const u = talk(52_001);
  return [
    t.send(0, reading(1)),
    t.send(0, publishPacket("devices/a", "1", { qos: 1, messageId: 3 })),
    t.send(1, encode({ cmd: "puback", messageId: 3 })),
    ...[u.send(0, five), u.send(1, bytesOf(0x40, 3, u16(9), 0x10))],
  ];
}

/** Packets that break MQTT 3.1.1, each behind a CONNECT of its own. */
function mqttBreaches(): Uint8Array[] {
  let port = 52_100;
  const after = (...packets: Uint8Array[]) => {
    const t = talk(port++);
    const frames = [...t.open(), t.send(0, CONNECT), t.send(1, CONNACK)];
    return [...frames, ...packets.map((one) => t.send(0, one)), ...t.close(1)];
  };
  return [
    ...after(bytesOf(0x36, 4, u16(1), 0x61, 0x62)), // QoS 3
    ...after(bytesOf(0x30, 5, u16(9), 0x61, 0x62, 0x63)), // topic longer than the packet
    ...after(bytesOf(0x30, 0xff, 0xff, 0xff, 0xff, 0x7f)), // remaining length of five bytes
    ...after(bytesOf(0x00, 0), bytesOf(0xf0, 0)), // reserved types
    ...after(bytesOf(0x80, 6, u16(1), u16(1), 0x61, 0)), // flags of SUBSCRIBE
    ...after(publishPacket("devices/+/x", "wildcard in a topic")),
    ...after(
      publishPacket("devices/a", "1", { qos: 1, messageId: 1 }).map((byte, i) =>
        i === 13 ? 0 : byte
      ),
    ), // packet id 0
    ...after(connectPacket("again")),
  ];
}

/** MQTT packets cut anywhere: in segments, and in WebSocket messages. */
function mqttSplits(): Uint8Array[] {
  const big = publishPacket("devices/camera/picture", Buffer.alloc(5000, 65), {
    ...{ qos: 1, messageId: 5 },
  });
  const t = talk(52_200);
  const frames: Uint8Array[] = [
    ...t.open(),
    t.send(0, CONNECT.subarray(0, 1)),
    t.send(0, CONNECT.subarray(1, 9)),
  ];
  frames.push(t.send(0, CONNECT.subarray(9)), t.send(1, CONNACK));
  frames.push(t.send(0, bytesOf(reading(1), reading(2), big.subarray(0, 100))));
  for (let at = 100; at < big.length; at += 1400) {
    frames.push(t.send(0, big.subarray(at, at + 1400)));
  }
  frames.push(t.send(1, bytesOf(0x40, 2, u16(5))), ...t.close(0));
  const w = conversation();
  frames.push(...upgraded(w, "Sec-WebSocket-Protocol: mqtt"));
  frames.push(w.send(0, masked(ws.BINARY, CONNECT)), w.send(1, ws.frame(ws.BINARY, CONNACK)));
  for (const part of [big.subarray(0, 1), big.subarray(1, 3), big.subarray(3, 2000)]) {
    frames.push(w.send(0, masked(ws.BINARY, part)));
  }
  const rest = bytesOf(big.subarray(2000), reading(3), reading(4).subarray(0, 7));
  frames.push(w.send(0, masked(ws.BINARY, rest)));
  frames.push(w.send(1, ws.frame(ws.BINARY, bytesOf(0x40, 2, u16(5)))));
  frames.push(w.send(0, masked(ws.BINARY, reading(4).subarray(7, 20), { fin: false })));
  frames.push(w.send(0, masked(ws.CONTINUATION, reading(4).subarray(20))));
  return [...frames, ...w.close(0)];
}

if (import.meta.main) {
  await write("websocket-breaches", breaches());
  await write("websocket-wrong-accept", wrongAccept());
  await write("websocket-splits", splits());
  await write("websocket-no-upgrade", noUpgrade());
  await write("mqtt-no-connect", noConnect());
  await write("mqtt-breaches", mqttBreaches());
  await write("mqtt-splits", mqttSplits());
}

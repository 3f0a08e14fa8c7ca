/**
 * MQTT that is not MQTT: the connection ends, and that is all that happens.
 *
 * @module
 */
import assert from "node:assert/strict";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import {
  connectPacket,
  encode,
  join,
  publishPacket,
  RawMqtt,
  subscribePacket,
} from "../support/raw_mqtt.ts";

const CONNECT = connectPacket("bad");

/** A packet of raw parts; its body must be shorter than 128 bytes. */
function raw(first: number, ...body: number[]): Uint8Array {
  return Uint8Array.of(first, body.length, ...body);
}

function text(value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  return [bytes.length >> 8, bytes.length & 255, ...bytes];
}

/** What is sent, and whether CONNECT goes before it. */
const MALFORMED: [what: string, bytes: Uint8Array, connected?: false][] = [
  ["PUBLISH as the first packet", publishPacket("a", "1"), false],
  ["PINGREQ as the first packet", encode({ cmd: "pingreq" }), false],
  ["text, as an HTTP client sends", new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"), false],
  ["another protocol name", raw(0x10, ...text("MQTQ"), 4, 2, 0, 0, ...text("x")), false],
  ["an unknown protocol version", raw(0x10, ...text("MQTT"), 9, 2, 0, 0, ...text("x")), false],
  ["CONNECT with its reserved flag", raw(0x10, ...text("MQTT"), 4, 3, 0, 0, ...text("x")), false],
  ["a CONNECT that ends too soon", raw(0x10, ...text("MQTT"), 4, 2), false],
  [
    "a will on a filter",
    connectPacket("w", { will: { topic: "a/#", payload: "", qos: 0 } }),
    false,
  ],
  ["a second CONNECT", CONNECT],
  ["packet type 0", raw(0x00)],
  ["packet type 15", raw(0xf0)],
  ["a remaining length of five bytes", Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0xff, 0x01)],
  ["a packet over the limit", Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0x7f)],
  ["both QoS bits", raw(0x36, ...text("a"), 0, 1)],
  ["an empty topic", raw(0x30, ...text(""))],
  ["a topic longer than its packet", raw(0x30, 0, 200, 0x61)],
  ["a topic that is not UTF-8", raw(0x30, 0, 3, 0x61, 0xc3, 0x28)],
  ["a topic with a null character", raw(0x30, 0, 3, 0x61, 0, 0x62)],
  ["a PUBLISH to #", publishPacket("a/#", "1")],
  ["a PUBLISH to +", publishPacket("+/a", "1")],
  ["a topic of 200 levels", publishPacket("a/".repeat(200), "1")],
  ["SUBSCRIBE with wrong flags", raw(0x80, 0, 1, ...text("a"), 0)],
  ["SUBSCRIBE to nothing", raw(0x82, 0, 1)],
  ["SUBSCRIBE to an empty filter", subscribePacket("")],
  ["SUBSCRIBE to a malformed filter", subscribePacket("a/#/b")],
  ["SUBSCRIBE to what is not UTF-8", raw(0x82, 0, 1, 0, 2, 0xc3, 0x28, 0)],
  ["PUBREL with wrong flags", raw(0x60, 0, 1)],
  ["a CONNACK from a client", raw(0x20, 0, 0)],
];

Deno.test("malformed MQTT ends its connection and disturbs nobody", async (t) => {
  await using gateway = await GatewayProcess.start({
    args: ["--limits-mqtt-packet-bytes", "100000"],
  });
  await using witness = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await witness.subscribe("witness/#");
  let round = 0;
  const undisturbed = async () => {
    const number = `${++round}`;
    await witness.publish("witness/n", number);
    await witness.message(({ text }) => text === number);
    assert.ok(witness.client.connected);
    assert.equal((await fetch(new URL("/healthz", gateway.url))).status, 200);
  };
  for (const [what, bytes, connected = true] of MALFORMED) {
    await t.step(`TCP: ${what}`, async () => {
      using peer = await RawMqtt.tcp(gateway.mqttPort);
      await peer.send(connected ? join(CONNECT, bytes) : bytes);
      await peer.gone();
      await undisturbed();
    });
    await t.step(`/mqtt: ${what}`, async () => {
      using peer = await RawMqtt.webSocket(gateway.ws("/mqtt"));
      await peer.send(connected ? join(CONNECT, bytes) : bytes);
      await peer.gone();
      await undisturbed();
    });
  }

  await t.step("packets cut short by the end of the connection", async () => {
    const whole = join(CONNECT, publishPacket("short/n", "1234567890"), subscribePacket("a"));
    for (let length = 1; length < whole.length; length++) {
      using peer = await RawMqtt.tcp(gateway.mqttPort);
      await peer.send(whole.subarray(0, length));
    }
    await undisturbed();
  });

  await t.step("TLS, or nothing but noise, on the MQTT port", async () => {
    let seed = 1;
    for (let i = 0; i < 30; i++) {
      const noise = Uint8Array.from({ length: 500 }, () => {
        seed = Math.imul(seed, 48271) & 0x7fffffff;
        return seed & 255;
      });
      using peer = await RawMqtt.tcp(gateway.mqttPort);
      await peer.send(noise).catch(() => {});
    }
    await undisturbed();
  });

  await t.step("WebSocket handshakes that are none are answered, not crashed on", async () => {
    for (const path of ["/ws", "/mqtt"]) {
      assert.equal((await fetch(new URL(path, gateway.url))).status, 426);
      const conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(gateway.url.port) });
      const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n` +
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n";
      await conn.write(new TextEncoder().encode(request));
      const buffer = new Uint8Array(4096);
      const count = await conn.read(buffer);
      conn.close();
      assert.match(new TextDecoder().decode(buffer.subarray(0, count ?? 0)), /^HTTP\/1.1 4\d\d /);
    }
    await undisturbed();
  });
});

/**
 * The recorder's own file against what dumpcap sees on the wire in the same seconds: the same MQTT
 * bytes and WebSocket messages, in the same order; and with TLS what clients sent and got.
 *
 * @module
 */
import assert from "node:assert/strict";
import { makeCertificates } from "../support/certificates.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { TestProcess } from "../support/process.ts";
import {
  connectPacket,
  join,
  publishPacket,
  RawMqtt,
  subscribePacket,
} from "../support/raw_mqtt.ts";
import { RawWs } from "../support/raw_ws.ts";
import {
  binaryBytes,
  hidden,
  type TcpTalk,
  tcpTalks,
  webSocketMessages,
} from "../support/tcp_streams.ts";
import { PYTHON, testOnWire, testWith } from "../support/tools.ts";
import { concat, TraceCapture } from "../support/trace_capture.ts";
import { tsharkRows, tsharkWarnings } from "../support/tshark.ts";
import { WsPeer } from "../support/ws_peer.ts";

const PASSWORD = "the-password-of-the-client";
const LAST = "the last of all";
/** Not MQTT: the type 0 does not exist. */
const GARBAGE = Uint8Array.of(0, 0, 0xde, 0xad, 0xbe, 0xef);

/** Paho over WebSocket: what it says comes back to it. Arguments: port. */
const PAHO = `
import sys, threading
import paho.mqtt.client as mqtt
version = getattr(mqtt, "CallbackAPIVersion", None)
options = dict(client_id="paho-web", transport="websockets")
client = mqtt.Client(version.VERSION1, **options) if version else mqtt.Client(**options)
client.ws_set_options(path="/mqtt")
done = threading.Event()
def on_subscribe(*_):
    for qos in (0, 1, 2):
        client.publish("paho/n", "x" * (10 ** (qos + 2)), qos=qos)
def on_message(_client, _userdata, message):
    if len(message.payload) == 10000: done.set()
client.on_connect = lambda *_: client.subscribe("paho/#", qos=2)
client.on_subscribe = on_subscribe
client.on_message = on_message
client.connect("127.0.0.1", int(sys.argv[1]))
client.loop_start()
if not done.wait(10): sys.exit(1)
client.disconnect()
client.loop_stop()
`;

async function run(command: string, ...args: string[]) {
  await using process = new TestProcess(command, { args });
  assert.equal((await process.status).code, 0, process.output);
}

/** Clients of MQTT over TCP. */
async function talkMqtt({ mqttPort }: GatewayProcess) {
  const port = String(mqttPort);
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${port}`);
  await using sub = new TestProcess("mosquitto_sub", {
    args: ["-p", port, "-t", "mosquitto/#", "-q", "2", "-u", "me", "-P", PASSWORD],
  });
  await eventually("mosquitto_sub", async () => {
    await peer.publish("mosquitto/ready", "ready");
    return sub.lines.includes("ready");
  });
  for (const qos of [0, 1, 2]) {
    await run("mosquitto_pub", "-p", port, "-t", "mosquitto/n", "-q", `${qos}`, "-m", `${qos}`);
  }
  await peer.publish("mosquitto/big", "y".repeat(100_000), { qos: 2 });
  await sub.waitForLine(/^y{100000}$/);
  await sub.stop();

  using raw = await RawMqtt.tcp(mqttPort);
  await raw.send(connectPacket("three-writes"));
  await raw.packet("connack");
  const packet = publishPacket("raw/n", "in three writes", { qos: 1, messageId: 7 });
  const garbled = join(publishPacket("raw/n", "and garbage", { qos: 1, messageId: 8 }), GARBAGE);
  for (const bytes of [packet, garbled]) {
    for (const [start, end] of [[0, 1], [1, 9], [9, bytes.length]] as const) {
      await raw.send(bytes.subarray(start, end));
      // So that they are read apart.
      await peer.publish("raw/apart", 1);
    }
    await raw.packet("puback", ({ messageId }) => messageId === (bytes === packet ? 7 : 8))
      .catch((error) => assert.equal(bytes, garbled, error));
  }
  await raw.gone();
}

/** Clients of MQTT over WebSocket. */
async function talkMqttOverWebSocket(gateway: GatewayProcess) {
  await using web = await MqttPeer.connect(gateway.ws("/mqtt").href, {
    username: "web",
    password: PASSWORD,
  });
  await web.subscribe("web/#", 2);
  for (const qos of [0, 1, 2] as const) {
    await web.publish("web/n", "w".repeat(10 ** (qos + 3)), { qos });
    await web.message(({ text }) => text.length === 10 ** (qos + 3));
  }
  await run(PYTHON, "-I", "-c", PAHO, gateway.url.port);
}

/** Sessions. */
async function talkSessions(gateway: GatewayProcess) {
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await peer.subscribe("devices/lamp/power/set");
  await peer.publish("devices/lamp/power", "off");
  const both = await Promise.all([
    WsPeer.open(gateway.ws("/ws/lamp")),
    WsPeer.open(gateway.ws("/ws/lamp"), { v1: false }),
  ]);
  for (const [i, peer] of both.entries()) {
    await peer.next("snapshot");
    const value = `${i} ${"big ".repeat(15_000)}ümläut`;
    peer.send({
      type: "command",
      id: `c${i}`,
      channel: "lamp",
      topic: "devices/lamp/power",
      value,
    });
    await peer.next("ack");
    peer.send({ type: "ping", id: i });
    await peer.next("pong");
  }
  await peer.message(({ topic }) => topic.endsWith("/set"));
  for (let i = 0; i < 20; i++) await peer.publish("devices/lamp/power", `on ${i}`, { qos: 0 });
  for (const client of both) await client.next("data", ({ value }) => value === "on 19");
  // One after the other: what is said to one that just closes is recorded, and never sent.
  both[0].socket.close(3000, "enough of it");
  await both[1].next("presence", ({ count }) => count === 1);
  both[1].socket.close();
  for (const { closed } of both) await closed;

  await using refused = await WsPeer.open(gateway.ws("/ws"));
  refused.socket.send("{");
  await using binary = await WsPeer.open(gateway.ws("/ws"));
  binary.socket.send(Uint8Array.of(1, 2, 3));
  await using big = await WsPeer.open(gateway.ws("/ws"));
  big.socket.send("x".repeat(2_000_000));
  for (const [client, code] of [[binary, 4400], [big, 4413]] as const) {
    assert.equal((await client.closed).code, code);
  }
  using broken = await RawWs.open(gateway.ws("/ws/lamp"));
  await broken.readUntil(() => broken.messages.some(({ type }) => type === "snapshot"));
  // Closes in its own words, as one does that closes at the same time as the gateway.
  using own = await RawWs.open(gateway.ws("/ws"));
  await own.frame(1, new TextEncoder().encode("{"));
  await own.readUntil(() => own.closeCode === 4400);
  await own.frame(8, Uint8Array.of(1000 >> 8, 1000 & 0xff));
  await own.readUntil(() => false);
}

/** As the recorder hides it. */
function hide(bytes: Uint8Array, secrets: readonly string[]): string {
  const text = new TextDecoder("latin1").decode(bytes);
  return hidden(text, secrets);
}

/** Without the answer to a close, which the gateway does not see, if on the wire there was none. */
function withoutAnswer(found: string[], expected: string[], other: string[]): string[] {
  const last = found.at(-1);
  const isAnswer = last?.startsWith("close") && other.at(-1) === last;
  return isAnswer && !expected.at(-1)?.startsWith("close") ? found.slice(0, -1) : found;
}

/** Both sides of one client. */
function compareTalk(port: number, wire: TcpTalk, ours: TcpTalk, mqtt: boolean, secrets: string[]) {
  for (const side of ["client", "server"] as const) {
    const about = `${side} of ${port}`;
    if (mqtt) {
      assert.equal(hide(ours[side], []), hide(wire[side], secrets), about);
      continue;
    }
    const expected = webSocketMessages(wire[side])!;
    const found = webSocketMessages(ours[side])!;
    const target = /^\S+ \S+ /.exec(expected.head)![0];
    assert.ok(found.head.startsWith(target), `${about}: ${found.head}`);
    const bytes = (messages: string[]) => binaryBytes(messages);
    const web = /^sec-websocket-protocol: mqtt$/im.test(expected.head.replaceAll("\r", ""));
    const text = (messages: string[]) =>
      messages.filter((message) => !web || !message.startsWith("binary")).map((message) =>
        hidden(message, secrets)
      );
    const other = side === "client" ? "server" : "client";
    const answered = webSocketMessages(wire[other])!.messages;
    assert.deepEqual(
      text(withoutAnswer(found.messages, expected.messages, answered)),
      text(expected.messages),
      about,
    );
    // The password of an MQTT client may be in several messages.
    if (web) assert.equal(hide(bytes(found.messages), []), hide(bytes(expected.messages), secrets));
  }
}

testOnWire(
  ["tshark", "mosquitto_pub", "mosquitto_sub", "python3-paho-mqtt"],
  "the recorder's file holds what the wire had",
  async (t) => {
    await using gateway = await GatewayProcess.start();
    const ports = [Number(gateway.url.port), gateway.mqttPort];
    await using live = await TraceCapture.live(gateway);
    await using wire = await TraceCapture.wire(ports);
    await Promise.all([talkMqtt(gateway), talkMqttOverWebSocket(gateway), talkSessions(gateway)]);
    await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
    // Without an acknowledgement, which one of the two files may have no more.
    await peer.publish("devices/last/n", LAST, { qos: 0 });
    await Promise.all([live.until(LAST), wire.until(LAST)]);
    const [ours, theirs] = await Promise.all([live.file(), wire.file()]);
    const found = await tcpTalks(ours, [ports[0]!, 1883]);
    const expected = await tcpTalks(theirs, ports);

    await t.step("the same bytes of MQTT, the same WebSocket messages and closes", () => {
      const secrets = [PASSWORD, ...sessionsOf(expected)];
      let compared = 0;
      for (const [port, talk] of expected) {
        const mqtt = talk.client[0] === 0x10;
        if (!mqtt && webSocketMessages(talk.client) === undefined) continue;
        const own = found.get(port);
        assert.ok(own !== undefined, `port ${port}`);
        compareTalk(port, talk, own, mqtt, secrets);
        compared++;
      }
      assert.ok(compared >= 15, `${compared} connections`);
      const more = [...found.keys()].filter((port) => !expected.has(port));
      assert.deepEqual(more, [], "and nobody else");
    });

    await t.step("what came in three writes is in three packets", async () => {
      const [packet] = await tsharkRows(
        ours,
        ["tcp.segment.count"],
        'mqtt.msg contains "in three"',
      );
      assert.deepEqual(packet, [["3"]]);
    });

    await t.step("garbage behind a PUBLISH is flagged as on the wire", async () => {
      const flagged = 'mqtt.topic == "raw/n" && _ws.malformed';
      const types = await tsharkRows(ours, ["mqtt.msgtype"], flagged);
      assert.deepEqual(types, [[["3", "0"]]]);
      const decodeAs = ["-d", `tcp.port==${gateway.mqttPort},mqtt`];
      assert.deepEqual(await tsharkRows(theirs, ["mqtt.msgtype"], flagged, decodeAs), types);
      assert.equal((await tsharkWarnings(ours)).length, 1, "and nothing else");
    });
  },
);

testWith(["tshark", "openssl"], "with TLS: what clients sent and got, in plain text", async () => {
  const { ca, cert, key } = await makeCertificates();
  const dir = await Deno.makeTempDir({ prefix: "edgewire-test-" });
  try {
    for (const [name, text] of Object.entries({ cert, key })) {
      await Deno.writeTextFile(`${dir}/${name}.pem`, text);
    }
    await using gateway = await GatewayProcess.start({
      args: ["--cert", `${dir}/cert.pem`, "--key", `${dir}/key.pem`, "--mqtts-port", "0"],
    });
    using client = Deno.createHttpClient({ caCerts: [ca] });
    await using live = await TraceCapture.live(gateway, "", { client });
    const socket = new WebSocket(gateway.ws("/ws"), { client } as unknown as string[]);
    const closed = new Promise((resolve) => socket.onclose = resolve);
    const texts: string[] = [];
    await new Promise<void>((resolve) => {
      socket.onmessage = ({ data }) => {
        texts.push(data);
        if (data.includes('"channels"')) resolve();
      };
    });
    const asked = JSON.stringify({ type: "ping", id: 1 });
    socket.send(asked);
    const mqtt = await tlsTalk(gateway.mqttsPort, ca);
    await live.until("the end of TLS");
    await eventually("the answer", () => texts.some((text) => text.includes('"pong"')));
    socket.close(3001, "enough");
    await closed;
    await live.until("enough");
    const file = await live.file();
    assert.deepEqual(await tsharkWarnings(file), []);
    const talks = [...(await tcpTalks(file, [Number(gateway.url.port), 1883])).values()];
    const found = talks.find(({ client }) => client[0] === 0x10)!;
    for (const side of ["client", "server"] as const) {
      assert.equal(hide(found[side], []), hide(mqtt[side], [PASSWORD]), side);
    }
    const session = talks.find(({ client }) => client[0] === 0x47)!;
    const secrets = texts.flatMap((text) => JSON.parse(text).session ?? []);
    assert.equal(secrets.length, 1);
    assert.deepEqual(webSocketMessages(session.client)!.messages, [
      `text ${asked}`,
      "close 3001 enough",
    ]);
    assert.deepEqual(
      webSocketMessages(session.server)!.messages.slice(0, -1),
      texts.map((text) => `text ${hidden(text, secrets)}`),
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

/** An MQTT client with TLS, and the bytes of both sides. */
async function tlsTalk(port: number, ca: string): Promise<TcpTalk> {
  using connection = await Deno.connectTls({ hostname: "localhost", port, caCerts: [ca] });
  const client: Uint8Array[] = [];
  const server: Uint8Array[] = [];
  const write = async (bytes: Uint8Array) => {
    client.push(bytes);
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
  };
  const read = async (text: string) => {
    const buffer = new Uint8Array(1 << 16);
    const has = () => new TextDecoder("latin1").decode(concat(server)).includes(text);
    while (!has()) server.push(buffer.slice(0, (await connection.read(buffer))!));
  };
  await write(connectPacket("over-tls", { username: "me", password: PASSWORD }));
  await read("\x20\x02\x00\x00");
  await write(subscribePacket("devices/tls/#"));
  await write(publishPacket("devices/tls/n", "x".repeat(20_000)));
  await write(publishPacket("devices/tls/n", "the end of TLS"));
  await read("the end of TLS");
  return { client: concat(client), server: concat(server) };
}

/** What `welcome` says to each session. */
function sessionsOf(talks: Map<number, TcpTalk>): string[] {
  return [...talks.values()].flatMap(({ server }) => {
    const text = new TextDecoder("latin1").decode(server);
    return [...text.matchAll(/"session":"([^"]+)"/g)].map((match) => match[1]!);
  });
}

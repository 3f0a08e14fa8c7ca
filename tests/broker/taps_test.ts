import assert from "node:assert/strict";
import type { IncomingMessage } from "../../gateway/broker/broker.ts";
import { EmbeddedBroker } from "../../gateway/broker/embedded.ts";
import { ExternalBroker } from "../../gateway/broker/external.ts";
import type { Taps } from "../../gateway/taps.ts";
import { makeCertificates } from "../support/certificates.ts";
import { eventually } from "../support/eventually.ts";
import { startMosquitto } from "../support/mosquitto.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import {
  connectPacket,
  encode,
  join,
  publishPacket,
  subscribePacket,
} from "../support/raw_mqtt.ts";
import { testWith } from "../support/tools.ts";
import { parts, serveMqtt } from "./brokers.ts";
import { ByteClient, ByteProxy, type ProxyKind } from "./byte_peers.ts";
import { type RecordingTap, RecordingTaps } from "./recording_taps.ts";

const CONNACK_BYTES = 4;
const PUBACK_BYTES = 4;

async function startEmbedded(taps: RecordingTaps, messages: IncomingMessage[] = []) {
  const broker = await EmbeddedBroker.create({ ...parts(taps, messages), openLoopback: true });
  return Object.assign(broker, { [Symbol.asyncDispose]: () => broker.close() });
}

/** CONNECT, a PUBLISH in three writes, then what is no MQTT: each must be told as it came. */
async function checkPieces(client: ByteClient, taps: RecordingTaps, messages: IncomingMessage[]) {
  await client.send(connectPacket("pieces"));
  await client.until(CONNACK_BYTES);
  const tap = await taps.tap();
  const publish = publishPacket("a/b", "payload", { qos: 1, messageId: 7 });
  const pieces = [publish.slice(0, 1), publish.slice(1, 6), publish.slice(6)];
  for (const piece of [...pieces, new Uint8Array(500).fill(0)]) {
    await client.send(piece);
    await tap.until("received", join(...client.sent).length);
  }
  await client.ended;
  const end = await tap.end();
  assert.deepEqual(tap.bytes("received"), join(...client.sent));
  assert.equal(tap.chunks.received.length, client.sent.length, "a chunk for each write");
  assert.deepEqual(tap.bytes("sent"), join(...client.received));
  assert.equal(tap.bytes("sent").length, CONNACK_BYTES + PUBACK_BYTES);
  assert.deepEqual(tap.names, ["pieces"]);
  assert.equal(tap.ends.length, 1);
  assert.equal(end[0], false, "we closed it");
  assert.equal(messages.at(-1)!.topic, "a/b");
  assert.equal(messages.at(-1)!.connection, tap);
  return tap;
}

Deno.test("embedded broker: the tap hears the bytes of a TCP connection", async () => {
  const [taps, messages] = [new RecordingTaps(), [] as IncomingMessage[]];
  await using broker = await startEmbedded(taps, messages);
  const { port } = broker.listen("127.0.0.1", 0);
  using client = ByteClient.over(await Deno.connect({ hostname: "127.0.0.1", port }));
  const { facts } = await checkPieces(client, taps, messages);
  assert.deepEqual(facts, {
    protocol: "mqtt",
    transport: "tcp",
    dialled: false,
    local: { host: "127.0.0.1", port },
    remote: { host: "127.0.0.1", port: client.port },
    tls: false,
  });
});

testWith(
  ["openssl"],
  "embedded broker: the tap hears plain bytes of a TLS connection",
  async () => {
    const [taps, messages] = [new RecordingTaps(), [] as IncomingMessage[]];
    const { ca, ...tls } = await makeCertificates();
    await using broker = await startEmbedded(taps, messages);
    const { port } = broker.listen("127.0.0.1", 0, tls);
    const conn = await Deno.connectTls({ hostname: "127.0.0.1", port, caCerts: [ca] });
    using client = ByteClient.over(conn);
    const { facts } = await checkPieces(client, taps, messages);
    assert.deepEqual([facts.tls, facts.remote.port], [true, client.port]);
  },
);

Deno.test("embedded broker: the tap hears each message of a WebSocket", async () => {
  const [taps, messages] = [new RecordingTaps(), [] as IncomingMessage[]];
  await using broker = await startEmbedded(taps, messages);
  await using server = serveMqtt(broker, taps);
  using client = await ByteClient.webSocket(server.url);
  const tap = await checkPieces(client, taps, messages);
  const { code, reason } = (await client.ended)!;
  assert.deepEqual(tap.ends, [[false, code, reason]]);
});

Deno.test("embedded broker: the tap hears who ended a connection", async (t) => {
  const taps = new RecordingTaps();
  await using broker = await startEmbedded(taps);
  const { port } = broker.listen("127.0.0.1", 0);
  await using server = serveMqtt(broker, taps);
  const open = {
    tcp: async () => ByteClient.over(await Deno.connect({ hostname: "127.0.0.1", port })),
    WebSocket: () => ByteClient.webSocket(server.url),
  };
  for (const kind of ["tcp", "WebSocket"] as const) {
    await t.step(`${kind}: the client`, async () => {
      using client = await open[kind]();
      await client.send(connectPacket(""));
      await client.until(CONNACK_BYTES);
      const tap = await taps.tap();
      assert.match(tap.names.join(), /./, "the id that the broker gave");
      client.close();
      await tap.end();
      assert.deepEqual(tap.ends, [kind === "tcp" ? [true] : [true, 4000, "bye"]]);
    });
    await t.step(`${kind}: one too many`, async () => {
      const clients = [await open[kind](), await open[kind]()];
      await eventually("two", () => taps.taps.filter(({ ends }) => ends.length === 0).length === 2);
      using third = await open[kind]();
      await third.ended;
      if (kind === "WebSocket") assert.equal((await (await taps.tap()).end())[1], 4429);
      for (const client of clients) client.close();
      await eventually("all gone", () => taps.taps.every(({ ends }) => ends.length === 1));
    });
  }
});

/** Messages that are wills came on no connection; the others name theirs, QoS 2 too. */
Deno.test("embedded broker: a message names its connection, a will none", async () => {
  const [taps, messages] = [new RecordingTaps(), [] as IncomingMessage[]];
  await using broker = await startEmbedded(taps, messages);
  const { port } = broker.listen("127.0.0.1", 0);
  const will = {
    topic: "w/x",
    payload: new TextEncoder().encode("gone") as never,
    qos: 1 as const,
  };
  const peer = await MqttPeer.connect(`mqtt://127.0.0.1:${port}`, {
    will: { ...will, retain: false },
  });
  for (const qos of [0, 1, 2] as const) await peer.publish(`q/${qos}`, "1", { qos });
  peer.client.stream.destroy();
  const message = (topic: string) =>
    eventually(topic, () => messages.find((message) => message.topic === topic));
  assert.equal((await message("w/x")).connection, undefined);
  for (const qos of [0, 1, 2]) {
    assert.equal((await message(`q/${qos}`)).connection, await taps.tap());
  }
  await peer[Symbol.asyncDispose]();
});

/** Both ways through an external broker; the proxy saw what passed. */
async function checkExternal(kind: ProxyKind, port: number, tls?: Awaited<Certificates>) {
  const [taps, messages] = [new RecordingTaps(), [] as IncomingMessage[]];
  await using proxy = new ByteProxy(kind, port, tls);
  const connected = Promise.withResolvers<void>();
  const broker = await ExternalBroker.connect({
    ...parts(taps, messages),
    url: proxy.url,
    clientId: `gateway-${kind}`,
    subscribe: ["in/#"],
    onState: () => broker.state.connected && connected.resolve(),
    ...(tls === undefined ? {} : { ca: tls.ca }),
  });
  await connected.promise;
  const tap = await taps.tap();
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${port}`);
  for (const qos of [0, 1, 2] as const) await peer.publish("in/x", "y".repeat(3000), { qos });
  await broker.publish("out/x", new TextEncoder().encode("z"));
  await eventually("the messages", () => messages.length === 3);
  for (const { connection } of messages) assert.equal(connection, tap);
  await broker.close();
  await tap.end();
  assert.deepEqual(tap.bytes("sent"), join(...proxy.fromClient));
  assert.deepEqual(tap.bytes("received"), join(...proxy.toClient));
  assert.equal(tap.bytes("sent")[0], 0x10);
  assert.equal(tap.chunks.sent.at(-1)![0], 0xe0, "DISCONNECT");
  assert.equal(tap.chunks.sent[1]![0], 0x82, "CONNECT and SUBSCRIBE are one write each");
  assert.deepEqual(tap.names, [`gateway-${kind}`]);
  assert.equal(tap.ends.length, 1);
  assert.equal(taps.taps.length, 1);
  const { dialled, remote, local, tls: encrypted } = tap.facts;
  assert.deepEqual([dialled, encrypted], [true, kind === "mqtts"]);
  assert.deepEqual(remote, { host: "127.0.0.1", port: Number(new URL(proxy.url).port) });
  if (kind !== "ws") assert.ok(local.port > 0);
  return tap;
}

type Certificates = ReturnType<typeof makeCertificates>;

testWith(["mosquitto", "openssl"], "external broker: the tap hears the very bytes", async (t) => {
  await using broker = await startMosquitto();
  await t.step("TCP", async () => {
    const { facts } = await checkExternal("mqtt", broker.port);
    assert.equal(facts.transport, "tcp");
  });
  await t.step("TLS", async () => {
    await checkExternal("mqtts", broker.port, await makeCertificates());
  });
  await t.step("WebSocket", async () => {
    const { facts: { transport, upgrade }, chunks } = await checkExternal("ws", broker.port);
    assert.deepEqual([transport, upgrade!.target], ["websocket", "/mqtt?x=1"]);
    assert.ok(upgrade!.requestHeaders.some(([name]) => name === "Host"));
    assert.ok(chunks.sent.every((chunk) => chunk.length > 1), "no message with half a packet");
  });
});

testWith(["mosquitto"], "external broker: who ended it is told", async () => {
  const taps = new RecordingTaps();
  await using mosquitto = await startMosquitto();
  const connected = Promise.withResolvers<void>();
  const broker = await ExternalBroker.connect({
    ...parts(taps, []),
    url: mosquitto.url,
    clientId: "gateway",
    subscribe: ["#"],
    onState: () => broker.state.connected && connected.resolve(),
  });
  await connected.promise;
  await mosquitto.kill();
  const tap = await taps.tap();
  assert.deepEqual(await tap.end(), [true]);
  assert.equal(tap.ends.length, 1);
  await broker.close();
});

testWith(["mosquitto"], "/mqtt with an external broker: the taps of both sides", async () => {
  const taps = new RecordingTaps();
  await using mosquitto = await startMosquitto();
  for (const kind of ["mqtt", "ws"] as const) {
    await using proxy = new ByteProxy(kind, mosquitto.port);
    const broker = await ExternalBroker.connect({
      ...parts(taps, []),
      url: proxy.url,
      clientId: "gateway",
      subscribe: ["none"],
      onState: () => {},
    });
    await using server = serveMqtt(broker, taps);
    using client = await ByteClient.webSocket(server.url);
    await client.send(connectPacket("through"));
    await client.until(CONNACK_BYTES);
    await client.send(join(subscribePacket("a/b"), publishPacket("a/b", "1")));
    await client.until(CONNACK_BYTES + 5 + 8);
    const named = (dialled: boolean) => (tap: RecordingTap) =>
      tap.names.includes("through") && tap.facts.dialled === dialled;
    const [near, far] = [await taps.tap(named(false)), await taps.tap(named(true))];
    await client.send(encode({ cmd: "disconnect" }));
    await client.ended;
    const { code, reason } = (await client.ended)!;
    assert.deepEqual(await near.end(), [false, code, reason]);
    assert.equal((await far.end())[0], true, "Mosquitto ends it behind DISCONNECT");
    assert.deepEqual(near.bytes("received"), join(...client.sent));
    assert.deepEqual(near.bytes("sent"), join(...client.received));
    assert.deepEqual(far.bytes("sent"), join(...client.sent));
    assert.deepEqual(far.bytes("received"), join(...client.received));
    assert.deepEqual([near.ends.length, far.ends.length], [1, 1]);
    await broker.close();
  }
});

Deno.test("external broker of MQTT 3.1.1: our own that comes back is told, without an id", async () => {
  await using old = await startEmbedded(new RecordingTaps());
  const { port } = old.listen("127.0.0.1", 0);
  const [taps, messages] = [new RecordingTaps(), [] as IncomingMessage[]];
  const told: unknown[][] = [];
  const message: Taps["message"] = (...args) => void told.push(args);
  const connected = Promise.withResolvers<void>();
  const options = parts(taps, messages);
  const broker = await ExternalBroker.connect({
    ...options,
    taps: { ...taps, connection: (facts) => taps.connection(facts), message },
    url: `mqtt://127.0.0.1:${port}`,
    clientId: "gateway",
    subscribe: ["in/#"],
    onState: () => broker.state.connected && connected.resolve(),
  });
  await connected.promise;
  await broker.publish("in/own", new TextEncoder().encode("on"));
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${port}`);
  await peer.publish("in/other", "1");
  await eventually("the other's message", () => messages.length > 0);
  assert.deepEqual(messages.map(({ topic }) => topic), ["in/other"]);
  const tap = await taps.tap(({ facts }) => facts.dialled);
  assert.deepEqual(told, [[tap, "", "in/own".length, 2, 1]]);
  await broker.close();
});

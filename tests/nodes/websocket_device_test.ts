/** The connection to a device that is a WebSocket server: what goes wrong, and what stays bounded. */
import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { type WebSocket as Peer, WebSocketServer } from "ws";
import { LivenessMonitor } from "../../gateway/nodes/liveness/liveness_monitor.ts";
import {
  WebSocketDevice,
  type WebSocketDeviceOptions,
} from "../../gateway/nodes/websocket/websocket_device.ts";
import { noTaps } from "../../gateway/taps.ts";
import { makeCertificates } from "../support/certificates.ts";
import { DeviceServer } from "../support/device_server.ts";
import { eventually } from "../support/eventually.ts";
import { testWith } from "../support/tools.ts";

/** A device's side of the test, and what was said of it. */
class Bench implements AsyncDisposable {
  readonly said: string[] = [];
  readonly messages: string[] = [];
  readonly monitor = new LivenessMonitor({ onChange: () => {}, timer: false });
  readonly device: WebSocketDevice;

  constructor(websocket: string, more: Partial<WebSocketDeviceOptions> = {}) {
    this.device = new WebSocketDevice({
      device: {
        websocket,
        channel: "board",
        send: [],
        headers: {},
        subprotocols: [],
      },
      idleMs: 2000,
      messageBytes: 1 << 20,
      messagesPerSecond: 1000,
      taps: noTaps,
      live: this.monitor.link("board"),
      counters: { connections: 0, received: 0, sent: 0 },
      onMessage: (payload) => this.messages.push(new TextDecoder().decode(payload)),
      say: (text) => this.said.push(text),
      backoff: { firstMs: 20, lastMs: 80, random: () => 1 },
      ...more,
    });
    this.device.connect();
  }

  connected(): Promise<unknown> {
    return eventually("the connection", () => this.device.isConnected);
  }

  async [Symbol.asyncDispose]() {
    await this.device.close();
    this.monitor.close();
  }
}

/** A server of the `ws` package. */
class Server implements AsyncDisposable {
  readonly peers: Peer[] = [];
  /** When each came, ms. */
  readonly times: number[] = [];
  readonly #server = new WebSocketServer({ host: "127.0.0.1", port: 0, autoPong: false });

  static async start(onPeer: (peer: Peer, socket: Socket) => void): Promise<Server> {
    const server = new Server();
    server.#server.on("connection", (peer: Peer, { socket }: { socket: Socket }) => {
      server.times.push(performance.now());
      server.peers.push(peer);
      peer.on("error", () => {});
      onPeer(peer, socket);
    });
    await new Promise((resolve) => server.#server.once("listening", resolve));
    return server;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as { port: number }).port}/`;
  }

  async [Symbol.asyncDispose]() {
    for (const peer of this.peers) peer.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Nothing is left behind. */
function test(name: string, fn: () => Promise<void>) {
  Deno.test({ name, fn, sanitizeOps: true, sanitizeResources: true });
}

test("a device that takes connections and closes them is tried ever more seldom", async () => {
  await using server = await Server.start((peer) => peer.close(1013, "later"));
  await using bench = new Bench(server.url);
  await eventually("five attempts", () => server.times.length >= 5);
  const waits = server.times.slice(1).map((time, i) => time - server.times[i]!);
  for (const [i, least] of [20, 40, 80, 80].entries()) {
    assert.ok(waits[i]! >= least - 1, `wait ${i}: ${waits[i]} ms`);
  }
  assert.equal(bench.said[1], 'it closed the connection (1013 "later"); trying again');
});

test("a device that answers no ping is let go of, one that does is kept", async () => {
  let answers = false;
  await using server = await Server.start((peer) => peer.on("ping", () => answers && peer.pong()));
  await using bench = new Bench(server.url, { idleMs: 120 });
  await eventually("the end", () => bench.said.length >= 2);
  assert.deepEqual(bench.said.slice(0, 2), ["connected", "no answer for 0.12 s; trying again"]);
  answers = true;
  await bench.connected();
  const peer = server.peers.at(-1)!;
  let pings = 0;
  peer.on("ping", () => pings++);
  await eventually("ten pings", () => pings >= 10);
  assert.equal(peer, server.peers.at(-1));
});

test("a server that takes the connection and says nothing is given up", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  await using bench = new Bench(`ws://127.0.0.1:${listener.addr.port}/`, { idleMs: 60 });
  await eventually("the end", () => bench.said.length > 0);
  assert.deepEqual(bench.said, ["no answer for 0.06 s; trying again"]);
  assert.equal(bench.device.obstacle, "device not connected: no answer for 0.06 s");
  (await accepted).close();
  listener.close();
});

test("what comes too fast waits at the device", async () => {
  const message = `"${"x".repeat(10_000)}"`;
  await using server = await Server.start((peer) => {
    for (let i = 0; i < 3000; i++) peer.send(message);
  });
  const begin = performance.now();
  await using bench = new Bench(server.url, { messagesPerSecond: 20, idleMs: 200 });
  await eventually("more than the first second's", () => bench.messages.length > 35);
  const seconds = (performance.now() - begin) / 1000;
  // What one read of 64 KiB brings is taken in, and so is what the stream had read before.
  assert.ok(bench.messages.length <= 20 + 20 * seconds + 2 * 7, `${bench.messages.length}`);
  assert.ok(server.peers[0]!.bufferedAmount > 1 << 20, "it could send all");
  assert.deepEqual(bench.said, ["connected"], "silence of ours is not the device's");
});

test("what a device does not read is refused, not kept", async () => {
  await using server = await Server.start((_, socket) => socket.pause());
  await using bench = new Bench(server.url, { idleMs: 400 });
  await bench.connected();
  const results: Promise<string>[] = [];
  const payload = new Uint8Array(64 << 10).fill(120);
  for (let i = 0; i < 400; i++) {
    results.push(bench.device.send(payload).then(() => "sent", ({ message }) => message));
    if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const ends = Map.groupBy(await Promise.all(results), (end) => end);
  assert.ok(ends.get("the device reads too slowly")!.length > 100, [...ends.keys()].join());
  // Those that waited when it was let go of are told.
  const gone = ends.get("the device is gone: no answer for 0.4 s") ?? [];
  assert.ok(gone.length > 0 && gone.length <= 5, String(gone.length));
});

test("a device that does not say goodbye does not hold us up", async () => {
  await using server = await Server.start((_, socket) => socket.pause());
  const bench = new Bench(server.url);
  await bench.connected();
  const begin = performance.now();
  await bench[Symbol.asyncDispose]();
  assert.ok(performance.now() - begin < 1500);
});

testWith(["openssl"], "wss: with the authority of the configuration, and not without", async () => {
  const { ca, cert, key } = await makeCertificates();
  await using server = new DeviceServer({ cert, key });
  const url = `wss://127.0.0.1:${server.port}/`;
  await using known = new Bench(url, { ca });
  await known.connected();
  (await server.connection("/")).socket.send("hello");
  await eventually("its message", () => known.messages[0] === "hello");
  await using unknown = new Bench(url);
  await eventually("the refusal", () => unknown.said.length > 0);
  assert.match(unknown.said[0]!, /certificate|issuer/i);
});

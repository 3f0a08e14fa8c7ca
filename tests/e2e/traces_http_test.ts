/**
 * Traces over HTTP and the trace port: who may read them, what they may ask for, and that readers
 * disturb nobody, however they behave.
 *
 * @module
 */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { Flow } from "../support/flow.ts";
import { GatewayProcess, startFlags } from "../support/gateway.ts";
import { metric } from "../support/metrics.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { Block, pcapngBlocks } from "../support/pcapng_blocks.ts";
import { TestProcess } from "../support/process.ts";
import { reset } from "../support/resets.ts";
import { sharedGateway } from "../support/shared_gateway.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { testWith } from "../support/tools.ts";
import { WsPeer } from "../support/ws_peer.ts";

/** For tests with gateways of their own. */
const { test } = sideBySide();

const ROOT = new URL("../../", import.meta.url);
const READERS = "edgewire_trace_readers";
/** An origin whose pages may read traces, too. */
const ALLOWED = "https://lab.example";
/** For tests that come one after the other: they count readers. */
const shared = sharedGateway({ args: ["--trace-port", "0", "--access-origins", ALLOWED] });

async function tracePort(gateway: GatewayProcess): Promise<number> {
  const line = /^traces\s+tcp 127\.0\.0\.1:(\d+) \(wireshark -k -i TCP@127\.0\.0\.1:\1\)$/;
  return Number((await gateway.process.waitForLine(line))[1]);
}

function readers(gateway: GatewayProcess, count: number) {
  return eventually(
    `${count} readers`,
    async () => await metric(gateway.url, READERS) === count,
  );
}

/** A bare connection that has asked for something, and reads nothing yet. */
async function ask(gateway: GatewayProcess, path: string): Promise<Deno.TcpConn> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(gateway.url.port) });
  await conn.write(new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`));
  return conn;
}

/** Reads until an ASCII text has come. */
async function readUntil(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  text: string,
) {
  const decoder = new TextDecoder("latin1");
  for (let end = ""; !end.includes(text);) {
    const { value, done } = await reader.read();
    assert.ok(!done, `the trace ended without ${text}`);
    end = end.slice(-text.length) + decoder.decode(value);
  }
}

async function errorOf(response: Response): Promise<string> {
  return (await response.json()).error.message;
}

test("readers that stall cost no memory and hold up nobody", async () => {
  await using gateway = await GatewayProcess.start({ args: ["--trace-port", "0"] });
  const port = await tracePort(gateway);
  await using flow = await Flow.start({
    mqttPort: gateway.mqttPort,
    rate: 500,
    topics: ["flood/x"],
    padding: 20_000,
  });
  await using watcher = await WsPeer.open(gateway.ws("/ws"));
  await watcher.next("channels", ({ added }) => added.includes("flood"));
  using stalled = await ask(gateway, "/traces/live.pcapng");
  using _connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await readers(gateway, 2);
  const passed = async (messages: number) => {
    const { count } = flow;
    await eventually(`${messages} messages`, () => flow.count >= count + messages);
    return await metric(gateway.url, "edgewire_trace_packets_total");
  };
  // Until the sockets and what may be under way are full.
  let taken = -1;
  for (let last = -2, turn = 0; last !== taken && turn < 8; turn++) {
    [last, taken] = [taken, await passed(750)];
  }
  const resident = await gateway.residentBytes();
  assert.equal(await passed(2500), taken, "nobody makes packets for them");
  const grown = (await gateway.residentBytes() - resident) / 2 ** 20;
  // What passed would be 50 MB in each of them; some 30 wait for the garbage collector.
  assert.ok(grown < 48, `${grown} MB more`);
  watcher.send({ type: "subscribe", channel: "flood" });
  const start = performance.now();
  await watcher.next("data", ({ seq }) => seq >= flow.count - 100);
  assert.ok(performance.now() - start < 2000);
  await flow.stop();
  // Who goes on reading is told what is lost.
  await readUntil(stalled.readable.getReader(), " lost=");
  await eventually(
    "counted losses",
    async () => await metric(gateway.url, "edgewire_trace_lost_total") > 0,
  );
});

test("without a flight recorder there is nothing recent, but live", async () => {
  await using gateway = await GatewayProcess.start({ args: ["--trace-recent-bytes", "0"] });
  const recent = await fetch(new URL("/traces/recent.pcapng", gateway.url));
  assert.equal(recent.status, 404);
  assert.match(await errorOf(recent), /no flight recorder: trace\.recentBytes is 0/);
  assert.equal((await gateway.json("/traces") as { recent: unknown }).recent, null);
  assert.equal(await metric(gateway.url, "edgewire_trace_ring_bytes"), 0);
  const live = (await fetch(new URL("/traces/live.pcapng?hop=room", gateway.url))).body!;
  const reader = live.getReader();
  await readUntil(reader, "edgewire ");
  assert.ok(await metric(gateway.url, "edgewire_trace_ring_bytes") > 0);
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await peer.publish("devices/desk/n", "still recorded");
  await readUntil(reader, "still recorded");
  await reader.cancel();
  await eventually(
    "the end of the ring",
    async () => await metric(gateway.url, "edgewire_trace_ring_bytes") === 0,
  );
});

test("traces are for admins", async () => {
  const token = (role: string) => `the-token-of-the-${role}`;
  const roles = ["viewer", "operator", "admin", "node"];
  await using gateway = await GatewayProcess.start({
    args: ["--no-access-open-loopback"],
    config: `tokens: [${
      roles.map((role) => `{ name: ${role}1, role: ${role}, token: ${token(role)} }`).join(", ")
    }]`,
  });
  for (const path of ["/traces", "/traces/recent.pcapng", "/traces/live.pcapng?seconds=0.1"]) {
    const url = new URL(path, gateway.url);
    const get = (role: string) =>
      fetch(url, { headers: { authorization: `Bearer ${token(role)}` } });
    const nobody = await fetch(url);
    assert.equal(nobody.status, 401, path);
    await nobody.body?.cancel();
    for (const role of ["viewer", "operator"]) {
      const refused = await get(role);
      assert.equal(refused.status, 403, `${role} ${path}`);
      assert.match(await errorOf(refused), /only admins read traces/);
    }
    const node = await get("node");
    assert.equal(node.status, 403, path);
    await node.body?.cancel();
    const admin = await get("admin");
    assert.equal(admin.status, 200, path);
    await admin.bytes();
    url.searchParams.set("token", token("admin"));
    const linked = await fetch(url);
    assert.equal(linked.status, 200, path);
    await linked.bytes();
  }
});

Deno.test("traces are not for pages of other origins", async () => {
  const gateway = await shared();
  const { origin } = gateway.url;
  const cases: [headers: Record<string, string>, status: number][] = [
    [{}, 200],
    [{ "sec-fetch-site": "none", "sec-fetch-mode": "navigate" }, 200],
    [{ "sec-fetch-site": "same-origin" }, 200],
    [{ "sec-fetch-site": "same-origin", origin }, 200],
    [{ "sec-fetch-site": "cross-site", origin: ALLOWED }, 200],
    // An image, and a link.
    [{ "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }, 403],
    [{ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }, 403],
    [{ "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors" }, 403],
    [{ "sec-fetch-site": "same-site", origin: "http://127.0.0.1:1" }, 403],
    [{ origin: "https://evil.example" }, 403],
    [{ origin: "null" }, 403],
  ];
  for (const path of ["/traces", "/traces/recent.pcapng", "/traces/live.pcapng?seconds=0.1"]) {
    for (const [headers, status] of cases) {
      const response = await fetch(new URL(path, gateway.url), { headers });
      assert.equal(response.status, status, `${path} ${JSON.stringify(headers)}`);
      assert.equal(response.headers.get("cross-origin-resource-policy"), "same-origin");
      if (status === 200) await response.bytes();
      else assert.match(await errorOf(response), /other sites.*access\.origins/);
    }
  }
  assert.equal(await metric(gateway.url, READERS), 0);
});

Deno.test("what is asked for has to make sense", async () => {
  const gateway = await shared();
  for (
    const [query, message] of [
      ["hop=radio,lora", /^hop "lora": there are radio, mqtt, room, ws, uplink$/],
      ["seconds=0", /^seconds "0": a number above 0, up to 86400$/],
      ["seconds=-1", /seconds/],
      ["seconds=86401", /seconds/],
      ["seconds=soon", /seconds/],
      ["chanel=desk", /^no parameter "chanel": there are channel, hop, node, seconds, token$/],
    ] as const
  ) {
    for (const mode of ["live", "recent"]) {
      const response = await fetch(new URL(`/traces/${mode}.pcapng?${query}`, gateway.url));
      assert.equal(response.status, 400, query);
      assert.match(await errorOf(response), message);
    }
  }
  const query = "channel=&hop=room,ws&hop=mqtt&node=a&node=b,c&seconds=60&token=";
  const empty = await fetch(new URL(`/traces/recent.pcapng?${query}`, gateway.url));
  assert.equal(empty.status, 200);
  assert.equal(pcapngBlocks(await empty.bytes()).types[0], Block.section);
  const nothing = await fetch(new URL("/traces/old.pcapng", gateway.url));
  assert.equal(nothing.status, 404);
  await nothing.body?.cancel();
});

test("/traces says what there is", async () => {
  await using gateway = await GatewayProcess.start({
    args: ["--trace-port", "0", "--trace-recent-bytes", "1000000", "--trace-recent-seconds", "60"],
  });
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await peer.publish("devices/desk/n", 1);
  await peer.publish("edgewire/v1/attic/status", { state: "online", radios: ["ble"] });
  const before = Date.now() - 5;
  const { time, version, channels, ...rest } = await gateway.json("/traces") as
    & Record<
      string,
      unknown
    >
    & { time: number };
  assert.ok(time >= before && time <= Date.now() + 5);
  assert.match(version as string, /^\d+\.\d+\.\d+/);
  assert.ok((channels as string[]).includes("desk"));
  assert.deepEqual(rest, {
    recent: { bytes: 524_288, seconds: 60 },
    hops: ["radio", "mqtt", "room", "ws", "uplink"],
    nodes: ["attic"],
    http: { host: "127.0.0.1", port: Number(gateway.url.port), tls: false },
    mqtt: [{ host: "127.0.0.1", port: gateway.mqttPort, tls: false }],
    tracePort: await tracePort(gateway),
  });
});

test("/traces names an external broker without its credentials", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const broker = `mqtt://user:secret@127.0.0.1:${taken.addr.port}`;
  await using gateway = await GatewayProcess.start({ args: ["--broker", broker] });
  const answer = await gateway.json("/traces") as Record<string, unknown>;
  assert.equal(answer.broker, `mqtt://127.0.0.1:${taken.addr.port}`);
  assert.deepEqual(answer.mqtt, []);
});

Deno.test("live: what passes comes at once; seconds end it", async () => {
  const gateway = await shared();
  const response = await fetch(new URL("/traces/live.pcapng?hop=room", gateway.url));
  assert.equal(response.headers.get("content-type"), "application/vnd.tcpdump.pcap");
  assert.match(
    response.headers.get("content-disposition")!,
    /^attachment; filename="edgewire-live-\d{8}T\d{6}Z\.pcapng"$/,
  );
  assert.match(response.headers.get("cache-control")!, /no-store/);
  assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  const reader = response.body!.getReader();
  await readUntil(reader, "edgewire ");
  const counted = () => metric(gateway.url, "edgewire_trace_packets_total");
  const before = await counted();
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await peer.publish("devices/desk/n", "what passes now");
  await readUntil(reader, "what passes now");
  await eventually("counted packets", async () => await counted() > before);
  await reader.cancel();
  await readers(gateway, 0);

  const short = fetch(new URL("/traces/live.pcapng?seconds=0.5", gateway.url));
  const { types, rest } = pcapngBlocks(await (await short).bytes());
  assert.equal(types[0], Block.section);
  assert.equal(rest, 0);
  const head = await fetch(new URL("/traces/live.pcapng", gateway.url), { method: "HEAD" });
  assert.equal(head.status, 200);
  assert.equal(head.headers.get("content-type"), "application/vnd.tcpdump.pcap");
  assert.equal(await metric(gateway.url, READERS), 0);
});

Deno.test("recent: what passed before anybody asked, and an end", async () => {
  const gateway = await shared();
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await peer.publish("devices/desk/n", "what passed before");
  const response = await fetch(new URL("/traces/recent.pcapng?hop=room", gateway.url));
  assert.match(
    response.headers.get("content-disposition")!,
    /^attachment; filename="edgewire-recent-\d{8}T\d{6}Z\.pcapng"$/,
  );
  const bytes = await response.bytes();
  assert.ok(new TextDecoder("latin1").decode(bytes).includes("what passed before"));
  const { types, rest } = pcapngBlocks(bytes);
  assert.equal(rest, 0);
  assert.equal(types.at(-1), Block.statistics);
  assert.equal(await metric(gateway.url, "edgewire_trace_ring_bytes"), 16 << 20);
});

Deno.test("eight readers; who goes makes room", async () => {
  const gateway = await shared();
  const port = await tracePort(gateway);
  await readers(gateway, 0);
  const aborters = Array.from({ length: 6 }, () => new AbortController());
  const live = new URL("/traces/live.pcapng", gateway.url);
  const responses = await Promise.all(aborters.map(({ signal }) => fetch(live, { signal })));
  using stalled = await ask(gateway, "/traces/live.pcapng");
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await readers(gateway, 8);
  const refused = await fetch(live);
  assert.equal(refused.status, 503);
  assert.match(await errorOf(refused), /8 traces are being read already/);
  using ninth = await Deno.connect({ hostname: "127.0.0.1", port });
  assert.equal(await ninth.read(new Uint8Array(1)), null);
  await gateway.process.waitForLine(/^trace: .*too many readers/);
  for (const aborter of aborters) aborter.abort();
  await Promise.allSettled(responses.map(({ body }) => body?.cancel()));
  await readers(gateway, 2);
  stalled.close();
  await readers(gateway, 1);
  connection.close();
  await readers(gateway, 0);
});

test("a trace port that is taken is said, with the way out", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const dataDir = await Deno.makeTempDir({ prefix: "edgewire-test-" });
  const args = ["--port", "0", "--mqtt-port", "0", "--trace-port", String(port)];
  args.push("--data-dir", dataDir);
  await using process = new TestProcess(Deno.execPath(), {
    args: ["run", ...startFlags(), "main.ts", "start", ...args],
    cwd: ROOT.pathname,
  });
  const { code } = await process.status;
  await Deno.remove(dataDir, { recursive: true });
  assert.equal(code, 1);
  const said = process.lines.join("\n");
  assert.match(
    said,
    new RegExp(
      `^edgewire: cannot listen for traces on port ${port} of 127\\.0\\.0\\.1: .*--trace-port`,
    ),
  );
});

Deno.test("the trace port listens on 127.0.0.1 alone", async () => {
  const gateway = await shared();
  const port = await tracePort(gateway);
  (await Deno.connect({ hostname: "127.0.0.1", port })).close();
  // Whoever listens everywhere listens there as well.
  await assert.rejects(
    Deno.connect({ hostname: "127.0.0.2", port }),
    Deno.errors.ConnectionRefused,
  );
});

Deno.test("the trace port: connections that are reset at once do it no harm", async () => {
  const gateway = await shared();
  const port = await tracePort(gateway);
  // So that it takes them when they are reset already.
  Deno.kill(gateway.process.pid, "SIGSTOP");
  for (let i = 0; i < 20; i++) await Promise.all([reset(port), reset(gateway.mqttPort)]);
  Deno.kill(gateway.process.pid, "SIGCONT");
  const start = performance.now();
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  assert.ok(performance.now() - start < 1500, "the MQTT port goes on at once");
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await peer.publish("devices/desk/n", "recorded");
  await readUntil(connection.readable.getReader(), "edgewire ");
});

Deno.test("the trace port closes who says something, such as a browser", async () => {
  const gateway = await shared();
  const port = await tracePort(gateway);
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  await assert.rejects(async () => {
    while (await connection.read(new Uint8Array(1024)) !== null);
    throw new Error("closed");
  });
  await readers(gateway, 0);
});

testWith(["tshark"], "Wireshark reads from the trace port", async () => {
  const gateway = await shared();
  const port = await tracePort(gateway);
  await using flow = await Flow.start({
    mqttPort: gateway.mqttPort,
    rate: 50,
    topics: ["devices/desk/n"],
  });
  await using tshark = new TestProcess("tshark", {
    args: ["-n", "-i", `TCP@127.0.0.1:${port}`, "-c", "20", "-T", "fields", "-e", "mqtt.topic"],
  });
  await tshark.waitForLine(/^devices\/desk\/n$/, { timeout_ms: 20_000 });
  assert.equal((await tshark.status).code, 0, tshark.output);
  await flow.stop();
  await readers(gateway, 0);
});

test("shutdown: traces end whole, and none holds it up", async () => {
  await using gateway = await GatewayProcess.start({ args: ["--trace-port", "0"] });
  const port = await tracePort(gateway);
  await using flow = await Flow.start({
    mqttPort: gateway.mqttPort,
    rate: 200,
    topics: ["flow/x"],
    padding: 1000,
  });
  const http = (await fetch(new URL("/traces/live.pcapng", gateway.url))).bytes();
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const tcp = new Response(connection.readable).bytes();
  const files = Promise.allSettled([http, tcp]);
  using _stalledHttp = await ask(gateway, "/traces/live.pcapng");
  using _stalledTcp = await Deno.connect({ hostname: "127.0.0.1", port });
  await readers(gateway, 4);
  const count = flow.count;
  await eventually("a second of updates", () => flow.count > count + 200);
  const start = performance.now();
  gateway.process.kill("SIGTERM");
  const status = await gateway.process.status;
  const took = performance.now() - start;
  assert.equal(status.code, 0);
  assert.ok(took < 2000, `it took ${took} ms`);
  for (const file of await files) {
    assert.equal(file.status, "fulfilled");
    const { types, rest } = pcapngBlocks(file.value);
    assert.equal(rest, 0);
    assert.equal(types[0], Block.section);
    assert.ok(types.filter((type) => type === Block.packet).length > 100);
    assert.equal(types.at(-1), Block.statistics);
  }
});

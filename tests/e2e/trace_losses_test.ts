/**
 * Traces that begin in the middle, and readers that are too slow: what is missing is said, what is
 * there is whole, and nobody else suffers.
 *
 * @module
 */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { Flow } from "../support/flow.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { metric } from "../support/metrics.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { testWith } from "../support/tools.ts";
import { TraceCapture } from "../support/trace_capture.ts";
import { tsharkHops, tsharkWarnings } from "../support/tshark.ts";
import { WsPeer } from "../support/ws_peer.ts";
import { compareCaptures, fieldsToCompare } from "../traces/compare/compare_captures.ts";

async function compare(path: string) {
  const { fields } = await fieldsToCompare();
  const { differences } = await compareCaptures([path], fields);
  assert.deepEqual(differences.slice(0, 20), [], `${differences.length} differences`);
}

/** Whether it got every update. */
function assertComplete({ messages }: WsPeer, channel: string) {
  let last = -1;
  for (const message of messages) {
    assert.notEqual(message.type, "gap");
    if (message.type === "snapshot" && message.channel === channel) last = message.seq;
    if (message.type !== "data" || message.channel !== channel) continue;
    assert.equal(message.seq, last + 1);
    last = message.seq;
  }
}

/** How often a trace tells how many packets it has is a second; this is certainly longer. */
const TOLD_MS = 2500;
const RING_BYTES = 1 << 20;
const TURNS = 4;

/**
 * Waits until a reader that reads nothing has lost much: no packet has come into its trace for so
 * long that it would have been told, while the ring turned.
 */
async function stalls(gateway: GatewayProcess) {
  const look = async () => ({
    at: performance.now(),
    packets: await metric(gateway.url, "edgewire_trace_packets_total"),
    bytes: await metric(gateway.url, "edgewire_payload_bytes_in_total"),
  });
  const since = (last: Awaited<ReturnType<typeof look>>) =>
    eventually("a flood", async () => {
      const now = await look();
      return now.at - last.at > TOLD_MS && now.bytes - last.bytes > TURNS * RING_BYTES && now;
    });
  let last = await look();
  for (let now = await since(last); now.packets !== last.packets || now.packets === 0;) {
    last = now;
    now = await since(last);
  }
}

testWith(["tshark"], "a small flight recorder that has turned over many times", async () => {
  await using gateway = await GatewayProcess.start({ args: ["--trace-recent-bytes", "65536"] });
  const url = `mqtt://127.0.0.1:${gateway.mqttPort}`;
  await using tcp = await MqttPeer.connect(url, { clientId: "tcp" });
  await using web = await MqttPeer.connect(gateway.ws("/mqtt").href, { clientId: "web" });
  await using screen = await WsPeer.open(gateway.ws("/ws"));
  await using flow = await Flow.start({
    mqttPort: gateway.mqttPort,
    rate: 400,
    topics: ["flow/a", "flow/b"],
    padding: 300,
  });
  await screen.next("channels", ({ added }) => added.includes("flow"));
  screen.send({ type: "subscribe", channel: "flow" });
  for (const peer of [tcp, web]) await peer.subscribe("flow/#", 2);
  await eventually("many turns", () => flow.count > 600);
  // It is so small that it would turn while it is read: nothing may be under way any more.
  await flow.stop();
  const settled = async (last: number) => {
    for (const peer of [tcp, web]) {
      await peer.message(({ text }) => JSON.parse(text).n === last);
      // Behind its acknowledgement.
      await peer.subscribe("quiet");
    }
    await screen.next("data", ({ value }) => (value as { n?: number } | null)?.n === last);
    // Behind what it said of all that it received.
    screen.send({ type: "ping", id: last });
    await screen.next("pong");
  };
  await settled(flow.count - 1);
  // What a busy machine lost of that is written over, a message at a time.
  const last = flow.count + 30;
  for (let n = flow.count; n <= last; n++) {
    await tcp.publish("flow/a", { n, pad: "x".repeat(300) });
    await settled(n);
  }
  await using recent = await TraceCapture.recent(gateway);
  const file = await recent.file();
  assert.deepEqual(await tsharkWarnings(file), []);
  await compare(file);
  const hops = await tsharkHops(file);
  for (const name of ["mqtt", "mqtt-websocket", "mqtt-pdu", "ws", "room"]) {
    assert.ok(hops.some((hop) => hop.interface === name && hop.id !== ""), name);
  }
  assert.ok(hops.some(({ before }) => before), "connections were open before");
  assert.deepEqual(
    hops.filter(({ lost, frame }) => lost > 0 && frame > 1),
    [],
    "nothing is lost behind the beginning",
  );
});

testWith(
  ["tshark"],
  "a reader that stalls is told what it lost, others lose nothing",
  async (t) => {
    await using gateway = await GatewayProcess.start({
      args: ["--trace-port", "0", "--trace-recent-bytes", String(RING_BYTES)],
    });
    const line = await gateway.process.waitForLine(/^traces\s+tcp 127\.0\.0\.1:(\d+)/);
    await using screen = await WsPeer.open(gateway.ws("/ws"));
    await using tcp = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
    const { mqttPort } = gateway;
    await tcp.subscribe("calm/#", 1);
    await using calm = await Flow.start({ mqttPort, rate: 50, topics: ["calm/x"] });
    await screen.next("channels", ({ added }) => added.includes("calm"));
    screen.send({ type: "subscribe", channel: "calm" });
    await screen.next("snapshot");
    const stalled = await Deno.connect({ hostname: "127.0.0.1", port: Number(line[1]) });
    await eventually(
      "a reader",
      async () => await metric(gateway.url, "edgewire_trace_readers") === 1,
    );
    const topics = ["flood/x", "flood/y"];
    await using flood = await Flow.start({ mqttPort, rate: 300, topics, padding: 20_000 });
    await stalls(gateway);
    await using reader = TraceCapture.of(stalled);
    await reader.until(" lost=");
    // Behind the first loss there may be others, and something of each connection has to come.
    await flood.stop();
    await tcp.publish("end", "the flood is over");
    await reader.until("the flood is over");
    const file = await reader.file();
    await calm.stop();
    await screen.next("data", ({ value }) => (value as { n: number }).n === calm.count - 1);

    await t.step("what is lost is said, and holes are lost segments", async () => {
      const hops = await tsharkHops(file);
      assert.ok(hops.some(({ lost }) => lost > 0), "lost=");
      const warnings = await tsharkWarnings(file);
      const hole = /previous segment\(s\) not captured/i;
      assert.ok(warnings.some((text) => hole.test(text)));
      const known = new RegExp(`${hole.source}|ACKed segment that wasn't captured`, "i");
      const other = warnings.filter((text) => !known.test(text));
      assert.deepEqual(other, []);
      await compare(file);
    });

    await t.step("nobody else lost anything", () => {
      assertComplete(screen, "calm");
      const numbers = tcp.received.map(({ text }) => JSON.parse(text).n);
      assert.ok(numbers.length > 50);
      assert.deepEqual(numbers, Array.from(numbers, (_, i) => numbers[0] + i));
    });
  },
);

/**
 * Firmware in the loop: the host program, a real broker and a running gateway. What the gateway
 * makes of a capture's frames is what `decode` reports of the file.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { NodeInfo, NodeSettingsAnswer } from "../../gateway/nodes/answers.ts";
import { RadioEnvelope } from "../../traces/sensors/radio_envelope.ts";
import { checkOutage, nodeGone, nodeInfo } from "../support/broker_outage.ts";
import { decodedUpdates } from "../support/decoded_updates.ts";
import { EnvelopeWatcher } from "../support/envelope_watcher.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { HOST_TOOLS, runHostNode, startHostNode } from "../support/host_node.ts";
import { startMosquitto } from "../support/mosquitto.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { countedFrames, NUMBER_AT, stretchedSample } from "../support/radio_captures.ts";
import { updatesOf } from "../support/replayed.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { UnreliableBroker } from "../support/unreliable_broker.ts";

const { testWith } = sideBySide();
const TOOLS = [...HOST_TOOLS, "mosquitto"] as const;

/** How much later than another a gateway on a busy machine may take in an update, ms. */
const LATEST_MS = 1000;
const PREFIX = "edgewire/v1/readings/";

async function withFile<T>(bytes: Uint8Array, use: (path: string) => Promise<T>): Promise<T> {
  const path = await Deno.makeTempFile({ prefix: "edgewire-capture-" });
  try {
    await Deno.writeFile(path, bytes);
    return await use(path);
  } finally {
    await Deno.remove(path);
  }
}

/** Asserts that a gateway's updates are those of a capture: values, order, times between them. */
async function sameAsDecoded(gateway: GatewayProcess, path: string) {
  const decoded = await decodedUpdates(path);
  assert.ok(decoded.size > 0);
  const updates = await updatesOf(gateway);
  const readings = new Map([...updates].flatMap(([channel, list]) => {
    if (!decoded.has(channel)) return [];
    const topic = `${PREFIX}${channel}/`;
    const told = list.filter((update) => update.topic.startsWith(topic))
      .map(({ topic: whole, value, time }) => ({
        line: `${whole.slice(topic.length)} ${value}`,
        time,
      }))
      .filter(({ line }) => !line.startsWith("rssi "));
    return told.length === 0 ? [] : [[channel, told] as const];
  }));
  const lines = (map: typeof decoded) =>
    Object.fromEntries([...map].map(([channel, list]) => [channel, list.map(({ line }) => line)]));
  assert.deepEqual(lines(readings), lines(decoded));
  const delays = [...decoded].flatMap(([channel, list]) =>
    list.map(({ time }, i) => readings.get(channel)![i]!.time - time)
  );
  // The one that waited least on its way is on time. The times in the envelopes are exact: see
  // host_cli_test.ts.
  const late = Math.max(...delays) - Math.min(...delays);
  assert.ok(late < LATEST_MS, `${late} ms late`);
}

/** Samples, and how much slower they are played: about 1.6 s each. */
const SLOWER = { "ble-sensors": 8, "hci-sensors": 16, "wpan-sensors": 19 } as const;
type Sample = keyof typeof SLOWER;

async function checkLoop(gateway: GatewayProcess, broker: string, sample: Sample) {
  await withFile(stretchedSample(`${sample}.pcap`, SLOWER[sample]), async (path) => {
    const begun = performance.now();
    const args = ["--broker", broker, "--name", sample, "--read", path];
    const { code, stderr } = await runHostNode(args);
    assert.equal(code, 0, stderr);
    assert.ok(performance.now() - begun > 1500, "as recorded");
    const { frames, dropped, damaged, batchesMissed, batchesRepeated, version, radios } =
      await nodeGone(gateway, sample);
    const count = Number(/: (\d+) frames, 0 of them dropped$/m.exec(stderr)![1]);
    assert.deepEqual([frames, dropped, batchesMissed, batchesRepeated], [count, 0, 0, 0]);
    assert.equal(damaged, 0);
    assert.match(version!, /^\d+\.\d+\.\d+/);
    assert.deepEqual(radios, [sample === "wpan-sensors" ? "802.15.4" : "ble"]);
    await sameAsDecoded(gateway, path);
  });
}

testWith([...HOST_TOOLS], "two nodes at the embedded broker: updates as decode says", async () => {
  await using gateway = await GatewayProcess.start();
  const broker = `mqtt://127.0.0.1:${gateway.mqttPort}`;
  const samples: Sample[] = ["ble-sensors", "wpan-sensors"];
  await Promise.all(samples.map((sample) => checkLoop(gateway, broker, sample)));
});

testWith([...TOOLS], "a node at Mosquitto: updates as decode says", async () => {
  await using broker = await startMosquitto();
  await using gateway = await GatewayProcess.start({ args: ["--broker", broker.url] });
  await gateway.process.waitForLine(/^broker: connected/);
  await checkLoop(gateway, broker.url, "hci-sensors");
});

testWith([...TOOLS], "the broker is killed: what arrived and what was dropped is all", async () => {
  await checkOutage({ away_ms: 1500, frames: 6000, perSecond: 2000, before: 1000 });
});

testWith([...TOOLS], "as fast as the broker takes it: nothing is dropped, in order", async () => {
  const count = 30_000;
  await using broker = await startMosquitto();
  await using watcher = await EnvelopeWatcher.open(broker.url);
  await using peer = await MqttPeer.connect(broker.url);
  // A wish of long ago is none.
  await peer.publish("edgewire/v1/roof/set", { id: 1, scan: false }, { retain: true });
  await withFile(countedFrames(count, 1), async (path) => {
    const args = ["--broker", broker.url, "--name", "roof", "--read", path, "--speed", "0"];
    const { code, stderr } = await runHostNode(args);
    assert.equal(code, 0, stderr);
  });
  const { envelopes } = await watcher.goodbye("roof");
  let next = 0;
  for (const { records, dropped } of envelopes) {
    assert.equal(dropped, 0);
    for (const { data, start } of records) {
      const number = new DataView(data.buffer, data.byteOffset).getUint32(start + NUMBER_AT, true);
      assert.equal(number, next++);
    }
  }
  assert.equal(next, count);
});

testWith([...HOST_TOOLS], "settings by the gateway are followed, answered and kept", async () => {
  await using gateway = await GatewayProcess.start();
  const broker = `127.0.0.1:${gateway.mqttPort}`;
  const dir = await Deno.makeTempDir({ prefix: "edgewire-settings-" });
  const settings = `${dir}/settings`;
  const ask = async (wishes: Record<string, unknown>): Promise<NodeSettingsAnswer> => {
    const url = new URL("/api/nodes/roof/settings", gateway.url);
    const body = JSON.stringify(wishes);
    const headers = { "content-type": "application/json" };
    return await (await fetch(url, { method: "POST", headers, body })).json();
  };
  await withFile(countedFrames(1000, 20), async (path) => {
    const args = ["--broker", broker, "--name", "roof", "--read", path];
    const start = () => startHostNode([...args, "--settings-file", settings]);
    {
      await using node = await start();
      await eventually("frames", async () => ((await nodeInfo(gateway, "roof"))?.frames ?? 0) > 0);
      const refused = await ask({ batch_age_ms: 5, channel: 9 });
      assert.equal(refused.ok, false);
      const answer = await ask({ batch_age_ms: 5, channel: 20, scan: false });
      assert.equal(answer.ok, true);
      assert.deepEqual([answer.settings.channel, answer.settings.scan], [20, false]);
      // Some frames go by, 50 ms from each other.
      await new Promise((resolve) => setTimeout(resolve, 300));
      const { frames } = await nodeInfo(gateway, "roof") as NodeInfo;
      node.kill("SIGTERM");
      assert.equal((await node.status).code, 1);
      assert.match(node.output, /: stopped before its end$/m);
      assert.match(node.output, /: [1-9]\d* frames passed while the node was told not to listen$/m);
      assert.match(node.output, new RegExp(`: ${frames} frames, 0 of them dropped$`, "m"));
      assert.equal((await nodeGone(gateway, "roof")).dropped, 0);
    }
    assert.equal(JSON.parse(await Deno.readTextFile(settings)).batch_age_ms, 5);
    await using _again = await start();
    await eventually("the node", async () => (await nodeInfo(gateway, "roof"))?.state === "online");
    const { settings: kept } = await ask({});
    assert.deepEqual([kept.batch_age_ms, kept.channel, kept.scan], [5, 20, false]);
  });
  await Deno.remove(dir, { recursive: true });
});

testWith([...HOST_TOOLS], "what was not acknowledged comes again, as it was", async () => {
  using broker = new UnreliableBroker();
  const count = 3000;
  await withFile(countedFrames(count, 1), async (path) => {
    const args = ["--broker", broker.url, "--name", "roof", "--read", path, "--speed", "0"];
    await using node = await startHostNode(args);
    // At most four envelopes wait for their acknowledgement; more frames wait in the node.
    await eventually("four envelopes", () => broker.envelopes.length >= 4);
    await node.waitForLine(/connected$/);
    assert.equal(broker.will, "edgewire/v1/roof/status 1 true offline");
    const before = broker.envelopes.splice(0);
    assert.equal(before.length, 4);
    assert.ok(before.every(({ dup }) => !dup));
    broker.cut();
    await eventually("the same again", () => broker.envelopes.length >= 4);
    const again = broker.envelopes.slice();
    assert.deepEqual(again, before.map((envelope) => ({ ...envelope, dup: true })));
    broker.acknowledge();
    assert.equal((await node.status).code, 0, node.output);
    // Reading waited meanwhile: nothing is missing.
    let frames = 0;
    broker.envelopes.forEach(({ payload }, i) => {
      const envelope = new RadioEnvelope();
      assert.ok(envelope.open(Uint8Array.fromHex(payload)));
      const { batch, dropped, records } = envelope.header;
      assert.deepEqual([batch, dropped], [i, 0]);
      frames += records;
    });
    assert.equal(frames, count);
    assert.equal(broker.envelopes.filter(({ dup }) => dup).length, 4);
    assert.equal(broker.disconnects, 1);
  });
});

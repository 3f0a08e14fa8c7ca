/**
 * The simulated bridge nodes at a real broker: what they publish is what the simulator's log says.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { LogEntry } from "../../firmware/simulated/air.ts";
import { RadioNode } from "../../firmware/simulated/radio_node.ts";
import { simulatedDevices, startSimulatedNodes } from "../../firmware/simulated/main.ts";
import { parseDeviceId } from "../../traces/sensors/device_id.ts";
import { readingName } from "../../traces/sensors/measure.ts";
import { type DeviceId, SensorDecoder } from "../../traces/sensors/sensor_decoder.ts";
import { SensorKey } from "../../traces/sensors/sensor_packet.ts";
import { eventually } from "../support/eventually.ts";
import { startMosquitto } from "../support/mosquitto.ts";
import { testWith } from "../support/tools.ts";
import type { HeardFrame } from "./envelope_reader.ts";
import { TcpRelay } from "./tcp_relay.ts";
import { Watcher } from "./watcher.ts";

function keys(): Map<DeviceId, SensorKey> {
  return new Map(
    simulatedDevices().flatMap(({ address, key }) =>
      key === undefined
        ? []
        : [[parseDeviceId(address)!, new SensorKey(Uint8Array.fromHex(key))] as const]
    ),
  );
}

const ALL = { rate: 20, loss: 0, duplicates: 0, period_ms: 1000 };

testWith(["mosquitto"], "envelopes hold what the log says that each node heard", async () => {
  await using broker = await startMosquitto();
  await using watcher = await Watcher.open(broker);
  const log: LogEntry[] = [];
  const only = ["ble-1", "ble-2"] as const;
  const nodes = startSimulatedNodes({
    ...ALL,
    broker: broker.url,
    only,
    log: (entry) => log.push(entry),
  });
  await nodes.ready;
  await eventually("three hundred transmissions", () => log.length > 300);
  const seen = (node: string) => watcher.envelopes(node).flatMap(({ frames }) => frames);
  const told = (node: string) => log.filter(({ heard }) => node in heard);
  // What waits in a node when it is closed is lost: compare what was heard so far.
  const counts = only.map((node) => told(node).length);
  await eventually("all frames", () => only.every((node, i) => seen(node).length >= counts[i]!));
  await nodes.close();

  for (const [i, node] of only.entries()) {
    const frames = seen(node).slice(0, counts[i]);
    const entries = told(node).slice(0, counts[i]);
    assert.ok(frames.length > 50);
    const decoder = new SensorDecoder({ keys: keys() });
    frames.forEach((frame, k) => checkFrame(node, frame, entries[k]!, decoder));
    const batches = watcher.envelopes(node).map(({ batch }) => batch);
    assert.deepEqual(batches, batches.map((_, number) => number));
  }
  const both = log.filter(({ heard }) => "ble-1" in heard && "ble-2" in heard);
  const one = log.filter(({ heard }) => "ble-1" in heard !== "ble-2" in heard);
  assert.ok(both.length > 20 && one.length > 20, `reach overlaps: ${both.length}, ${one.length}`);
  const beacons = log.filter(({ device }) => /^[0-9A-F]{12}$/.test(device));
  assert.equal(new Set(beacons.map(({ device }) => device)).size, 12);
  const qualities = watcher.payloads.filter(({ topic }) => topic.endsWith("/radio"));
  assert.ok(qualities.every(({ qos, retain }) => qos === 1 && !retain));
});

function checkFrame(node: string, frame: HeardFrame, entry: LogEntry, decoder: SensorDecoder) {
  const what = `${node}: ${JSON.stringify(entry)}`;
  assert.deepEqual(frame.problems, [], what);
  assert.equal(frame.address, entry.device, what);
  assert.equal(frame.rssi, entry.heard[node], what);
  assert.equal(frame.linkType, node === "ble-1" ? 251 : 187);
  const unix = (frame.flags & 1) !== 0;
  assert.equal(unix, node === "ble-1");
  if (unix) assert.ok(Math.abs(frame.time / 1000 - entry.time) < 0.01, what);
  else assert.ok(frame.time < 60e6, "since boot");
  const { content } = frame;
  const id = parseDeviceId(entry.device) as number;
  const report = decoder.advertisement(id, content!, 0, content!.length, entry.time);
  assert.equal(report.format, entry.format, what);
  assert.equal(report.sequence, entry.content, what);
  if (report.sealing === "refused") return;
  const values = new Map(report.readings.map((reading) => [readingName(reading), reading.value]));
  for (const [name, value] of Object.entries(entry.values)) {
    const got = values.get(name);
    if (typeof value === "number") {
      assert.ok(Math.abs(Number(got) - value) < 1e-9, `${what} ${name}`);
    } else assert.equal(got, value, `${what} ${name}`);
  }
}

testWith(
  ["mosquitto"],
  "the 802.15.4 node: requests to join, beacons, plain and secured data",
  async () => {
    await using broker = await startMosquitto();
    await using watcher = await Watcher.open(broker);
    await using nodes = startSimulatedNodes({ ...ALL, broker: broker.url, only: ["wpan-1"] });
    await nodes.ready;
    const secret = simulatedDevices().find(({ address }) => address.endsWith("B2:05"))!.key!;
    const frames = (withKey: boolean) => {
      const given = withKey ? [Uint8Array.fromHex(secret)] : [];
      return watcher.envelopes("wpan-1", given).flatMap((envelope) => envelope.frames);
    };
    const sources = () =>
      new Set(frames(true).filter(({ content }) => content).map((f) => f.source));
    await eventually(
      "data of all sensors, and a beacon",
      () => sources().size === 5 && frames(true).some(({ beacon }) => beacon),
    );
    const heard = frames(true);
    assert.deepEqual(
      [...sources()].sort(),
      [
        "00124B001CA1B204",
        "00124B001CA1B205",
        "0001",
        "0002",
        "0003",
      ].sort(),
    );
    const asked = heard.filter(({ command }) => command === 1).map(({ source }) => source);
    assert.equal(new Set(asked).size, 5);
    for (const { linkType, problems, channel, content, secured, source, hex } of heard) {
      assert.deepEqual(problems, [], hex);
      assert.deepEqual([linkType, channel], [195, 15]);
      if (content === undefined) continue;
      assert.equal(content[0], 0x40);
      assert.equal(secured, source === "00124B001CA1B205");
      const report = new SensorDecoder().macPayload("x", content, 0, content.length, 0);
      assert.equal(report.format, "BTHome v2");
      assert.ok(report.readings.length >= 3);
    }
    assert.ok(frames(false).some(({ closed }) => closed === "no key"));
  },
);

testWith(
  ["mosquitto"],
  "status: radios, period, last will; settings are answered and hold",
  async () => {
    await using broker = await startMosquitto();
    await using watcher = await Watcher.open(broker);
    await using nodes = startSimulatedNodes({
      ...ALL,
      broker: broker.url,
      only: ["ble-1", "wpan-1"],
    });
    await nodes.ready;
    for (const [node, radio] of [["ble-1", "ble"], ["wpan-1", "802.15.4"]] as const) {
      const status = await eventually(
        "a status",
        () => watcher.json(`edgewire/v1/${node}/status`)[0],
      );
      assert.equal(status.state, "online");
      assert.deepEqual(status.radios, [radio]);
      assert.equal(status.period, 10);
      const [envelope] = await eventually("an envelope", () => {
        const envelopes = watcher.envelopes(node);
        return envelopes.length > 0 && envelopes;
      });
      assert.equal(envelope!.boot, status.boot);
    }

    let answers = 0;
    const set = async (node: string, message: unknown) => {
      await watcher.peer.publish(`edgewire/v1/${node}/set`, message);
      answers++;
      const all = () =>
        ["ble-1", "wpan-1"].map((name) => watcher.json(`edgewire/v1/${name}/set/result`));
      await eventually("an answer", () => all().flat().length === answers);
      return watcher.json(`edgewire/v1/${node}/set/result`).at(-1);
    };
    assert.deepEqual(await set("ble-1", { id: 7, scan: false }), { id: 7, ok: true, scan: false });
    const count = () => watcher.envelopes("ble-1").length;
    // What was heard before goes out within the age of a batch; the next answer is behind it.
    await set("ble-1", { id: 8 });
    await set("ble-1", { id: 9 });
    assert.deepEqual(await set("wpan-1", { id: "a", channel: 26 }), {
      id: "a",
      ok: true,
      scan: true,
      channel: 26,
    });
    const deaf = count();
    const other = watcher.envelopes("wpan-1").length;
    for (
      const [bad, id] of [
        [{ id: 1, channel: 27 }, 1],
        [{ id: 2, channel: "15" }, 2],
        [{ id: 3, scan: "yes" }, 3],
        [{ id: 4, power: 8 }, 4],
        [{ scan: false }, null],
        ["not JSON", null],
        ["null", null],
      ] as const
    ) {
      const answer = await set("wpan-1", bad);
      assert.deepEqual([answer!.id, answer!.ok, answer!.channel], [id, false, 26]);
      assert.equal(typeof answer!.reason, "string");
    }
    assert.equal((await set("ble-1", { id: 5, channel: 15 }))!.ok, false);
    assert.ok(count() <= deaf + 1 && watcher.envelopes("wpan-1").length <= other + 1);
    await set("ble-1", { id: 10, scan: true });
    await eventually("frames again", () => count() > deaf + 1);

    await nodes.close();
    await eventually(
      "offline",
      () => watcher.json("edgewire/v1/ble-1/status").at(-1)!.state === "offline",
    );
  },
);

testWith(
  ["mosquitto"],
  "while the broker is away frames wait; the oldest go and are counted",
  async () => {
    await using broker = await startMosquitto();
    await using relay = new TcpRelay(broker.port);
    await using watcher = await Watcher.open(broker);
    const away = Promise.withResolvers<void>();
    await using node = new RadioNode({
      name: "ble-9",
      radio: "ble",
      broker: `mqtt://127.0.0.1:${relay.port}`,
      batch: { limit: 50 },
      backoff_ms: 20,
      onChange: (change) => {
        if (change !== "offline") return;
        for (let i = 0; i < 200; i++) hear();
        away.resolve();
      },
    });
    let time = 0;
    const hear = () => {
      const data = Uint8Array.of(++time);
      const fixed = { linkType: 251, rssi: -50, channel: 37, flags: 0, lqi: 255, data };
      node.hear({ ...fixed, time, start: 0, end: 1 });
    };
    const times = () =>
      watcher.envelopes("ble-9").flatMap(({ frames }) => frames.map((f) => f.time));
    await node.ready;
    hear();
    await eventually("the first frame", () => times().length === 1);
    await relay.cut();
    await away.promise;
    assert.equal(node.dropped, 150);
    await eventually("the last frame", () => times().at(-1) === 201);
    assert.deepEqual(times().slice(1), Array.from({ length: 50 }, (_, i) => 152 + i));
    const envelopes = watcher.envelopes("ble-9");
    assert.deepEqual(envelopes.map(({ batch, dropped }) => [batch, dropped]), [
      [0, 0],
      [1, 150],
      [2, 150],
    ]);
  },
);

testWith(
  ["mosquitto"],
  "a cut connection costs no frame: what was not acknowledged comes again",
  async () => {
    await using broker = await startMosquitto();
    await using relay = new TcpRelay(broker.port);
    await using watcher = await Watcher.open(broker);
    let heard = 0;
    let online = 0;
    const nodes = startSimulatedNodes({
      ...ALL,
      rate: 100,
      broker: `mqtt://127.0.0.1:${relay.port}`,
      only: ["ble-1"],
      backoff_ms: 20,
      log: ({ heard: receivers }) => "ble-1" in receivers && heard++,
      onChange: (_node, change) => change === "online" && online++,
    });
    await nodes.ready;
    for (let cut = 1; cut <= 3; cut++) {
      const before = watcher.payloads.length;
      await eventually("some envelopes", () => watcher.payloads.length > before + 10);
      await relay.cut();
      await eventually("online again", () => online > cut);
    }
    const count = heard;
    const batches = () => {
      const envelopes = watcher.envelopes("ble-1");
      return new Map(envelopes.map((envelope) => [envelope.batch, envelope]));
    };
    const frames = () => [...batches().values()].reduce((sum, { records }) => sum + records, 0);
    await eventually("all that was heard so far", () => frames() >= count);
    await nodes.close();
    assert.equal(batches().size, Math.max(...batches().keys()) + 1, "no batch is missing");
  },
);

testWith(["mosquitto"], "nodes of one kind run alone, and all close quickly", async () => {
  await using broker = await startMosquitto();
  await using watcher = await Watcher.open(broker);
  await using all = startSimulatedNodes({ broker: broker.url });
  await all.ready;
  const states = () => {
    const online = watcher.peer.received.filter(({ topic }) => /(status|LWT)$/.test(topic));
    return new Set(online.map(({ topic }) => topic.split("/").at(-2)));
  };
  await eventually("all nodes", () => states().size === 6);
  assert.deepEqual([...states()].sort(), ["ble-1", "ble-2", "chamber", "lux", "omg-1", "wpan-1"]);
  const start = performance.now();
  await all.close();
  assert.ok(performance.now() - start < 2500);
});

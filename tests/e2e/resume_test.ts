/** Going on where a client left off: exactly once, in order, or a named gap. */
import assert from "node:assert/strict";
import type { ServerMessage } from "../../gateway/sessions/messages.ts";
import { eventually } from "../support/eventually.ts";
import { Flow } from "../support/flow.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { sharedGateway } from "../support/shared_gateway.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { WsPeer } from "../support/ws_peer.ts";

const { test } = sideBySide(2);

/** For tests with channels of their own. */
const shared = sharedGateway();

/** A publisher of numbers on a topic of a channel. */
async function setUp(gateway: GatewayProcess, channel: string) {
  const mqtt = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  const path = `/ws/${channel}`;
  let next = 0;
  return {
    gateway,
    mqtt,
    channel,
    async publish(count: number) {
      for (let i = 1; i < count; i++) mqtt.client.publish(`${channel}/x`, String(next++));
      await mqtt.publish(`${channel}/x`, String(next++));
    },
    /** Connects, takes the snapshot, leaves. @returns Where to go on. */
    async position() {
      await using peer = await WsPeer.open(gateway.ws(path));
      const { epoch, seq } = await peer.next("snapshot");
      return { epoch, seq, since: `${epoch}:${seq}` };
    },
    /** Goes on there. */
    resume(since: string, options: { v1?: boolean } = {}) {
      return WsPeer.open(gateway.ws(`${path}?since=${since}`), options);
    },
    async [Symbol.asyncDispose]() {
      await mqtt[Symbol.asyncDispose]();
    },
  };
}

interface Channels {
  channels: { name: string; seq: number; members: number }[];
}

/** `seq` of what carries one, after the first `from` messages. */
function seqs(messages: ServerMessage[], from = 0): number[] {
  return messages.slice(from).flatMap((m) => m.type === "data" || m.type === "event" ? m.seq : []);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

test("resume at /ws/<channel>?since= sends what was missed, in order, then `recovered`", async () => {
  await using all = await setUp(await shared(), "at");
  await all.publish(3);
  const { seq, since } = await all.position();
  await all.publish(500);
  await using peer = await all.resume(since);
  const recovered = await peer.next("recovered");
  const { to } = recovered;
  assert.deepEqual(recovered, {
    type: "recovered",
    channel: all.channel,
    from: seq + 1,
    to,
    complete: true,
  });
  const before = peer.messages.slice(0, peer.messages.indexOf(recovered));
  assert.deepEqual(seqs(before), range(seq + 1, to));
  const values = before.flatMap((message) => message.type === "data" ? [message.value] : []);
  assert.deepEqual(values, range(3, 502));
  assert.ok(!before.some(({ type }) => type === "snapshot" || type === "gap"));
});

/** Messages that fit the window together: however late a client is, none of them is left out. */
const FEW = 400;
/** Live messages a second of which those of some seconds fit it. */
const RATE = 100;

test("resume by a subscribe message goes on live without a hole", async () => {
  await using all = await setUp(await shared(), "by");
  await all.publish(3);
  const { seq, since } = await all.position();
  await using peer = await WsPeer.open(all.gateway.ws("/ws"));
  await all.publish(FEW / 4);
  const publishing = all.publish(FEW / 2);
  peer.send({ type: "subscribe", channel: all.channel, since });
  const { complete } = await peer.next("recovered");
  assert.ok(complete);
  await publishing;
  // All before may have been in the replay; what is published now is live.
  await all.publish(FEW / 4);
  const last = await peer.next("data", ({ value }) => value === FEW + 2);
  assert.deepEqual(seqs(peer.messages), range(seq + 1, last.seq));
});

test("a large replay passes the window in order while live data goes on", async () => {
  await using all = await setUp(await shared(), "large");
  await all.publish(1);
  const { seq, since } = await all.position();
  const { mqttPort } = all.gateway;
  await using flow = await Flow.start({ mqttPort, rate: RATE, topics: ["large/x", "large/y"] });
  for (let i = 0; i < 3000; i++) all.mqtt.client.publish("large/z", "z".repeat(400));
  await all.mqtt.publish("large/z", "end");
  await using peer = await all.resume(since);
  const { complete, from, to } = await peer.next("recovered");
  assert.ok(complete);
  assert.equal(from, seq + 1);
  assert.ok(to - from >= 3000);
  await flow.stop();
  const last = Math.max(...flow.newest.values());
  const { seq: end } = await peer.next("data", (data) => (data.value as { n: number }).n === last);
  assert.deepEqual(seqs(peer.messages), range(seq + 1, end));
});

test("what the history lost is a named gap, then comes the rest", async () => {
  await using gateway = await GatewayProcess.start({ args: ["--history-count", "50"] });
  await using all = await setUp(gateway, "log");
  await all.publish(3);
  const { seq, since } = await all.position();
  await all.publish(200);
  await using peer = await all.resume(since);
  const gap = await peer.next("gap");
  const recovered = await peer.next("recovered");
  const { to } = recovered;
  assert.deepEqual(gap, {
    type: "gap",
    channel: "log",
    from: seq + 1,
    to: to - 50,
    reason: "history",
  });
  assert.equal(recovered.complete, false);
  assert.equal(recovered.from, seq + 1);
  assert.deepEqual(seqs(peer.messages), range(to - 49, to));
});

test("what memory lost comes from disk, all of it", async () => {
  await using gateway = await GatewayProcess.start({
    args: ["--history-count", "50", "--history-disk"],
  });
  await using all = await setUp(gateway, "log");
  await all.publish(3);
  const { seq, since } = await all.position();
  await all.publish(5000);
  await using peer = await all.resume(since);
  await using second = await all.resume(since, { v1: false });
  for (const each of [peer, second]) {
    const { complete, from, to } = await each.next("recovered");
    assert.ok(complete);
    assert.equal(from, seq + 1);
    const before = each.messages.slice(
      0,
      each.messages.findIndex(({ type }) => type === "recovered"),
    );
    assert.deepEqual(seqs(before), range(seq + 1, to));
    assert.ok(to >= seq + 5000);
    const values = before.flatMap((message) => message.type === "data" ? [message.value] : []);
    assert.deepEqual(values, range(3, 5002));
  }
});

test("from disk to memory to live data there is no hole", async () => {
  await using gateway = await GatewayProcess.start({
    args: ["--history-count", "1000", "--history-disk"],
  });
  await using all = await setUp(gateway, "log");
  await all.publish(3);
  const { seq, since } = await all.position();
  await all.publish(20_000);
  const { mqttPort } = all.gateway;
  await using flow = await Flow.start({ mqttPort, rate: RATE, topics: ["log/y", "log/z"] });
  await using peer = await all.resume(since);
  const { complete, from, to } = await peer.next("recovered");
  assert.ok(complete);
  assert.equal(from, seq + 1);
  assert.ok(to - from >= 20_000);
  await flow.stop();
  const last = Math.max(...flow.newest.values());
  const { seq: end } = await peer.next(
    "data",
    ({ topic, value }) => topic !== "log/x" && (value as { n: number }).n === last,
  );
  assert.deepEqual(seqs(peer.messages), range(seq + 1, end));
});

test("a position of another epoch, or not reached yet, gets a gap and a snapshot", async () => {
  await using all = await setUp(await shared(), "other");
  await all.publish(3);
  const { epoch, seq } = await all.position();
  const newest = () =>
    eventually("nobody in the room", async () => {
      const { channels } = await all.gateway.json("/api/channels") as Channels;
      const { members, seq } = channels.find(({ name }) => name === all.channel)!;
      return members === 0 && seq;
    });
  const positions = [
    () => `otherEpoch:${seq}`,
    () => `${epoch}:999999`,
    async () => `${epoch}:${await newest() + 1}`,
  ];
  for (const position of positions) {
    const since = await position();
    await using peer = await all.resume(since);
    const gap = await peer.next("gap");
    const snapshot = await peer.next("snapshot");
    assert.equal(gap.reason, "epoch", since);
    assert.deepEqual([gap.from, gap.to], [1, snapshot.seq]);
    assert.equal(snapshot.values[0]!.value, 2);
    assert.ok(!peer.messages.some(({ type }) => type === "recovered"));
  }
});

test("a malformed position is refused: an error at /ws, close 4400 at /ws/<channel>", async () => {
  await using all = await setUp(await shared(), "malformed");
  await all.publish(1);
  for (const since of ["", "7", "epoch:", "epoch:x", "epoch:-1", "epoch:1e3"]) {
    await using peer = await WsPeer.open(all.gateway.ws("/ws"));
    peer.send({ type: "subscribe", channel: all.channel, since });
    const { code, id } = await peer.next("error");
    assert.deepEqual([code, id], ["bad_message", all.channel]);
    await using single = await all.resume(since, { v1: false });
    assert.equal((await single.closed).code, 4400, since);
  }
});

test("nothing missed is an empty recovery", async () => {
  await using all = await setUp(await shared(), "nothing");
  await all.publish(3);
  await using peer = await WsPeer.open(all.gateway.ws("/ws"));
  peer.send({ type: "subscribe", channel: all.channel });
  const { epoch } = await peer.next("snapshot");
  await all.publish(1);
  const { seq } = await peer.next("data");
  peer.send({ type: "subscribe", channel: all.channel, since: `${epoch}:${seq}` });
  const { from, to, complete } = await peer.next("recovered");
  assert.deepEqual([from, to, complete], [seq + 1, seq, true]);
  await all.publish(1);
  assert.equal((await peer.next("data")).seq, seq + 1);
});

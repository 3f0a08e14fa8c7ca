/** Clients of the embedded broker whose sessions and wills last, where aedes alone would mix them up. */
import assert from "node:assert/strict";
import { SPACES } from "../../gateway/broker/persistence_disk.ts";
import { eventually } from "../support/eventually.ts";
import { encode, subscribePacket } from "../support/raw_mqtt.ts";
import { DurableBench } from "./durable_bench.ts";

/** A broker whose commits take no time. */
async function startBench(): Promise<DurableBench> {
  const bench = await DurableBench.start();
  bench.disk.off = true;
  return bench;
}

for (const clean of [true, false]) {
  const kind = clean ? "a clean session" : "a session that lasts";
  Deno.test(`a connection that is taken over leaves the will of the next on disk: ${kind}`, async () => {
    await using bench = await startBench();
    await using watcher = await bench.peer("watcher");
    await watcher.subscribe("w");
    const will = (payload: string) => ({ topic: "w", payload, qos: 1, retain: false });
    using first = await bench.connect("device", { clean, will: will("first") });
    using second = await bench.connect("device", { clean, will: will("second") });
    await first.gone();
    await watcher.message(({ text }) => text === "first");
    // Behind all that the end of the first one brought.
    await watcher.publish("w", "later");
    await watcher.message(({ text }) => text === "later");
    const [record] = [...bench.map.spaces.get(SPACES.wills)?.values() ?? []];
    assert.match(new TextDecoder().decode(record), /second$/);
    await second.send(encode({ cmd: "disconnect" }));
    await second.gone();
    await eventually("no will", () => bench.map.keys(SPACES.wills).length === 0);
  });
}

Deno.test("a retained message of QoS 2 reaches a session that lasts, and does not end it", async () => {
  await using bench = await startBench();
  await using publisher = await bench.peer("publisher");
  await publisher.publish("r", "kept", { qos: 2, retain: true });
  await using subscriber = await bench.peer("subscriber");
  await subscriber.subscribe("r", 2);
  assert.equal((await subscriber.message(() => true)).text, "kept");
  await publisher.publish("r", "live", { qos: 2 });
  await subscriber.message(({ text }) => text === "live");
  assert.deepEqual(bench.log, []);
});

Deno.test("the identifier of a retained message is none of those that wait", async () => {
  await using bench = await startBench();
  await using publisher = await bench.peer("publisher");
  await publisher.publish("r", "kept", { qos: 1, retain: true });
  // Where aedes begins to count with each connection.
  const { random } = Math;
  Math.random = () => 65_534 / 65_535;
  try {
    using first = await bench.connect("s");
    await first.send(subscribePacket("q", 1));
    await first.packet("suback");
    for (const text of ["1", "2", "3"]) await publisher.publish("q", text);
    const isPublish = ({ cmd }: { cmd: string }) => cmd === "publish";
    await eventually("all", () => first.packets.filter(isPublish).length === 3);
    const waiting = first.packets.filter(isPublish).map(({ messageId }) => messageId);
    assert.deepEqual(waiting, [65_534, 65_535, 1]);
    first.close();
    using second = await bench.connect("s");
    await eventually("again", () => second.packets.filter(isPublish).length === 3);
    await second.send(subscribePacket("r", 1));
    await eventually("the retained one", () => second.packets.filter(isPublish).length === 4);
    assert.equal(second.packets.findLast(isPublish)!.messageId, 2);
  } finally {
    Math.random = random;
  }
});

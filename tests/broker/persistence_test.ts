/** What the embedded broker remembers over a restart: read from the map that it left. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type BrokerIdentity, Persistence } from "../../gateway/broker/persistence.ts";
import { SPACES } from "../../gateway/broker/persistence_disk.ts";
import {
  decodeMessage,
  decodeSession,
  decodeState,
  encodeMessage,
  encodeSession,
  encodeState,
} from "../../gateway/broker/persistence_records.ts";
import type { StoredPacket } from "../../gateway/broker/session_store.ts";
import { MapOnDisk } from "./map_on_disk.ts";

const LIMITS = { clientBytes: 1 << 20, totalBytes: 1 << 20, retainedBytes: 1 << 20 };

const NEW = { released: false, retain: false, qos: 1, messageId: undefined } as const;

/** A broker that was started with what is on disk. */
class Run {
  readonly broker: BrokerIdentity = { id: crypto.randomUUID(), counter: 0 };
  readonly log: string[] = [];
  dropped = 0;
  readonly memory: Persistence;

  private constructor(disk: MapOnDisk, limits: typeof LIMITS) {
    const onDropped = () => this.dropped++;
    this.memory = new Persistence({ limits, onDropped, disk, log: (line) => this.log.push(line) });
  }

  static async start(disk: MapOnDisk, limits = LIMITS): Promise<Run> {
    const run = new Run(disk, limits);
    await run.memory.setup(run.broker);
    return run;
  }

  /** Publishes to clients that are away. */
  async publish(text: string, to: string[], qos: 1 | 2 = 1) {
    const packet = {
      cmd: "publish",
      topic: "t/x",
      payload: Buffer.from(text),
      qos,
      brokerId: this.broker.id,
      brokerCounter: ++this.broker.counter,
    };
    await this.memory.outgoingEnqueueCombi(to.map((clientId) => ({ clientId })), packet);
    return packet;
  }

  async queue(id: string): Promise<StoredPacket[]> {
    return await Array.fromAsync(this.memory.outgoingStream({ id }));
  }

  async texts(id: string): Promise<string[]> {
    return (await this.queue(id)).map(({ cmd, payload }) => payload ? String(payload) : cmd);
  }

  /** Sends all that waits, as aedes does. */
  async send(id: string, firstId: number): Promise<number[]> {
    const ids = [];
    for (const queued of await this.queue(id)) {
      const packet = { ...queued, messageId: queued.messageId ?? firstId };
      firstId = firstId % 65_535 + 1;
      await this.memory.outgoingUpdate({ id }, packet);
      ids.push(packet.messageId);
    }
    return ids;
  }
}

Deno.test("queues keep their order, identifiers and phases over restarts", async () => {
  const disk = new MapOnDisk();
  const first = await Run.start(disk);
  // Numbers of more than one digit, whose order as text is another.
  for (let i = 0; i < 120; i++) await first.publish(`m${i}`, ["a"], 2);
  assert.deepEqual((await first.send("a", 65_500)).slice(34, 37), [65_534, 65_535, 1]);
  await first.memory.outgoingUpdate({ id: "a" }, { cmd: "pubrel", messageId: 65_501 });
  await first.memory.outgoingClearMessageId({ id: "a" }, { messageId: 65_500 });
  const before = await first.queue("a");

  const second = await Run.start(disk);
  const strip = (packets: StoredPacket[]) =>
    packets.map(({ brokerId: _, brokerCounter: __, ...rest }) => rest);
  const after = await second.queue("a");
  assert.deepEqual(strip(after).slice(1), strip(before).slice(1));
  assert.deepEqual(after[0], { cmd: "pubrel", messageId: 65_501 });
  assert.ok(after.slice(1).every(({ brokerId }) => brokerId === second.broker.id));
  await second.publish("new", ["a"], 2);
  const third = await Run.start(disk);
  assert.deepEqual((await third.texts("a")).slice(-2), ["m119", "new"]);
  assert.deepEqual((await third.send("a", 65_500)).slice(0, 3), [65_501, 65_502, 65_503]);
});

Deno.test("a message for several clients is on disk once, until the last has it", async () => {
  const disk = new MapOnDisk();
  let run = await Run.start(disk);
  for (let i = 0; i < 3; i++) await run.publish(`m${i}`, ["a", "b", "c"]);
  assert.equal(disk.keys(SPACES.messages).length, 3);
  assert.equal(disk.keys(SPACES.queue).length, 9);
  for (const id of ["a", "b", "c"]) {
    run = await Run.start(disk);
    assert.deepEqual(await run.texts(id), ["m0", "m1", "m2"]);
    assert.equal(disk.keys(SPACES.messages).length, 3);
    for (const messageId of await run.send(id, 1)) {
      await run.memory.outgoingClearMessageId({ id }, { messageId });
    }
  }
  assert.deepEqual(disk.keys(SPACES.messages), []);
  assert.deepEqual(disk.keys(SPACES.queue), []);
  for (const id of ["a", "b", "c"]) run.memory.left(id);
  assert.equal(disk.size, 0, "sessions of which nothing is left");
});

Deno.test("a QoS 2 message that was taken in is known after a restart, of sessions that last", async () => {
  const disk = new MapOnDisk();
  const packet = { cmd: "publish", topic: "t", payload: new Uint8Array(9), qos: 2 as const };
  const before = await Run.start(disk);
  for (const messageId of [1, 77, 65_535]) {
    await before.memory.incomingStorePacket({ id: "a", clean: false }, { ...packet, messageId });
    await before.memory.incomingStorePacket({ id: "b", clean: true }, { ...packet, messageId });
  }
  await before.memory.incomingDelPacket({ id: "a" }, { cmd: "pubrel", messageId: 77 });
  const { memory } = await Run.start(disk);
  const isKnown = (id: string, messageId: number) =>
    memory.incomingGetPacket({ id }, { ...packet, messageId }).then(() => true, () => false);
  assert.ok(await isKnown("a", 1));
  assert.ok(await isKnown("a", 65_535));
  assert.ok(!await isKnown("a", 77));
  assert.ok(!await isKnown("b", 1));
  await memory.cleanIncoming({ id: "a" });
  assert.deepEqual(disk.keys(SPACES.incoming), []);
});

Deno.test("a clean session leaves nothing of the one before", async () => {
  const disk = new MapOnDisk();
  const before = await Run.start(disk);
  await before.memory.addSubscriptions({ id: "a" }, [{ topic: "t/+", qos: 1 }]);
  await before.publish("x", ["a"]);
  await before.memory.incomingStorePacket({ id: "a" }, { cmd: "publish", messageId: 3 });
  const { memory } = await Run.start(disk);
  await memory.cleanSubscriptions({ id: "a" });
  assert.equal(disk.size, 0);
  assert.deepEqual(await (await Run.start(disk)).texts("a"), []);
});

Deno.test("subscriptions are written when they change, not each time they are told", async () => {
  const disk = new MapOnDisk();
  const { memory } = await Run.start(disk);
  const subscriptions = Array.from(
    { length: 200 },
    (_, i) => ({ topic: `t/${i}`, qos: 1 as const }),
  );
  for (let i = 0; i < 200; i++) await memory.addSubscriptions({ id: "a" }, subscriptions);
  assert.ok(disk.puts <= 2, `${disk.puts} puts`);
  await memory.removeSubscriptions({ id: "a" }, ["t/0", "t/nothing"]);
  const next = await Run.start(disk);
  const known = next.memory.sessions.find("a")!;
  assert.deepEqual(
    [...known.subscriptions.keys()],
    subscriptions.slice(1).map(({ topic }) => topic),
  );
});

Deno.test("the newest retained message of a topic is kept; one without payload removes it", async () => {
  const disk = new MapOnDisk();
  const { memory } = await Run.start(disk);
  const retain = (topic: string, text: string) =>
    memory.storeRetained({
      cmd: "publish",
      topic,
      payload: Buffer.from(text),
      qos: 1,
      retain: true,
    });
  for (let i = 0; i < 50; i++) await retain("a", `a${i}`);
  await retain("b/ü/☃", "b");
  await retain("c", "c");
  await retain("c", "");
  const puts = disk.puts;
  await retain("never", "");
  assert.equal(disk.puts, puts);
  const next = await Run.start(disk);
  const found = next.memory as unknown as {
    createRetainedStream(filter: string): AsyncIterable<StoredPacket>;
  };
  const kept = await Array.fromAsync(found.createRetainedStream("#"));
  const told = kept.map(({ topic, payload, qos, retain }) => [topic, String(payload), qos, retain]);
  assert.deepEqual(told.toSorted(), [["a", "a49", 1, true], ["b/ü/☃", "b", 1, true]]);
});

Deno.test("limits hold for what is read as well; what is above them goes, and is counted", async () => {
  const disk = new MapOnDisk();
  const before = await Run.start(disk);
  for (let i = 0; i < 20; i++) await before.publish(`m${i}`, ["a"]);
  for (let i = 0; i < 20; i++) {
    const packet = { cmd: "publish", topic: `r/${i}`, payload: Buffer.from("x"), retain: true };
    await before.memory.storeRetained(packet);
  }
  const limits = { clientBytes: 1600, totalBytes: 1600, retainedBytes: 1600 };
  const run = await Run.start(disk, limits);
  assert.deepEqual(await run.texts("a"), ["m0", "m1", "m2", "m3", "m4"]);
  assert.equal(run.dropped, 15 + 15);
  assert.match(run.log.join("\n"), /30 stored messages are above the limits/);
  assert.equal(disk.keys(SPACES.messages).length, 5);
  assert.equal(disk.keys(SPACES.queue).length, 5);
  assert.equal(disk.keys(SPACES.retained).length, 5);
});

Deno.test("what belongs to nothing goes, what is not known stays", async () => {
  const disk = new MapOnDisk();
  const before = await Run.start(disk);
  await before.publish("x", ["a"]);
  disk.put(SPACES.queue, "zz.1", encodeState(NEW));
  disk.put(SPACES.incoming, "zz.1", Uint8Array.of(1));
  disk.put(SPACES.messages, "9", disk.spaces.get(SPACES.messages)!.get("1")!);
  disk.put(SPACES.retained, "future", Uint8Array.of(99, 1, 2, 3));
  const run = await Run.start(disk);
  assert.deepEqual(await run.texts("a"), ["x"]);
  assert.deepEqual(disk.keys(SPACES.queue), ["1.1"]);
  assert.deepEqual(disk.keys(SPACES.incoming), []);
  assert.deepEqual(disk.keys(SPACES.messages), ["1"]);
  assert.deepEqual(disk.keys(SPACES.retained), ["future"]);
  assert.match(run.log.join("\n"), /1 records of sessions are not known/);
});

Deno.test("where nothing could be read, what is new does not mix with what is there", async () => {
  const disk = new MapOnDisk();
  const before = await Run.start(disk);
  await before.publish("old a", ["a"]);
  await before.publish("old b", ["b"]);
  disk.broken = new Error("disk I/O error");
  const blind = await Run.start(disk);
  assert.match(blind.log[0]!, /disk I\/O error/);
  await blind.publish("new b", ["b"]);
  disk.broken = null;
  const run = await Run.start(disk);
  assert.deepEqual(await run.texts("a"), ["old a"]);
  assert.deepEqual(await run.texts("b"), ["new b"], "its new session took the place of the old");
});

Deno.test("sessions of clients that stay away for a month end, by a clock that is set", async () => {
  const disk = new MapOnDisk();
  const days = 86_400_000;
  const sessions: [id: string, away: number | null][] = [
    ["long", Date.now() - 31 * days],
    ["lately", Date.now() - 29 * days],
    ["connected", null],
    ["no clock", 3 * days],
  ];
  sessions.forEach(([id, away], i) => {
    const record = { number: i + 1, away, subscriptions: [{ topic: "t", qos: 1 as const }] };
    disk.put(SPACES.sessions, id, encodeSession(record));
  });
  disk.put(
    SPACES.messages,
    "1",
    encodeMessage({
      topic: "t",
      payload: "x",
      qos: 1,
      retain: false,
      dup: false,
    }),
  );
  disk.put(SPACES.queue, "1.1", encodeState(NEW));
  const run = await Run.start(disk);
  assert.deepEqual(disk.keys(SPACES.sessions).toSorted(), ["connected", "lately", "no clock"]);
  assert.equal(disk.keys(SPACES.messages).length, 0);
  assert.equal(run.dropped, 1);
  const away = decodeSession(disk.spaces.get(SPACES.sessions)!.get("connected")!)!.away!;
  assert.ok(Date.now() - away < 60_000, "it is away since this start");
  run.memory.came("connected");
  assert.equal(decodeSession(disk.spaces.get(SPACES.sessions)!.get("connected")!)!.away, null);
});

Deno.test("sessions are bounded in number: the longest away goes", async () => {
  const disk = new MapOnDisk();
  const run = await Run.start(disk);
  for (let i = 0; i < 10_000; i++) {
    await run.memory.addSubscriptions({ id: `c${i}` }, [{ topic: "t", qos: 1 }]);
    if (i < 500) run.memory.left(`c${i}`);
  }
  assert.equal(disk.keys(SPACES.sessions).length, 10_000);
  await run.memory.addSubscriptions({ id: "new" }, [{ topic: "t", qos: 1 }]);
  assert.equal(disk.keys(SPACES.sessions).length, 9_900);
  assert.equal(run.memory.sessions.find("c0"), undefined);
  assert.ok(run.memory.sessions.find("c9999") && run.memory.sessions.find("new"));
});

Deno.test("a will is there after a kill, once, and gives way to the next", async () => {
  const disk = new MapOnDisk();
  const will = { cmd: "publish", topic: "w", payload: Buffer.from("gone"), qos: 1 as const };
  const before = await Run.start(disk);
  await before.memory.putWill({ id: "a" }, { ...will });
  await before.memory.putWill({ id: "b" }, { ...will });
  await before.memory.putWill({ id: "polite" }, { ...will });
  await before.memory.delWill({ id: "polite" });
  const { memory } = await Run.start(disk);
  const left = memory.takeLeftWills();
  assert.deepEqual(left.map(({ clientId }) => clientId).toSorted(), ["a", "b"]);
  assert.equal(String(left[0]!.packet.payload), "gone");
  assert.deepEqual(memory.takeLeftWills(), []);
  await memory.putWill({ id: "b" }, { ...will, payload: Buffer.from("next") });
  await memory.leftWillPublished("a");
  await memory.leftWillPublished("b");
  assert.deepEqual(disk.keys(SPACES.wills), ["b"]);
  assert.equal(String((await Run.start(disk)).memory.takeLeftWills()[0]!.packet.payload), "next");
});

Deno.test("records: what is written is read, what is cut or of another version is not", () => {
  for (const topic of ["t", "ü/☃/𝄞", "x".repeat(65_535)]) {
    for (const qos of [0, 1, 2] as const) {
      const message = {
        topic,
        payload: Buffer.from([0, 255, 7]),
        qos,
        retain: qos > 0,
        dup: qos > 1,
      };
      const record = encodeMessage(message);
      assert.deepEqual(decodeMessage(record), message);
      assert.equal(decodeMessage(record.subarray(0, 3 + topic.length)), null);
      assert.equal(decodeMessage(Uint8Array.of(2, ...record.subarray(1))), null);
    }
  }
  const state = { released: true, retain: true, qos: 2 as const, messageId: 65_535 };
  assert.deepEqual(decodeState(encodeState(state)), state);
  assert.equal(decodeState(encodeState(state).subarray(0, 4)), null);
  const session = { number: 7, away: null, subscriptions: [{ topic: "ü", qos: 1 as const }] };
  assert.deepEqual(decodeSession(encodeSession(session)), session);
  assert.equal(decodeSession(encodeSession(session).subarray(0, 9)), null);
  assert.equal(decodeSession(new Uint8Array()), null);
});

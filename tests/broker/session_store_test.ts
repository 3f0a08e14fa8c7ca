import assert from "node:assert/strict";
import { Persistence } from "../../gateway/broker/persistence.ts";
import type { StoredPacket } from "../../gateway/broker/session_store.ts";

const LIMITS = { clientBytes: 2000, totalBytes: 3000, retainedBytes: 2000 };

/** A persistence in memory alone. */
function makeStore() {
  let dropped = 0;
  const store = new Persistence({ limits: LIMITS, onDropped: () => dropped++ });
  return { store, dropped: () => dropped };
}

const packet = (brokerCounter: number, bytes = 100) => ({
  cmd: "publish",
  topic: "t",
  payload: new Uint8Array(bytes),
  qos: 1 as const,
  brokerCounter,
});

async function queued(store: Persistence, id: string): Promise<(number | undefined)[]> {
  const counters = [];
  for await (const one of store.outgoingStream({ id })) counters.push(one.brokerCounter);
  return counters;
}

Deno.test("a queue keeps what one client did not acknowledge, in order, up to a bound", async () => {
  const { store, dropped } = makeStore();
  for (let i = 1; i <= 8; i++) await store.outgoingEnqueue({ clientId: "a" }, packet(i));
  // About 400 bytes each.
  assert.deepEqual(await queued(store, "a"), [1, 2, 3, 4]);
  assert.equal(dropped(), 4);
  await store.outgoingUpdate({ id: "a" }, { ...packet(2), messageId: 77 });
  assert.equal(
    (await store.outgoingClearMessageId({ id: "a" }, { messageId: 77 }))?.brokerCounter,
    2,
  );
  assert.equal(await store.outgoingClearMessageId({ id: "a" }, { messageId: 77 }), undefined);
  await store.outgoingEnqueue({ clientId: "a" }, packet(9));
  assert.deepEqual(await queued(store, "a"), [1, 3, 4, 9]);
});

Deno.test("queues are bounded together", async () => {
  const { store, dropped } = makeStore();
  const to = ["a", "b", "c"].map((clientId) => ({ clientId }));
  for (let i = 1; i <= 4; i++) await store.outgoingEnqueueCombi(to, packet(i));
  const counts = await Promise.all(
    ["a", "b", "c"].map(async (id) => (await queued(store, id)).length),
  );
  assert.equal(counts.reduce((sum, count) => sum + count), 7);
  assert.equal(dropped(), 5);
});

Deno.test("subscriptions that overlap take a message, and room for it, once, at the higher QoS", async () => {
  const { store, dropped } = makeStore();
  const twice = [{ clientId: "a", qos: 0 as const }, { clientId: "a", qos: 1 as const }];
  for (let i = 1; i <= 4; i++) {
    await store.outgoingEnqueueCombi(twice, { ...packet(i), qos: 2 });
    const sent: StoredPacket = { ...packet(i), qos: 2, messageId: i };
    await store.outgoingUpdate({ id: "a" }, sent);
    assert.equal(sent.qos, 1, "not more than was granted [MQTT-3.8.4-6]");
  }
  assert.deepEqual(await queued(store, "a"), [1, 2, 3, 4]);
  for (let i = 1; i <= 4; i++) await store.outgoingClearMessageId({ id: "a" }, { messageId: i });
  for (let i = 5; i <= 8; i++) await store.outgoingEnqueueCombi(twice, packet(i));
  assert.deepEqual(await queued(store, "a"), [5, 6, 7, 8]);
  assert.equal(dropped(), 0);
});

Deno.test("a released QoS 2 message takes no more room", async () => {
  const { store } = makeStore();
  for (let i = 1; i <= 4; i++) {
    await store.outgoingEnqueue({ clientId: "a" }, packet(i));
    await store.outgoingUpdate({ id: "a" }, { ...packet(i), messageId: i });
  }
  await store.outgoingUpdate({ id: "a" }, { cmd: "pubrel", messageId: 1 });
  await store.outgoingEnqueue({ clientId: "a" }, packet(5, 1));
  const kept = [];
  for await (const one of store.outgoingStream({ id: "a" })) kept.push(one.cmd);
  assert.deepEqual(kept, ["pubrel", "publish", "publish", "publish", "publish"]);
  await store.outgoingUpdate({ id: "a" }, { cmd: "pubrel", messageId: 99 });
  assert.equal((await Array.fromAsync(store.outgoingStream({ id: "a" }))).length, 5, "as it was");
});

Deno.test("a packet identifier stays with its message, and no other message gets it", async () => {
  const { store } = makeStore();
  const client = { id: "a" };
  const send = async (counter: number, messageId: number) => {
    const sent: StoredPacket = { ...packet(counter), messageId };
    await store.outgoingUpdate(client, sent);
    return sent.messageId;
  };
  for (let i = 1; i <= 4; i++) await store.outgoingEnqueue({ clientId: "a" }, packet(i));
  assert.equal(await send(1, 65_535), 65_535);
  assert.equal(await send(2, 65_535), 1);
  assert.equal(await send(3, 1), 2);
  assert.equal(await send(1, 500), 65_535, "on another connection");
  assert.equal((await store.outgoingClearMessageId(client, { messageId: 1 }))?.brokerCounter, 2);
  assert.equal(await send(4, 1), 1, "it is free again");
});

Deno.test("a QoS 2 id counts from the first look until its release", async () => {
  const { store } = makeStore();
  const client = { id: "a" };
  const publish = { ...packet(1), messageId: 5 };
  const both = await Promise.allSettled([
    store.incomingGetPacket(client, publish),
    store.incomingGetPacket(client, publish),
  ]);
  assert.deepEqual(both.map(({ status }) => status), ["rejected", "fulfilled"]);
  await store.incomingDelPacket(client, { cmd: "pubrel", messageId: 5 });
  await assert.rejects(store.incomingDelPacket(client, { cmd: "pubrel", messageId: 5 }));
  await assert.rejects(store.incomingGetPacket(client, { cmd: "pubrel", messageId: 5 }));
  await assert.rejects(store.incomingGetPacket(client, publish), "a new message again");
});

Deno.test("packets of QoS 2 whose release does not come take a bounded room", async () => {
  const { store } = makeStore();
  const client = { id: "a" };
  for (let id = 1; id <= 100; id++) {
    await store.incomingStorePacket(client, { ...packet(1, 64 << 10), messageId: id });
  }
  const kept = [];
  for (let id = 1; id <= 100; id++) {
    kept.push((await store.incomingGetPacket(client, { cmd: "pubrel", messageId: id })).payload);
  }
  assert.ok(kept.filter((payload) => payload !== undefined).length <= 16);
});

Deno.test("retained messages are copied, bounded and given back", async () => {
  const { store, dropped } = makeStore();
  const retained = async () => {
    const found = new Map<string, Uint8Array>();
    const memory = store as unknown as {
      createRetainedStream(filter: string): AsyncIterable<never>;
    };
    for await (const { topic, payload } of memory.createRetainedStream("#")) {
      found.set(topic, payload);
    }
    return found;
  };
  const chunk = new Uint8Array(65536);
  await store.storeRetained({ ...packet(0), topic: "a", payload: chunk.subarray(0, 500) });
  assert.ok((await retained()).get("a")!.buffer.byteLength < 65536, "keeps a whole chunk alive");
  await store.storeRetained({ ...packet(0), topic: "b", payload: new Uint8Array(800) });
  await store.storeRetained({ ...packet(0), topic: "c", payload: new Uint8Array(800) });
  assert.equal((await retained()).has("c"), false);
  assert.equal(dropped(), 1);
  await store.storeRetained({ ...packet(0), topic: "b", payload: new Uint8Array(0) });
  await store.storeRetained({ ...packet(0), topic: "c", payload: new Uint8Array(800) });
  assert.equal((await retained()).get("c")?.length, 800);
});

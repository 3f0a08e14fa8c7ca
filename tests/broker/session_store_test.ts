import assert from "node:assert/strict";
import { SessionStore, type Store } from "../../gateway/broker/session_store.ts";

const LIMITS = { clientBytes: 2000, totalBytes: 3000, retainedBytes: 2000 };

function makeStore() {
  const retained = new Map<string, Uint8Array>();
  let dropped = 0;
  const store = new SessionStore(LIMITS, () => dropped++).methods({
    storeRetained: (packet) => {
      retained.set(packet.topic!, packet.payload!);
      return Promise.resolve();
    },
  });
  return { store, retained, dropped: () => dropped };
}

const packet = (brokerCounter: number, bytes = 100) => ({
  cmd: "publish",
  topic: "t",
  payload: new Uint8Array(bytes),
  brokerCounter,
});

async function queued(store: Store, id: string): Promise<(number | undefined)[]> {
  const counters = [];
  for await (const one of store.outgoingStream({ id })) counters.push(one.brokerCounter);
  return counters;
}

Deno.test("SessionStore keeps what one client did not acknowledge, in order, up to a bound", async () => {
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

Deno.test("SessionStore bounds all clients together", async () => {
  const { store, dropped } = makeStore();
  const to = ["a", "b", "c"].map((clientId) => ({ clientId }));
  for (let i = 1; i <= 4; i++) await store.outgoingEnqueueCombi(to, packet(i));
  const counts = await Promise.all(
    ["a", "b", "c"].map(async (id) => (await queued(store, id)).length),
  );
  assert.equal(counts.reduce((sum, count) => sum + count), 7);
  assert.equal(dropped(), 5);
});

Deno.test("SessionStore: a released QoS 2 message takes no more room", async () => {
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
  await assert.rejects(store.outgoingUpdate({ id: "a" }, { cmd: "pubrel", messageId: 99 }));
});

Deno.test("SessionStore: a QoS 2 id counts from the first look until its release", async () => {
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

Deno.test("SessionStore: retained messages are copied, bounded and given back", async () => {
  const { store, retained, dropped } = makeStore();
  const chunk = new Uint8Array(65536);
  await store.storeRetained({ ...packet(0), topic: "a", payload: chunk.subarray(0, 500) });
  assert.ok(retained.get("a")!.buffer.byteLength < 65536, "keeps a whole chunk alive");
  await store.storeRetained({ ...packet(0), topic: "b", payload: new Uint8Array(800) });
  await store.storeRetained({ ...packet(0), topic: "c", payload: new Uint8Array(800) });
  assert.equal(retained.has("c"), false);
  assert.equal(dropped(), 1);
  await store.storeRetained({ ...packet(0), topic: "b", payload: new Uint8Array(0) });
  await store.storeRetained({ ...packet(0), topic: "c", payload: new Uint8Array(800) });
  assert.equal(retained.get("c")?.length, 800);
});

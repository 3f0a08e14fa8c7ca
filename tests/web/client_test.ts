import assert from "node:assert/strict";
import type { Data, Snapshot } from "../../gateway/sessions/messages.ts";
import {
  type ChannelMessage,
  Client,
  type ClientOptions,
  type CommandProgress,
  type ConnectionState,
} from "../../web/client/client.ts";
import { FakeGateway } from "./fake_gateway.ts";
import { Inbox } from "./inbox.ts";

const QUICK = { retryMin: 1, retryMax: 5 };
const TOPIC = "devices/desk/lamp";

function data(seq: number, value: unknown = seq): Data {
  return { type: "data", channel: "desk", seq, time: seq, topic: TOPIC, value, id: `i${seq}` };
}

function snapshot(seq: number, epoch = "e1"): Snapshot {
  return { type: "snapshot", channel: "desk", epoch, seq, values: [] };
}

/** A client with its states, and the messages of its channel `desk`, in inboxes. */
function connect(gateway: FakeGateway, options: ClientOptions = {}) {
  const states = new Inbox<ConnectionState>();
  const desk = new Inbox<ChannelMessage>();
  const client = new Client(gateway.url, {
    ...options,
    timing: { ...QUICK, ...options.timing },
    onState: (state) => states.put(state),
  });
  const watch = () => client.subscribe("desk", (message) => desk.put(message));
  return { client, states, desk, watch, [Symbol.dispose]: () => client.close() };
}

async function closed(states: Inbox<ConnectionState>) {
  return await states.find(({ state }) => state === "waiting" || state === "stopped");
}

Deno.test("subscribes after welcome and takes single messages and arrays", async () => {
  await using gateway = new FakeGateway();
  using t = connect(gateway, { token: "secret" });
  t.watch();
  const peer = await gateway.peers.take();
  assert.equal(peer.url.searchParams.get("token"), "secret");
  peer.welcome();
  assert.deepEqual(await peer.next("subscribe"), { type: "subscribe", channel: "desk" });
  peer.send(snapshot(3), [data(4), data(5)]);
  assert.equal((await t.desk.take()).type, "snapshot");
  assert.deepEqual(await t.desk.take(), data(4));
  assert.deepEqual(await t.desk.take(), data(5));
});

Deno.test("one who looks on quietly becomes a member without missing anything", async () => {
  await using gateway = new FakeGateway();
  using t = connect(gateway);
  const handler = (message: ChannelMessage) => t.desk.put(message);
  const subscription = t.client.subscribe("desk", handler, { quiet: true });
  const peer = await gateway.peers.take();
  peer.welcome();
  assert.equal((await peer.next("subscribe")).quiet, true);
  peer.send(snapshot(3), data(4));
  await t.desk.find((message) => message.type === "data");
  subscription.setQuiet(true);
  subscription.setQuiet(false);
  const asked = { type: "subscribe", channel: "desk", since: "e1:4" };
  assert.deepEqual(await peer.next("subscribe"), asked);
  peer.send(data(4), data(5));
  assert.deepEqual(await t.desk.take(), data(5));
  peer.socket.close();
  const second = await gateway.peers.take();
  second.welcome();
  assert.deepEqual(await second.next("subscribe"), { ...asked, since: "e1:5" });
  subscription.close();
  subscription.setQuiet(true);
  t.client.subscribe("attic", () => {});
  assert.equal((await second.next("subscribe")).channel, "attic", "a closed one asks nothing");
});

Deno.test("resumes after a lost connection, each seq once", async () => {
  await using gateway = new FakeGateway();
  using t = connect(gateway);
  t.watch();
  const first = await gateway.peers.take();
  first.welcome();
  await first.next("subscribe");
  first.send(data(2), snapshot(3), data(3), data(4), data(5), data(5));
  await t.desk.find((message) => message.type === "data" && message.seq === 5);
  first.socket.close(1011, "test");
  const waiting = await closed(t.states);
  assert.equal(waiting.state === "waiting" && waiting.reason, "test");

  const second = await gateway.peers.take();
  assert.equal(second.url.searchParams.get("session"), "s1");
  second.welcome();
  assert.equal((await second.next("subscribe")).since, "e1:5");
  const recovered = { type: "recovered", channel: "desk", from: 6, to: 7, complete: true } as const;
  second.send([data(4), data(5), data(6), data(7)], recovered, data(7), data(8));
  const seen: unknown[] = [];
  for (let i = 0; i < 4; i++) seen.push(await t.desk.take());
  assert.deepEqual(seen, [data(6), data(7), recovered, data(8)]);
});

Deno.test("after a restart of the gateway nothing of the new epoch is missed", async () => {
  await using gateway = new FakeGateway();
  using t = connect(gateway);
  t.watch();
  const first = await gateway.peers.take();
  first.welcome();
  first.send(snapshot(500));
  await t.desk.take();
  first.socket.close();
  const second = await gateway.peers.take();
  second.welcome("e2");
  assert.equal((await second.next("subscribe")).since, "e2:0");
  const recovered = { type: "recovered", channel: "desk", from: 1, to: 2, complete: true } as const;
  second.send([data(1), data(2)], recovered, data(3));
  const gap = { type: "gap", channel: "desk", from: 1, to: 0, reason: "epoch" } as const;
  for (const each of [gap, data(1), data(2), recovered, data(3)]) {
    assert.deepEqual(await t.desk.take(), each);
  }
  second.socket.close();
  const third = await gateway.peers.take();
  third.welcome("e2");
  assert.equal((await third.next("subscribe")).since, "e2:3");
});

Deno.test("takes the snapshot of a new epoch as the new base", async () => {
  await using gateway = new FakeGateway();
  using t = connect(gateway);
  t.watch();
  const first = await gateway.peers.take();
  first.welcome();
  first.send(snapshot(500));
  await t.desk.take();
  first.socket.close();
  const second = await gateway.peers.take();
  second.welcome("e2");
  assert.equal((await t.desk.take()).type, "gap");
  await second.next("subscribe");
  const gap = { type: "gap", channel: "desk", from: 1, to: 1, reason: "epoch" } as const;
  second.send(gap, data(1), snapshot(2, "e2"), data(2), data(3));
  assert.deepEqual(await t.desk.take(), gap);
  assert.deepEqual(await t.desk.take(), snapshot(2, "e2"));
  assert.deepEqual(await t.desk.take(), data(3));
});

Deno.test("passes over nothing within a gap of a slow reader", async () => {
  await using gateway = new FakeGateway();
  using t = connect(gateway);
  t.watch();
  const peer = await gateway.peers.take();
  peer.welcome();
  const gap = { type: "gap", channel: "desk", from: 2, to: 90, reason: "slow" } as const;
  peer.send(snapshot(1), gap, data(50), data(90));
  await t.desk.take();
  assert.deepEqual(await t.desk.take(), gap);
  assert.deepEqual([await t.desk.take(), await t.desk.take()], [data(50), data(90)]);
});

Deno.test("asks again for a channel once it exists", async () => {
  await using gateway = new FakeGateway();
  using t = connect(gateway);
  t.watch();
  const peer = await gateway.peers.take();
  peer.welcome();
  await peer.next("subscribe");
  peer.send({ type: "error", code: "no_such_channel", message: "none", id: "desk" });
  peer.send({ type: "channels", added: ["other"], removed: [] });
  peer.send({ type: "channels", added: ["desk"], removed: [] });
  assert.equal((await peer.next("subscribe")).channel, "desk");
});

Deno.test("asks again for a channel that did not fit once another is left", async () => {
  await using gateway = new FakeGateway();
  using t = connect(gateway);
  const lux = t.client.subscribe("lux", () => {});
  t.watch();
  const peer = await gateway.peers.take();
  peer.welcome();
  const refused = Promise.withResolvers<void>();
  t.client.subscribe("fence", () => refused.resolve());
  peer.send({ type: "error", code: "too_many_channels", message: "at most 1", id: "desk" });
  peer.send({ ...snapshot(1), channel: "fence" });
  await refused.promise;
  for (let i = 0; i < 3; i++) await peer.next("subscribe");
  lux.close();
  assert.equal((await peer.next("unsubscribe")).channel, "lux");
  assert.equal((await peer.next("subscribe")).channel, "desk");
});

Deno.test("a channel that did not fit is left without a word", async () => {
  await using gateway = new FakeGateway();
  using t = connect(gateway);
  const subscription = t.watch();
  const peer = await gateway.peers.take();
  peer.welcome();
  const seen = Promise.withResolvers<void>();
  t.client.subscribe("lux", () => seen.resolve());
  peer.send({ type: "error", code: "too_many_channels", message: "at most 1", id: "desk" });
  peer.send({ ...snapshot(1), channel: "lux" });
  await seen.promise;
  subscription.close();
  t.client.subscribe("fence", () => {});
  const said = async () => {
    const message = await peer.messages.find(({ type }) => type.endsWith("subscribe"));
    return `${message.type} ${"channel" in message ? message.channel : ""}`;
  };
  assert.deepEqual([await said(), await said(), await said()], [
    "subscribe desk",
    "subscribe lux",
    "subscribe fence",
  ]);
});

Deno.test("a closed subscription is silent, and may be made again", async () => {
  await using gateway = new FakeGateway();
  using t = connect(gateway);
  const subscription = t.watch();
  assert.throws(t.watch, /subscribed already/);
  const peer = await gateway.peers.take();
  peer.welcome();
  peer.send(snapshot(1));
  await t.desk.take();
  subscription.close();
  await peer.next("unsubscribe");
  t.watch();
  assert.equal((await peer.next("subscribe")).since, undefined);
  peer.send(data(2), snapshot(3));
  assert.equal((await t.desk.take()).type, "snapshot");
});

Deno.test("a command is sent again with its id until it is acknowledged", async () => {
  await using gateway = new FakeGateway();
  using t = connect(gateway);
  const stages: CommandProgress["stage"][] = [];
  const first = await gateway.peers.take();
  first.welcome();
  await t.states.find(({ state }) => state === "connected");
  const sent = t.client.command("desk", TOPIC, true, ({ stage }) => stages.push(stage));
  const command = await first.next("command");
  assert.deepEqual(command, {
    type: "command",
    id: sent.id,
    channel: "desk",
    topic: TOPIC,
    value: true,
  });
  first.socket.close();

  const second = await gateway.peers.take();
  second.welcome();
  assert.deepEqual(await second.next("command"), command);
  for (const stage of ["accepted", "delivered", "observed"] as const) {
    second.send({ type: "ack", id: sent.id, stage, time: 7 });
  }
  assert.deepEqual(await sent.result, { stage: "observed", time: 7 });
  assert.deepEqual(stages, ["sent", "accepted", "delivered", "observed"]);
});

Deno.test("an acknowledged command is not repeated to a gateway that forgot it", async () => {
  await using gateway = new FakeGateway();
  using t = connect(gateway);
  const first = await gateway.peers.take();
  first.welcome();
  await t.states.find(({ state }) => state === "connected");
  const accepted = Promise.withResolvers<void>();
  const sent = t.client.command("desk", TOPIC, true, ({ stage }) => {
    if (stage === "accepted") accepted.resolve();
  });
  await first.next("command");
  first.send({ type: "ack", id: sent.id, stage: "accepted", time: 1 });
  await accepted.promise;
  first.socket.close();
  (await gateway.peers.take()).welcome("e1", "s2");
  const { stage, reason } = await sent.result;
  assert.equal(stage, "failed");
  assert.match(reason ?? "", /restarted/);
});

Deno.test("a command without connection fails in time, and is never sent later", async () => {
  await using gateway = new FakeGateway();
  using t = connect(gateway, { timing: { commandWithin: 20 } });
  const peer = await gateway.peers.take();
  const sent = t.client.command("desk", TOPIC, true);
  assert.equal(sent.progress.stage, "waiting");
  assert.match((await sent.result).reason ?? "", /no answer/);
  peer.welcome();
  assert.equal((await peer.messages.take()).type, "ping");
});

Deno.test("an error with the id of a command fails it", async () => {
  await using gateway = new FakeGateway();
  using t = connect(gateway);
  const peer = await gateway.peers.take();
  const sent = t.client.command("desk", TOPIC, 1);
  peer.welcome();
  const { id } = await peer.next("command");
  peer.send({ type: "error", code: "not_allowed", message: "viewers only watch", id });
  const { stage, reason } = await sent.result;
  assert.deepEqual([stage, reason], ["failed", "viewers only watch"]);
});

Deno.test("reports received bytes in UTF-8, by size and by time", async () => {
  await using gateway = new FakeGateway();
  using t = connect(gateway, { timing: { receivedBytes: 4096, receivedEvery: 10 } });
  t.watch();
  const peer = await gateway.peers.take();
  let bytes = 0;
  const send = (message: Parameters<typeof peer.send>[0]) => {
    bytes += new TextEncoder().encode(JSON.stringify(message)).length;
    peer.send(message);
  };
  const time = Date.now();
  const who = { session: "s1", member: "m1", epoch: "e1", role: "viewer" } as const;
  send({ type: "welcome", ...who, time, idleTimeout: 10 });
  send([snapshot(1), data(2, "21 °C, 5 €, 😀, 測")]);
  let told = 0;
  while (told < bytes) told = (await peer.next("received")).bytes;
  assert.equal(told, bytes);
  send(data(3, "é".repeat(4096)));
  assert.equal((await peer.next("received")).bytes, bytes);
});

Deno.test("4401 and 4403 stop it", async () => {
  for (const code of [4401, 4403]) {
    await using gateway = new FakeGateway();
    using t = connect(gateway);
    const peer = await gateway.peers.take();
    peer.socket.close(code);
    const state = await closed(t.states);
    assert.equal(state.state === "stopped" && state.code, code);
    const { stage } = await t.client.command("desk", TOPIC, 1).result;
    assert.equal(stage, "failed");
  }
});

Deno.test("4429 waits longer, and retryNow ends the waiting", async () => {
  await using gateway = new FakeGateway();
  using t = connect(gateway);
  (await gateway.peers.take()).socket.close(4429);
  const before = Date.now();
  const state = await closed(t.states);
  assert(state.state === "waiting" && state.retryAt - before > 4000);
  t.client.retryNow();
  await gateway.peers.take();
});

Deno.test("the browser's online event ends the waiting", async () => {
  await using gateway = new FakeGateway();
  using t = connect(gateway, { timing: { retryMin: 60_000, retryMax: 60_000 } });
  (await gateway.peers.take()).socket.close(1001);
  await closed(t.states);
  dispatchEvent(new Event("online"));
  await gateway.peers.take();
});

Deno.test("a silent peer is pinged, then left", async () => {
  await using gateway = new FakeGateway();
  using t = connect(gateway, { timing: { quietAfter: 20, pongWithin: 20 } });
  const first = await gateway.peers.take();
  first.welcome();
  for (let i = 0; i < 2; i++) {
    const { id } = await first.next("ping");
    first.send({ type: "pong", id, time: Date.now() + 5000 });
  }
  await first.next("ping");
  const waiting = await closed(t.states);
  assert.match(waiting.state === "waiting" ? waiting.reason : "", /stopped answering/);
  assert(Math.abs(t.client.clock!.offset - 5000) < 500);
  await gateway.peers.take();
});

Deno.test("an aborted signal closes it", async () => {
  await using gateway = new FakeGateway();
  const abort = new AbortController();
  using t = connect(gateway, { signal: abort.signal });
  const peer = await gateway.peers.take();
  peer.welcome();
  await t.states.find(({ state }) => state === "connected");
  abort.abort();
  await peer.closed;
  assert.equal(t.client.state.state, "stopped");
});

Deno.test("a handler that throws does not end the connection", async () => {
  await using gateway = new FakeGateway();
  using t = connect(gateway);
  const reported = new Inbox<ErrorEvent>();
  const report = (event: ErrorEvent) => {
    event.preventDefault();
    reported.put(event);
  };
  addEventListener("error", report);
  const seqs = new Inbox<number>();
  t.client.subscribe("desk", (message) => {
    if (message.type === "snapshot") throw new Error("handler");
    if (message.type === "data") seqs.put(message.seq);
  });
  const peer = await gateway.peers.take();
  peer.welcome();
  peer.send([snapshot(1), data(2)]);
  assert.equal(await seqs.take(), 2);
  assert.equal((await reported.take()).error.message, "handler");
  removeEventListener("error", report);
});

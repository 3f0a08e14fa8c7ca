/** Who is in a room: members, joins, leaves, crowds. */
import assert from "node:assert/strict";
import type { Event, Member } from "../../gateway/sessions/messages.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { WsPeer } from "../support/ws_peer.ts";

async function startWithRoom(...rooms: string[]) {
  const gateway = await GatewayProcess.start();
  await using mqtt = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  for (const room of rooms) await mqtt.publish(`${room}/x`, 1);
  return gateway;
}

/** The member that an event is about. */
function about({ detail }: Event): Member & { reason?: string } {
  return detail as Member & { reason?: string };
}

Deno.test("those in a room hear who joins and leaves, and why", async () => {
  await using gateway = await startWithRoom("hall");
  await using first = await WsPeer.open(gateway.ws("/ws/hall"));
  const alone = await first.next("presence");
  assert.equal(alone.count, 1);
  const second = await WsPeer.open(gateway.ws("/ws/hall"), { v1: false });
  const joined = await first.next(
    "event",
    (event) => event.kind === "join" && about(event).member !== alone.members[0]!.member,
  );
  const { member, role, since } = about(joined);
  assert.equal(role, "admin");
  assert.ok(Math.abs(since - Date.now()) < 5000);
  const both = await first.next("presence", ({ count }) => count === 2);
  assert.deepEqual(both.members.map((each) => each.member), [alone.members[0]!.member, member]);
  second.socket.close(4000, "had enough");
  const left = await first.next("event", ({ kind }) => kind === "leave");
  assert.equal(about(left).member, member);
  assert.equal(about(left).reason, "had enough");
  assert.ok(left.seq > joined.seq);
  assert.deepEqual(await first.next("presence"), alone);
});

Deno.test("unsubscribing leaves the room, and only that", async () => {
  await using gateway = await startWithRoom("hall", "attic");
  await using watcher = await WsPeer.open(gateway.ws("/ws"));
  for (const channel of ["hall", "attic"]) watcher.send({ type: "subscribe", channel });
  await using guest = await WsPeer.open(gateway.ws("/ws"));
  for (const channel of ["hall", "attic"]) guest.send({ type: "subscribe", channel });
  await watcher.next("presence", ({ channel, count }) => channel === "hall" && count === 2);
  guest.send({ type: "unsubscribe", channel: "hall" });
  const left = await watcher.next("event", ({ kind }) => kind === "leave");
  assert.equal(left.channel, "hall");
  assert.equal(about(left).reason, "unsubscribed");
  await watcher.next("presence", ({ channel, count }) => channel === "hall" && count === 1);
  const attic = watcher.messages.filter((m) => m.type === "presence" && m.channel === "attic");
  assert.equal((attic.at(-1) as { count: number }).count, 2);
});

Deno.test("a room of more than 100 says how many are in it, and names nobody", async () => {
  await using gateway = await startWithRoom("hall");
  await using watcher = await WsPeer.open(gateway.ws("/ws/hall"));
  await watcher.next("presence");
  const guests = await Promise.all(
    Array.from({ length: 110 }, () => WsPeer.open(gateway.ws("/ws/hall"))),
  );
  const crowd = await watcher.next("presence", ({ count }) => count === 111);
  assert.deepEqual(crowd.members, []);
  for (const guest of guests) guest.socket.close();
  const alone = await watcher.next("presence", ({ count }) => count === 1);
  assert.equal(alone.members.length, 1);
  await Promise.all(guests.map((guest) => guest.closed));
});

Deno.test("a quiet subscription hears all and is nobody's presence, until it is not quiet", async () => {
  await using gateway = await startWithRoom("hall");
  await using mqtt = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await using watcher = await WsPeer.open(gateway.ws("/ws/hall"));
  await watcher.next("presence");
  await using guest = await WsPeer.open(gateway.ws("/ws"));
  guest.send({ type: "subscribe", channel: "hall", quiet: true });
  const { epoch, seq } = await guest.next("snapshot");
  const seen = await guest.next("presence");
  assert.deepEqual([seen.count, seen.members.length], [1, 1]);
  await mqtt.publish("hall/x", 2);
  assert.equal((await guest.next("data")).value, 2);
  assert.equal((await watcher.next("data")).seq, seq + 1, "no event in between");
  const { channels } = await gateway.json("/api/channels") as { channels: { members: number }[] };
  assert.equal(channels[0]!.members, 1);

  guest.send({ type: "subscribe", channel: "hall", since: `${epoch}:${seq}` });
  assert.equal((await guest.next("data")).seq, seq + 1, "what it says it lacks");
  const joined = await watcher.next("event");
  assert.equal(joined.kind, "join");
  const both = await watcher.next("presence", ({ count }) => count === 2);
  assert.equal(both.members[1]!.member, about(joined).member);
  const [first] = guest.messages;
  assert.ok(first?.type === "welcome" && first.member === about(joined).member);

  guest.send({ type: "subscribe", channel: "hall", quiet: true });
  assert.equal((await watcher.next("event")).kind, "leave");
  await watcher.next("presence", ({ count }) => count === 1);
  guest.send({ type: "unsubscribe", channel: "hall" });
  guest.send({ type: "ping", id: 1 });
  await guest.next("pong");
  await mqtt.publish("hall/x", 3);
  const last = await watcher.next("data");
  const events = watcher.messages.filter(({ type }) => type === "event");
  assert.equal(last.seq, seq + 4, "a value, a join, a leave, a value");
  assert.equal(events.filter((event) => (event as Event).seq > seq).length, 2);
});

Deno.test("hundreds who look on quietly leave a room's presence named", async () => {
  await using gateway = await startWithRoom("hall");
  const guests = await Promise.all(
    Array.from({ length: 110 }, () => WsPeer.open(gateway.ws("/ws"))),
  );
  for (const guest of guests) guest.send({ type: "subscribe", channel: "hall", quiet: true });
  await Promise.all(guests.map((guest) => guest.next("snapshot")));
  await using watcher = await WsPeer.open(gateway.ws("/ws/hall"));
  const presence = await watcher.next("presence", ({ count }) => count === 1);
  assert.equal(presence.members.length, 1);
  for (const guest of guests) guest.socket.close();
  await Promise.all(guests.map((guest) => guest.closed));
});

/** Who is in a room: members, joins, leaves, crowds. */
import assert from "node:assert/strict";
import type { Event, Member } from "../../gateway/sessions/messages.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { sharedGateway } from "../support/shared_gateway.ts";
import { WsPeer } from "../support/ws_peer.ts";

const shared = sharedGateway();

/** The gateway, with rooms of a test's own. */
async function withRooms(...rooms: string[]) {
  const gateway = await shared();
  await using mqtt = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  for (const room of rooms) await mqtt.publish(`${room}/x`, 1);
  return gateway;
}

/** The member that an event is about. */
function about({ detail }: Event): Member & { reason?: string } {
  return detail as Member & { reason?: string };
}

Deno.test("those in a room hear who joins and leaves, and why", async () => {
  const gateway = await withRooms("hall");
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
  const gateway = await withRooms("porch", "attic");
  await using watcher = await WsPeer.open(gateway.ws("/ws"));
  for (const channel of ["porch", "attic"]) watcher.send({ type: "subscribe", channel });
  await using guest = await WsPeer.open(gateway.ws("/ws"));
  for (const channel of ["porch", "attic"]) guest.send({ type: "subscribe", channel });
  await watcher.next("presence", ({ channel, count }) => channel === "porch" && count === 2);
  guest.send({ type: "unsubscribe", channel: "porch" });
  const left = await watcher.next("event", ({ kind }) => kind === "leave");
  assert.equal(left.channel, "porch");
  assert.equal(about(left).reason, "unsubscribed");
  await watcher.next("presence", ({ channel, count }) => channel === "porch" && count === 1);
  const attic = watcher.messages.filter((m) => m.type === "presence" && m.channel === "attic");
  assert.equal((attic.at(-1) as { count: number }).count, 2);
});

Deno.test("a room of more than 100 says how many are in it, and names nobody", async () => {
  const gateway = await withRooms("crowd");
  await using watcher = await WsPeer.open(gateway.ws("/ws/crowd"));
  await watcher.next("presence");
  const guests = await Promise.all(
    Array.from({ length: 110 }, () => WsPeer.open(gateway.ws("/ws/crowd"))),
  );
  const crowd = await watcher.next("presence", ({ count }) => count === 111);
  assert.deepEqual(crowd.members, []);
  for (const guest of guests) guest.socket.close();
  const alone = await watcher.next("presence", ({ count }) => count === 1);
  assert.equal(alone.members.length, 1);
  await Promise.all(guests.map((guest) => guest.closed));
});

Deno.test("a quiet subscription hears all and is nobody's presence, until it is not quiet", async () => {
  const gateway = await withRooms("study");
  await using mqtt = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await using watcher = await WsPeer.open(gateway.ws("/ws/study"));
  await watcher.next("presence");
  await using guest = await WsPeer.open(gateway.ws("/ws"));
  guest.send({ type: "subscribe", channel: "study", quiet: true });
  const { epoch, seq } = await guest.next("snapshot");
  const seen = await guest.next("presence");
  assert.deepEqual([seen.count, seen.members.length], [1, 1]);
  await mqtt.publish("study/x", 2);
  assert.equal((await guest.next("data")).value, 2);
  assert.equal((await watcher.next("data")).seq, seq + 1, "no event in between");
  const { channels } = await gateway.json("/api/channels") as {
    channels: { name: string; members: number }[];
  };
  assert.equal(channels.find(({ name }) => name === "study")!.members, 1);

  guest.send({ type: "subscribe", channel: "study", since: `${epoch}:${seq}` });
  assert.equal((await guest.next("data")).seq, seq + 1, "what it says it lacks");
  const joined = await watcher.next("event");
  assert.equal(joined.kind, "join");
  const both = await watcher.next("presence", ({ count }) => count === 2);
  assert.equal(both.members[1]!.member, about(joined).member);
  const [first] = guest.messages;
  assert.ok(first?.type === "welcome" && first.member === about(joined).member);

  guest.send({ type: "subscribe", channel: "study", quiet: true });
  assert.equal((await watcher.next("event")).kind, "leave");
  await watcher.next("presence", ({ count }) => count === 1);
  guest.send({ type: "unsubscribe", channel: "study" });
  guest.send({ type: "ping", id: 1 });
  await guest.next("pong");
  await mqtt.publish("study/x", 3);
  const last = await watcher.next("data");
  const events = watcher.messages.filter(({ type }) => type === "event");
  assert.equal(last.seq, seq + 4, "a value, a join, a leave, a value");
  assert.equal(events.filter((event) => (event as Event).seq > seq).length, 2);
});

Deno.test("hundreds who look on quietly leave a room's presence named", async () => {
  const gateway = await withRooms("gallery");
  const guests = await Promise.all(
    Array.from({ length: 110 }, () => WsPeer.open(gateway.ws("/ws"))),
  );
  for (const guest of guests) guest.send({ type: "subscribe", channel: "gallery", quiet: true });
  await Promise.all(guests.map((guest) => guest.next("snapshot")));
  await using watcher = await WsPeer.open(gateway.ws("/ws/gallery"));
  const presence = await watcher.next("presence", ({ count }) => count === 1);
  assert.equal(presence.members.length, 1);
  for (const guest of guests) guest.socket.close();
  await Promise.all(guests.map((guest) => guest.closed));
});

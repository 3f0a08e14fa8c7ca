/** Who else has a hand on a control: events of commands, to rooms of more than one. */
import assert from "node:assert/strict";
import type { Event } from "../../gateway/sessions/messages.ts";
import { CommandNotices } from "../../gateway/rooms/command_notices.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { WsPeer } from "../support/ws_peer.ts";

const TOPIC = "devices/valve/opening";
const VIEWER = "a-token-of-the-viewer-here";

/** What a client was told of commands. */
function notices(peer: WsPeer): Event[] {
  return peer.messages.filter((message): message is Event =>
    message.type === "event" && message.kind === "command"
  );
}

Deno.test("each hand on a topic is told of once a second, at once when it comes, of three at most", () => {
  const told = new CommandNotices();
  const alone = Array.from({ length: 100 }, (_, i) => told.due("a", "m1", i * 50));
  assert.equal(alone.filter(Boolean).length, 5);
  assert.equal(told.due("a", "m2", 4960), true, "right behind the other's");
  const by = new Map<string, number>();
  for (let at = 0; at < 5000; at += 25) {
    for (const member of ["m1", "m2", "m3", "m4"]) {
      if (told.due("b", member, at)) by.set(member, (by.get(member) ?? 0) + 1);
    }
  }
  assert.deepEqual([...by], [["m1", 5], ["m2", 5], ["m3", 5]]);
});

Deno.test("members of a room hear who commands which topic", async () => {
  await using gateway = await GatewayProcess.start({
    config: `
tokens:
  - { name: watcher, role: viewer, token: ${VIEWER} }
`,
  });
  await using device = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await device.publish(TOPIC, 10);
  await using first = await WsPeer.open(gateway.ws("/ws/valve"));
  const { member } = await first.next("welcome");
  await first.next("snapshot");
  let ids = 0;
  const command = (peer: WsPeer, value: unknown, topic = TOPIC) =>
    peer.send({ type: "command", id: `c${ids++}`, channel: "valve", topic, value });
  // Alone in the room: nobody is to be told.
  command(first, 1);
  await first.next("ack", ({ stage }) => stage === "delivered");

  const viewer = gateway.ws("/ws/valve");
  viewer.searchParams.set("token", VIEWER);
  await using second = await WsPeer.open(viewer);
  await second.next("snapshot");
  const started = performance.now();
  for (let value = 2; value < 40; value++) command(first, value);
  const { detail } = await second.next("event", ({ kind }) => kind === "command");
  assert.deepEqual(detail, { member, topic: TOPIC });
  // What is refused is no hand on a control.
  command(second, 7);
  await second.next("ack", ({ stage }) => stage === "failed");
  command(first, 1, "devices/valve/unheard");
  command(first, 1, "greenhouse/roof");
  await first.next("ack", ({ reason }) => reason === "the topic is not of this channel");
  await device.publish(TOPIC, 39);
  await second.next("data", ({ value }) => value === 39);
  const most = 1 + Math.floor((performance.now() - started) / 1000);
  for (const peer of [first, second]) {
    const told = notices(peer);
    assert.ok(told.length >= 1 && told.length <= most, `${told.length}`);
    assert.ok(told.every((each) => (each.detail as { topic: string }).topic === TOPIC));
  }
});

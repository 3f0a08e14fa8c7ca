/**
 * Single updates and events of a channel's history over HTTP.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { sharedGateway } from "../support/shared_gateway.ts";
import { WsPeer } from "../support/ws_peer.ts";

const LIGHT = "devices/desk/light";
/** Each test has a channel of its own. */
const shared = sharedGateway();

interface Update {
  seq: number;
  time: number;
  topic: string;
  value: unknown;
  id: string;
}

async function refused(gateway: GatewayProcess, path: string, status: number): Promise<string> {
  const response = await fetch(new URL(path, gateway.url));
  assert.equal(response.status, status, path);
  return (await response.json()).error.message;
}

Deno.test("the update nearest to a time, with its id", async () => {
  const gateway = await shared();
  await using desk = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await desk.publish(LIGHT, "1.50");
  await using screen = await WsPeer.open(gateway.ws("/ws/desk"));
  await screen.next("snapshot");
  const told: Update[] = [];
  for (const value of [20, 30]) {
    await desk.publish("devices/desk/other", -value);
    await desk.publish(LIGHT, value);
    told.push(await screen.next("data", ({ topic }) => topic === LIGHT));
    // So that the next one's time is another.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const at = async (time: number) =>
    await gateway.json(
      `/api/channels/desk/update?topic=${encodeURIComponent(LIGHT)}&time=${time}`,
    ) as Update;
  for (const { seq, time, topic, value, id } of told) {
    const update = await at(time + 0.4);
    assert.deepEqual(update, { seq, time, topic, value, device: "desk", id });
  }
  const [, last] = told;
  assert.equal((await at(last!.time + 60_000)).id, last!.id);
  const response = await fetch(
    new URL(`/api/channels/desk/update?topic=${LIGHT}&time=${told[0]!.time - 60_000}`, gateway.url),
  );
  assert.match(await response.text(), /"value":1\.50,/, "as it came");

  const far = last!.time + 11 * 60_000;
  const path = "/api/channels/desk/update";
  assert.match(await refused(gateway, `${path}?topic=${LIGHT}&time=${far}`, 404), /10 minutes/);
  assert.match(await refused(gateway, `${path}?topic=none&time=${last!.time}`, 404), /"none"/);
  assert.match(await refused(gateway, `${path}?topic=${LIGHT}&time=now`, 400), /Unix milli/);
  assert.match(await refused(gateway, `${path}?time=1`, 400), /topic/);
  assert.match(await refused(gateway, "/api/channels/none/update?topic=a&time=1", 404), /channel/);
});

Deno.test("events, the newest first", async () => {
  const gateway = await shared();
  await using shelf = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await shelf.publish("devices/shelf/light", 1);
  for (let i = 0; i < 3; i++) {
    await using screen = await WsPeer.open(gateway.ws("/ws/shelf"));
    await screen.next("snapshot");
    await shelf.publish("devices/shelf/light", i);
  }
  type Answer = { events: { seq: number; time: number; kind: string; detail: unknown }[] };
  const { events } = await gateway.json("/api/channels/shelf/events") as Answer;
  const kinds = events.map(({ kind }) => kind);
  assert.deepEqual(kinds.filter((kind) => kind === "join").length, 3);
  assert.ok(events.every(({ seq }, i) => i === 0 || seq < events[i - 1]!.seq));
  assert.ok(events.every(({ time, detail }) => time > 1e12 && typeof detail === "object"));
  const two = await gateway.json("/api/channels/shelf/events?limit=2") as Answer;
  assert.deepEqual(two.events, events.slice(0, 2));
  for (const limit of ["0", "1001", "1.5", "many"]) {
    const message = await refused(gateway, `/api/channels/shelf/events?limit=${limit}`, 400);
    assert.match(message, /from 1 to 1000/);
  }
  assert.match(await refused(gateway, "/api/channels/none/events", 404), /no channel "none"/);
});

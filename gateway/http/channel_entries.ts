/**
 * Single entries of a channel's history, for viewers:
 *
 * - `/api/channels/<name>/update?topic=T&time=MS` the update of a topic nearest to a time: what a
 *   point of a plot was made of;
 * - `/api/channels/<name>/events?limit=100` what happened in it, the newest first.
 *
 * @module
 */
import type { Context, Hono } from "hono";
import type { Entry } from "../rooms/history.ts";
import type { Room } from "../rooms/room.ts";
import type { Rooms } from "../rooms/rooms.ts";
import { type Env, problem } from "./route.ts";

/** How far from the time asked for an update may be, ms. */
const NEAR_MS = 600_000;
const DEFAULT_EVENTS = 100;
const MAX_EVENTS = 1000;
const JSON_TYPE = { "content-type": "application/json" };

/** Adds the routes. Who is not even a viewer has been refused before. */
export function addChannelEntries(app: Hono<Env>, { rooms }: { rooms: Rooms }) {
  app.get("/api/channels/:name/update", (c) => {
    const room = rooms.get(c.req.param("name"));
    return room === undefined ? noChannel(c) : update(c, room);
  });
  app.get("/api/channels/:name/events", (c) => {
    const room = rooms.get(c.req.param("name"));
    return room === undefined ? noChannel(c) : events(c, room);
  });
}

function noChannel(c: Context) {
  return problem(c, 404, `no channel "${c.req.param("name")}"`);
}

function update(c: Context<Env>, room: Room) {
  const topic = c.req.query("topic") ?? "";
  const text = c.req.query("time") ?? "";
  if (topic === "") return problem(c, 400, "topic: the topic whose update is asked for");
  if (!/^\d+(\.\d+)?$/.test(text)) return problem(c, 400, "time: Unix milliseconds");
  const entry = nearest(room, topic, Number(text));
  if (entry !== undefined) return c.body(updateText(room, entry), 200, JSON_TYPE);
  const minutes = NEAR_MS / 60_000;
  return problem(c, 404, `no update of "${topic}" is held within ${minutes} minutes of that time`);
}

/** Of updates that are as near the newest. */
function nearest({ history }: Room, topic: string, time: number): Entry | undefined {
  let found: Entry | undefined;
  let least = NEAR_MS;
  for (const entry of history.between(time - NEAR_MS, time + NEAR_MS)) {
    if (entry.topic?.topic !== topic) continue;
    const distance = Math.abs(entry.time - time);
    if (distance > least) continue;
    least = distance;
    found = entry;
  }
  return found;
}

/** The message's members, without those that the address says. */
function updateText(room: Room, entry: Entry): string {
  const head = `{"type":"data","channel":${JSON.stringify(room.name)},`;
  return room.encode(entry).replace(head, () => "{");
}

function events(c: Context<Env>, room: Room) {
  const limit = Number(c.req.query("limit") ?? DEFAULT_EVENTS);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_EVENTS) {
    return problem(c, 400, `limit: a whole number from 1 to ${MAX_EVENTS}`);
  }
  const found: Entry[] = [];
  for (const entry of room.history.after(-1)) if (entry.topic === null) found.push(entry);
  const texts = found.slice(-limit).reverse().map(({ seq, time, json }) =>
    `{"seq":${seq},"time":${time},${json}}`
  );
  return c.body(`{"events":[${texts}]}`, 200, JSON_TYPE);
}

/**
 * Single entries of a channel's history, for viewers:
 *
 * - `/api/channels/<name>/update?topic=T&time=MS` the update of a topic nearest to a time: what a
 *   point of a plot was made of;
 * - `/api/channels/<name>/events?limit=100` what happened in it, the newest first.
 *
 * They come from memory, and from disk where there is a store.
 *
 * @module
 */
import type { Context, Hono } from "hono";
import type { Entry } from "../rooms/history.ts";
import type { Room } from "../rooms/room.ts";
import type { Rooms } from "../rooms/rooms.ts";
import { type Env, problem } from "./route.ts";
import { storedEvents, storedRows } from "./stored_rows.ts";

/** How far from the time asked for an update may be, ms. */
const NEAR_MS = 600_000;
/** Spans that are looked through for it, ms. */
const AROUND_MS = [50, 5000, NEAR_MS];
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

async function update(c: Context<Env>, room: Room) {
  const topic = c.req.query("topic") ?? "";
  const text = c.req.query("time") ?? "";
  if (topic === "") return problem(c, 400, "topic: the topic whose update is asked for");
  if (!/^\d+(\.\d+)?$/.test(text)) return problem(c, 400, "time: Unix milliseconds");
  const entry = await nearest(room, topic, Number(text));
  if (entry !== null) return c.body(updateText(room, entry), 200, JSON_TYPE);
  const minutes = NEAR_MS / 60_000;
  return problem(c, 404, `no update of "${topic}" is held within ${minutes} minutes of that time`);
}

/** Looks close by at first: what is asked for mostly is there. */
async function nearest(room: Room, topic: string, time: number): Promise<Entry | null> {
  for (const around of AROUND_MS) {
    const found = new Nearest(topic, time, around);
    for (const entry of room.history.between(time - around, time + around)) found.take(entry);
    if (found.entry === null || found.distance > 0) {
      for await (const entries of storedRows(room, time - around, time + around)) {
        entries.forEach((entry) => found.take(entry));
      }
    }
    if (found.entry !== null) return found.entry;
  }
  return null;
}

/** The update of a topic that is nearest to a time; of those that are as near the newest. */
class Nearest {
  entry: Entry | null = null;
  distance: number;
  readonly #topic: string;
  readonly #time: number;

  /** @param around How far from it an update may be, ms. */
  constructor(topic: string, time: number, around: number) {
    this.#topic = topic;
    this.#time = time;
    this.distance = around;
  }

  take(entry: Entry) {
    if (entry.topic?.topic !== this.#topic) return;
    const distance = Math.abs(entry.time - this.#time);
    if (distance > this.distance) return;
    if (distance === this.distance && entry.seq < (this.entry?.seq ?? 0)) return;
    this.distance = distance;
    this.entry = entry;
  }
}

/** The message's members, without those that the address says. */
function updateText(room: Room, entry: Entry): string {
  const head = `{"type":"data","channel":${JSON.stringify(room.name)},`;
  return room.encode(entry).replace(head, () => "{");
}

async function events(c: Context<Env>, room: Room) {
  const limit = Number(c.req.query("limit") ?? DEFAULT_EVENTS);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_EVENTS) {
    return problem(c, 400, `limit: a whole number from 1 to ${MAX_EVENTS}`);
  }
  const found = [...room.history.after(-1)].filter(({ topic }) => topic === null).reverse();
  const { firstSeq } = room.history;
  const below = (firstSeq ?? room.seq + 1) - 1;
  if (found.length < limit) found.push(...await storedEvents(room, below, limit - found.length));
  const texts = found.slice(0, limit).map(({ seq, time, json }) =>
    `{"seq":${seq},"time":${time},${json}}`
  );
  return c.body(`{"events":[${texts}]}`, 200, JSON_TYPE);
}

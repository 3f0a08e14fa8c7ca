/**
 * All channels over HTTP (`GET /api/channels`), on request with what their topics are called.
 *
 * @module
 */
import type { Hono } from "hono";
import { AnswerText } from "../nodes/answer_text.ts";
import type { Rooms } from "../rooms/rooms.ts";
import type { Env } from "./route.ts";

/** One channel, shortly. */
export interface ChannelInfo {
  name: string;
  /** Number of its newest entry. */
  seq: number;
  /** When its last update came, Unix milliseconds; 0: none yet. */
  time: number;
  /** How many topics it has. */
  topics: number;
  /** Updates taken in so far. */
  updates: number;
  /** Clients in its room, quiet ones excepted. */
  members: number;
  /** With `?names=true`: its topics and their units, for who searches. */
  names?: string[];
  units?: string[];
}

/** `/api/channels`. */
export interface ChannelsAnswer {
  epoch: string;
  channels: ChannelInfo[];
  /** With `?names=true`: topics that are left out because they are too many. */
  left?: number;
}

/** Topics named in one answer, over all channels. */
const MAX_NAMES = 100_000;
/** Of the time, making names takes one part of so many: 10 ms are due once a second. */
const NAMES_PARTS = 100;

/** Adds the route; who may ask is decided before it. Names may be from a moment ago. */
export function addChannels(app: Hono<Env>, rooms: Rooms): void {
  const named = new AnswerText(() => channelsAnswer(rooms, true), NAMES_PARTS);
  app.get("/api/channels", (c) => {
    if (c.req.query("names") !== "true") return c.json(channelsAnswer(rooms, false));
    return c.body(named.text, 200, { "content-type": "application/json" });
  });
}

/** @param named Whether to name topics and units, at most {@linkcode MAX_NAMES}. */
export function channelsAnswer(rooms: Rooms, named: boolean): ChannelsAnswer {
  let free = MAX_NAMES;
  let left = 0;
  const naming = (channel: string, topics: Iterable<string>, count: number) => {
    const names = first(topics, free);
    free -= names.length;
    left += count - names.length;
    const units = rooms.descriptions(channel).flatMap(({ unit }) => unit ? [unit] : []);
    return { names, units: [...new Set(units)] };
  };
  const channels = [...rooms.all()].map(({ name, seq, time, topics, updates, present }) => ({
    name,
    seq,
    time,
    topics: topics.size,
    updates,
    members: present,
    ...(named ? naming(name, topics.keys(), topics.size) : {}),
  }));
  return { epoch: rooms.epoch, channels, ...(left > 0 ? { left } : {}) };
}

function first(topics: Iterable<string>, most: number): string[] {
  const names: string[] = [];
  if (most === 0) return names;
  for (const topic of topics) {
    if (names.push(topic) === most) break;
  }
  return names;
}

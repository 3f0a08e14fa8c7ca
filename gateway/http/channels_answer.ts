/**
 * All channels over HTTP (`GET /api/channels`), on request with what their topics are called.
 *
 * @module
 */
import type { Rooms } from "../rooms/rooms.ts";

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
  /** Clients in its room. */
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

/** @param named Whether to name topics and units, at most {@linkcode MAX_NAMES}. */
export function channelsAnswer(rooms: Rooms, named: boolean): ChannelsAnswer {
  let free = MAX_NAMES;
  let left = 0;
  const naming = (channel: string, topics: Iterable<string>, count: number) => {
    const names = [...topics].slice(0, free);
    free -= names.length;
    left += count - names.length;
    const units = rooms.descriptions(channel).flatMap(({ unit }) => unit ? [unit] : []);
    return { names, units: [...new Set(units)] };
  };
  const channels = [...rooms.all()].map(({ name, seq, time, topics, updates, members }) => ({
    name,
    seq,
    time,
    topics: topics.size,
    updates,
    members: members.size,
    ...(named ? naming(name, topics.keys(), topics.size) : {}),
  }));
  return { epoch: rooms.epoch, channels, ...(left > 0 ? { left } : {}) };
}

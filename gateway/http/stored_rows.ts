/**
 * Entries on disk as those of a room. A store that takes nothing may not be able to read, either:
 * then there are none, and its state says why.
 *
 * @module
 */
import type { Entry } from "../rooms/history.ts";
import type { Room } from "../rooms/room.ts";

/**
 * All of a span of time, oldest first, a part at a time; none where there is no store.
 *
 * @param since, until Unix milliseconds, both inclusive.
 * @throws What the store says although its state is well.
 */
export async function* storedRows(
  room: Room,
  since: number,
  until: number,
): AsyncGenerator<Entry[]> {
  const { store, name } = room;
  if (store === null) return;
  try {
    for await (const entries of store.rows(name, since, until)) {
      yield entries.map((entry) => room.entryOf(entry));
    }
  } catch (error) {
    if (store.state.state === "ok") throw error;
  }
}

/** How a look for events goes on. */
interface Look {
  events: Entry[];
  /** Number to go on below; 0: that was all. */
  to: number;
}

/** Entries that are looked through at a time, and how often. */
const LOOK_ROWS = 1000;
const LOOKS = 20;

/**
 * The newest events up to a number, the newest first.
 *
 * @param count Wanted; fewer may be found, since only the newest 20,000 entries are looked through.
 */
export async function storedEvents(room: Room, to: number, count: number): Promise<Entry[]> {
  const found: Entry[] = [];
  for (let look = 0; look < LOOKS && to > 0 && found.length < count; look++) {
    const { events, to: next } = await lookBelow(room, to);
    found.push(...events);
    to = next;
  }
  return found;
}

async function lookBelow(room: Room, to: number): Promise<Look> {
  const { store, name } = room;
  if (store === null) return { events: [], to: 0 };
  const from = Math.max(1, to - LOOK_ROWS + 1);
  try {
    const { entries, gaps, first } = await store.range(name, from, to, LOOK_ROWS);
    const hole = gaps.find((gap) => gap.from <= from && gap.to >= from);
    return {
      events: entries.map((entry) => room.entryOf(entry)).filter(({ topic }) => topic === null)
        .reverse(),
      to: from <= first ? 0 : Math.min(from, hole?.from ?? from) - 1,
    };
  } catch (error) {
    if (store.state.state === "ok") throw error;
    return { events: [], to: 0 };
  }
}

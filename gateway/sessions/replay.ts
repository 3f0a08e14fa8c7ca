/**
 * A resume: what was asked for, and what of it memory no longer has, read from the store a piece at
 * a time, as runs of entries and as holes with the reason for each.
 *
 * @module
 */
import type { Room } from "../rooms/room.ts";
import type { Store } from "../store/store.ts";
import type { RangeAnswer, StoredEntry, StoredGap } from "../store/store_messages.ts";
import type { GapReason } from "./messages.ts";

/** Numbers that follow each other: entries of all of them, or of none. Both ends are inclusive. */
export interface Part {
  from: number;
  to: number;
  entries: StoredEntry[];
  /** Why there are no entries; `null`: there are. */
  missing: GapReason | null;
}

/** Entries read at a time. */
const PIECE_ROWS = 1000;

/** One replay's way through the store. */
export class StoredReplay {
  readonly #store: Store;
  readonly #channel: string;
  readonly #limit: number;
  /** It is known not to be too much. */
  #counted = false;
  #parts: Part[] = [];
  #asking = false;

  /** @param limit Entries; if there are more, none of them is read. */
  constructor(room: Room, store: Store, limit: number) {
    this.#store = store;
    this.#channel = room.name;
    this.#limit = limit;
  }

  /**
   * The part that has the number behind `seq`.
   *
   * @param to Newest number wanted, above `seq`
   * @returns `null`: it is being read, ask again soon
   */
  behind(seq: number, to: number): Part | null {
    while (this.#parts.length > 0 && this.#parts[0]!.to <= seq) this.#parts.shift();
    const part = this.#parts[0];
    if (part !== undefined && part.from <= seq + 1) return part;
    if (!this.#asking) this.#ask(seq + 1, to);
    return null;
  }

  async #ask(from: number, to: number) {
    this.#asking = true;
    try {
      this.#parts = await this.#read(from, to);
    } catch {
      // The store says why in its state.
      this.#parts = [{ from, to, entries: [], missing: "disk" }];
    }
    this.#asking = false;
  }

  async #read(from: number, to: number): Promise<Part[]> {
    if (!this.#counted) {
      const count = await this.#store.count(this.#channel, from, to);
      if (count > this.#limit) return [{ from, to, entries: [], missing: "limit" }];
      this.#counted = true;
    }
    return partsOf(from, to, await this.#store.range(this.#channel, from, to, PIECE_ROWS));
  }
}

/** What an answer covers: all that was asked for when it is empty, else up to its last entry. */
export function partsOf(from: number, to: number, { entries, gaps, first }: RangeAnswer): Part[] {
  const parts: Part[] = [];
  let next = from;
  let start = 0;
  const run = (end: number) => {
    if (end === start) return;
    const held = entries.slice(start, end);
    parts.push({ from: held[0]!.seq, to: held.at(-1)!.seq, entries: held, missing: null });
    start = end;
  };
  entries.forEach(({ seq }, index) => {
    if (seq > next) {
      run(index);
      parts.push(...holes(next, seq - 1, gaps, first));
    }
    next = seq + 1;
  });
  run(entries.length);
  if (entries.length === 0) parts.push(...holes(from, to, gaps, first));
  return parts;
}

/** The holes from one number to another, by their reasons. */
function holes(from: number, to: number, gaps: StoredGap[], first: number): Part[] {
  const parts: Part[] = [];
  const hole = (from: number, to: number, missing: GapReason) => {
    const before = parts.at(-1);
    if (before?.missing === missing) before.to = to;
    else if (from <= to) parts.push({ from, to, entries: [], missing });
  };
  // What is older than all that is held was removed; of the rest nothing but the disk took it.
  const unnamed = (from: number, to: number) => {
    hole(from, Math.min(to, first - 1), "history");
    hole(Math.max(from, first), to, "disk");
  };
  let next = from;
  for (const gap of gaps) {
    const begin = Math.max(gap.from, next);
    const end = Math.min(gap.to, to);
    if (end < begin) continue;
    if (begin > next) unnamed(next, begin - 1);
    hole(begin, end, gap.reason === "restart" ? "restart" : "disk");
    next = end + 1;
  }
  if (next <= to) unnamed(next, to);
  return parts;
}

/** What a resume asked for, on its way to the client. */
export class Replay {
  readonly from: number;
  /** Newest number that is still replayed. */
  to: number;
  /** Whether nothing was missing so far. */
  complete = true;
  /** What memory does not have; `null`: nobody has it. */
  readonly stored: StoredReplay | null;
  readonly #room: Room;
  /** How many numbers were asked for, or it last went on by. */
  #length: number;

  /**
   * @param seq The newest number that the client has.
   * @param limit Entries that are read from the store at most.
   */
  constructor(room: Room, seq: number, limit: number) {
    this.from = seq + 1;
    this.to = room.seq;
    this.stored = room.store === null ? null : new StoredReplay(room, room.store, limit);
    this.#room = room;
    this.#length = room.seq - seq;
  }

  /**
   * To be called at its end: what came meanwhile, and memory has lost again, is replayed as well, as
   * long as that gets less. Who is too slow is thinned in the end.
   *
   * @returns whether it has another end now
   */
  goOn(): boolean {
    const { history, seq } = this.#room;
    const length = seq - this.to;
    if (this.stored === null || history.reaches(this.to, seq)) return false;
    if (length > this.#length / 2) return false;
    this.#length = length;
    this.to = seq;
    return true;
  }
}

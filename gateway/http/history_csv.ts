/**
 * A room's history as CSV (RFC 4180), read as fast as the client takes it.
 *
 * @module
 */
import type { Entry } from "../rooms/history.ts";
import type { Room } from "../rooms/room.ts";
import { storedRows } from "./stored_rows.ts";

/** Rows in memory that make a chunk. */
const CHUNK_ROWS = 1000;

/** RFC 4180 section 2: fields with commas, quotes or line breaks are quoted. */
function field(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function lines(entries: Entry[]): string {
  let text = "";
  for (const { time, seq, topic, json, id } of entries) {
    if (topic !== null) text += `${time},${seq},${field(topic.topic)},${field(json)},${id}\r\n`;
  }
  return text;
}

/** Rows of `time,seq,topic,value,id`, every update of the span, a chunk at a time. */
export async function* historyCsv(
  room: Room,
  since: number,
  until: number,
): AsyncGenerator<string> {
  yield "time,seq,topic,value,id\r\n";
  let last = -1;
  for await (const entries of storedRows(room, since, until)) {
    last = entries.at(-1)!.seq;
    const text = lines(entries);
    if (text !== "") yield text;
  }
  // What the store did not take may be in memory.
  if (room.store?.state.state === "ok") return;
  yield* linesInMemory(room, last, since, until);
}

function* linesInMemory(
  { history }: Room,
  seq: number,
  since: number,
  until: number,
): Generator<string> {
  let entries: Entry[] = [];
  for (const entry of history.after(seq)) {
    if (entry.time < since || entry.time > until) continue;
    entries.push(entry);
    if (entries.length < CHUNK_ROWS) continue;
    yield lines(entries);
    entries = [];
  }
  if (entries.length > 0) yield lines(entries);
}

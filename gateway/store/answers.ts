/**
 * What a question is answered with.
 *
 * @module
 */
import { BeforeQuery } from "./before_query.ts";
import type { ChannelBook, ChannelState } from "./channel_book.ts";
import type { Database } from "./database.ts";
import type { Intake } from "./intake.ts";
import { countRange, readGaps, readRange, readRows } from "./range_query.ts";
import type { Rollups } from "./rollups.ts";
import { SeriesQuery } from "./series_query.ts";
import type { Answers, ChannelQuestion, Question, StoredGap } from "./store_messages.ts";

/**
 * @param db `null`: there is none now, and only what is in memory can be told.
 * @throws What SQLite says.
 */
export function answerTo(
  question: Question,
  db: Database | null,
  book: ChannelBook,
  rollups: Rollups,
  intake: Intake,
): Answers[keyof Answers] {
  switch (question.kind) {
    case "entries": {
      const { space, from } = question;
      const { values } = intake;
      if (from === null) return values.waiting(space);
      return db === null ? { entries: [], next: null } : values.read(db, space, from);
    }
    case "outbox":
      return { bytes: intake.outbox.read(db, question.from, question.bytes) };
    default:
      return answerOfChannel(question, db, book, rollups, intake);
  }
}

function answerOfChannel(
  question: ChannelQuestion,
  db: Database | null,
  book: ChannelBook,
  rollups: Rollups,
  intake: Intake,
): Answers[keyof Answers] {
  const channel = book.names.get(question.channel);
  if (channel === undefined) return empty(question.kind);
  switch (question.kind) {
    case "range": {
      const { from, to, limit } = question;
      const range = readRange(db, book, channel, from, to, limit);
      return { ...range, gaps: withWaiting(range.gaps, intake, channel, from, to) };
    }
    case "series": {
      const { since, until, points } = question;
      const answer = new SeriesQuery(db, book, rollups, channel, points).answer(since, until);
      const gaps = allGaps(db, channel, intake);
      new BeforeQuery(db, book, rollups, channel, gaps, since).addTo(answer);
      return answer;
    }
    case "rows": {
      const { since, until, from } = question;
      return readRows(db, book, channel, since, until, from);
    }
    case "count":
      return countRange(db, channel, question.from, question.to);
  }
}

function allGaps(db: Database | null, channel: ChannelState, intake: Intake): StoredGap[] {
  const written = db === null ? [] : readGaps(db, channel, 0, channel.newest);
  return withWaiting(written, intake, channel, 0, channel.newest);
}

/** Gaps that are not on disk yet replace those that they have grown from. */
function withWaiting(
  written: StoredGap[],
  intake: Intake,
  { name }: ChannelState,
  from: number,
  to: number,
): StoredGap[] {
  const waiting = intake.gaps(name, from, to);
  return [...written.filter((gap) => waiting.every(({ from }) => from !== gap.from)), ...waiting];
}

function empty(kind: ChannelQuestion["kind"]): Answers[keyof Answers] {
  if (kind === "range") return { entries: [], gaps: [], first: 1 };
  if (kind === "count") return 0;
  if (kind === "rows") return { entries: [], next: null };
  return { series: [], others: [], complete: true, seq: 0 };
}

/**
 * What a question is answered with.
 *
 * @module
 */
import type { ChannelBook } from "./channel_book.ts";
import type { Database } from "./database.ts";
import type { Intake } from "./intake.ts";
import { readRange, readRows } from "./range_query.ts";
import type { Rollups } from "./rollups.ts";
import { SeriesQuery } from "./series_query.ts";
import type { Answers, Question, RangeAnswer } from "./store_messages.ts";

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
  const channel = book.names.get(question.channel);
  if (channel === undefined) return empty(question.kind);
  switch (question.kind) {
    case "range": {
      const { from, to, limit } = question;
      return withWaiting(readRange(db, book, channel, from, to, limit), intake, question);
    }
    case "series": {
      const { since, until, points } = question;
      return new SeriesQuery(db, book, rollups, channel, points).answer(since, until);
    }
    case "rows": {
      const { since, until, from } = question;
      return readRows(db, book, channel, since, until, from);
    }
  }
}

/** Gaps that are not on disk yet replace those that they have grown from. */
function withWaiting(
  answer: RangeAnswer,
  intake: Intake,
  { channel, from, to }: { channel: string; from: number; to: number },
): RangeAnswer {
  const waiting = intake.gaps(channel, from, to);
  const written = answer.gaps.filter((gap) => waiting.every(({ from }) => from !== gap.from));
  return { ...answer, gaps: [...written, ...waiting] };
}

function empty(kind: Question["kind"]): Answers[keyof Answers] {
  if (kind === "range") return { entries: [], gaps: [], first: 1 };
  if (kind === "rows") return { entries: [], next: null };
  return { series: [], others: [], complete: true, seq: 0 };
}

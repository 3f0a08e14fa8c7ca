/**
 * What `edgewire verify` found, as text or JSON, a piece at a time.
 *
 * @module
 */
import type { ChannelLog, Gap, NumberRange } from "./channel_log.ts";
import type { Verification, View } from "./verification.ts";

export interface ReportOptions {
  /** Places that count, and places whose messages were seen but are not checked. */
  checked: View[];
  unchecked: View[];
  /** What the reader should know, a sentence each. */
  notes: string[];
  /** List all of a channel. */
  all: boolean;
}

/** Of each kind and channel, without `all`. */
const LISTED = 20;

/** Numbers of all that was checked. */
interface Totals {
  messages: number;
  channels: number;
  /** Channels with something amiss. */
  damaged: number;
  missing: number;
  gaps: number;
  /** Missing numbers that a record gives a reason for. */
  explained: number;
  duplicates: number;
  resent: number;
  reordered: number;
  unknown: number;
  /** Missing in exports, which have no events. */
  untold: number;
}

/** For people. */
export function* textReport(options: ReportOptions): Generator<string> {
  const totals = newTotals();
  for (const view of options.checked) {
    const numbers = view.numbering === "n" ? "" : " (by seq)";
    yield `${shown(view.name)}${numbers}\n`;
    const columns = new Columns(view);
    for (const log of view.logs()) yield* channelText(log, view, columns, totals, options.all);
  }
  for (const note of options.notes) yield `note: ${shown(note)}\n`;
  yield `${summaryText(totals)}\n`;
}

function* channelText(
  log: ChannelLog,
  view: View,
  columns: Columns,
  totals: Totals,
  all: boolean,
): Generator<string> {
  const { duplicates, resent, reordered, unknown } = log;
  const { lines, missing, gaps, explained } = gapLines(log, view, all);
  lines.push(
    ...listText(
      log.duplicateList,
      all,
      "duplicates",
      (one) => `duplicate ${rangeText(one)}${one.resent ? ", resent" : ""}`,
    ),
  );
  lines.push(
    ...listText(
      log.reorderingList,
      all,
      "reorderings",
      (one) => `reordered ${rangeText(one)}, after ${count(one.after)}`,
    ),
  );
  if (unknown > 0) lines.push(`${count(unknown)} came so late that they may be duplicates`);
  if (log.uncountedDrops > 0) lines.push(`${count(log.uncountedDrops)} records of drops too many`);
  if (view.numbering === "n" && log.first !== null && log.first > 1) {
    lines.push(`begins with ${count(log.first)}: what was before is not in it`);
  }
  yield columns.line(log, missing);
  for (const line of lines) yield `      ${line}\n`;
  totals.channels++;
  totals.messages += log.messages;
  totals.duplicates += duplicates;
  totals.resent += resent;
  totals.reordered += reordered;
  totals.unknown += unknown;
  const counted = view.lacksEvents ? 0 : missing;
  if (counted + duplicates + reordered + unknown > 0) totals.damaged++;
  if (view.lacksEvents) totals.untold += missing;
  if (counted === 0) return;
  totals.missing += missing;
  totals.gaps += gaps;
  totals.explained += explained;
}

/** Lines about gaps, and how many numbers and gaps there are. */
function gapLines(log: ChannelLog, { lacksEvents }: View, all: boolean) {
  const lines: string[] = [];
  let missing = log.unlistedMissing;
  let gaps = 0;
  let explained = 0;
  if (missing > 0) lines.push(`${count(missing)} missing in older gaps, not kept one by one`);
  for (const gap of log.gaps()) {
    const size = gap.to - gap.from + 1;
    missing += size;
    if (gap.reason !== undefined) explained += size;
    if (++gaps <= LISTED || all) lines.push(gapText(gap, lacksEvents));
  }
  if (gaps > LISTED && !all) lines.push(`and ${count(gaps - LISTED)} gaps more (--all lists them)`);
  return { lines, missing, gaps, explained };
}

/** Lines of channels, whose names stand in one column, and a heading for each epoch. */
class Columns {
  readonly #width: number;
  #epoch: string | undefined;

  constructor(view: View) {
    let width = 12;
    for (const { channel } of view.logs()) width = Math.max(width, Math.min(40, channel.length));
    this.#width = width;
  }

  line(log: ChannelLog, missing: number): string {
    const row = (name: string, ...cells: string[]) =>
      `    ${name.padEnd(this.#width)}${cells.map((cell) => cell.padStart(12)).join("")}\n`;
    let text = "";
    if (log.epoch !== this.#epoch) {
      this.#epoch = log.epoch;
      if (log.epoch !== "") text += `  epoch ${shown(log.epoch)}\n`;
      text += row("", "messages", "first", "last", "missing", "duplicates", "reordered");
    }
    const { messages, first, last, duplicates, reordered } = log;
    const numbers = [messages, first ?? 0, last ?? 0, missing, duplicates, reordered];
    return text + row(shown(log.channel), ...numbers.map(count));
  }
}

function gapText(gap: Gap, isPerhapsEvents: boolean): string {
  const reason = gap.reason !== undefined
    ? `, told: ${shown(gap.reason)}`
    : isPerhapsEvents
    ? ", perhaps events"
    : "";
  return `gap ${rangeText(gap)} (${count(gap.to - gap.from + 1)})${reason}`;
}

function* listText<T>(
  list: T[],
  all: boolean,
  what: string,
  text: (one: T) => string,
): Generator<string> {
  const listed = all ? list : list.slice(0, LISTED);
  for (const one of listed) yield text(one);
  const rest = list.length - listed.length;
  if (rest > 0) yield `and ${count(rest)} runs of ${what} more (--all lists them)`;
}

function summaryText(totals: Totals): string {
  const { messages, channels, damaged, missing, gaps, explained } = totals;
  const { duplicates, resent, reordered, unknown, untold } = totals;
  const seen = `${amount(messages, "message")} of ${amount(channels, "channel")}`;
  if (damaged === 0 && untold > 0) {
    return `No duplicates, no reorderings; ${count(untold)} missing, perhaps events: ${seen}.`;
  }
  if (damaged === 0) return `No gaps, no duplicates, no reorderings: ${seen}.`;
  const parts = [
    missing === 0 && untold > 0
      ? `${count(untold)} missing, perhaps events`
      : missing === 0
      ? "no gaps"
      : `${count(missing)} missing in ${amount(gaps, "gap")}` +
        (explained === 0 ? "" : ` (of which the uplink told: ${count(explained)})`),
    duplicates === 0
      ? "no duplicates"
      : amount(duplicates, "duplicate") + (resent === 0 ? "" : ` (resent: ${count(resent)})`),
    reordered === 0 ? "no reorderings" : `${count(reordered)} out of order`,
    ...(unknown === 0 ? [] : [`${count(unknown)} too late to tell`]),
  ];
  const text = parts.join(", ");
  return `${text[0]!.toUpperCase()}${text.slice(1)}: ${seen}, ${count(damaged)} of them concerned.`;
}

function newTotals(): Totals {
  return {
    messages: 0,
    channels: 0,
    damaged: 0,
    missing: 0,
    gaps: 0,
    explained: 0,
    duplicates: 0,
    resent: 0,
    reordered: 0,
    unknown: 0,
    untold: 0,
  };
}

/** For programs: one object. */
export function* jsonReport(
  verification: Verification,
  isClean: boolean,
  { checked, unchecked, notes }: ReportOptions,
): Generator<string> {
  const { stamped, unstamped, retained, notices } = verification;
  const counts = { stamped, unstamped, retained, dropRecords: notices };
  yield `{"clean":${isClean},"messages":${JSON.stringify(counts)},"notes":${
    JSON.stringify(notes)
  },` +
    `"notChecked":${JSON.stringify(unchecked.map(({ name }) => name))},"logs":[`;
  let separator = "\n";
  for (const view of checked) {
    for (const log of view.logs()) {
      yield separator + JSON.stringify(channelJson(log, view));
      separator = ",\n";
    }
  }
  yield "\n]}\n";
}

function channelJson(log: ChannelLog, view: View) {
  const { epoch, channel, messages, first, last, missing, duplicates, resent, reordered } = log;
  return {
    seen: view.name,
    numbering: view.numbering,
    epoch,
    channel,
    messages,
    first,
    last,
    missing,
    gaps: [...log.gaps()].map(({ from, to, reason }) => ({
      from,
      to,
      count: to - from + 1,
      ...(reason === undefined ? {} : { reason }),
    })),
    ...(view.lacksEvents ? { gapsCount: false } : {}),
    unlistedMissing: log.unlistedMissing,
    duplicates,
    resent,
    duplicateRanges: log.duplicateList,
    reordered,
    reorderings: log.reorderingList,
    tooLateToTell: log.unknown,
  };
}

function rangeText({ from, to }: NumberRange): string {
  return from === to ? count(from) : `${count(from)} to ${count(to)}`;
}

export function amount(number: number, what: string): string {
  return `${count(number)} ${what}${number === 1 ? "" : "s"}`;
}

const GROUPED = new Intl.NumberFormat("en");

function count(number: number): string {
  return GROUPED.format(number);
}

/** Text of others: nothing in it may move the terminal's cursor. */
function shown(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (c) =>
    JSON.stringify(c).slice(1, -1)
      .replace(/^[\x7f-\x9f]$/, "\ufffd"));
}

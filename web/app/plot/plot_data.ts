import { signal } from "@preact/signals";
import type { Event, Gap, Update, Value } from "../../../gateway/sessions/messages.ts";
import type { ChannelListener, TopicModel } from "../channel_model.ts";
import { compareNames } from "../compare_names.ts";
import { onNextFrame } from "../frame_scheduler.ts";
import { eventLiveness } from "../nodes/liveness_words.ts";
import { isDiagnostic, isPacketCounter } from "../values/is_diagnostic.ts";
import { numericValue } from "../values/numeric_value.ts";
import { switchState } from "../values/switch_state.ts";
import type { History, HistorySeries } from "./fetch_history.ts";
import { PlotSeries } from "./plot_series.ts";
import { longestPauseOf, Silences } from "./silences.ts";

/** Panels and lines that a channel gets; what is beyond is in the table of topics only. */
const MAX_PANELS = 8;
const MAX_LINES = 12;
const MAX_BREAKS = 100;
/** Updates kept while a history is on its way. */
const MAX_WAITING = 50_000;

/** One topic of a panel. */
export class Line {
  readonly series = new PlotSeries();
  readonly silences = new Silences();

  constructor(readonly topic: string, readonly panel: Panel) {}

  /**
   * Adds a value; {@linkcode held} ones are never silent.
   *
   * @param longest The longest pause that is no silence, milliseconds; live, earlier pauses tell.
   */
  add(time: number, value: number, held: boolean, longest?: number): void {
    const last = this.series.lastTime;
    const pause = time - last;
    if (
      !held && pause > 0 && last > -Infinity &&
      (longest === undefined ? this.silences.take(pause) : pause > longest)
    ) this.series.breakAt((last + time) / 2);
    this.series.add(time, value);
  }

  /** Ends the line at a time; a value that held until then is drawn so far. */
  breakAt(time: number, held: boolean): void {
    const index = this.series.until(time);
    if (index < 0 || Number.isNaN(this.series.value(index))) return;
    if (held) this.series.add(time, this.series.value(index));
    this.series.breakAt(time + 0.001);
  }
}

/** Topics that share an axis because they share a unit, or are on/off states. */
export class Panel {
  readonly lines = signal<readonly Line[]>([]);
  /** Counts up when a line changed. */
  readonly version = signal(0);

  constructor(readonly unit: string, readonly states: boolean) {}

  /** The same for as long as the panel is there. */
  get key(): string {
    return `${this.states} ${this.unit}`;
  }
}

/** What a history is loaded with. */
export interface Loading {
  /** Epoch of the updates that come over the connection. */
  epoch: string | undefined;
  /** Values that still hold though they may be older than the history. */
  known: readonly Update[];
  /** Times at which the device or node was lost, Unix milliseconds. */
  lost: readonly number[];
}

/** What the gateway said about a topic. */
export type Described = Pick<TopicModel, "unit" | "held" | "order">;

/** What is plotted of one channel: a history, then each update as it comes. */
export class PlotData implements ChannelListener {
  readonly panels = signal<readonly Panel[]>([]);
  /** Counts up when updates were left out that the history has. */
  readonly missed = signal(0);
  /** Called when panels have changed, within the same batch. */
  flushed: () => void = () => {};
  #lines = new Map<string, Line>();
  /** Whether each line has its colour, and each panel its place, for good. */
  #ordered = false;
  /** Updates since a history was asked for, which it may not have. */
  #waiting: Update[] | undefined;
  /** What the history has up to here is not taken again from updates. */
  #seq = -1;
  /** Later updates are beyond what is looked at, Unix milliseconds. */
  #until = Infinity;
  /** Times after which something is missing that no history has. */
  #breaks: number[] = [];
  #last = -Infinity;
  #changed = new Set<Panel>();
  readonly #flush = () => {
    for (const panel of this.#changed) panel.version.value++;
    this.#changed.clear();
    this.flushed();
  };

  constructor(readonly find: (topic: string) => Described | undefined) {}

  update(update: Update): void {
    if (this.#waiting) {
      this.#waiting.push(update);
      if (this.#waiting.length > MAX_WAITING) this.#waiting.splice(0, MAX_WAITING / 2);
    }
    if (update.seq > this.#seq && update.time <= this.#until) {
      this.#add(update.topic, update.unit, update.time, update.value);
    }
  }

  /** A gateway that begins anew took nothing in meanwhile: only a silence tells of a loss. */
  gap({ reason }: Gap): void {
    if (reason === "epoch") {
      this.#seq = -1;
      return;
    }
    if (reason === "slow") this.missed.value++;
    else this.#breaks = [...this.#breaks, this.#last].slice(-MAX_BREAKS);
    this.#breakAt(this.#last);
  }

  event(event: Event): void {
    if (eventLiveness(event.channel, event)?.state === "lost") this.#breakAt(event.time);
  }

  /**
   * To be called before a history is asked for.
   *
   * @param until Last time that will be looked at, Unix milliseconds; `Infinity` when live.
   */
  expectHistory(until: number): void {
    this.#waiting = [];
    this.#until = until;
  }

  /** Starts over from a history; panels and lines stay, so that nothing jumps. */
  load(history: History, { epoch, known, lost }: Loading): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const { series, silences, panel } of this.#lines.values()) {
      series.clear();
      silences.reset(Infinity);
      this.#touch(panel);
    }
    this.#seq = history.epoch === epoch ? history.seq : -1;
    for (const { topic, unit, time, value } of known) {
      if (time <= this.#until) this.#add(topic, unit, time, value);
    }
    for (const series of history.series) this.#load(series);
    for (const series of history.others ?? []) this.#load(series);
    for (const time of lost) this.#breakAt(time);
    for (const time of this.#breaks) this.#breakAt(time);
    for (const update of waiting) this.update(update);
    this.#order();
    this.#ordered = true;
  }

  /** Frees what no window shows any more. */
  dropBefore(time: number): void {
    for (const { series } of this.#lines.values()) series.dropBefore(time);
  }

  #load({ topic, unit, states, before, points }: HistorySeries): void {
    const longest = longestPauseOf(points);
    for (const [time, value] of before ? [before, ...points] : points) {
      this.#add(topic, unit, time, states ? !!value : value, longest);
    }
    // What comes live is not thinned out: soon it is judged by itself.
    this.#lines.get(topic)?.silences.reset(longest);
  }

  #breakAt(time: number): void {
    for (const line of this.#lines.values()) {
      line.breakAt(time, this.#holds(line));
      this.#touch(line.panel);
    }
  }

  #holds({ topic, panel }: Line): boolean {
    return panel.states || !!this.find(topic)?.held;
  }

  #add(
    topic: string,
    unit: string | undefined,
    time: number,
    value: Value,
    longest?: number,
  ): void {
    this.#last = Math.max(this.#last, time);
    const number = numericValue(value);
    const state = number === undefined ? switchState(value) : undefined;
    if (number === undefined && state === undefined) return;
    const line = this.#line(topic, unit, state !== undefined);
    if (!line || line.panel.states !== (state !== undefined)) return;
    line.add(time, number ?? Number(state), this.#holds(line), longest);
    this.#touch(line.panel);
  }

  #line(topic: string, unit: string | undefined, states: boolean): Line | undefined {
    const known = this.#lines.get(topic);
    if (known || isPacketCounter(topic)) return known;
    return this.#place(topic, unit ?? this.find(topic)?.unit ?? "", states);
  }

  #place(topic: string, unit: string, states: boolean): Line | undefined {
    let panel = this.panels.value.find((each) => each.states === states && each.unit === unit);
    if (!panel) {
      if (this.panels.value.length >= MAX_PANELS) return undefined;
      panel = new Panel(unit, states);
      this.panels.value = [...this.panels.value, panel];
    }
    if (panel.lines.value.length >= MAX_LINES) return undefined;
    const line = new Line(topic, panel);
    panel.lines.value = [...panel.lines.value, line];
    this.#lines.set(topic, line);
    this.#order();
    return line;
  }

  /**
   * Numbers above states. Until the first history is there, lines and panels are in the order of
   * the topics, so that they look the same at each load; what is new later takes the next colour.
   */
  #order(): void {
    const compare = (a: Panel, b: Panel) =>
      Number(a.states) - Number(b.states) ||
      (this.#ordered ? 0 : this.#compare(a.lines.peek()[0]!, b.lines.peek()[0]!));
    if (!this.#ordered) {
      for (const { lines } of this.panels.peek()) {
        lines.value = [...lines.peek()].sort((a, b) => this.#compare(a, b));
      }
    }
    this.panels.value = [...this.panels.peek()].sort(compare);
  }

  /** By the description, then by name; what says how the radio fares comes last. */
  #compare({ topic: a }: Line, { topic: b }: Line): number {
    const order = (topic: string) => this.find(topic)?.order ?? Infinity;
    return Number(isDiagnostic(a)) - Number(isDiagnostic(b)) || order(a) - order(b) ||
      compareNames(a, b);
  }

  #touch(panel: Panel): void {
    this.#changed.add(panel);
    onNextFrame(this.#flush);
  }
}

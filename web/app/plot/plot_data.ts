import { signal } from "@preact/signals";
import type { Gap, Update, Value } from "../../../gateway/sessions/messages.ts";
import type { ChannelListener } from "../channel_model.ts";
import { onNextFrame } from "../frame_scheduler.ts";
import { isPacketCounter } from "../values/is_diagnostic.ts";
import { numericValue } from "../values/numeric_value.ts";
import { switchState } from "../values/switch_state.ts";
import type { History } from "./fetch_history.ts";
import { PlotTable } from "./plot_table.ts";

/** Panels and lines that a channel gets; what is beyond is in the table of topics only. */
const MAX_PANELS = 8;
const MAX_LINES = 12;
const MAX_BREAKS = 100;

/** Topics that share an axis because they share a unit, or are on/off states. */
export class Panel {
  readonly table = new PlotTable();
  /** Topic by column. */
  readonly topics = signal<string[]>([]);
  /** Counts up when the table changed. */
  readonly version = signal(0);

  constructor(readonly unit: string, readonly states: boolean) {}
}

type Point = Pick<Update, "topic" | "unit" | "time" | "value">;

/** All points in the order of their times, which is how a table takes them fast. */
function inOrder(history: History, known: Update[]): Point[] {
  const points: Point[] = [...known];
  for (const { points: pairs, states, ...about } of [...history.series, ...history.others ?? []]) {
    for (const [time, value] of pairs) {
      points.push({ ...about, time, value: states ? value !== 0 : value });
    }
  }
  return points.sort((a, b) => a.time - b.time);
}

/** What is plotted of one channel: history first, then each update as it comes. */
export class PlotData implements ChannelListener {
  readonly panels = signal<Panel[]>([]);
  #columns = new Map<string, { panel: Panel; column: number }>();
  /** Updates since a history was asked for, which it may not have. */
  #since: Update[] | undefined;
  /** What the history has up to here is not taken again from updates. */
  #seq = -1;
  /** Times after which something is missing that no history has. */
  #breaks: number[] = [];
  #last = -Infinity;
  #changed = new Set<Panel>();
  readonly #flush = () => {
    for (const panel of this.#changed) panel.version.value++;
    this.#changed.clear();
  };

  /** @param unitOf Unit from the description, for updates that carry none. */
  constructor(readonly unitOf: (topic: string) => string | undefined) {}

  update(update: Update): void {
    this.#since?.push(update);
    if (this.#since && this.#since.length > 50_000) this.#since.shift();
    if (update.seq > this.#seq) {
      this.#add(update.topic, update.unit, update.time, update.value);
    }
  }

  gap(gap: Gap): void {
    if (gap.reason === "epoch") this.#seq = -1;
    if (gap.reason !== "slow") this.#breaks = [...this.#breaks, this.#last].slice(-MAX_BREAKS);
    this.#breakAfter(this.#last);
  }

  /** To be called before the history is asked for. */
  expectHistory(): void {
    this.#since = [];
  }

  /**
   * Starts over from a history.
   *
   * @param epoch Epoch of the updates that come over the connection.
   * @param known Values that still hold though they may be older than the history.
   */
  load(history: History, epoch: string | undefined, known: Update[]): void {
    const since = this.#since ?? [];
    this.#since = undefined;
    this.#columns.clear();
    this.panels.value = [];
    this.#seq = history.epoch === epoch ? history.seq : -1;
    for (const { topic, unit, time, value } of inOrder(history, known)) {
      this.#add(topic, unit, time, value);
    }
    for (const time of this.#breaks) this.#breakAfter(time);
    for (const update of since) this.update(update);
  }

  /** Frees what no window shows any more. */
  dropBefore(time: number): void {
    for (const panel of this.panels.value) panel.table.dropBefore(time);
  }

  #breakAfter(time: number): void {
    for (const panel of this.panels.value) {
      panel.table.breakAfter(time);
      this.#touch(panel);
    }
  }

  #add(topic: string, unit: string | undefined, time: number, value: Value): void {
    this.#last = Math.max(this.#last, time);
    if (isPacketCounter(topic)) return;
    const number = numericValue(value);
    const state = number === undefined ? switchState(value) : undefined;
    if (number === undefined && state === undefined) return;
    const place = this.#columns.get(topic) ??
      this.#place(topic, unit ?? this.unitOf(topic) ?? "", state !== undefined);
    if (!place || place.panel.states !== (state !== undefined)) return;
    place.panel.table.add(place.column, time, number ?? Number(state));
    this.#touch(place.panel);
  }

  #place(topic: string, unit: string, states: boolean) {
    let panel = this.panels.value.find((each) => each.states === states && each.unit === unit);
    if (!panel) {
      if (this.panels.value.length >= MAX_PANELS) return undefined;
      panel = new Panel(unit, states);
      this.panels.value = [...this.panels.value, panel]
        .sort((a, b) => Number(a.states) - Number(b.states));
    }
    if (panel.topics.value.length >= MAX_LINES) return undefined;
    const place = { panel, column: panel.table.addColumn() };
    panel.topics.value = [...panel.topics.value, topic];
    this.#columns.set(topic, place);
    return place;
  }

  #touch(panel: Panel): void {
    this.#changed.add(panel);
    onNextFrame(this.#flush);
  }
}

import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { onNextFrame } from "../frame_scheduler.ts";
import { setQuery } from "../router.ts";
import { panned, readView, type Span, type View, viewQuery, zoomed } from "./time_view.ts";

/** A movement is over when nothing has moved for so long, milliseconds. */
const QUIET = 250;

/** Half a pixel of most plots, as a part of what is shown: moving on by less is not seen. */
const STEP = 1 / 2000;
/** Nobody waits longer for a new value, milliseconds. */
const LONGEST_STEP = 250;

/**
 * The time that all plots of a channel show. The address is what counts; while
 * something moves it is told once, at the end: a zoom is a step that back
 * undoes, moving along changes the step, leaving the present is one.
 */
export class TimeState {
  readonly #query: Signal<URLSearchParams>;
  readonly #now: Signal<number>;
  readonly #moving = signal<Span | undefined>(undefined);
  readonly #tick = signal(0);
  #last = -Infinity;
  #due: ReturnType<typeof setTimeout> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #zoomed = false;
  /** Length to which the present comes back. */
  #length: number;

  /** What is shown, but for movements: what is asked for. */
  readonly settled: ReadonlySignal<View> = computed(() => readView(this.#query.value));

  /** The same, also while it moves. */
  readonly view: ReadonlySignal<View> = computed(() => {
    const { length, span } = this.settled.value;
    return { length, span: this.#moving.value ?? span };
  });
  /** The same as a span; all plots draw the same one, so that their times line up. */
  readonly span: ReadonlySignal<Span> = computed(() => {
    const { length, span } = this.view.value;
    return span ?? { from: this.#now.value - length, to: this.#now.value };
  });

  /** Counts up when it is time to draw what has changed. */
  readonly tick: ReadonlySignal<number> = this.#tick;

  /** @param time The gateway's time, Unix milliseconds. */
  constructor(query: URLSearchParams, readonly time: () => number) {
    this.#query = signal(query);
    this.#now = signal(time());
    this.#length = readView(query).length;
  }

  /** Something has changed, be it the time: draws it soon, but no more often than can be seen. */
  advance(): void {
    if (this.#due !== undefined) return;
    const { from, to } = this.span.peek();
    const step = Math.min((to - from) * STEP, LONGEST_STEP);
    const rest = step - (performance.now() - this.#last);
    if (rest <= 0) this.#step();
    else this.#due = setTimeout(() => onNextFrame(() => this.#step()), rest);
  }

  #step(): void {
    this.#due = undefined;
    this.#last = performance.now();
    batch(() => {
      this.#now.value = this.time();
      this.#tick.value++;
    });
  }

  /** The address is another. */
  follow(query: URLSearchParams): void {
    const { length, span } = readView(query);
    if (!span) this.#length = length;
    if (JSON.stringify(this.settled.peek()) === JSON.stringify({ length, span })) return;
    this.#stop();
    this.#query.value = query;
  }

  /** @param part Of the span; above 0: later. */
  pan(part: number): void {
    this.move(panned(this.span.peek(), part));
  }

  /**
   * @param factor Above 1: more time is shown.
   * @param at What stays where it is, as a part of the span: 0 to 1.
   */
  zoom(factor: number, at?: number): void {
    this.move(zoomed(this.span.peek(), factor, at), true);
  }

  /**
   * Moves while fingers do.
   *
   * @param zooms Whether it is a step of its own.
   */
  move(span: Span, zooms = false): void {
    this.#moving.value = span;
    this.#zoomed ||= zooms;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#settle(), QUIET);
  }

  /** Shows a span from now on. */
  show(span: Span): void {
    this.#stop();
    setQuery(viewQuery({ length: this.#length, span }), "push");
  }

  /** Follows the present. @default length as it was before */
  live(length = this.#length): void {
    this.#stop();
    setQuery(viewQuery({ length, span: undefined }), "push");
  }

  /** The plots are gone, and with them what moved. */
  dispose(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#due);
  }

  #settle(): void {
    const span = this.#moving.peek();
    const push = this.#zoomed || !this.settled.peek().span;
    if (span) setQuery(viewQuery({ length: this.#length, span }), push ? "push" : "replace");
    this.#zoomed = false;
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#zoomed = false;
    this.#moving.value = undefined;
  }
}

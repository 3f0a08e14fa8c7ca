import { type Signal, signal } from "@preact/signals";
import type { Commander } from "./commander.ts";
import { LateAnswers } from "./late_answers.ts";
import { SliderTouch } from "./slider_touch.ts";
import { ThrottleLatest } from "./throttle_latest.ts";

/** Shortest time between two commands while the slider moves, milliseconds. */
const INTERVAL = 100;
/** How long after a key press the slider still counts as held, milliseconds. */
const KEY_HOLD = 500;

/** What the person does with one slider, and the commands that come of it. */
export class SliderHand {
  readonly touch = new SliderTouch();
  readonly answers = new LateAnswers();
  /** Where the person put it last. */
  readonly chosen: Signal<number | undefined> = signal(undefined);
  /** Whether the person is at it. */
  readonly held: Signal<boolean> = signal(false);
  #unsent = false;
  #keys: ReturnType<typeof setTimeout> | undefined;
  readonly #throttle: ThrottleLatest<number>;

  constructor(commander: Commander) {
    this.#throttle = new ThrottleLatest(INTERVAL, (value) => {
      this.answers.sent(value, performance.now());
      commander.send(value);
    });
  }

  move(value: number): void {
    this.chosen.value = value;
    this.#unsent = !this.touch.meant;
    if (this.touch.meant) this.#throttle.push(value);
    if (this.touch.held) return;
    this.held.value = true;
    clearTimeout(this.#keys);
    this.#keys = setTimeout(() => this.held.value = false, KEY_HOLD);
  }

  /** A value that was typed. */
  enter(value: number): void {
    this.chosen.value = value;
    this.#throttle.push(value);
    this.#throttle.flush();
  }

  down(event: PointerEvent, value: number): void {
    clearTimeout(this.#keys);
    this.touch.down(event);
    this.chosen.value = value;
    this.#unsent = false;
    this.held.value = true;
  }

  up(): void {
    if (this.#unsent) this.#throttle.push(this.chosen.value!);
    this.#throttle.flush();
    this.#letGo();
  }

  cancel(): void {
    if (this.touch.meant) this.#throttle.flush();
    else this.chosen.value = undefined;
    this.#letGo();
  }

  /** Nothing more is sent, and the slider follows the device. */
  leave(): void {
    clearTimeout(this.#keys);
    this.#throttle.cancel();
    this.chosen.value = undefined;
    this.#letGo();
  }

  #letGo(): void {
    this.touch.up();
    this.#unsent = false;
    this.held.value = false;
  }
}

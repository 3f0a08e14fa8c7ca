import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { formatNumber } from "../values/format_value.ts";
import { numericValue } from "../values/numeric_value.ts";
import type { Commander } from "./commander.ts";
import type { ControlProps } from "./controls.tsx";
import { SliderTouch } from "./slider_touch.ts";
import { Stage } from "./stage.tsx";
import { ThrottleLatest } from "./throttle_latest.ts";

/** Shortest time between two commands while the slider moves, milliseconds. */
const INTERVAL = 100;
/** How long after a key press the slider still counts as held, milliseconds. */
const KEY_HOLD = 500;

/** A range of fewer whole numbers is one of fractions, such as 0 to 1. */
const MIN_STEPS = 10;

/**
 * A slider. Follows the device while nobody touches it; under a finger it
 * stays where the finger is, and after that until the command has an end.
 */
export function NumberControl(
  { id, label, topic, control, commander, disabled, min, max }:
    & ControlProps
    & { min: number; max: number },
) {
  const chosen = useSignal<number | undefined>(undefined);
  const held = useSignal(false);
  const hand = useMemo(() => new Hand(commander, chosen, held), [commander]);
  useEffect(() => () => hand.leave(), [hand]);
  useEffect(() => {
    if (disabled) hand.leave();
  }, [hand, disabled]);

  const reported = numericValue(topic.update.value?.value);
  const open = held.value || commander.wish !== undefined;
  // What counts in whole numbers, as far as it has been seen, is set in whole numbers.
  const whole = [min, max, reported ?? min].every(Number.isInteger);
  const step = control.step ?? (whole && max - min >= MIN_STEPS ? 1 : "any");
  const value = (open ? chosen.value : undefined) ?? reported ?? min;
  const unit = topic.unit ? ` ${topic.unit}` : "";
  return (
    <div class="control">
      <div class="control-head">
        <label for={id}>{label}</label>
        <output class="control-value" for={id}>{formatNumber(value)}{unit}</output>
      </div>
      <input
        id={id}
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        aria-valuetext={`${formatNumber(value)}${unit}`}
        onInput={(event) => hand.move(event.currentTarget.valueAsNumber)}
        onPointerDown={(event) => hand.down(event, value)}
        onPointerMove={(event) => hand.touch.move(event)}
        onPointerUp={() => hand.up()}
        onPointerCancel={() => hand.cancel()}
      />
      <div class="control-foot">
        <span class="muted">
          {reported === undefined ? "not reported yet" : `device: ${formatNumber(reported)}${unit}`}
        </span>
        <Stage commander={commander} />
      </div>
    </div>
  );
}

/** What the person does with one slider, and the commands that come of it. */
class Hand {
  readonly touch = new SliderTouch();
  #unsent = false;
  #keys: ReturnType<typeof setTimeout> | undefined;
  #throttle: ThrottleLatest<number>;

  constructor(
    commander: Commander,
    readonly chosen: Signal<number | undefined>,
    readonly held: Signal<boolean>,
  ) {
    this.#throttle = new ThrottleLatest(INTERVAL, (value) => commander.send(value));
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

  down(event: PointerEvent, value: number): void {
    clearTimeout(this.#keys);
    this.touch.down(event);
    this.chosen.value = value;
    this.#unsent = false;
    this.held.value = true;
  }

  up(): void {
    this.touch.up();
    if (this.#unsent) this.#throttle.push(this.chosen.value!);
    this.#unsent = false;
    this.#throttle.flush();
    this.held.value = false;
  }

  cancel(): void {
    if (this.touch.meant) this.#throttle.flush();
    else this.chosen.value = undefined;
    this.#unsent = false;
    this.touch.up();
    this.held.value = false;
  }

  /** Nothing more is sent, and the slider follows the device. */
  leave(): void {
    clearTimeout(this.#keys);
    this.#throttle.cancel();
    this.touch.up();
    this.#unsent = false;
    this.chosen.value = undefined;
    this.held.value = false;
  }
}

import { useEffect, useMemo, useState } from "preact/hooks";
import { formatNumber } from "../values/format_value.ts";
import { numericValue } from "../values/numeric_value.ts";
import type { ControlProps } from "./controls.tsx";
import { LATE } from "./late_answers.ts";
import { NumberEntry } from "./number_entry.tsx";
import { SliderHand } from "./slider_hand.ts";

/** A range of fewer whole numbers is one of fractions, such as 0 to 1. */
const MIN_STEPS = 10;

type Props = ControlProps & { min: number; max: number };

/**
 * A slider with an entry for exact values. Follows the device while nobody touches it; under a
 * finger it stays where the finger is, and after that until the command has an end and the device
 * has answered the last one, not one before.
 */
export function NumberControl(
  { id, label, reported: said, unit, control, commander, disabled, other, min, max }: Props,
) {
  const hand = useMemo(() => new SliderHand(commander), [commander]);
  useEffect(() => () => hand.leave(), [hand]);
  useEffect(() => {
    if (disabled) hand.leave();
  }, [hand, disabled]);

  const reported = numericValue(said);
  const failed = commander.shown.value?.stage === "failed";
  const late = useLate(hand, failed || other ? undefined : reported, max - min);
  const open = hand.held.value || commander.wish !== undefined || late;
  // What counts in whole numbers, as far as it has been seen, is set in whole numbers.
  const whole = [min, max, reported ?? min].every(Number.isInteger);
  const step: number | "any" = control.step ?? (whole && max - min >= MIN_STEPS ? 1 : "any");
  const value = (open ? hand.chosen.value : undefined) ?? reported ?? min;
  const range = { min, max, step };
  return (
    <>
      <div class="control-head">
        <label for={id}>{label}</label>
        <span class="control-value">
          <NumberEntry
            label={`${label}, exact value`}
            value={formatNumber(value)}
            range={range}
            onEnter={(value) => hand.enter(value)}
          />
          {unit}
        </span>
      </div>
      <input
        id={id}
        type="range"
        {...range}
        value={value}
        aria-valuetext={`${formatNumber(value)}${unit}`}
        onInput={(event) => hand.move(event.currentTarget.valueAsNumber)}
        onPointerDown={(event) => hand.down(event, value)}
        onPointerMove={(event) => hand.touch.move(event)}
        onPointerUp={() => hand.up()}
        onPointerCancel={() => hand.cancel()}
      />
    </>
  );
}

/** Whether what the device reports answers an earlier command than the last; not for ever. */
function useLate(hand: SliderHand, reported: number | undefined, range: number): boolean {
  const [, again] = useState(0);
  const late = reported !== undefined && hand.answers.isLate(reported, range, performance.now());
  useEffect(() => {
    if (!late) return;
    const timer = setTimeout(() => again((count) => count + 1), LATE + 1);
    return () => clearTimeout(timer);
  }, [late, reported]);
  return late;
}

import { stepFrom } from "./pick.ts";
import type { PlotContext } from "./plot_context.ts";
import type { Line } from "./plot_data.ts";

/** What keys do: a part of the span, and a factor. */
const PAN = 0.2;
const ZOOM = 2;

/** With Shift: points along the line, and lines down. */
const STEPS: Readonly<Record<string, readonly [by: -1 | 0 | 1, next: -1 | 0 | 1]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/**
 * Moves in time, or chooses a point, as `#plot-keys` tells.
 *
 * @param shown Lines among which up and down choose.
 * @param enter Leads to what can be done with the chosen point.
 * @returns Whether the key means something here.
 */
export function pressed(
  { key, shiftKey, ctrlKey, metaKey, altKey }: KeyboardEvent,
  { time, picked }: PlotContext,
  shown: readonly Line[],
  enter: () => void,
): boolean {
  if (ctrlKey || metaKey || altKey) return false;
  const step = STEPS[key];
  if (step && shiftKey) {
    picked.value = stepFrom(picked.peek(), shown, time.span.peek(), ...step);
  } else if (key === "ArrowLeft") time.pan(-PAN);
  else if (key === "ArrowRight") time.pan(PAN);
  else if (key === "+" || key === "=") time.zoom(1 / ZOOM);
  else if (key === "-") time.zoom(ZOOM);
  else if (key === "Home") time.live();
  else if (picked.peek() && key === "Enter") enter();
  else if (picked.peek() && key === "Escape") picked.value = undefined;
  else return false;
  return true;
}

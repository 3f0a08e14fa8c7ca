import { stepFrom } from "./pick.ts";
import type { PlotContext } from "./plot_context.ts";
import type { Line } from "./plot_data.ts";
import { panned, zoomed } from "./time_view.ts";

/** What keys do: a part of the span, and a factor. */
const PAN = 0.2;
const ZOOM = 2;

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
  const span = time.span.peek();
  const step = (by: -1 | 0 | 1, next: -1 | 0 | 1) =>
    picked.value = stepFrom(picked.peek(), shown, span, by, next);
  switch (shiftKey && key.startsWith("Arrow") ? `Shift ${key}` : key) {
    case "ArrowLeft":
      time.move(panned(span, -PAN), "pan");
      return true;
    case "ArrowRight":
      time.move(panned(span, PAN), "pan");
      return true;
    case "Shift ArrowLeft":
      step(-1, 0);
      return true;
    case "Shift ArrowRight":
      step(1, 0);
      return true;
    case "Shift ArrowUp":
      step(0, -1);
      return true;
    case "Shift ArrowDown":
      step(0, 1);
      return true;
    case "+":
    case "=":
      time.move(zoomed(span, 1 / ZOOM), "zoom");
      return true;
    case "-":
      time.move(zoomed(span, ZOOM), "zoom");
      return true;
    case "Home":
      time.live();
      return true;
  }
  if (!picked.peek()) return false;
  if (key === "Enter") enter();
  if (key === "Escape") picked.value = undefined;
  return key === "Enter" || key === "Escape";
}

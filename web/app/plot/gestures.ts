import { pinched, type Span } from "./time_view.ts";

/** How much of a turn of the wheel, in pixels, doubles or halves the time shown. */
const WHEEL = 250;
/** A pinch on a touchpad comes as a wheel with the control key, in small steps. */
const PINCH = 40;
/** Pixels of a line or a page, when a wheel counts in those. */
const LINE = 16;

/** What gestures move. */
export interface Movable {
  readonly span: { peek(): Span };
  move(span: Span, zooms?: boolean): void;
  pan(part: number): void;
  zoom(factor: number, at: number): void;
}

interface Finger {
  /** Time that it holds, Unix milliseconds. */
  time: number;
  /** Where it is, as a part of the width. */
  place: number;
}

/**
 * Zooms by wheel and pinch, pans by touch, by two fingers, by dragging with
 * the middle button or with shift, and by a sideways wheel. Plain dragging is left to others.
 *
 * @returns Takes it off again.
 */
export function addGestures(element: HTMLElement, movable: Movable): () => void {
  const fingers = new Map<number, Finger>();
  const off = new AbortController();
  const { signal } = off;
  const place = (event: MouseEvent) => {
    const { left, width } = element.getBoundingClientRect();
    return (event.clientX - left) / width;
  };
  const hold = () => {
    const { from, to } = movable.span.peek();
    for (const finger of fingers.values()) finger.time = from + finger.place * (to - from);
  };
  element.addEventListener("wheel", (event) => {
    event.preventDefault();
    const unit = event.deltaMode === 0 ? 1 : LINE;
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
    if (sideways) {
      return movable.pan((event.deltaX || event.deltaY) * unit / element.clientWidth);
    }
    movable.zoom(2 ** (event.deltaY * unit / (event.ctrlKey ? PINCH : WHEEL)), place(event));
  }, { passive: false, signal });
  element.addEventListener("pointerdown", (event) => {
    const pans = event.button === 1 || (event.button === 0 && event.shiftKey);
    if (event.pointerType === "mouse" && !pans) return;
    // The middle button would scroll, shift would select text.
    if (event.pointerType === "mouse") event.preventDefault();
    element.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, { time: 0, place: place(event) });
    hold();
  }, { signal });
  element.addEventListener("pointermove", (event) => {
    const finger = fingers.get(event.pointerId);
    if (!finger) return;
    finger.place = place(event);
    const now = movable.span.peek();
    const [first, second] = [...fingers.values()];
    if (second) {
      const times = [first!.time, second.time] as const;
      return movable.move(pinched(times, [first!.place, second.place], now), true);
    }
    const from = finger.time - finger.place * (now.to - now.from);
    if (from !== now.from) movable.move({ from, to: from + now.to - now.from });
  }, { signal });
  const lift = (event: PointerEvent) => {
    if (fingers.delete(event.pointerId)) hold();
  };
  element.addEventListener("pointerup", lift, { signal });
  element.addEventListener("pointercancel", lift, { signal });
  return () => off.abort();
}

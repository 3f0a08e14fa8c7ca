import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

/** Rows above and below the screen that are there already when it is scrolled. */
const MORE = 12;

/**
 * Which rows of a scrolled list to put on the page: those on the screen, and some around.
 *
 * @param row Height of a row, pixels.
 * @returns The first, and the one behind the last.
 */
export function useRowsShown(
  box: RefObject<HTMLElement | null>,
  count: number,
  row: number,
): [from: number, to: number] {
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(0);
  useLayoutEffect(() => {
    const element = box.current!;
    // Drawn anew only when half of what is around has been used up.
    const step = row * MORE / 2;
    const scrolled = () => setTop(Math.floor(element.scrollTop / step) * (MORE / 2));
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    setHeight(element.clientHeight);
    scrolled();
    element.addEventListener("scroll", scrolled, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", scrolled);
    };
  }, [row]);
  const seen = Math.ceil(height / row);
  const first = Math.max(0, Math.min(top, count - seen) - MORE);
  return [first, Math.min(count, first + seen + 2.5 * MORE)];
}

/** Scrolls a list so that a row is seen. @param head height of what covers its top, pixels */
export function showRow(element: HTMLElement, index: number, row: number, head = 0): void {
  const top = index * row;
  const room = element.clientHeight - head;
  if (top < element.scrollTop) element.scrollTop = top;
  else if (top + row > element.scrollTop + room) element.scrollTop = top + row - room;
}

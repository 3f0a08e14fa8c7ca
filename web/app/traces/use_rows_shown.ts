import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

/** Rows above and below the screen that are there already when it is scrolled. */
const MORE = 12;

/**
 * Which rows of a scrolled list to put on the page: those on the screen, and some around.
 *
 * @returns The first, the one behind the last, and the height of each in pixels: the list's `--row`.
 */
export function useRowsShown(
  box: RefObject<HTMLElement | null>,
  count: number,
): [from: number, to: number, row: number] {
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(0);
  const [row, setRow] = useState(24);
  useLayoutEffect(() => {
    const element = box.current!;
    // Drawn anew only when half of what is around has been used up.
    const scrolled = () => setTop(Math.floor(element.scrollTop / row * 2 / MORE) * MORE / 2);
    const resized = () => {
      setHeight(element.clientHeight);
      setRow(parseInt(getComputedStyle(element).getPropertyValue("--row")));
    };
    const observer = new ResizeObserver(resized);
    observer.observe(element);
    resized();
    scrolled();
    element.onscroll = scrolled;
    return () => observer.disconnect();
  }, [row]);
  const seen = Math.ceil(height / row);
  const first = Math.max(0, Math.min(top, count - seen) - MORE);
  return [first, Math.min(count, first + seen + 2.5 * MORE), row];
}

/** Scrolls a box so that a part of it is seen. @param head height of what covers its top, pixels */
export function reveal(box: HTMLElement, top: number, height: number, head = 0): void {
  const most = top + height + head - box.clientHeight;
  box.scrollTop = Math.min(top, Math.max(most, box.scrollTop));
}

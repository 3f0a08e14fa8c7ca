import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** An element's width as it changes, CSS pixels; 0 until it is known. */
export function useWidth<T extends Element>(): [RefObject<T | null>, number] {
  const ref = useRef<T>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const measure = () => setWidth(Math.round(ref.current!.getBoundingClientRect().width));
    const observer = new ResizeObserver(measure);
    observer.observe(ref.current!);
    measure();
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

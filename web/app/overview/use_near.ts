import { useEffect, useState } from "preact/hooks";

/** How far from the screen an element counts as near, CSS pixels. */
const MARGIN = 200;
/** What only flies past as one scrolls is not near, milliseconds. */
const DWELL = 100;

const told = new WeakMap<Element, (near: boolean) => void>();
let observer: IntersectionObserver | undefined;

/** One observer for all: hundreds of them would each cost at every frame of a scroll. */
function theObserver(): IntersectionObserver {
  return observer ??= new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) told.get(target)?.(isIntersecting);
  }, { rootMargin: `${MARGIN}px` });
}

/** Whether an element is on the screen or near, and stays there for a moment. */
export function useNear(ref: { readonly current: Element | null }): boolean {
  const [near, setNear] = useState(false);
  useEffect(() => {
    const element = ref.current!;
    let first = true;
    let dwelling: ReturnType<typeof setTimeout> | undefined;
    told.set(element, (is) => {
      clearTimeout(dwelling);
      if (is && !first) dwelling = setTimeout(setNear, DWELL, true);
      else setNear(is);
      first = false;
    });
    theObserver().observe(element);
    return () => {
      clearTimeout(dwelling);
      theObserver().unobserve(element);
      told.delete(element);
    };
  }, []);
  return near;
}

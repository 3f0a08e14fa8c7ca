import { type ReadonlySignal, signal } from "@preact/signals";

/** Whether the page can be seen, as a signal that follows for the life of the page. */
export function pageVisible(): ReadonlySignal<boolean> {
  const visible = signal(!document.hidden);
  document.addEventListener("visibilitychange", () => visible.value = !document.hidden);
  return visible;
}

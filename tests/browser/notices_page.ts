/**
 * What tests of the page's notices look at.
 *
 * @module
 */
import type { Page } from "playwright-core";

/** Notes from now on what moves in a view; each call takes the notes. */
export async function watchShifts(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const moved: string[] = [];
    Reflect.set(window, "moved", moved);
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { value, sources } = entry as unknown as {
          value: number;
          sources: { node?: Node | null }[];
        };
        for (const { node } of sources) {
          // A text that became another one ("2 s ago") is no jump.
          if (!(node instanceof Element) || node.matches("main")) continue;
          if (node.closest("main")) moved.push(`${value} ${node.className}`);
        }
      }
    }).observe({ type: "layout-shift" });
  });
  return () => page.evaluate(() => Reflect.get(window, "moved").splice(0));
}

/** Which of the controls are under a notice when they have the focus. */
export function hiddenFocus(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const hidden: string[] = [];
    for (const each of document.querySelectorAll<HTMLElement>("main :is(a, button, input)")) {
      each.focus();
      await new Promise(requestAnimationFrame);
      const { left, top, width, height } = each.getBoundingClientRect();
      const seen = document.elementFromPoint(left + width / 2, top + height / 2);
      if (seen?.closest("#notices")) hidden.push(each.outerHTML);
    }
    return hidden;
  });
}

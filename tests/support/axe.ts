/**
 * Accessibility of a page by axe-core (WCAG 2.1 A and AA, and best practices).
 *
 * @module
 */
import axe from "axe-core/axe.min.js";
import type { Page } from "playwright-core";

/** Rules with an impact of "serious" or "critical" that the page breaks, each with its elements. */
export async function seriousProblems(page: Page): Promise<string[]> {
  if (!await page.evaluate(() => "axe" in globalThis)) await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
    return (await axe.run({ resultTypes: ["violations"] })).violations;
  });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(" | ")}`);
}

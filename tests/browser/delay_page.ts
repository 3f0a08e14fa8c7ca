/**
 * What tests of the delay view read and press.
 *
 * @module
 */
import type { Page } from "playwright-core";

export const WAYS = ["mqtt", "relay", "room", "poll"];

/** How often the page is looked at while something is waited for. */
const POLLING_MS = 50;

/** One figure of one way, as the page shows it. */
export async function figure(page: Page, way: string, name: string): Promise<string> {
  const row = page.locator(`[data-way="${way}"] .figures div`).filter({ hasText: name });
  return (await row.locator("dd").textContent())!;
}

/** Waits until a way shows so many received messages. */
export async function received(page: Page, way: string, count: number) {
  await page.waitForFunction(
    ([way, count]) => {
      const rows = document.querySelectorAll(`[data-way="${way}"] .figures div`);
      const row = [...rows].find((each) => each.textContent!.includes("Received"));
      return Number(row?.querySelector("dd")?.textContent) >= count;
    },
    [way, count] as const,
    { polling: POLLING_MS },
  );
}

export async function stop(page: Page) {
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("Ended.").waitFor();
}

/** What a button has the browser save. */
export async function saved(page: Page, button: string): Promise<{ name: string; text: string }> {
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: button }).click();
  const file = await download;
  return { name: file.suggestedFilename(), text: await Deno.readTextFile(await file.path()) };
}

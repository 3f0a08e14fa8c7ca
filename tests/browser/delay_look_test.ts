/** How the delay view looks: to people, to screen readers, on small screens. */
import assert from "node:assert/strict";
import { seriousProblems } from "../support/axe.ts";
import { TestBrowser } from "../support/browser.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { testWith } from "../support/tools.ts";
import { received } from "./delay_page.ts";

testWith(["chromium"], "the delay view: nothing serious, nothing cut off, no jumps", async () => {
  await using gateway = await GatewayProcess.start();
  await using browser = await TestBrowser.launch();
  for (const colorScheme of ["light", "dark"] as const) {
    for (const [width, height] of [[1280, 800], [390, 844]] as const) {
      const page = await browser.page(new URL("#/delay?rate=50&poll=100", gateway.url), {
        width,
        height,
        colorScheme,
      });
      await page.locator('[data-way="relay"] svg').waitFor();
      await page.getByText("No run yet.").waitFor();
      const tops = () =>
        page.locator("[data-way]").evaluateAll((all) =>
          all.map((each) => (each as HTMLElement).offsetTop)
        );
      const before = await tops();
      await page.getByRole("button", { name: "Start" }).click();
      await received(page, "poll", 1);
      assert.deepEqual(await tops(), before, "starting moves nothing");
      assert.deepEqual(await seriousProblems(page), [], `${width}`);
      if (width === 390) await page.setViewportSize({ width: 360, height });
      const overflow = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return scrollWidth - clientWidth;
      });
      // Room kept free for a scroll bar makes it negative.
      assert.ok(overflow <= 0, `${width} wide scrolls sideways`);
      await page.close();
    }
  }
  assert.deepEqual(browser.problems, []);
});

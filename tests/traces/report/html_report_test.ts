/**
 * The HTML report in a browser, opened as a file.
 *
 * @module
 */
import assert from "node:assert/strict";
import { HtmlReport } from "../../../traces/report/html_report.ts";
import { TestBrowser } from "../../support/browser.ts";
import { testWith } from "../../support/tools.ts";
import { reported } from "../support/example_frame.ts";

const TITLE = 'a "file" <b>.pcapng';
const launch = TestBrowser.shared();

async function withPage(
  count: number,
  test: (page: Awaited<ReturnType<TestBrowser["page"]>>) => Promise<void>,
) {
  const path = await Deno.makeTempFile({ suffix: ".html" });
  try {
    await Deno.writeTextFile(path, reported((writer) => new HtmlReport(writer, TITLE), count));
    await using browser = await launch();
    const page = await browser.page(`file://${path}`);
    await page.waitForSelector("body[data-ready]");
    await test(page);
    assert.deepEqual(browser.problems, []);
  } finally {
    await Deno.remove(path);
  }
}

testWith(["chromium"], "html: table, fields and bytes of a frame", async () => {
  await withPage(3, async (page) => {
    assert.equal(await page.title(), TITLE);
    assert.equal(await page.textContent("h1"), TITLE);
    assert.equal(await page.textContent("#status"), "3 frames");
    assert.deepEqual(await page.locator("#rows .row").nth(1).locator("span").allTextContents(), [
      "2",
      "0.001000",
      "10.0.0.1",
      "10.0.0.2",
      "UPPER",
      "12",
      "Publish\\n[hi]",
    ]);
    await page.locator("#rows .row").nth(2).click();
    assert.equal(await page.locator("#rows [aria-selected=true] span").first().textContent(), "3");
    assert.deepEqual(await page.locator("#tree > div").allTextContents(), [
      "warning: text is odd (Example 1, 2.3): two letters",
      "Lower layeredgewire.lower",
      "Source address: 10.0.0.1edgewire.lower.src",
      "Port: 1883edgewire.lower.port",
      "Port: 12345edgewire.lower.port",
      "Wait: 5 msedgewire.lower.wait",
      "Upper layeredgewire.upper",
      "Kind: Publish (3)edgewire.upper.kind",
      "Retain: Setedgewire.upper.retain",
      "Text: hiedgewire.upper.text",
      'Text: a,"b"\\n</script>\\x1b[31medgewire.upper.text',
    ]);
    assert.equal(await page.locator("#tree > div").nth(4).isVisible(), false);
    assert.equal(await page.locator("#tree > div").nth(7).isVisible(), true);
    await page.locator("#tree > div").nth(1).click();
    await page.locator("#tree > div").nth(4).click();
    assert.deepEqual(await page.locator("#bytes .marked").allTextContents(), [
      "30",
      "39",
      "0",
      "9",
    ]);
    await page.locator("#bytes span[data-at='1']").first().click();
    assert.match(await page.textContent("#tree .chosen") ?? "", /^Source address/);
    assert.equal(await page.locator("#tree .chosen").isVisible(), true);
    assert.deepEqual(await page.locator("#bytes h2").allTextContents(), [
      "Frame (12 bytes)",
      "Unmasked data (20 bytes)",
    ]);
  });
});

testWith(["chromium"], "html: many frames, filter by text and by field, keys", async () => {
  await withPage(10_000, async (page) => {
    assert.ok(await page.locator("#rows .row").count() < 100, "only rows in view are drawn");
    await page.focus("#table");
    await page.keyboard.press("End");
    const chosen = page.locator("#rows [aria-selected=true] span").first();
    await page.waitForFunction(() =>
      document.querySelector("#rows [aria-selected=true] span")?.textContent === "10000"
    );
    await page.keyboard.press("ArrowUp");
    assert.equal(await chosen.textContent(), "9999");
    await page.fill("#filter", "9.999");
    await page.waitForFunction(() =>
      document.getElementById("status")!.textContent === "1 of 10000 frames"
    );
    await page.fill("#filter", "edgewire.upper.kind == 3");
    await page.waitForFunction(() =>
      document.getElementById("status")!.textContent === "10000 frames"
    );
    await page.fill("#filter", "edgewire.upper.kind==Publish (4)");
    await page.waitForFunction(() =>
      document.getElementById("status")!.textContent === "0 of 10000 frames"
    );
  });
});

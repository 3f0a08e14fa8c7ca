/** The table of the Traces view: thousands of rows, and rows that come while one looks. */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { TestBrowser } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { testWith } from "../support/tools.ts";

const BATCH = 500;

const launch = TestBrowser.shared();

function traces(gateway: GatewayProcess, query = ""): URL {
  return new URL(`#/traces${query}`, gateway.url);
}

/** Rows on the page whose Info has a text. */
function rows(page: Page, text: string | RegExp): Locator {
  return page.locator(".frames-row", { hasText: text });
}

async function publishes(gateway: GatewayProcess): Promise<MqttPeer> {
  return await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
}

/** Processor time that the page's main thread takes from now on, s: others' work does not count. */
async function countBusy(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const busy = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration")!.value;
  };
  const before = await busy();
  return async () => await busy() - before;
}

testWith(
  ["chromium"],
  "thousands of frames: few are on the page, keys reach all, the newest are kept",
  async () => {
    await using gateway = await GatewayProcess.start();
    await using peer = await publishes(gateway);
    for (let sent = 1; sent <= 5500; sent++) {
      // What is acknowledged has all of the others before it.
      const qos = sent % BATCH === 0 ? 1 : 0;
      const published = peer.publish("devices/desk/count", sent, { qos });
      if (qos === 1) await published;
    }
    await using browser = await launch();
    const page = await browser.page(traces(gateway, "?source=recent&hop=room"));
    await page.getByText("Complete").waitFor();
    await page.getByText("the newest 1,000; 4,500 more not shown").waitFor();
    assert.equal(await page.getByRole("grid").getAttribute("aria-rowcount"), "1001");
    await page.getByRole("button", { name: "Show 5,000" }).click();
    await page.getByText("the newest 5,000; 500 more not shown").waitFor();
    assert.match(page.url(), /rows=5000/);
    assert.ok(await page.locator(".frames-row").count() < 100);
    const grid = page.getByRole("grid");
    assert.equal(await grid.getAttribute("aria-rowcount"), "5001");
    await grid.focus();
    await page.keyboard.press("End");
    const chosen = page.locator('.frames-row[aria-selected="true"]');
    await chosen.waitFor();
    assert.equal(await chosen.getAttribute("aria-rowindex"), "5001");
    assert.equal(await grid.getAttribute("aria-activedescendant"), await chosen.getAttribute("id"));
    assert.ok(await chosen.isVisible());
    await page.keyboard.press("PageUp");
    await page.keyboard.press("ArrowUp");
    const row = Number(await chosen.getAttribute("aria-rowindex"));
    assert.ok(row < 5000 && row > 4900, `${row}`);
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement?.role), "tree");
    await page.keyboard.press("Escape");
    assert.equal(await page.evaluate(() => document.activeElement?.role), "grid");
    await page.getByLabel("Time of day").check();
    await rows(page, /\d\d:\d\d:\d\d\.\d{6}/).first().waitFor();
    assert.match(page.url(), /time=day/);

    const busy = await countBusy(page);
    await page.evaluate(async () => {
      const grid = document.querySelector(".frames")!;
      for (let frame = 0; frame < 30; frame++) {
        grid.scrollTop = frame * 4000;
        await new Promise(requestAnimationFrame);
        if (!grid.querySelector(".frames-row")) throw new Error("no rows");
      }
    });
    const fps = 30 / await busy();
    assert.ok(fps > 20, `the page can draw ${fps} frames a second while it is scrolled`);
    assert.deepEqual(browser.problems, []);
  },
);

testWith(
  ["chromium"],
  "live rows follow the end until one scrolls up, pause, and come again after a restart",
  async () => {
    const first = await GatewayProcess.start();
    const { mqttPort } = first;
    const port = first.url.port;
    await using browser = await launch();
    const page = await browser.page(traces(first, "?hop=room"));
    const state = page.locator(".trace-state");
    await state.getByText("Live").waitFor();
    {
      await using peer = await publishes(first);
      for (let i = 0; i < 40; i++) await peer.publish("devices/desk/count", i);
      await rows(page, "Update 40 of desk").waitFor();
      await page.getByRole("grid").hover();
      await page.mouse.wheel(0, -5000);
      const follow = page.getByRole("button", { name: "Follow" });
      await page.locator('button[aria-pressed="false"]', { hasText: "Follow" }).waitFor();
      await rows(page, /Update 1 of desk/).waitFor();
      await peer.publish("devices/desk/count", 41);
      await page.getByText("41 frames", { exact: true }).waitFor();
      assert.ok(await rows(page, /Update 1 of desk/).isVisible(), "what one looks at stays");
      await follow.click();
      await rows(page, "Update 41 of desk").waitFor();
      await page.getByRole("button", { name: "Pause" }).click();
      await state.getByText("Paused").waitFor();
      await peer.publish("devices/desk/count", 42);
      await page.getByRole("button", { name: "Start" }).click();
      await state.getByText("Live").waitFor();
    }
    await first[Symbol.asyncDispose]();
    await state.getByText(/Interrupted|Asking/).waitFor();
    const args = ["--port", port, "--mqtt-port", String(mqttPort)];
    await using second = await GatewayProcess.start({ args });
    await state.getByText("Live").waitFor();
    await using peer = await publishes(second);
    await peer.publish("devices/shelf/count", 1);
    await rows(page, "Update 1 of shelf").waitFor();
    await page.getByText("42 frames", { exact: true }).waitFor();
    assert.equal(
      await rows(page, "of shelf").getByRole("gridcell").first().textContent(),
      "42",
      "numbers go on",
    );
  },
);

testWith(
  ["chromium"],
  "on a phone each row has its Info, and long fields are not cut",
  async () => {
    await using gateway = await GatewayProcess.start();
    await using peer = await publishes(gateway);
    const text = "0123456789 ".repeat(30).trim();
    for (let i = 0; i < 60; i++) await peer.publish("devices/desk/note", `${text} ${i}`);
    await using browser = await launch();
    const phone = { width: 360, height: 740, touch: true };
    const page = await browser.page(traces(gateway, "?source=recent&hop=mqtt"), phone);
    const row = rows(page, "Publish Message").first();
    const cells = row.locator("> span");
    await cells.nth(6).waitFor();
    for (const at of [1, 4, 5, 6]) {
      const box = (await cells.nth(at).boundingBox())!;
      assert.ok(box.x >= 0 && box.x + box.width <= 360 && box.width > 20, `cell ${at} is seen`);
    }
    const above = (await cells.nth(4).boundingBox())!;
    const info = (await cells.nth(6).boundingBox())!;
    assert.ok(info.y >= above.y + above.height - 1, "Info stands below");
    await page.getByRole("grid").focus();
    await page.keyboard.press("End");
    const chosen = page.locator('.frames-row[aria-selected="true"]');
    const grid = (await page.getByRole("grid").boundingBox())!;
    await eventually("the last row is in sight", async () => {
      const box = await chosen.boundingBox();
      return box !== null && box.y >= grid.y && box.y + box.height <= grid.y + grid.height + 1;
    });
    await rows(page, "devices/desk/note").last().click();
    const tree = page.getByRole("tree");
    await tree.getByRole("treeitem").filter({ hasText: "0123456789" }).first().waitFor();
    const cut = () => tree.evaluate((tree) => tree.scrollWidth - tree.clientWidth);
    assert.equal(await cut(), 0, "the tree scrolls sideways");

    await page.setViewportSize({ width: 800, height: 740 });
    await eventually("one line", async () => {
      const [a, b] = await Promise.all([0, 6].map((at) => cells.nth(at).boundingBox()));
      return a !== undefined && b !== undefined && a?.y === b?.y;
    });
    assert.equal(await cut(), 0);
    assert.deepEqual(browser.problems, []);
  },
);

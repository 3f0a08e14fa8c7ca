/** The channel view while it loads, over a restart and a slow connection, and how it looks. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { seriousProblems } from "../support/axe.ts";
import { TestBrowser } from "../support/browser.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { area, channelWithReadings, inkedParts, until } from "./channel_page.ts";
import { sharedGateway } from "../support/shared_gateway.ts";

const { testWith } = sideBySide(2);

const open = TestBrowser.shared();
/** For tests that look at what is there, and those that have a channel of their own in it. */
const start = sharedGateway({ args: ["--demo"] });

/** Has each page that is opened from now on remember what moved. */
async function watchShifts(page: Page) {
  await page.addInitScript(() => {
    const seen: PerformanceEntry[] = [];
    Reflect.set(window, "shifts", seen);
    new PerformanceObserver((list) => seen.push(...list.getEntries()))
      .observe({ type: "layout-shift", buffered: true });
  });
}

/** Sum of all layout shifts since the page was asked for, and what moved. */
async function shifts(page: Page): Promise<{ sum: number; moved: string }> {
  return await page.evaluate(async () => {
    // What moved in this frame is told behind it.
    for (let i = 0; i < 2; i++) await new Promise((resolve) => requestAnimationFrame(resolve));
    const list: { value: number; sources: { node?: Element }[] }[] = Reflect.get(window, "shifts");
    const sum = list.reduce((all, { value }) => all + value, 0);
    const moved = list.flatMap(({ value, sources }) =>
      sources.map(({ node }) => `${value.toFixed(3)} ${node?.className ?? node?.nodeName}`)
    );
    return { sum, moved: moved.join("; ") };
  });
}

testWith(["chromium"], "nothing jumps while a channel loads", async () => {
  const gateway = await start();
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  for (const channel of ["fridge", "chamber"]) {
    await peer.subscribe(`+/${channel}/#`);
    await peer.subscribe(`edgewire/v1/readings/${channel}/#`);
    await peer.message(({ topic }) => topic.includes(channel));
  }
  await using browser = await open();
  const page = await browser.page("about:blank");
  await watchShifts(page);
  for (const width of [1280, 360]) {
    for (const channel of ["fridge", "chamber"]) {
      await page.goto("about:blank");
      await page.setViewportSize({ width, height: 800 });
      await page.goto(String(new URL(`#/channel/${channel}`, gateway.url)));
      await page.locator(".u-over").first().waitFor();
      await page.getByRole("region", { name: "Events" }).getByText("this page").waitFor();
      await page.getByRole("heading", { name: "Device" }).or(page.getByRole("slider")).first()
        .waitFor();
      const { sum, moved } = await shifts(page);
      assert.ok(sum < 0.05, `${channel} at ${width} px: ${sum}: ${moved}`);
    }
  }
  assert.deepEqual(browser.problems, []);
});

testWith(
  ["chromium"],
  "a value moves nothing, however long it gets; opened, all is there",
  async () => {
    const gateway = await start();
    await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
    const names = ["log", "name", "state"];
    const publish = async (value: unknown) => {
      for (const name of names) await peer.publish(`devices/wordy/${name}`, value);
    };
    await using browser = await open();
    const page = await browser.page("about:blank");
    await watchShifts(page);
    const long = `first line\nsecond ${"of many words ".repeat(20)}`;
    const values: [unknown, string][] = [
      [long, "first line"],
      ["brief", "brief"],
      [{ message: long, n: 1 }, "first line"],
      ["x".repeat(200), "xxxxx"],
    ];
    for (const width of [1280, 360]) {
      await publish("short");
      await page.goto("about:blank");
      await page.setViewportSize({ width, height: 800 });
      await page.goto(String(new URL("#/channel/wordy", gateway.url)));
      const rows = page.locator(".topics tbody tr");
      await rows.filter({ hasText: "short" }).nth(2).waitFor();
      await page.getByRole("region", { name: "Events" }).getByText("this page").waitFor();
      const before = await shifts(page);
      const heights = () => rows.evaluateAll((all) => all.map((row) => row.clientHeight));
      const usual = await heights();
      for (const [value, shown] of values) {
        await publish(value);
        await rows.filter({ hasText: shown }).nth(2).waitFor();
        assert.deepEqual(await heights(), usual, `${width} px: ${shown}`);
      }
      const { sum, moved } = await shifts(page);
      // The badge and texts like "2 s ago" change by themselves.
      assert.ok(sum - before.sum < 0.001, `at ${width} px: ${moved}`);
      await publish(long);
      const cell = rows.first().locator("td").first();
      await page.waitForFunction(() => document.querySelector("td[title^='first line']"));
      assert.equal(await cell.getAttribute("title"), long);
      await cell.locator("summary").click();
      assert.ok((await heights())[0]! > usual[0]! * 2, "all of it");
      await cell.locator("summary").press("Enter");
      assert.deepEqual(await heights(), usual);
    }
    assert.deepEqual(browser.problems, []);
  },
);

testWith(["chromium"], "the line goes on over a restart of the gateway", async () => {
  const first = await GatewayProcess.start();
  const { mqttPort, url } = first;
  const publish = async (from: number, to: number) => {
    await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${mqttPort}`);
    for (let value = from; value <= to; value++) {
      await peer.publish("devices/desk/temperature", value);
    }
  };
  await publish(1, 4);
  await using browser = await open();
  const page = await browser.page(new URL("#/channel/desk?window=60000", url));
  const shown = page.locator(".legend-value");
  await shown.getByText("4", { exact: true }).waitFor();
  await first[Symbol.asyncDispose]();
  await page.getByText("Reconnecting").first().waitFor();
  await using _second = await GatewayProcess.start({
    args: ["--port", url.port, "--mqtt-port", String(mqttPort)],
  });
  await publish(20, 20);
  await shown.getByText("20", { exact: true }).waitFor();
  await page.getByText("Connected").first().waitFor();
  await until(async () => {
    const parts = await inkedParts(page);
    const [from, to] = [parts.indexOf(true), parts.lastIndexOf(true)];
    return to - from >= 2 && parts.slice(from, to).every(Boolean);
  }, "a line without a hole");
});

testWith(["chromium"], "what a slow connection left out is loaded afterwards", async () => {
  const gateway = await start();
  await using browser = await open();
  const page = await browser.page("about:blank");
  const sent = Promise.withResolvers<(text: string) => void>();
  await page.routeWebSocket(/\/ws/, (socket) => {
    socket.connectToServer();
    sent.resolve((text) => socket.send(text));
  });
  await page.goto(String(await channelWithReadings(gateway, "slow")));
  await area(page);
  const asked = page.waitForRequest(/\/history/);
  const gap = { type: "gap", channel: "slow", from: 1, to: 3, reason: "slow" };
  (await sent.promise)(JSON.stringify(gap));
  await page.getByText("up to 3.").waitFor();
  await asked;
  await until(async () => (await inkedParts(page)).filter(Boolean).length > 40, "is drawn");
  assert.deepEqual(browser.problems, []);
});

testWith(["chromium"], "axe finds nothing serious, and nothing is cut off", async () => {
  const gateway = await start();
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  const url = await channelWithReadings(gateway, "seen");
  await peer.publish("devices/seen/lamp", "on");
  await using browser = await open();
  // The test of all views looks at the other two of light, dark, wide and narrow.
  for (
    const options of [
      { width: 1280, colorScheme: "dark" as const },
      { width: 390, touch: true },
    ]
  ) {
    const page = await browser.page(url, options);
    await area(page);
    await page.getByRole("row", { name: /lamp/ }).waitFor();
    await page.getByRole("application").first().press("Shift+ArrowRight");
    await page.locator(".picked").waitFor();
    assert.deepEqual(await seriousProblems(page), [], JSON.stringify(options));
    const sideways = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return scrollWidth - clientWidth;
    });
    assert.ok(sideways <= 0, `${sideways} px`);
    await page.close();
  }
  assert.deepEqual(browser.problems, []);
});

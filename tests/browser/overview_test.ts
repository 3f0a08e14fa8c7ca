/** The overview in real Chromium, on a gateway as the user starts it. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { seriousProblems } from "../support/axe.ts";
import { shape, TestBrowser } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { TestProcess } from "../support/process.ts";
import { members, mqtt, nodeSays, tile } from "./overview_page.ts";
import { sideBySide } from "../support/side_by_side.ts";

const { testWith } = sideBySide(2);
const launch = TestBrowser.shared();

/** Names of the tiles, in order. */
async function names(page: Page): Promise<string[]> {
  return await page.locator(".tile h2").allTextContents();
}

async function shown(page: Page, wanted: string[]) {
  await eventually(
    `tiles ${wanted}`,
    async () => JSON.stringify(await names(page)) === JSON.stringify(wanted),
  );
}

testWith(
  ["chromium", "mosquitto_pub"],
  "the empty overview's line makes a tile, with value, unit, age and the last minutes",
  async () => {
    await using gateway = await GatewayProcess.start({
      config: `describe: [{ topic: devices/+/temperature, unit: "°C" }]`,
    });
    await using browser = await launch();
    const page = await browser.page(gateway.url);
    const line = (await page.locator("pre", { hasText: "mosquitto_pub" }).textContent())!;
    await page.getByText(`deno task nodes --broker mqtt://127.0.0.1:${gateway.mqttPort}`).waitFor();

    const [program, ...args] = line.split(" ");
    await using process = new TestProcess(program!, { args });
    assert.equal((await process.status).code, 0, process.output);
    const desk = tile(page, "desk");
    const main = desk.locator(".tile-main");
    await main.getByText("21.5", { exact: true }).waitFor();
    await main.getByText("°C").waitFor();
    await desk.getByText("just now").waitFor();
    await desk.getByText("Last 5 min: one value so far").waitFor();

    await using peer = await mqtt(gateway);
    await peer.publish("devices/desk/temperature", 24);
    await main.getByText("24", { exact: true }).waitFor();
    await peer.publish("devices/desk/door", "open");
    await desk.locator(".tile-beside").getByText("open").waitFor();
    await main.getByText("24", { exact: true }).waitFor();
    await desk.getByText("Last 5 min: 21.5 to 24").waitFor();
    assert.match((await desk.locator(".spark-line").getAttribute("d"))!, /^M[\d.]+ 47L[\d.]+ 1$/);
    assert.deepEqual(browser.problems, []);
  },
);

testWith(["chromium"], "search and state are in the address; back and links work", async () => {
  await using gateway = await GatewayProcess.start({
    config: `describe: [{ topic: +/co2, unit: ppm }]`,
  });
  await using peer = await mqtt(gateway);
  await nodeSays(peer, "ble-2", "online");
  await nodeSays(peer, "ble-10", "online");
  for (const name of ["ble-2", "ble-10"]) await peer.publish(`devices/${name}/uptime`, 1);
  await peer.publish("office/co2", 600);
  await peer.publish("hall/temperature", 20);
  await using browser = await launch();
  const page = await browser.page(gateway.url);
  await shown(page, ["ble-2", "ble-10", "hall", "office"]);
  await page.getByText("All 4", { exact: true }).waitFor();
  await page.getByRole("radio", { name: "Unknown 2" }).check();
  await shown(page, ["hall", "office"]);
  await page.getByRole("radio", { name: "All 4" }).check();

  await page.keyboard.press("/");
  await page.keyboard.type("PPM");
  await shown(page, ["office"]);
  assert.equal(new URL(page.url()).hash, "#/?q=PPM");
  await page.getByText("1 of 4").waitFor();
  await page.getByRole("searchbox").fill("temp ha");
  await shown(page, ["hall"]);
  await page.getByRole("searchbox").fill("ble");
  await shown(page, ["ble-2", "ble-10"]);
  assert.equal(await page.getByText("Unknown").count(), 0);
  await page.getByRole("radio", { name: "Online 2" }).check();
  await shown(page, ["ble-2", "ble-10"]);
  assert.equal(new URL(page.url()).hash, "#/?q=ble&state=online");

  await nodeSays(peer, "ble-10", "offline");
  await shown(page, ["ble-2"]);
  await page.getByRole("radio", { name: "Lost 1" }).check();
  await shown(page, ["ble-10"]);
  const lost = tile(page, "ble-10");
  await lost.getByText("lost: said goodbye").waitFor();
  await lost.getByText("it said that it goes offline").waitFor();
  await page.goBack();
  await shown(page, ["ble-2"]);
  await page.reload();
  await shown(page, ["ble-2"]);
  assert.equal(await page.getByRole("searchbox").inputValue(), "ble");

  await page.getByRole("searchbox").fill("nothing of that");
  await page.getByText("No channel matches.").waitFor();
  await page.getByRole("button", { name: "Clear the filter" }).click();
  await shown(page, ["ble-2", "ble-10", "hall", "office"]);
  await page.getByRole("combobox", { name: "Order" }).selectOption("Trouble first");
  await shown(page, ["ble-10", "ble-2", "hall", "office"]);
  await tile(page, "hall").click();
  await page.getByRole("heading", { name: "hall", exact: true }).waitFor();
  await page.goBack();
  await shown(page, ["ble-10", "ble-2", "hall", "office"]);
  assert.deepEqual(browser.problems, []);
});

testWith(["chromium"], "a simulated node that dies is lost, and says why", async () => {
  await using gateway = await GatewayProcess.start();
  await using nodes = new TestProcess(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--ignore-env", "--allow-net", "firmware/simulated/main.ts"],
      ...["--broker", `mqtt://127.0.0.1:${gateway.mqttPort}`, "--only", "lux", "--period", "100"],
    ],
    cwd: new URL("../../", import.meta.url).pathname,
  });
  await using browser = await launch();
  const page = await browser.page(gateway.url);
  const lux = tile(page, "lux");
  await lux.getByText("online", { exact: true }).waitFor();
  await lux.locator(".tile-main").getByText("lx", { exact: true }).waitFor();
  await page.getByText("Online 1", { exact: true }).waitFor();
  nodes.kill("SIGKILL");
  await lux.getByText("lost: last will").waitFor();
  await lux.getByText("the broker published its last will").waitFor();
  await page.getByText("Lost 1", { exact: true }).waitFor();
  assert.notEqual(await lux.locator(".tile-main .value").textContent(), "", "its values stay");
  assert.deepEqual(browser.problems, []);
});

/** Channels that a page is subscribed to, by what it sends from now on. */
function subscriptions(page: Page): Set<string> {
  const open = new Set<string>();
  page.on("websocket", (socket) =>
    socket.on("framesent", ({ payload }) => {
      const { type, channel } = JSON.parse(String(payload));
      if (type === "subscribe") open.add(channel);
      if (type === "unsubscribe") open.delete(channel);
    }));
  return open;
}

/** Sends values to so many channels until it is disposed of, about 250 a second in all. */
async function flood(gateway: GatewayProcess, channels: number) {
  const peer = await mqtt(gateway);
  await Promise.all(
    Array.from({ length: channels }, (_, i) => peer.publish(`devices/room-${i}/temperature`, 20)),
  );
  let at = 0;
  const timer = setInterval(() => {
    for (let i = 0; i < 5; i++, at++) {
      peer.client.publish(`devices/room-${at % channels}/temperature`, String(20 + at % 7 / 10));
    }
  }, 20);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await peer[Symbol.asyncDispose]();
    },
  };
}

testWith(
  ["chromium"],
  "of 200 channels only those on or near the screen cost anything, however one scrolls",
  async () => {
    await using gateway = await GatewayProcess.start();
    await using _flood = await flood(gateway, 200);
    await using browser = await launch();
    const page = await browser.page("about:blank");
    const open = subscriptions(page);
    let [histories, running, most] = [0, 0, 0];
    page.on("request", (request) => {
      if (!request.url().includes("/history")) return;
      histories++;
      most = Math.max(most, ++running);
    });
    page.on("requestfinished", (request) => request.url().includes("/history") && running--);
    page.on("requestfailed", (request) => request.url().includes("/history") && running--);
    await page.goto(gateway.url.href);
    await page.getByText("All 200", { exact: true }).waitFor();
    const bodies = page.locator(".tile-main");
    await bodies.first().waitFor();
    const visible = await eventually("tiles with lines", async () => {
      const lines = await page.locator('.spark-line[d^="M"]').count();
      return lines > 10 && lines === await bodies.count() && lines;
    });
    assert.ok(visible < 40, `${visible} tiles with values`);
    await eventually("as many subscriptions", () => open.size === visible);
    assert.equal(histories, visible);
    assert.ok(most <= 4, `${most} requests at a time`);

    const before = await page.locator(".tile").first().boundingBox();
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    for (let round = 0; round < 2; round++) {
      for (let step = 0; step < 15; step++) {
        await page.mouse.wheel(0, round % 2 === 0 ? 1200 : -1200);
        await page.evaluate(() => new Promise(requestAnimationFrame));
      }
    }
    await page.evaluate(() => scrollTo(0, 0));
    await eventually("the same tiles as before", async () => await bodies.count() === visible);
    assert.deepEqual(await page.locator(".tile").first().boundingBox(), before);
    assert.equal(await page.evaluate(() => document.documentElement.scrollHeight), height);
    const nodes = await page.evaluate(() => document.querySelectorAll("main *").length);
    assert.ok(nodes < 200 * 3 + visible * 40 + 60, `${nodes} elements`);
    await eventually("as many subscriptions", () => open.size === visible);
    await page.getByText("Connected").waitFor();
    assert.equal(await members(gateway), 0);
    assert.deepEqual(browser.problems, []);
  },
);

testWith(
  ["chromium"],
  "where the gateway allows fewer channels than a big screen shows, the others are read",
  async () => {
    await using gateway = await GatewayProcess.start({
      args: ["--limits-channels-per-session", "20"],
    });
    await using peer = await mqtt(gateway);
    for (let i = 100; i < 140; i++) await peer.publish(`devices/room-${i}/temperature`, i);
    await using browser = await launch();
    const page = await browser.page("about:blank", { width: 2560, height: 1440 });
    const open = subscriptions(page);
    await page.goto(gateway.url.href);
    await eventually("40 values", async () => await page.locator(".tile-main").count() === 40);
    await page.getByText("lets a page follow 20 channels at once").waitFor();
    await eventually("19 subscriptions", () => open.size === 19);
    await peer.publish("devices/room-100/temperature", 7.25);
    await tile(page, "room-100").getByText("7.25", { exact: true }).waitFor();
    const refused = await (await fetch(new URL("/metrics", gateway.url))).text();
    assert.doesNotMatch(refused, /too_many|closed\{code="4429"\}/);
    // One is left for the channel that is opened.
    await tile(page, "room-139").click();
    await page.getByRole("heading", { name: "room-139" }).waitFor();
    await peer.publish("devices/room-139/temperature", 8.25);
    await page.getByText("8.25").first().waitFor();
    assert.deepEqual(browser.problems, []);
  },
);

testWith(["chromium"], "the overview is accessible in both themes, wide and narrow", async () => {
  await using empty = await GatewayProcess.start();
  await using gateway = await GatewayProcess.start({ args: ["--demo"] });
  await using peer = await mqtt(gateway);
  await peer.publish("devices/attic/temperature", 3);
  await nodeSays(peer, "attic", "online");
  await nodeSays(peer, "attic", "offline");
  await using browser = await launch();
  const page = await browser.page(gateway.url);
  const sideways = () => document.documentElement.scrollWidth - innerWidth;
  // The test of all views looks at the other two of light, dark, wide and narrow.
  const shapes = [[1280, "dark"], [390, "light"]] as const;
  for (const [width, colorScheme] of shapes) {
    await shape(page, { width, height: 900, colorScheme });
    await tile(page, "attic").getByText("lost: said goodbye").waitFor();
    await page.locator('.spark-line[d^="M"]').first().waitFor({ state: "attached" });
    assert.deepEqual(await seriousProblems(page), [], `${width} px ${colorScheme}`);
    assert.ok(await page.evaluate(sideways) <= 0, `${width} px scrolls sideways`);
    await page.getByRole("searchbox").fill("no such channel");
    const clear = page.getByRole("button", { name: "Clear the filter" });
    await clear.waitFor();
    assert.deepEqual(await seriousProblems(page), [], `${colorScheme}, nothing found`);
    await clear.click();
  }
  await page.goto(empty.url.href);
  for (const [width, colorScheme] of shapes) {
    await shape(page, { width, height: 900, colorScheme });
    await page.getByText("No channels yet").waitFor();
    assert.deepEqual(await seriousProblems(page), [], `${colorScheme}, empty`);
    assert.ok(await page.evaluate(sideways) <= 0, `${width} px, empty, scrolls sideways`);
  }
  assert.deepEqual(browser.problems, []);
});

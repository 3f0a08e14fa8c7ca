/** The channel view in real Chromium: plots, their time, points, topics, events, people. */
import assert from "node:assert/strict";
import type { Page, Request } from "playwright-core";
import { TestBrowser } from "../support/browser.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { sideBySide } from "../support/side_by_side.ts";
import {
  area,
  bandParts,
  channelWithReadings,
  inkedParts,
  publishPast,
  SECOND,
  until,
} from "./channel_page.ts";
import { sharedGateway } from "../support/shared_gateway.ts";

const { testWith } = sideBySide(2);

const HOUR = 3600 * SECOND;
const VIEWER = "a-token-of-a-viewer";
const open = TestBrowser.shared();
/** Each test has a channel of its own in it. */
const start = sharedGateway({
  config: `tokens:\n  - { name: wall, role: viewer, token: ${VIEWER} }\n`,
});

function query(page: Page): URLSearchParams {
  return new URLSearchParams(new URL(page.url()).hash.split("?")[1]);
}

function spanOf(page: Page): { from: number; to: number } {
  return { from: Number(query(page).get("from")), to: Number(query(page).get("to")) };
}

/** Waits until the address says something. */
function addressHas(page: Page, has: (query: URLSearchParams) => boolean) {
  return page.waitForURL((url) => has(new URLSearchParams(url.hash.split("?")[1])));
}

testWith(["chromium"], "zooming, panning and pausing are in the address; back works", async () => {
  const gateway = await start();
  await using browser = await open();
  const page = await browser.page(await channelWithReadings(gateway, "zoomed"));
  const asked: URLSearchParams[] = [];
  page.on("request", (request: Request) => {
    const url = new URL(request.url());
    if (url.pathname.endsWith("/history")) asked.push(url.searchParams);
  });
  const { x, y, width, height } = await area(page);
  const before = Date.now();
  await page.mouse.move(x + width * 0.5, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.6, y + height / 2, { steps: 4 });
  await page.mouse.up();
  await addressHas(page, (said) => said.has("from"));
  const zoomed = spanOf(page);
  assert.ok(Math.abs(zoomed.to - zoomed.from - 30 * SECOND) < 4 * SECOND, "a tenth of 5 min");
  assert.ok(Math.abs(before - zoomed.from - 150 * SECOND) < 6 * SECOND, "where it was dragged");
  assert.equal(await page.locator(".picked").count(), 0, "dragging is no click");
  await until(() => Promise.resolve(asked.some((said) => said.has("until"))), "asks anew");
  const said = asked.findLast((each) => each.has("until"))!;
  assert.ok(Number(said.get("since")) < zoomed.from && Number(said.get("until")) > zoomed.to);
  assert.ok(Number(said.get("points")) > 500);

  // The wheel zooms at the pointer: what is under it stays there.
  const at = zoomed.from + (zoomed.to - zoomed.from) * 0.25;
  await page.mouse.move(x + width * 0.25, y + height / 2);
  await page.mouse.wheel(0, -250);
  await addressHas(page, (said) => Number(said.get("from")) > zoomed.from);
  const closer = spanOf(page);
  assert.ok(Math.abs((closer.to - closer.from) * 2 - (zoomed.to - zoomed.from)) < 20);
  assert.ok(Math.abs(closer.from + (closer.to - closer.from) * 0.25 - at) < 200);

  // Dragging with shift moves along, and is no step of its own.
  const steps = await page.evaluate(() => history.length);
  await page.keyboard.down("Shift");
  await page.mouse.down();
  await page.mouse.move(x + width * 0.75, y + height / 2, { steps: 4 });
  await page.mouse.up();
  await page.keyboard.up("Shift");
  // The address follows step by step.
  const half = (closer.to - closer.from) / 2;
  await addressHas(page, (said) => Math.abs(closer.from - Number(said.get("from")) - half) < 300);
  const moved = spanOf(page);
  assert.ok(Math.abs(moved.to - moved.from - (closer.to - closer.from)) <= 1);
  assert.equal(await page.evaluate(() => history.length), steps);

  await page.goBack();
  assert.deepEqual(spanOf(page), zoomed);
  await page.goBack();
  assert.equal(query(page).has("from"), false);
  await page.getByRole("button", { name: "Pause" }).waitFor();
  assert.deepEqual(browser.problems, []);
});

testWith(["chromium"], "keys and buttons move in time; links open what they name", async () => {
  const gateway = await start();
  await using browser = await open();
  const page = await browser.page(await channelWithReadings(gateway, "moved", "?window=60000"));
  await area(page);
  assert.ok(await page.getByRole("radio", { name: "1 min" }).isChecked());
  await page.getByRole("button", { name: "Pause" }).click();
  const paused = spanOf(page);
  assert.equal(paused.to - paused.from, 60 * SECOND);
  const plot = page.getByRole("application", { name: "Plot of temperature" });
  await plot.focus();
  await page.keyboard.press("ArrowLeft");
  await addressHas(page, (said) => Number(said.get("from")) === paused.from - 12 * SECOND);
  await page.keyboard.press("+");
  await addressHas(page, (said) => Number(said.get("from")) === paused.from + 3 * SECOND);
  assert.equal(spanOf(page).to - spanOf(page).from, 30 * SECOND);
  await page.keyboard.press("-");
  await addressHas(page, (said) => Number(said.get("to")) === paused.to - 12 * SECOND);
  await page.keyboard.press("Home");
  await addressHas(page, (said) => said.get("window") === "60000" && !said.has("from"));
  await page.getByRole("radio", { name: "6 h" }).check();
  await addressHas(page, (said) => said.get("window") === String(6 * HOUR));

  const item = page.getByRole("button", { name: /^temperature/ });
  await item.click();
  assert.equal(query(page).get("hide"), "devices/moved/temperature");
  assert.equal(await item.getAttribute("aria-pressed"), "false");
  await page.reload();
  await page.locator('.legend-item[aria-pressed="false"]').waitFor();
  await page.getByRole("button", { name: /^temperature/ }).click();
  assert.equal(query(page).has("hide"), false);
  assert.deepEqual(browser.problems, []);
});

testWith(["chromium"], "the first value of each topic is a dot", async () => {
  const gateway = await start();
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await peer.publish("devices/first/humidity", 40);
  await peer.publish("devices/first/temperature", 21.5);
  await using browser = await open();
  const page = await browser.page(new URL("#/channel/first?window=60000", gateway.url));
  await area(page);
  await until(async () => (await inkedParts(page)).some(Boolean), "is drawn");
  assert.ok((await inkedParts(page)).filter(Boolean).length <= 2, "no line");
});

testWith(["chromium"], "a silence is drawn as a gap; files hold what is shown", async () => {
  const gateway = await start();
  await using browser = await open();
  const url = await channelWithReadings(gateway, "desk");
  const to = Date.now();
  url.hash += `?from=${to - 240 * SECOND}&to=${to}`;
  const page = await browser.page(url);
  await area(page);
  await until(async () => (await inkedParts(page)).filter(Boolean).length > 50, "is drawn");
  const parts = await inkedParts(page);
  // Of 240 s, silent from 150 to 90 s ago.
  assert.ok(parts.slice(6, 34).every(Boolean), "before");
  assert.ok(parts.slice(41, 60).every((inked) => !inked), `no line over it: ${parts}`);
  assert.ok(parts.slice(66, 95).every(Boolean), "after");

  const csv = page.waitForEvent("download");
  await page.getByRole("button", { name: "as CSV" }).click();
  const text = await Deno.readTextFile(await (await csv).path());
  const rows = text.trim().split("\r\n");
  assert.equal(rows[0], "time,seq,topic,value,id");
  assert.ok(rows.length > 170 && rows.length <= 181, `${rows.length}`);

  const png = page.waitForEvent("download");
  await page.getByRole("button", { name: "as PNG" }).click();
  const picture = await png;
  assert.equal(picture.suggestedFilename(), "desk.png");
  const bytes = await Deno.readFile(await picture.path());
  assert.deepEqual([...bytes.subarray(1, 4)], [..."PNG"].map((c) => c.charCodeAt(0)));
  // IHDR (PNG, 11.2.1).
  const view = new DataView(bytes.buffer);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  assert.ok(width > 700 && height > 250, `${width} x ${height}`);
  assert.deepEqual(browser.problems, []);
});

for (const [word, on, off] of [["flags", true, false], ["words", "ON", "OFF"]] as const) {
  testWith(["chromium"], `a state from before what is loaded has its band (${word})`, async () => {
    const gateway = await start();
    const topic = `devices/${word}/pump`;
    await publishPast(gateway.mqttPort, [
      { ago: 1800, topic, value: on },
      { ago: 30, topic, value: off },
      { ago: 15, topic, value: on },
    ]);
    await using browser = await open();
    const to = Date.now();
    const url = new URL(`#/channel/${word}?from=${to - 60 * SECOND}&to=${to}`, gateway.url);
    const page = await browser.page(url);
    await area(page);
    // Of 60 s: on, off from 30 to 15 s ago, on again.
    const isOn = (part: number) => part < 50 || part > 75;
    const right = (parts: boolean[]) =>
      parts.every((band, part) => band === isOn(part) || [50, 75].some((at) => near(part, at)));
    const near = (part: number, at: number) => Math.abs(part - at) < 6;
    await until(async () => right(await bandParts(page)), "bands as the states were");
    await page.reload();
    await area(page);
    await until(async () => right(await bandParts(page)), "the same after loading anew");
    // Nothing was told within what is looked at now: it was on throughout.
    await page.goto(`${gateway.url}#/channel/${word}?from=${to - 600_000}&to=${to - 540_000}`);
    await until(async () => (await bandParts(page)).every(Boolean), "on throughout");
    // Before the first value nothing is known.
    await page.goto(`${gateway.url}#/channel/${word}?from=${to - 1860_000}&to=${to - 1740_000}`);
    await until(async () => (await bandParts(page)).slice(56).every(Boolean), "from then on");
    assert.ok((await bandParts(page)).slice(0, 44).every((band) => !band));
    assert.deepEqual(browser.problems, []);
  });
}

testWith(["chromium"], "from a point to its bytes, as long as they are recorded", async () => {
  const gateway = await start();
  await publishPast(gateway.mqttPort, [
    { ago: 1800, topic: "devices/points/temperature", value: 5 },
    { ago: 0, topic: "devices/points/temperature", value: 20 },
  ]);
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await peer.publish("devices/points/raw", new Uint8Array([0, 127, 255]));
  await using browser = await open();
  const page = await browser.page(new URL("#/channel/points?window=3600000", gateway.url));
  const { x, y, width, height } = await area(page);
  const row = page.getByRole("row", { name: /raw/ });
  await row.getByText("00 7f ff").waitFor();
  const id = /id=([\w-]+)/.exec((await row.getByRole("link").getAttribute("href"))!)?.[1];
  assert.ok(id);

  // The older point is in the middle, at the bottom.
  await until(async () => {
    await page.mouse.click(x + width / 2, y + height * 0.9);
    return await page.getByRole("button", { name: "Show its bytes" }).count() > 0;
  }, "a point is chosen");
  await page.getByText("5", { exact: true }).last().waitFor();
  await page.getByRole("button", { name: "Show its bytes" }).click();
  await page.getByText(/Its bytes are gone: the flight recorder holds the last 5 min/).waitFor();

  // By keys, the newest point.
  await page.getByRole("application").focus();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Shift+ArrowRight");
  await page.locator(".picked").getByText("20", { exact: true }).waitFor();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await page.waitForURL(/#\/traces\?source=recent&id=[\w-]+$/);
  await page.goBack();
  await page.getByRole("row", { name: /raw/ }).getByRole("link").click();
  await page.waitForURL(new RegExp(`#/traces\\?source=recent&id=${id}$`));
});

testWith(["chromium"], "who watches and what happened, in words", async () => {
  const gateway = await start();
  await using browser = await open();
  const url = await channelWithReadings(gateway, "watched");
  const page = await browser.page(url);
  const watchers = page.locator(".watchers");
  await watchers.getByText("you").waitFor();
  const events = page.getByRole("region", { name: "Events" });
  await events.getByText("this page").waitFor();
  const other = await browser.page(url);
  const name = (await watchers.getByText(/^admin/).textContent())!;
  await events.getByRole("listitem").filter({ hasText: name }).getByText("Came to watch").waitFor();
  await other.close();
  const left = events.getByRole("listitem").filter({ hasText: name }).getByText("Left");
  await left.waitFor();
  await page.reload();
  await left.waitFor();
  assert.deepEqual(browser.problems, []);
});

testWith(["chromium"], "two fingers zoom, one moves along", async () => {
  const gateway = await start();
  await using browser = await open();
  const page = await browser.page(await channelWithReadings(gateway, "touched"), {
    width: 390,
    height: 844,
    touch: true,
  });
  const { x, y, width, height } = await area(page);
  await page.getByRole("button", { name: "Pause" }).tap();
  const before = spanOf(page);
  const cdp = await page.context().newCDPSession(page);
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...places: number[]) =>
    cdp.send("Input.dispatchTouchEvent", {
      type,
      touchPoints: places.map((place, id) => ({ x: x + width * place, y: y + height / 2, id })),
    });
  await touch("touchStart", 0.4, 0.6);
  for (const out of [0.02, 0.05, 0.1]) await touch("touchMove", 0.4 - out, 0.6 + out);
  await touch("touchEnd");
  const half = (before.to - before.from) / 2;
  // Twice as far apart, once the last move is in it.
  await addressHas(page, (said) => {
    const span = Number(said.get("to")) - Number(said.get("from"));
    return Math.abs(span - half) < half / 10;
  });
  const zoomed = spanOf(page);
  assert.ok(Math.abs(zoomed.from + zoomed.to - before.from - before.to) < half / 5);
  await touch("touchStart", 0.2);
  for (const place of [0.25, 0.4, 0.6]) await touch("touchMove", place);
  await touch("touchEnd");
  await addressHas(page, (said) => {
    const moved = zoomed.from - Number(said.get("from"));
    return Math.abs(moved - half * 0.4) < half / 10;
  });
  assert.deepEqual(browser.problems, []);
});

testWith(["chromium"], "viewers are not offered bytes", async () => {
  const gateway = await start();
  await using browser = await open();
  const url = await channelWithReadings(gateway, "viewed");
  url.searchParams.set("token", VIEWER);
  const page = await browser.page(url);
  await area(page);
  await page.getByText("viewer", { exact: true }).first().waitFor();
  await page.getByRole("row", { name: /temperature/ }).waitFor();
  assert.equal(await page.getByRole("columnheader", { name: "Bytes" }).count(), 0);
  await page.getByRole("application").press("Shift+ArrowRight");
  await page.locator(".picked").waitFor();
  assert.equal(await page.getByRole("button", { name: "Show its bytes" }).count(), 0);
  assert.deepEqual(browser.problems, []);
});

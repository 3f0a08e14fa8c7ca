/** The delay view in real Chromium: four ways, on a gateway as the user starts it. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { seriousProblems } from "../support/axe.ts";
import { TestBrowser } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { figure, received, saved, stop, WAYS } from "./delay_page.ts";
import { sideBySide } from "../support/side_by_side.ts";

const { testWith } = sideBySide(2);
const launch = TestBrowser.shared();

interface ExportedWay {
  way: string;
  lost: { count: number };
  statistics: { count: number; median: number; p95?: number; p99?: number; longest: number };
  samples: { number: number[]; at: number[]; delay: number[] };
}

/** Counts from now on how often the page asks its WebSocket for the gateway's time. */
async function countPings(page: Page): Promise<() => Promise<number>> {
  const pings = await page.evaluateHandle(() => {
    const pings: unknown[] = [];
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (data) {
      if (String(data).startsWith('{"type":"ping"')) pings.push(data);
      send.call(this, data);
    };
    return pings;
  });
  return () => pings.evaluate((all) => all.length);
}

testWith(["chromium"], "the page's own pings come on four ways; none is lost", async () => {
  await using gateway = await GatewayProcess.start();
  await using browser = await launch();
  const page = await browser.page(gateway.url);
  const scripts: string[] = [];
  const api: string[] = [];
  const sockets: { url: string; open: boolean }[] = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith("/mqtt.")) scripts.push(pathname);
    if (pathname.startsWith("/api/channels/")) api.push(pathname);
  });
  page.on("websocket", (socket) => {
    const entry = { url: socket.url(), open: true };
    sockets.push(entry);
    socket.on("close", () => entry.open = false);
  });
  await page.getByText("No channels yet").waitFor();
  assert.deepEqual(scripts, [], "the MQTT client is for the delay view alone");
  const comparisons = await countPings(page);
  await page.goto(new URL("#/delay?rate=50&poll=200", gateway.url).href);
  await eventually("some comparisons of the clocks", async () => await comparisons() >= 8);
  await page.getByRole("button", { name: "Start" }).click();
  for (const way of WAYS) await received(page, way, way === "poll" ? 3 : 60);
  assert.equal(scripts.length, 1);
  assert.equal(sockets.filter(({ url, open }) => open && url.endsWith("/mqtt")).length, 3);
  await stop(page);
  const { name, text } = await saved(page, "Export JSON");
  assert.match(name, /^delay-\d{14}\.json$/);
  const run = JSON.parse(text);
  assert.equal(run.format, "edgewire-delay-run/1");
  assert.deepEqual(run.settings, {
    source: "ping",
    topic: "devices/delay/ping",
    channel: "delay",
    relay: "devices/delay/relayed",
    rate: 50,
    qos: 0,
    poll: 200,
  });
  assert.match(run.environment.userAgent, /Chrome/);
  assert.ok(run.clock.roundTrip > 0 && run.clock.roundTrip < 1000);
  assert.equal(run.clock.uncertainty, run.clock.roundTrip / 2);
  assert.ok(Math.abs(run.clock.offset) <= run.clock.uncertainty + 2, "it is one machine");
  const ways: ExportedWay[] = run.ways;
  assert.deepEqual(ways.map(({ way }) => way), WAYS);
  for (const { way, lost, statistics, samples } of ways) {
    const { median, p95, p99, longest, count } = statistics;
    assert.equal(p95 === undefined, count < 20, way);
    assert.equal(p99 === undefined, count < 100, way);
    const order = [0, median, p95 ?? median, p99 ?? p95 ?? median, longest, 5000];
    assert.deepEqual(order, order.toSorted((a, b) => a - b), `${way}: ${order}`);
    for (const column of Object.values(samples)) assert.equal(column.length, count, way);
    assert.equal(lost.count, run.expected - count, way);
    if (way === "poll") continue;
    // First, as it tells which: the run's first ones, or its last ones.
    assert.deepEqual(samples.number, Array.from({ length: run.expected }, (_, n) => n), way);
    assert.equal(lost.count, 0, `${way} of ${run.expected}`);
    assert.equal(await figure(page, way, "Lost"), "0 (0 %)");
  }
  const [direct, relayed] = ways as [ExportedWay, ExportedWay];
  assert.ok(
    relayed.statistics.median >= direct.statistics.median - 0.2,
    "what is republished comes after what is not",
  );
  const csv = (await saved(page, "Export CSV")).text.trim().split("\r\n");
  assert.equal(csv[0], "way,number,at_ms,delay_ms");
  assert.equal(csv.length - 1, ways.reduce((sum, { statistics }) => sum + statistics.count, 0));
  assert.match(csv[1]!, /^mqtt,0,[\d.]+,[\d.]+$/);

  await page.getByRole("button", { name: "Clear" }).click();
  assert.equal(await figure(page, "mqtt", "Received"), "0");
  await page.getByRole("button", { name: "Start" }).click();
  await received(page, "mqtt", 5);
  await page.getByRole("button", { name: "Clear" }).click();
  await received(page, "poll", 2);
  await page.getByRole("link", { name: "Health" }).click();
  await eventually(
    "the connections' end",
    () => !sockets.some(({ url, open }) => open && url.endsWith("/mqtt")),
  );
  const asked = api.length;
  // As long as two polls would take.
  await new Promise((resolve) => setTimeout(resolve, 450));
  assert.equal(api.length, asked, "polling has ended");

  await page.getByRole("link", { name: "Delay" }).click();
  await page.getByText("Ended.").waitFor();
  const left = JSON.parse((await saved(page, "Export JSON")).text);
  assert.equal(left.settings.rate, 50, "as it was, whatever the address says now");
  const { count } = (left.ways as ExportedWay[])[0]!.statistics;
  assert.ok(count >= 2 && count === left.expected, `${count} of ${left.expected}`);
  assert.equal(await figure(page, "mqtt", "Received"), String(count));
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByText("Sending.").waitFor();
  await stop(page);
  assert.notEqual(JSON.parse((await saved(page, "Export JSON")).text).started, left.started);
  assert.deepEqual(browser.problems, []);
});

testWith(["chromium"], "a viewer measures a topic; what is missing is said", async () => {
  await using gateway = await GatewayProcess.start({
    args: ["--no-access-open-loopback"],
    config: `
relays: [{ filter: "devices/desk/:name", to: "stamped/desk/:name" }]
tokens:
  - { name: watcher, role: viewer, token: viewer-0123456789 }
  - { name: desk, role: node, token: node-0123456789ab }
`,
  });
  await using desk = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`, {
    username: "desk",
    password: "node-0123456789ab",
  });
  await desk.publish("devices/desk/temperature", 20, { retain: true });
  await desk.publish("devices/desk/other", "x");
  await using browser = await launch();
  const page = await browser.page(new URL("?token=viewer-0123456789#/delay", gateway.url));
  const start = page.getByRole("button", { name: "Start" });
  await page.getByText("Only an admin's link sends.").waitFor();
  assert.equal(await start.isDisabled(), true);
  await page.getByText("No relay republishes this topic.").waitFor();
  await page.getByText('{ filter: "devices/delay/ping", to: "stamped/devices/delay/ping" }')
    .waitFor();

  await page.getByLabel("A topic of a channel").check();
  await page.getByText("Choose a channel and a topic.").waitFor();
  await page.getByRole("combobox", { name: "Channel", exact: true }).selectOption("desk");
  await page.getByRole("combobox", { name: "Topic", exact: true }).selectOption(
    "devices/desk/temperature",
  );
  assert.equal(new URL(page.url()).hash, "#/delay?source=topic&topic=devices%2Fdesk%2Ftemperature");
  await start.click();
  await page.getByText("Measuring.").waitFor();
  let value = 0;
  const timer = setInterval(() => {
    desk.client.publish("devices/desk/temperature", `{"value": ${(value++ / 3).toFixed(1)}}`);
    desk.client.publish("devices/desk/other", "y");
  }, 20);
  try {
    for (const way of WAYS) await received(page, way, way === "poll" ? 2 : 50);
  } finally {
    clearInterval(timer);
  }
  await page.evaluate(() => void (location.hash = "#/delay"));
  await page.getByText("Ended. Only an admin's link sends.").waitFor();
  const run = JSON.parse((await saved(page, "Export JSON")).text);
  assert.equal(run.settings.topic, "devices/desk/temperature");
  assert.equal(await figure(page, "mqtt", "Received"), String(run.ways[0].statistics.count));
  assert.equal(run.crossesClocks, true);
  assert.ok(run.expected <= value && run.expected >= 50, `${run.expected} of ${value}`);
  for (const { way, lost, statistics } of run.ways as ExportedWay[]) {
    assert.equal(lost.count, run.expected - statistics.count, way);
    if (way !== "poll") assert.equal(lost.count, 0, way);
    const { median } = statistics;
    assert.ok(median > -run.clock.uncertainty - 1 && median < 5000, `${way}: ${median}`);
  }
  assert.deepEqual(browser.problems, []);
});

/** A page that sends is hidden, and seen again. */
async function hiddenSendsNothing(page: Page, gateway: GatewayProcess) {
  const hide = (hidden: boolean) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  await received(page, "mqtt", 5);
  await hide(true);
  await page.getByText(/^Paused while nobody sees the page/).waitFor();
  await using watcher = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await watcher.subscribe("devices/delay/ping");
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual(watcher.received, []);
  await hide(false);
  await watcher.message(({ topic }) => topic === "devices/delay/ping");
  await page.getByText("Sending.").waitFor();
  await stop(page);
  assert.equal(await figure(page, "mqtt", "Lost"), "0 (0 %)");
}

testWith(
  ["chromium"],
  "how the delay view looks; hidden it sends nothing, and says so",
  async () => {
    await using gateway = await GatewayProcess.start();
    await using browser = await launch();
    // The test of all views looks at the other two of light, dark, wide and narrow.
    const [wide, narrow] = [{ colorScheme: "dark" }, { width: 390, height: 844 }] as const;
    const page = await browser.page(new URL("#/delay?rate=50&poll=100", gateway.url), wide);
    for (const width of [1280, narrow.width]) {
      if (width === narrow.width) await browser.reshape(page, narrow);
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
      if (width === 390) await page.setViewportSize({ ...narrow, width: 360 });
      const overflow = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return scrollWidth - clientWidth;
      });
      // Room kept free for a scroll bar makes it negative.
      assert.ok(overflow <= 0, `${width} wide scrolls sideways`);
    }
    await hiddenSendsNothing(page, gateway);
    assert.deepEqual(browser.problems, []);
  },
);

testWith(["chromium"], "a restart of the gateway: said, counted, and the run goes on", async () => {
  const first = await GatewayProcess.start();
  const { mqttPort, url } = first;
  await using browser = await launch();
  const page = await browser.page(new URL("#/delay?rate=20&poll=100", url));
  await page.getByRole("button", { name: "Start" }).click();
  for (const way of WAYS) await received(page, way, 3);
  // The room would try again after 25 s, were it not for the other ways.
  await page.evaluate(() => void (Math.random = () => 100));
  await first[Symbol.asyncDispose]();
  for (const way of WAYS) {
    await page.locator(`[data-way="${way}"]`).getByText("away", { exact: true }).waitFor();
  }
  await page.getByText(/^Cannot send: .* counts as lost/).waitFor();
  await using _second = await GatewayProcess.start({
    args: ["--port", url.port, "--mqtt-port", String(mqttPort)],
  });
  const before = Number(await figure(page, "room", "Received"));
  for (const way of WAYS) {
    await page.locator(`[data-way="${way}"]`).getByText("receiving", { exact: true }).waitFor();
    await received(page, way, before + 20);
    const lost = await figure(page, way, way === "poll" ? "Not seen" : "Lost");
    assert.match(lost, /^[1-9]\d* \(/, way);
  }
  assert.match((await page.locator(".delay .facts").textContent())!, /without a connection/);
});

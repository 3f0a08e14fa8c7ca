/** The delay view when the gateway goes away, or nobody sees the page. */
import assert from "node:assert/strict";
import { TestBrowser } from "../support/browser.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { figure, received, stop, WAYS } from "./delay_page.ts";
import { sideBySide } from "../support/side_by_side.ts";

const { testWith } = sideBySide(2);

testWith(["chromium"], "a restart of the gateway: said, counted, and the run goes on", async () => {
  const first = await GatewayProcess.start();
  const { mqttPort, url } = first;
  await using browser = await TestBrowser.launch();
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

testWith(["chromium"], "a hidden page sends nothing, and says so", async () => {
  await using gateway = await GatewayProcess.start();
  await using browser = await TestBrowser.launch();
  const page = await browser.page(new URL("#/delay?rate=50", gateway.url));
  await page.getByRole("button", { name: "Start" }).click();
  await received(page, "mqtt", 5);
  const hide = (hidden: boolean) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
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
  assert.deepEqual(browser.problems, []);
});

/** The page in real Chromium, on a gateway as the user starts it. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { TestBrowser } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { Mosquitto } from "../support/mosquitto.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { TestProcess } from "../support/process.ts";
import { sideBySide } from "../support/side_by_side.ts";

const { testWith } = sideBySide(2);

const launch = TestBrowser.shared();

/** Waits until the whole page shows a text. */
async function shows(page: Page, text: string | RegExp) {
  await page.getByText(text).first().waitFor();
}

/** Two frames later: what was done before has reached the page. */
async function painted(page: Page) {
  await page.evaluate(() =>
    new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
  );
}

async function mosquittoPub(port: number, topic: string, message: string) {
  const args = ["-h", "127.0.0.1", "-p", String(port), "-t", topic, "-m", message];
  await using process = new TestProcess("mosquitto_pub", { args });
  assert.equal((await process.status).code, 0, process.output);
}

testWith(["chromium", "mosquitto"], "the Health view: connected, away, what waits", async () => {
  await using broker = await Mosquitto.start();
  await using gateway = await GatewayProcess.start({ args: ["--uplink", broker.url] });
  await using browser = await launch();
  const page = await browser.page(new URL("/#/health", gateway.url));
  const box = page.getByRole("region", { name: "Uplink" });
  await box.getByText("Connected", { exact: true }).waitFor();
  await broker.stop();
  await page.getByText("The cloud is away").waitFor();
  await box.getByText("Away", { exact: true }).waitFor();
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  for (let i = 0; i < 5; i++) await peer.publish("devices/desk/value", i);
  await eventually(
    "what waits is shown",
    async () => /5, \d+ B on disk/.test(await box.innerText()),
  );
  await broker.restart();
  await eventually("it has gone", async () => /Sent\s+5,/.test(await box.innerText()));
  assert.equal(await page.getByText("The cloud is away").count(), 0);
  assert.deepEqual(browser.problems, []);
});

testWith(
  ["chromium", "mosquitto_pub"],
  "mosquitto_pub's value is in the browser at once, and the empty page says how",
  async () => {
    await using gateway = await GatewayProcess.start();
    await using browser = await launch();
    const page = await browser.page(gateway.url);
    await shows(
      page,
      `mosquitto_pub -h 127.0.0.1 -p ${gateway.mqttPort} -t devices/desk/temperature -m 21.5`,
    );
    await mosquittoPub(gateway.mqttPort, "devices/desk/temperature", "21.5");
    await shows(page, "desk");
    await shows(page, "21.5");
    await mosquittoPub(gateway.mqttPort, "devices/desk/temperature", '{"value": 22.75}');
    await shows(page, "22.75");
    await page.getByRole("link", { name: "desk" }).first().click();
    await mosquittoPub(gateway.mqttPort, "devices/desk/label", "hello from the bench");
    await shows(page, "hello from the bench");
    assert.match(page.url(), /#\/channel\/desk$/);
    assert.equal(await page.locator("canvas").count(), 1, "a plot of the numeric topic");
    assert.deepEqual(browser.problems, []);
  },
);

testWith(
  ["chromium"],
  "slider and switch drive the simulated chamber; opening sends nothing",
  async () => {
    await using gateway = await GatewayProcess.start({ args: ["--demo"] });
    await using watcher = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
    await watcher.subscribe("devices/+/+/set");
    await watcher.subscribe("devices/chamber/+");
    await watcher.message(({ topic }) => topic === "devices/chamber/temperature");
    await using browser = await launch();
    const page = await browser.page(new URL("#/channel/chamber", gateway.url));
    const slider = page.getByRole("slider", { name: "setpoint" });
    await slider.waitFor();
    await watcher.message(({ topic }) => topic === "devices/chamber/temperature");
    const commands = () => watcher.received.filter(({ topic }) => topic.endsWith("/set"));
    assert.deepEqual(commands(), []);

    const box = (await slider.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.4, box.y + box.height / 2);
    await page.mouse.down();
    for (let step = 0; step < 30; step++) {
      await page.mouse.move(box.x + box.width * (0.4 + step * 0.01), box.y + box.height / 2);
    }
    // Browsers tell of moves of the mouse frame by frame.
    await painted(page);
    const value = Number(await slider.inputValue());
    await page.mouse.up();
    assert.ok(value > 30, `${value}`);
    await watcher.message(({ topic, text, retain }) =>
      topic === "devices/chamber/setpoint" && !retain && Number(text) === value
    );
    await shows(page, `device: ${value}`);
    await page.locator('[data-stage="observed"]').first().waitFor();
    assert.equal(Number(await slider.inputValue()), value, "it stays where the finger left it");
    assert.equal(Number(commands().at(-1)!.text), value, "the last position is what is sent last");

    const power = page.getByRole("switch", { name: "power" });
    assert.equal(await power.isChecked(), true);
    await power.click();
    await watcher.message(({ topic, text, retain }) =>
      topic === "devices/chamber/power" && !retain && text === "off"
    );
    await page.getByText("Off", { exact: true }).waitFor();
    assert.equal(await power.isChecked(), false);
    await shows(page, /Observed/);
    assert.deepEqual(browser.problems, []);
  },
);

testWith(
  ["chromium"],
  "the page reconnects and goes on after a restart of the gateway",
  async () => {
    const first = await GatewayProcess.start();
    const { mqttPort } = first;
    const port = first.url.port;
    await using browser = await launch();
    const page = await browser.page(first.url);
    {
      await using publisher = await MqttPeer.connect(`mqtt://127.0.0.1:${mqttPort}`);
      await publisher.publish("devices/desk/temperature", 1.25);
      await shows(page, "1.25");
    }
    await first[Symbol.asyncDispose]();
    await shows(page, /Reconnecting|Next try|trying/i);
    await using _second = await GatewayProcess.start({
      args: ["--port", port, "--mqtt-port", String(mqttPort)],
    });
    await shows(page, "Connected");
    await using publisher = await MqttPeer.connect(`mqtt://127.0.0.1:${mqttPort}`);
    await publisher.publish("devices/desk/temperature", 3.75);
    await shows(page, "3.75");
  },
);

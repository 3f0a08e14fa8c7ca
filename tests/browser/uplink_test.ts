/** The page says how the uplink fares. */
import assert from "node:assert/strict";
import { TestBrowser } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { Mosquitto } from "../support/mosquitto.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { testWith } from "../support/tools.ts";

const open = TestBrowser.shared();

testWith(["chromium", "mosquitto"], "the Health view: connected, away, what waits", async () => {
  await using broker = await Mosquitto.start();
  await using gateway = await GatewayProcess.start({ args: ["--uplink", broker.url] });
  await using browser = await open();
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

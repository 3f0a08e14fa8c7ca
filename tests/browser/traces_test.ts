/** The Traces view in real Chromium, on frames that pass through a real gateway. */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { seriousProblems } from "../support/axe.ts";
import { TestBrowser } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { RadioSource, RUUVI_DEVICE, RUUVI_EVENT } from "../support/radio.ts";
import { WsPeer } from "../support/ws_peer.ts";
import { sideBySide } from "../support/side_by_side.ts";

const { testWith } = sideBySide(2);

const launch = TestBrowser.shared();

function traces(gateway: GatewayProcess, query = ""): URL {
  return new URL(`#/traces${query}`, gateway.url);
}

/** Rows on the page whose Info has a text. */
function rows(page: Page, text: string | RegExp): Locator {
  return page.locator(".frames-row", { hasText: text });
}

/** Bytes that are marked, in order. */
async function marked(page: Page): Promise<string> {
  return (await page.locator(".dump-hex [data-marked]").allTextContents()).join(" ");
}

function hex(text: string): string {
  return new TextEncoder().encode(text).toHex().match(/../g)!.join(" ");
}

async function publishes(gateway: GatewayProcess): Promise<MqttPeer> {
  return await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
}

testWith(
  ["chromium"],
  "live frames: a field marks bytes, a byte leads to its field, a field is a filter, a wrong one is said",
  async () => {
    await using gateway = await GatewayProcess.start();
    await using browser = await launch();
    const page = await browser.page(traces(gateway, "?hop=mqtt"));
    await page.locator(".trace-state").getByText("Live").waitFor();
    await using peer = await publishes(gateway);
    await peer.publish("devices/desk/temperature", "21.5");
    await rows(page, "devices/desk/temperature").first().click();
    await page.getByRole("heading", { name: /^Frame \d+/ }).waitFor();

    const tree = page.getByRole("tree");
    await tree.getByRole("treeitem", { name: "Topic: devices/desk/temperature" }).click();
    assert.equal(await marked(page), hex("devices/desk/temperature"));
    const message = page.locator(".dump-text span", { hasText: "2" }).last();
    await message.click();
    const chosen = tree.locator('[aria-selected="true"]');
    assert.match((await chosen.textContent())!, /21\.5|32312e35/);
    assert.equal(await marked(page), hex("21.5"));

    await tree.focus();
    await page.keyboard.press("ArrowLeft");
    assert.match((await chosen.textContent())!, /MQ Telemetry/);
    const lines = await tree.getByRole("treeitem").count();
    await page.keyboard.press("ArrowLeft");
    assert.ok(await tree.getByRole("treeitem").count() < lines, "the layer is closed");
    await page.keyboard.press("ArrowRight");
    assert.equal(await tree.getByRole("treeitem").count(), lines);

    await tree.getByRole("treeitem", { name: "Topic: devices/desk/temperature" }).click();
    await page.getByRole("button", { name: "Apply as filter" }).click();
    const filter = page.getByLabel("Display filter");
    assert.equal(await filter.inputValue(), 'mqtt.topic == "devices/desk/temperature"');
    await page.getByText("Nothing yet that the filters let through").waitFor();
    await peer.publish("devices/desk/humidity", "40");
    await peer.publish("devices/desk/temperature", "22.25");
    await rows(page, "22.25").waitFor();
    assert.equal(await page.locator(".frames-row").count(), 1, "the other was not let through");

    await page.goBack();
    assert.equal(await filter.inputValue(), "");
    assert.deepEqual(browser.problems, []);

    await filter.fill("mqtt and mqtt.topik == 1");
    await filter.press("Enter");
    const problem = page.getByRole("alert");
    await problem.getByText('"mqtt.topik" is no field').waitFor();
    const [line, mark] = (await problem.locator("pre").textContent())!.split("\n");
    assert.equal(mark!.indexOf("^"), line!.indexOf("mqtt.topik"));
    await filter.fill("mqtt.topic");
    await filter.press("Enter");
    await problem.waitFor({ state: "detached" });
  },
);

testWith(
  ["chromium"],
  "an id shows its way from the radio to the page, and leads to the channel",
  async () => {
    await using gateway = await GatewayProcess.start();
    await using peer = await publishes(gateway);
    const source = new RadioSource("attic", 7);
    const online = { state: "online", boot: 7, version: "0.1.0", radios: ["ble"] };
    await peer.publish("edgewire/v1/attic/status", online, { retain: true });
    const event = Uint8Array.fromHex(RUUVI_EVENT);
    await peer.publish(source.topic, source.events(event));
    await using watcher = await WsPeer.open(gateway.ws("/ws"));
    watcher.send({ type: "subscribe", channel: RUUVI_DEVICE });
    await watcher.next("snapshot");
    // The sensor's next advertisement: another sequence number.
    event[RUUVI_EVENT.indexOf("990405") / 2 + 19]!++;
    await peer.publish(source.topic, source.events(event));
    const { id } = await watcher.next("data");

    await using browser = await launch();
    const page = await browser.page(traces(gateway, `?source=recent&id=${id}`));
    const strip = page.getByRole("list", { name: "Hops of this id" });
    await strip.getByRole("listitem").nth(3).waitFor();
    const hops = await strip.locator("b").allTextContents();
    assert.deepEqual(hops, ["Radio in", "MQTT in", "Room in", "WebSocket out"]);
    const delays = await strip.locator(".strip-since").allTextContents();
    assert.equal(delays.length, 3);
    for (const delay of delays) assert.match(delay, /^[\d.]+ (µs|ms|s)$/);
    await page.getByRole("heading", { name: /^Frame/ }).waitFor();
    assert.equal(await strip.getByRole("button").first().getAttribute("aria-pressed"), "true");
    const said = (await page.locator(".hop-lines li").allTextContents()).join("\n");
    assert.match(said, /^Radio in\S+CDD4FA527AF2 #\d+–\d+node attic$/, "all values in one line");
    await page.getByRole("treeitem", { name: /temperature.*°C/ }).first().click();
    assert.equal(await marked(page), "13 8a", "the sensor's temperature");
    await strip.getByRole("button").nth(2).click();
    assert.equal(await strip.getByRole("button").nth(2).getAttribute("aria-pressed"), "true");
    await page.getByRole("button", { name: "Show all ids" }).click();
    await strip.waitFor({ state: "detached" });
    await page.goBack();
    await page.locator(".hop-lines").getByRole("link", { name: RUUVI_DEVICE }).first().click();
    await eventually("the channel's view", () => page.url().includes(`/channel/${RUUVI_DEVICE}`));
    assert.deepEqual(browser.problems, []);
  },
);

testWith(["chromium"], "who is no admin is told so, and nothing is asked for", async () => {
  const token = "viewer-token-of-this-test";
  const config =
    `access: { openLoopback: false }\ntokens: [{ name: me, role: viewer, token: ${token} }]\n`;
  await using gateway = await GatewayProcess.start({ config });
  await using browser = await launch();
  const url = traces(gateway);
  url.searchParams.set("token", token);
  const page = await browser.page(url);
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.getByText(/they are for admins. This link is a viewer’s/).waitFor();
  assert.deepEqual(asked.filter((each) => each.includes("/traces")), []);
  assert.deepEqual(browser.problems, []);
});

testWith(
  ["chromium"],
  "nothing serious is in anybody's way, in both themes, on a phone too",
  async () => {
    await using gateway = await GatewayProcess.start();
    await using peer = await publishes(gateway);
    await peer.publish("devices/desk/temperature", "21.5");
    await using browser = await launch();
    const phone = { width: 390, height: 844, touch: true };
    // The test of all views looks at the other two of light, dark, wide and narrow.
    for (const options of [{ colorScheme: "dark" as const }, phone]) {
      const page = await browser.page(traces(gateway, "?source=recent"), options);
      await rows(page, "devices/desk/temperature").first().click();
      await page.getByRole("treeitem", { name: /^Topic: / }).click();
      assert.notEqual(await marked(page), "");
      await page.getByRole("button", { name: "All hops of this id" }).first().click();
      await page.getByRole("list", { name: "Hops of this id" }).waitFor();
      assert.deepEqual(await seriousProblems(page), []);
      const overflow = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.body;
        return scrollWidth - clientWidth;
      });
      assert.equal(overflow, 0, "the page scrolls sideways");
      await page.close();
    }
    assert.deepEqual(browser.problems, []);
  },
);

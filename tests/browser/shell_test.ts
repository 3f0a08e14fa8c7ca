/**
 * What all views have in common: the frame, accessibility, addresses, honesty about the connection,
 * notices.
 */
import assert from "node:assert/strict";
import type { Page, WebSocketRoute } from "playwright-core";
import { seriousProblems } from "../support/axe.ts";
import { TestBrowser } from "../support/browser.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { hiddenFocus, watchShifts } from "./notices_page.ts";
import { sharedGateway } from "../support/shared_gateway.ts";

const { testWith } = sideBySide(2);
const launch = TestBrowser.shared();
/** For tests that only look, and those that have a channel of their own in it. */
const demo = sharedGateway({ args: ["--demo"] });

/** Address, and a text that is there once the view has its data. */
const VIEWS = [
  ["#/", "chamber"],
  ["#/channel/chamber", "setpoint"],
  ["#/nodes", "Devices"],
  ["#/delay", "Delay"],
  ["#/traces", "Traces"],
  ["#/health", "Versions"],
] as const;

/** The tests of the views look at the other two of light, dark, wide and narrow. */
const SHAPES = [
  { width: 1280, height: 800, colorScheme: "light" },
  { width: 360, height: 740, colorScheme: "dark", touch: true },
] as const;

async function open(page: Page, view: string, text: string) {
  await page.evaluate((hash) => location.hash = hash, view);
  await page.locator("main").getByText(text).first().waitFor();
}

testWith(["chromium"], "the connection's state is honest: stale, reconnecting, back", async () => {
  await using gateway = await GatewayProcess.start();
  await using browser = await launch();
  const page = await browser.page(new URL("#/health", gateway.url), { width: 360, height: 740 });
  const badge = page.locator(".badge");
  await badge.getByText("Connected").waitFor();
  await page.getByText("Versions").waitFor();
  const boxes = page.locator(".health");
  assert.equal(await boxes.getAttribute("data-old"), null);
  // The gateway's process stands still: the socket stays open, and nothing comes.
  Deno.kill(gateway.process.pid, "SIGSTOP");
  try {
    await badge.getByText("Stale").waitFor();
    await badge.getByText(/silent for \d+ s/).waitFor();
    await badge.getByText("Reconnecting").waitFor();
    // An attempt to connect may have begun before this was looked at.
    await badge.getByText(/^in \d+ s$/).waitFor({ timeout: 45_000 });
    await page.getByText(/as of \d+ s ago/).waitFor();
    assert.equal(await boxes.getAttribute("data-old"), "true");
  } finally {
    Deno.kill(gateway.process.pid, "SIGCONT");
  }
  await badge.getByText("Connected").waitFor();
});

testWith(
  ["chromium"],
  "every view, wide and on a dark phone: accessible, nothing cut off",
  async () => {
    const gateway = await demo();
    await using browser = await launch();
    for (const shape of SHAPES) {
      const page = await browser.page(gateway.url, shape);
      for (const [view, text] of VIEWS) {
        await open(page, view, text);
        const { clientWidth, scrollWidth } = await page.evaluate(() => document.documentElement);
        const where = `${view}, ${shape.width} px, ${shape.colorScheme}`;
        assert.equal(scrollWidth, clientWidth, `${where}: wider than the screen`);
        assert.deepEqual(await seriousProblems(page), [], where);
      }
      await page.context().close();
    }
    assert.deepEqual(browser.problems, []);
  },
);

testWith(["chromium"], "links are addresses: titles, focus, back, keyboard", async () => {
  const gateway = await demo();
  await using browser = await launch();
  const page = await browser.page(gateway.url);
  const title = (text: string) => page.waitForFunction((t) => document.title === t, text);
  await title("Overview · Edgewire");
  await page.getByRole("link", { name: "chamber" }).first().click();
  await title("chamber · Edgewire");
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), "H1");
  await page.getByRole("link", { name: "Health", exact: true }).click();
  await title("Health · Edgewire");
  await page.goBack();
  await title("chamber · Edgewire");
  await page.goBack();
  await title("Overview · Edgewire");

  await page.reload();
  await page.keyboard.press("Tab");
  await page.getByText("To the content").waitFor();
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
  assert.equal(await page.evaluate(() => location.hash), "", "the view stays");
  assert.deepEqual(browser.problems, []);
});

testWith(["chromium"], "the page can be installed as a web app", async () => {
  const gateway = await demo();
  await using browser = await launch();
  const page = await browser.page(gateway.url);
  const session = await page.context().newCDPSession(page);
  const { errors, url } = await session.send("Page.getAppManifest");
  assert.deepEqual(errors, []);
  assert.match(url, /manifest\.webmanifest$/);
  const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
  assert.deepEqual(
    installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== "in-incognito"),
    [],
  );
});

testWith(["chromium"], "a slow network: values come, and nothing pretends to be live", async () => {
  const gateway = await demo();
  await using browser = await launch();
  const page = await browser.page("about:blank");
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  // 3G as Chromium's developer tools have it.
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 400,
    downloadThroughput: 50_000,
    uploadThroughput: 50_000,
  });
  await page.goto(String(gateway.url));
  await page.getByRole("link", { name: "chamber" }).first().waitFor();
  await page.evaluate(() => location.hash = "#/channel/chamber");
  await page.locator("main").getByText("setpoint").first().waitFor();
  await page.locator(".badge").getByText("Connected").waitFor();
  await session.send("Network.emulateNetworkConditions", {
    offline: true,
    latency: 0,
    downloadThroughput: 0,
    uploadThroughput: 0,
  });
  await page.evaluate(() => location.hash = "#/nodes");
  await page.locator("main").getByText("Devices").first().waitFor();
});

async function publishSome(port: number, channel: string) {
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${port}`);
  // So many that another one is added below what is seen.
  for (let i = 0; i < 12; i++) await peer.publish(`devices/${channel}/${i}`, 21.5);
}

for (const size of [{ width: 1280 }, { width: 360, height: 640, touch: true }]) {
  testWith(["chromium"], `notices move nothing at ${size.width} px`, async () => {
    const gateway = await demo();
    const channel = `desk-${size.width}`;
    await publishSome(gateway.mqttPort, channel);
    await using browser = await launch();
    const page = await browser.page("about:blank", size);
    const routed = Promise.withResolvers<WebSocketRoute>();
    let lost = false;
    await page.routeWebSocket(/\/ws/, (socket) => {
      if (lost) return void socket.close();
      socket.connectToServer();
      routed.resolve(socket);
    });
    await page.goto(String(new URL(`#/channel/${channel}`, gateway.url)));
    await page.locator('.channel[data-ready="true"]').waitFor();
    await page.getByRole("region", { name: "Events" }).getByText("this page").waitFor();
    const shifts = await watchShifts(page);
    const socket = await routed.promise;
    const say = (message: unknown) => socket.send(JSON.stringify(message));
    say({
      type: "data",
      channel,
      seq: 1e6,
      time: Date.now(),
      topic: `edgewire/v1/readings/${channel}/security`,
      value: { value: { finding: "replayed counter", detail: "4711 after 4712" } },
      id: "test-1",
    });
    say({ type: "gap", channel, from: 1, to: 3, reason: "slow" });
    const notices = page.getByRole("region", { name: "Notices" });
    await notices.getByText("Security: replayed counter: 4711 after 4712").waitFor();
    await notices.getByText("up to 3.").waitFor();
    assert.deepEqual(await shifts(), []);
    assert.deepEqual(await hiddenFocus(page), []);
    const dismiss = notices.getByRole("button", { name: "Dismiss" });
    await dismiss.first().press("Enter");
    await dismiss.press("Enter");
    await dismiss.waitFor({ state: "detached" });
    await page.evaluate(() => scrollTo(0, 0));
    await page.route("**/history?*", (route) => route.fulfill({ status: 503, body: "{}" }));
    await page.getByRole("button", { name: "Pause" }).click();
    // The button's word gets another one's length.
    await shifts();
    await page.getByRole("button", { name: "Earlier" }).click();
    await notices.getByText("Live values only.").waitFor();
    assert.deepEqual(await shifts(), []);
    lost = true;
    await socket.close();
    await notices.getByText("What you see is as of the last connection").waitFor();
    await page.evaluate(() => new Promise(requestAnimationFrame));
    assert.deepEqual(await shifts(), []);
  });
}

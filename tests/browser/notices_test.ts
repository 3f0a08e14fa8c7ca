/** Notices of the page: they come and go while one looks at something else. */
import assert from "node:assert/strict";
import type { Page, WebSocketRoute } from "playwright-core";
import { TestBrowser } from "../support/browser.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { sideBySide } from "../support/side_by_side.ts";

const { testWith } = sideBySide(2);

const open = TestBrowser.shared();

/** Notes from now on what moves in a view; each call takes the notes. */
async function watchShifts(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const moved: string[] = [];
    Reflect.set(window, "moved", moved);
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { value, sources } = entry as unknown as {
          value: number;
          sources: { node?: Node | null }[];
        };
        for (const { node } of sources) {
          // A text that became another one ("2 s ago") is no jump.
          if (!(node instanceof Element) || node.matches("main")) continue;
          if (node.closest("main")) moved.push(`${value} ${node.className}`);
        }
      }
    }).observe({ type: "layout-shift" });
  });
  return () => page.evaluate(() => Reflect.get(window, "moved").splice(0));
}

/** Which of the controls are under a notice when they have the focus. */
function hiddenFocus(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const hidden: string[] = [];
    for (const each of document.querySelectorAll<HTMLElement>("main :is(a, button, input)")) {
      each.focus();
      await new Promise(requestAnimationFrame);
      const { left, top, width, height } = each.getBoundingClientRect();
      const seen = document.elementFromPoint(left + width / 2, top + height / 2);
      if (seen?.closest("#notices")) hidden.push(each.outerHTML);
    }
    return hidden;
  });
}

async function publishSome(port: number) {
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${port}`);
  // So many that another one is added below what is seen.
  for (let i = 0; i < 12; i++) await peer.publish(`devices/desk/${i}`, 21.5);
}

for (const size of [{ width: 1280 }, { width: 360, height: 640, touch: true }]) {
  testWith(["chromium"], `notices move nothing at ${size.width} px`, async () => {
    await using gateway = await GatewayProcess.start();
    await publishSome(gateway.mqttPort);
    await using browser = await open();
    const page = await browser.page("about:blank", size);
    const routed = Promise.withResolvers<WebSocketRoute>();
    let lost = false;
    await page.routeWebSocket(/\/ws/, (socket) => {
      if (lost) return void socket.close();
      socket.connectToServer();
      routed.resolve(socket);
    });
    await page.goto(String(new URL("#/channel/desk", gateway.url)));
    await page.locator('.channel[data-ready="true"]').waitFor();
    await page.getByRole("region", { name: "Events" }).getByText("this page").waitFor();
    const shifts = await watchShifts(page);
    const socket = await routed.promise;
    const say = (message: unknown) => socket.send(JSON.stringify(message));
    say({
      type: "data",
      channel: "desk",
      seq: 1e6,
      time: Date.now(),
      topic: "edgewire/v1/readings/desk/security",
      value: { value: { finding: "replayed counter", detail: "4711 after 4712" } },
      id: "test-1",
    });
    say({ type: "gap", channel: "desk", from: 1, to: 3, reason: "slow" });
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

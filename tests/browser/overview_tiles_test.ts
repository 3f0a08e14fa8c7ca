/** What tiles show and to whom, in real Chromium: numbers, company, access, widths. */
import assert from "node:assert/strict";
import { TestBrowser } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { TestProcess } from "../support/process.ts";
import { members, mqtt, nodeSays, tile } from "./overview_page.ts";
import { sharedGateway } from "../support/shared_gateway.ts";
import { sideBySide } from "../support/side_by_side.ts";

const { testWith } = sideBySide(2);
const launch = TestBrowser.shared();
/** Each test has channels of its own in it, and looks at those alone. */
const start = sharedGateway({
  config: `describe: [{ topic: devices/+/energy, unit: kWh }, { topic: +/+/flow, unit: m³/h }]`,
});

testWith(["chromium"], "values that change or grow move nothing", async () => {
  const gateway = await start();
  await using peer = await mqtt(gateway);
  await peer.publish("devices/still-desk/temperature", 1);
  await peer.publish("devices/still-lamp/power", 5);
  await using browser = await launch();
  const page = await browser.page(new URL("#/?q=still", gateway.url), { width: 390, height: 844 });
  const boxes = () =>
    page.evaluate(() =>
      [...document.querySelectorAll(".tile")].map((each) => {
        const { x, y, width, height } = each.getBoundingClientRect();
        return [x, y, width, height];
      })
    );
  const desk = tile(page, "still-desk");
  await desk.getByText("1", { exact: true }).waitFor();
  await tile(page, "still-lamp").getByText("5", { exact: true }).waitFor();
  const before = await boxes();
  assert.equal(before.length, 2);
  await peer.publish("devices/still-desk/temperature", -123456.789);
  await peer.publish("devices/still-desk/label", "a long text ".repeat(30));
  for (let i = 0; i < 8; i++) await peer.publish(`devices/still-desk/value-${i}`, i);
  await nodeSays(peer, "still-desk", "offline");
  await desk.getByText("lost: said goodbye").waitFor();
  await desk.getByText("-123457").or(page.getByText("-123456.789")).first().waitFor();
  assert.deepEqual(await boxes(), before);
  assert.deepEqual(browser.problems, []);
});

testWith(
  ["chromium", "mosquitto_pub"],
  "where tokens are needed the lines have one, and say whose",
  async () => {
    const dataDir = await Deno.makeTempDir({ prefix: "edgewire-tokens-" });
    try {
      const args = ["--no-access-open-loopback"];
      await using gateway = await GatewayProcess.start({ args, dataDir });
      const tokens = JSON.parse(await Deno.readTextFile(`${dataDir}/tokens.json`));
      const as = (role: string) => new URL(`?token=${tokens[role]}`, gateway.url);
      await using browser = await launch();
      const viewer = await browser.page(as("viewer"));
      await viewer.getByText("Publishing needs a token").waitFor();
      await viewer.getByText("Yours is a viewer's.").waitFor();
      await viewer.close();
      const page = await browser.page(as("admin"));
      await page.getByText("Publishing needs a token").waitFor();
      assert.equal(await page.getByText("Yours is").count(), 0);
      const lines = await page.locator("pre").allTextContents();
      const option = '--username nodes --password "$EDGEWIRE_TOKEN"';
      assert.ok(lines[1]!.endsWith(option), lines[1]!);
      for (const role of ["admin", "node"]) {
        await using process = new TestProcess("sh", {
          args: ["-c", lines[0]!.replace("21.5", `'"${role}"'`)],
          env: { EDGEWIRE_TOKEN: tokens[role] },
        });
        assert.equal((await process.status).code, 0, process.output);
        await tile(page, "desk").getByText(role, { exact: true }).waitFor();
      }
      assert.deepEqual(browser.problems, []);
    } finally {
      await Deno.remove(dataDir, { recursive: true });
    }
  },
);

testWith(
  ["chromium"],
  "who looks at all tiles is no one's company; who opens a channel is",
  async () => {
    const gateway = await start();
    await using peer = await mqtt(gateway);
    await peer.publish("devices/desk/temperature", 20);
    await using browser = await launch();
    const page = await browser.page(gateway.url);
    const events = async () => {
      const { events } = await gateway.json("/api/channels/desk/events") as { events: unknown[] };
      return events.length;
    };
    await tile(page, "desk").getByText("20", { exact: true }).waitFor();
    await peer.publish("devices/desk/temperature", 21);
    await tile(page, "desk").getByText("21", { exact: true }).waitFor();
    assert.equal(await members(gateway, "desk"), 0);
    assert.equal(await events(), 0);

    const second = await browser.page(gateway.url);
    await tile(second, "desk").getByText("21", { exact: true }).waitFor();
    await tile(second, "desk").click();
    await second.locator(".watchers").getByText("you").waitFor();
    await tile(page, "desk").getByText("1 watching").waitFor();
    assert.equal(await members(gateway, "desk"), 1);
    assert.equal(await events(), 1, "it joined");
    await peer.publish("devices/desk/temperature", 22);
    await second.getByText("22", { exact: true }).first().waitFor();

    await second.goBack();
    await tile(second, "desk").getByText("22", { exact: true }).waitFor();
    assert.equal(await tile(second, "desk").getByText("watching").count(), 0, "itself");
    await tile(page, "desk").getByText("watching").waitFor({ state: "detached" });
    assert.equal(await events(), 2, "it left");
    await peer.publish("devices/desk/temperature", 23);
    await tile(second, "desk").getByText("23", { exact: true }).waitFor();
    assert.deepEqual(browser.problems, []);
  },
);

testWith(["chromium"], "no digit of a main value is ever cut", async () => {
  const gateway = await start();
  await using peer = await mqtt(gateway);
  const values = { plain: 1234567.891, below: -123456.75, whole: 987654321, tiny: -0.000123456 };
  for (const [name, value] of Object.entries(values)) {
    await peer.publish(`devices/main-${name}/energy`, value);
    await peer.publish(`devices/main-${name}-flow/flow`, value);
  }
  await peer.publish("devices/main-short/energy", 7);
  await using browser = await launch();
  const page = await browser.page(new URL("#/?q=main-", gateway.url), {
    width: 1280,
    height: 3000,
  });
  for (const width of [1280, 360]) {
    if (width !== 1280) await browser.reshape(page, { width, height: 3000 });
    for (const [name, value] of Object.entries({ ...values, short: 7 })) {
      const text = name === "plain" ? "1234567.89" : `${value}`;
      await tile(page, `main-${name}`).locator(".tile-main").getByText(text, { exact: true })
        .waitFor();
    }
    const cells = page.locator(".tile-main dd");
    await eventually("all tiles", async () => await cells.count() === 9);
    const cut = await cells.evaluateAll((all) =>
      all.filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.textContent)
    );
    assert.deepEqual(cut, [], `${width} px`);
    const size = (name: string) =>
      tile(page, `main-${name}`).locator(".value").first().evaluate((each) =>
        parseFloat(getComputedStyle(each).fontSize)
      );
    assert.equal(await size("short"), 28);
    assert.ok(await size("plain") >= 12);
  }
  assert.deepEqual(browser.problems, []);
});

testWith(["chromium"], "bar and page are as wide as each other, on any screen", async () => {
  const gateway = await start();
  await using peer = await mqtt(gateway);
  await peer.publish("devices/chamber/temperature", 20);
  await using browser = await launch();
  const page = await browser.page(gateway.url);
  const edges = (selector: string) =>
    page.locator(selector).evaluate((each) => {
      const { left, right } = each.getBoundingClientRect();
      const { paddingLeft, paddingRight } = getComputedStyle(each);
      return [left + parseFloat(paddingLeft), right - parseFloat(paddingRight)];
    });
  for (const view of ["", "nodes", "traces", "delay", "health", "channel/chamber"]) {
    await page.goto(new URL(`#/${view}`, gateway.url).href);
    await page.locator("main h1").waitFor();
    const widest = ["", "nodes", "traces"].includes(view) ? 2168 : 1160;
    for (const width of [2560, 1280, 390]) {
      await page.setViewportSize({ width, height: 900 });
      const [bar, main] = [await edges(".bar"), await edges(".page")];
      assert.deepEqual(bar, main, `${view} at ${width} px`);
      assert.equal(main[1]! - main[0]!, Math.min(widest, width - 32), `${view} at ${width} px`);
    }
  }
  assert.deepEqual(browser.problems, []);
});

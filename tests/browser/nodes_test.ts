/** The map of nodes and devices, and the settings of our own nodes, in real Chromium. */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { RadioNode } from "../../firmware/simulated/radio_node.ts";
import type { NodesAnswer } from "../../gateway/nodes/answers.ts";
import { seriousProblems } from "../support/axe.ts";
import { type PageOptions, TestBrowser } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { sharedGateway } from "../support/shared_gateway.ts";

const { testWith } = sideBySide(2);
const launch = TestBrowser.shared();

const VIEWER = "a-token-of-the-viewer-here";
const CONFIG = `
tokens:
  - { name: watcher, role: viewer, token: ${VIEWER} }
`;
/** For tests that are given an answer, and those that have nodes of their own in it. */
const start = sharedGateway({ config: CONFIG });

/** An answer of so many nodes and devices; each device is heard by up to four nodes. */
function house(nodeCount: number, deviceCount: number): NodesAnswer {
  const time = Date.now();
  const live = { state: "online" as const, since: time - 60_000, lastSeen: time - 1000 };
  const name = (i: number) => `node-${String(i % nodeCount).padStart(2, "0")}`;
  const counts = { malformed: 0, damaged: 0, batchesMissed: 3, batchesRepeated: 0, dropped: 7 };
  return {
    nodes: Array.from({ length: nodeCount }, (_, i) => ({
      ...live,
      name: name(i),
      dialect: "edgewire",
      version: "0.1.0",
      radios: ["ble"],
      settings: true,
      frames: 1000 * i,
      reboots: 1,
      ...counts,
      ...(i === 1 ? { state: "lost" as const, reason: "last will" as const } : {}),
    })),
    devices: Array.from({ length: deviceCount }, (_, i) => ({
      ...live,
      name: i === 4 ? "a-device-with-a-very-long-name-below-the-roof" : `device-${i}`,
      formats: ["BTHome v2"],
      findings: 0,
      receivers: [0, 1, 2, 3].slice(0, Math.min(1 + i % 4, nodeCount)).map((k) => ({
        node: name(Math.floor(i * nodeCount / deviceCount) + k),
        rssi: -52 - (i * 7 + k * 13) % 45,
        heard: 100,
        share: 1 - k / 5,
        loss: k / 10,
        lastSeen: time - 1000,
      })),
    })),
  };
}

/** A page at the view of nodes; with an answer it is shown that. */
async function open(
  browser: TestBrowser,
  gateway: GatewayProcess,
  hash: string,
  options: PageOptions = {},
  answer?: NodesAnswer,
): Promise<Page> {
  const page = await browser.page("about:blank", options);
  if (answer) await page.route("**/api/nodes", (route) => route.fulfill({ json: answer }));
  await page.goto(new URL(hash, gateway.url).href);
  return page;
}

function spot(page: Page, name: string): Locator {
  return map(page).getByRole("link", { name: new RegExp(`^${name}, `) });
}

function map(page: Page): Locator {
  return page.getByRole("group", { name: "Map of who hears whom" });
}

async function focused(page: Page): Promise<string | null> {
  return await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? null);
}

testWith(
  ["chromium"],
  "the map: who hears whom, chosen by mouse, by keys and by address",
  async () => {
    const gateway = await start();
    await using browser = await launch();
    const page = await open(browser, gateway, "#/nodes", {}, house(3, 6));
    await spot(page, "node-00").click();
    assert.match(page.url(), /#\/nodes\?node=node-00$/);
    const chosen = page.getByRole("region", { name: "node-00" });
    for (const fact of ["Firmware0.1.0", "Radiosble", "Missed batches3", "Dropped by it7"]) {
      await chosen.locator("dl > div", { hasText: fact }).waitFor();
    }
    const lit = map(page).locator("path[data-lit]");
    assert.equal(await lit.count(), 5);
    await chosen.getByText("Hears 5 devices").click();
    await chosen.getByRole("link", { name: "device-1", exact: true }).click();
    const device = page.getByRole("region", { name: "device-1" });
    const row = device.getByRole("row", { name: /^node-01/ });
    for (const told of [/80 %/, /10 %/]) {
      await row.getByRole("cell", { name: told }).waitFor();
    }
    await device.getByText("those of which the node heard no packet").waitFor();
    await map(page).getByText("−72 dBm · 80 % heard").waitFor();
    assert.equal(await lit.count(), 2);
    await page.goBack();
    await chosen.waitFor();

    // Tab leads to what is chosen, arrows on, Enter chooses.
    await spot(page, "node-00").focus();
    await page.keyboard.press("ArrowDown");
    assert.equal(await focused(page), "node-01, lost: last will");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowDown");
    assert.equal(await focused(page), "device-1, online");
    await page.keyboard.press("Enter");
    await device.waitFor();
    assert.match(page.url(), /\?device=device-1$/);
    assert.equal(await map(page).locator('a[tabindex="0"]').count(), 1);
    await device.getByRole("link", { name: "Choose nothing" }).click();
    assert.match(page.url(), /#\/nodes$/);

    // A lost node's lines are dashed, and so says the region.
    await spot(page, "node-01").click();
    const lost = page.getByRole("region", { name: "node-01" });
    await lost.getByText("lost: last will").waitFor();
    await lost.getByText(/^for \d+ (s|min)$/).waitFor();
    assert.equal(
      await lit.count(),
      await map(page).locator('path[data-lit][data-lost="true"]').count(),
    );
    await lost.getByRole("link", { name: "Choose nothing" }).click();

    assert.equal(await map(page).getAttribute("data-chosen"), null);
    await page.goto(new URL("#/nodes?device=no-such", gateway.url).href);
    await page.getByText("There is no device called no-such now.").waitFor();
    assert.equal(await map(page).getAttribute("data-chosen"), null, "nothing is faint");
    assert.deepEqual(browser.problems, []);
  },
);

testWith(["chromium"], "the map is one stop for Tab, also after arrows led away", async () => {
  const gateway = await start();
  await using browser = await launch();
  const page = await open(browser, gateway, "#/nodes?device=device-3", {}, house(3, 6));
  const table = page.getByRole("table", { name: "Nodes" });
  const leaves = async (key: string) => {
    await page.keyboard.press(key);
    return await page.evaluate(() => document.activeElement!.closest(".node-map") === null);
  };
  await table.waitFor();
  await page.getByRole("searchbox").focus();
  assert.equal(await leaves("Tab"), false);
  assert.equal(await focused(page), "device-3, online", "what is chosen comes first");
  assert.equal(await leaves("Tab"), true);
  assert.equal(await focused(page), "Choose nothing");
  assert.equal(await leaves("Shift+Tab"), false);
  // Away from what is chosen, to either side of it.
  for (const keys of [["ArrowLeft", "ArrowDown"], ["ArrowRight", "ArrowDown"]]) {
    for (const key of keys) await page.keyboard.press(key);
    assert.match(await focused(page) ?? "", keys[0] === "ArrowLeft" ? /^node-01/ : /^device-1/);
    assert.equal(await leaves("Tab"), true);
    assert.equal(await leaves("Shift+Tab"), false);
    assert.equal(await leaves("Shift+Tab"), true);
    assert.equal(await leaves("Tab"), false);
  }
  assert.deepEqual(browser.problems, []);
});

testWith(["chromium"], "on a phone what was chosen comes into sight", async () => {
  const gateway = await start();
  await using browser = await launch();
  const at = { width: 390, height: 844, touch: true };
  const page = await open(browser, gateway, "#/nodes", at, house(12, 24));
  await spot(page, "node-07").tap();
  const inSight = (name: string) => {
    const region = page.getByRole("region", { name });
    const [head, fact] = [region.getByRole("heading", { name }), region.getByText(/online|lost/)];
    return eventually(`${name} in sight`, async () => {
      const boxes = [await head.boundingBox(), await fact.first().boundingBox()];
      return boxes.every((box) => box !== null && box.y > 100 && box.y + box.height < 844);
    });
  };
  await inSight("node-07");
  // From far below, too.
  await page.getByRole("table", { name: "Nodes" }).getByRole("link", { name: "node-01" }).tap();
  await inSight("node-01");
  assert.deepEqual(await seriousProblems(page), []);
  assert.deepEqual(browser.problems, []);
});

testWith(["chromium"], "without nodes the view says how to get one", async () => {
  await using gateway = await GatewayProcess.start();
  await using browser = await launch();
  const page = await open(browser, gateway, "#/nodes");
  const line = page.locator("pre", { hasText: "mosquitto_pub" });
  const address = `-h 127.0.0.1 -p ${gateway.mqttPort}`;
  assert.equal(
    await line.textContent(),
    `mosquitto_pub ${address} -r -t edgewire/v1/attic/status ` +
      `-m '{"state":"online","radios":["ble"]}'`,
  );
  await page.getByText(/^deno task nodes --broker mqtt:/).waitFor();
  assert.deepEqual(await seriousProblems(page), []);
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  const said = (await line.textContent())!.match(/-t (\S+) -m '(.+)'$/)!;
  await peer.publish(said[1]!, JSON.parse(said[2]!), { retain: true });
  await spot(page, "attic").waitFor();
  assert.deepEqual(browser.problems, []);
});

testWith(
  ["chromium"],
  "20 nodes and 300 devices: searched, folded, accessible, nothing cut off",
  async () => {
    const gateway = await start();
    await using browser = await launch();
    // The test of all views looks at the other two of light, dark, wide and narrow.
    const wide = { width: 1600, height: 1000, colorScheme: "dark" } as const;
    const page = await open(browser, gateway, "#/nodes?node=node-07", wide, house(20, 300));
    for (const [width, longest] of [[1600, 4500], [390, 5500]] as const) {
      if (width === 390) await browser.reshape(page, { width, height: 844 });
      await page.getByRole("button", { name: "Show all 300" }).waitFor();
      assert.equal(await map(page).getByRole("link").count(), 320);
      const [high, sideways] = await page.evaluate(() => {
        const { scrollHeight, scrollWidth, clientWidth } = document.documentElement;
        return [scrollHeight, scrollWidth - clientWidth];
      });
      assert.ok(high! < longest, `${high} high`);
      assert.ok(sideways! <= 0, `${width} px scrolls sideways`);
      // The test of what is chosen on a phone looks at fewer there.
      if (width === 1600) assert.deepEqual(await seriousProblems(page), []);

      await page.getByRole("searchbox").fill("roof");
      const table = page.getByRole("table", { name: "Devices" });
      const name = table.getByText("a-device-with-a-very-long-name-below-the-roof");
      await name.waitFor();
      assert.equal(await table.getByRole("row").count(), 2);
      assert.match(page.url(), /q=roof/);
      const cut = await name.evaluate((element) =>
        element.scrollWidth > element.parentElement!.clientWidth
      );
      assert.equal(cut, false, "long names wrap");
      await page.getByRole("searchbox").fill("");
      await page.getByRole("button", { name: "Show all 300" }).click();
      assert.equal(await table.getByRole("row").count(), 301);
      const rows = await table.getByRole("rowheader").allTextContents();
      assert.deepEqual(rows.slice(1, 4), ["device-0", "device-1", "device-2"]);
    }
    assert.deepEqual(browser.problems, []);
  },
);

testWith(
  ["chromium"],
  "an admin reads and changes settings; refusals and silence are said",
  async () => {
    const gateway = await start();
    const broker = `mqtt://127.0.0.1:${gateway.mqttPort}`;
    await using watcher = await MqttPeer.connect(broker);
    await watcher.subscribe("edgewire/v1/+/set");
    await using node = new RadioNode({ broker, name: "attic", radio: "802.15.4", channel: 11 });
    await node.ready;
    await watcher.publish("edgewire/v1/cellar/status", { state: "offline", radios: ["ble"] });
    await watcher.publish("edgewire/v1/lux/status", { state: "online", radios: [] });
    await using browser = await launch();
    const page = await open(browser, gateway, "#/nodes?node=attic");
    const region = page.getByRole("region", { name: "attic" });
    await region.waitFor();
    assert.equal(watcher.received.length, 0, "nothing is asked before it is opened");
    await region.getByText("Settings", { exact: true }).click();
    const channel = region.getByRole("spinbutton", { name: "channel" });
    await channel.waitFor();
    assert.equal(await channel.inputValue(), "11");
    const change = region.getByRole("button", { name: "Change" });
    assert.equal(await change.isDisabled(), true);

    await channel.fill("15");
    await change.click();
    await region.getByText("Changed.").waitFor();
    assert.deepEqual({ ...node.settings }, { scan: true, channel: 15 });
    const { id: _, ...wishes } = JSON.parse(watcher.received.at(-1)!.text);
    assert.deepEqual(wishes, { channel: 15 }, "only what was changed is sent");

    // What cannot be is not sent; known settings say what they are.
    const asked = watcher.received.length;
    await region.getByText("IEEE 802.15.4 channel, 11 to 26").waitFor();
    await region.getByText("listen for advertisements").waitFor();
    await channel.fill("27");
    await change.click();
    assert.equal(await channel.evaluate((element) => element.matches(":invalid")), true);
    assert.equal(await region.getByText("Waiting for the node…").isVisible(), false);
    assert.equal(watcher.received.length, asked);
    assert.deepEqual(await seriousProblems(page), []);

    // A node whose settings we do not know, which has a mind of its own.
    await watcher.publish("edgewire/v1/roof/status", { state: "online", radios: ["ble"] });
    watcher.client.on("message", (topic, payload) => {
      if (topic !== "edgewire/v1/roof/set") return;
      const { id, ...wishes } = JSON.parse(payload.toString());
      const ok = Object.keys(wishes).length === 0;
      const answer = ok ? { id, ok, gain: 3 } : { id, ok, reason: "gain: too loud", gain: 3 };
      void watcher.publish("edgewire/v1/roof/set/result", answer);
    });
    await page.goto(new URL("#/nodes?node=roof", gateway.url).href);
    const roof = page.getByRole("region", { name: "roof" });
    await roof.getByText("Settings", { exact: true }).click();
    const gain = roof.getByRole("spinbutton", { name: "gain" });
    await gain.fill("4.5");
    await roof.getByRole("button", { name: "Change" }).click();
    await roof.getByText("Refused: gain: too loud").waitFor();
    assert.equal(await gain.inputValue(), "4.5", "what was typed stays");

    await page.goto(new URL("#/nodes?node=cellar", gateway.url).href);
    const cellar = page.getByRole("region", { name: "cellar" });
    await cellar.getByText("Settings", { exact: true }).click();
    await cellar.getByText("Not done: node offline: cellar (said goodbye).").waitFor();
    await page.goto(new URL("#/nodes?node=lux", gateway.url).href);
    const lux = page.getByRole("region", { name: "lux" });
    await lux.getByText("It hears no device.").waitFor();
    assert.equal(await lux.getByText("Settings", { exact: true }).count(), 0);
    // Chromium writes the status of the answer on its console.
    assert.equal(browser.problems.every((each) => each.includes("504")), true);
  },
);

testWith(["chromium"], "a viewer sees why settings are not for it, and asks for none", async () => {
  const gateway = await start();
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await peer.subscribe("edgewire/v1/porch/set");
  await peer.publish("edgewire/v1/porch/status", { state: "online", radios: ["ble"] });
  await eventually("the node", async () => {
    const { nodes } = await gateway.json("/api/nodes") as NodesAnswer;
    return nodes.some(({ name }) => name === "porch");
  });
  await using browser = await launch();
  const page = await open(browser, gateway, `/?token=${VIEWER}#/nodes?node=porch`);
  const region = page.getByRole("region", { name: "porch" });
  await region.getByText("Settings", { exact: true }).click();
  await region.getByText("Only an admin's link shows and changes settings.").waitFor();
  const button = region.getByRole("button", { name: "Read settings" });
  assert.equal(await button.isDisabled(), true);
  await page.reload();
  await region.waitFor();
  assert.deepEqual(peer.received, []);
  assert.deepEqual(browser.problems, []);
});

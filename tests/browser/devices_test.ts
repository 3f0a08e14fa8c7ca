/** Nodes and devices in the page, in real Chromium, from radio frames and Zigbee2MQTT's messages. */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import type { NodesAnswer } from "../../gateway/nodes/answers.ts";
import { TestBrowser } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { RadioSource, RUUVI_EVENT } from "../support/radio.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { sharedGateway } from "../support/shared_gateway.ts";

const { testWith } = sideBySide(2);

const RUUVI = Uint8Array.fromHex(RUUVI_EVENT);
const ADDRESS = "CD:D4:FA:52:7A:F2";
const launch = TestBrowser.shared();
/** Each test has a node of its own in it; of a device they all say the same. */
const start = sharedGateway({
  config: `
devices:
  - { address: "54:48:E6:8F:80:A5", name: shelf, key: 231d39c1d7cc1ab1aee224cd096db932 }
`,
});

/** An HCI event with an advertisement of encrypted BTHome v2. */
function sealed(address: string, serviceData: string): Uint8Array {
  const reversed = Uint8Array.fromHex(address.replaceAll(":", "")).reverse().toHex();
  return Uint8Array.fromHex(`043e2202010000${reversed}160201061216d2fc${serviceData}c4`);
}

/** Says that a node is there, and hands on what it heard. */
class Node {
  readonly #source: RadioSource;

  constructor(readonly name: string, readonly peer: MqttPeer) {
    this.#source = new RadioSource(name, 7);
  }

  async online() {
    const said = { state: "online", boot: 7, version: "0.1.0", radios: ["ble"] };
    await this.peer.publish(`edgewire/v1/${this.name}/status`, said, { retain: true });
  }

  /** @param event an HCI event, whose last byte is the RSSI */
  async hears(event: Uint8Array, rssi: number) {
    const frame = event.slice();
    new DataView(frame.buffer).setInt8(frame.length - 1, rssi);
    await this.peer.publish(this.#source.topic, this.#source.events(frame));
  }
}

/** Name of the device that the gateway made of an address. */
async function deviceAt(gateway: GatewayProcess, address: string): Promise<string> {
  return await eventually(`a device at ${address}`, async () => {
    const { devices } = await gateway.json("/api/nodes") as NodesAnswer;
    return devices.find((each) => each.address === address)?.name;
  });
}

function channel(gateway: GatewayProcess, name: string): URL {
  return new URL(`#/channel/${encodeURIComponent(name)}`, gateway.url);
}

/** Opens the panel of the channel's device. */
async function openDevice(page: Page): Promise<Locator> {
  const panel = page.locator("section.device");
  await panel.getByRole("heading", { name: "Device" }).click();
  return panel;
}

/** Bytes that are marked, in order. */
async function marked(panel: Locator): Promise<string> {
  const bytes = await panel.locator(".hex-byte[data-marked]").allTextContents();
  return bytes.map((each) => each.trim()).join(" ");
}

testWith(
  ["chromium"],
  "a radio frame becomes values with units, receivers, and the bytes that say so",
  async () => {
    const gateway = await start();
    await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
    const [west, east] = [new Node("west", peer), new Node("east", peer)];
    await west.online();
    await east.online();
    await west.hears(RUUVI, -67);
    await east.hears(RUUVI, -81);
    const name = await deviceAt(gateway, ADDRESS);

    await using browser = await launch();
    const page = await browser.page(gateway.url);
    const card = page.getByRole("listitem").filter({ hasText: name });
    await card.getByText("25.01").waitFor();
    await card.getByText("°C").waitFor();
    await card.click();
    const row = page.locator(".topics tr", { hasText: "/temperature" });
    await row.getByText("25.01").first().waitFor();
    await row.getByText("°C").waitFor();

    const panel = await openDevice(page);
    await panel.getByText(ADDRESS, { exact: true }).waitFor();
    const receivers = panel.getByRole("table", { name: "Heard by" });
    for (const [node, rssi] of [["east", "−81 dBm"], ["west", "−67 dBm"]]) {
      const line = receivers.getByRole("row", { name: new RegExp(`^${node}`) });
      await line.getByText(rssi!).first().waitFor();
    }

    const why = panel.getByRole("table", { name: "Why these values" });
    const temperature = why.getByRole("row", { name: /^temperature/ });
    await temperature.getByText("25.01 °C").waitFor();
    await temperature.getByText("5002", { exact: true }).waitFor();
    await temperature.getByText("× 0.005").waitFor();
    assert.equal(await marked(panel), "");
    await temperature.getByRole("button").click();
    assert.equal(await marked(panel), "13 8a");
    assert.equal(
      await panel.locator(".hex-byte[data-marked]").first().getAttribute("data-offset"),
      "8",
    );
    // Keys do what the mouse does.
    const humidity = why.getByRole("row", { name: /^humidity/ }).getByRole("button");
    await page.mouse.move(0, 0);
    await humidity.focus();
    assert.equal(await marked(panel), "5f 61");
    await page.keyboard.press("Enter");
    assert.equal(await humidity.getAttribute("aria-pressed"), "true");
    assert.deepEqual(browser.problems, []);
  },
);

testWith(
  ["chromium"],
  "the view of nodes says who is there, who hears whom, and why not",
  async () => {
    await using gateway = await GatewayProcess.start();
    await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
    const west = new Node("west", peer);
    await west.online();
    await west.hears(RUUVI, -67);
    const name = await deviceAt(gateway, ADDRESS);
    await using browser = await launch();
    const page = await browser.page(gateway.url);
    await page.getByRole("link", { name: "Nodes" }).click();
    const nodes = page.getByRole("table", { name: "Nodes" });
    const row = nodes.getByRole("row", { name: /^west/ });
    await row.getByText("online").waitFor();
    await row.getByText("0.1.0").waitFor();
    const device = page.getByRole("table", { name: "Devices" }).getByRole("row", {
      name: new RegExp(`^${name}`),
    });
    await device.getByText("−67 dBm").waitFor();

    await peer.publish("edgewire/v1/west/status", { state: "offline" }, { retain: true });
    await row.getByText(/^lost: /).waitFor();
    await device.getByRole("link", { name }).click();
    await page.getByRole("heading", { name, exact: true }).waitFor();
    assert.deepEqual(browser.problems, []);
  },
);

testWith(["chromium"], "a device without its key says what to put where", async () => {
  const gateway = await start();
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  const node = new Node("cellar", peer);
  await node.online();
  await node.hears(sealed("A4:C1:38:8D:18:B2", "41a47266c95f730011223378237214"), -60);
  const name = await deviceAt(gateway, "A4:C1:38:8D:18:B2");
  await using browser = await launch();
  const page = await browser.page(channel(gateway, name));
  const panel = await openDevice(page);
  await panel.getByText('devices: [{ address: "A4:C1:38:8D:18:B2", key: "<32 hex digits>" }]')
    .waitFor();
  assert.deepEqual(browser.problems, []);
});

testWith(["chromium"], "a replayed packet is told of, and can be dismissed", async () => {
  const gateway = await start();
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  const node = new Node("hall", peer);
  await node.online();
  await node.hears(sealed("54:48:E6:8F:80:A5", "413e932cc7175f34221100553876af"), -60);
  await using browser = await launch();
  const page = await browser.page(channel(gateway, "shelf"));
  await page.locator(".topics").getByText("humidity").waitFor();
  // The counter before the last one.
  await node.hears(sealed("54:48:E6:8F:80:A5", "41723d3035fb88322211009e7414c0"), -60);
  const notice = page.locator(".notice", { hasText: "Security: replayed counter" });
  await notice.waitFor();
  await page.locator(".topics").getByText(/^replayed counter: /).waitFor();
  await notice.getByRole("button", { name: "Dismiss" }).click();
  await notice.waitFor({ state: "detached" });
  const panel = await openDevice(page);
  await panel.locator(".findings").getByText("replayed counter").waitFor();
  await panel.getByText("opened with the configured key").or(panel.getByText("refused")).first()
    .waitFor();
  assert.deepEqual(browser.problems, []);
});

testWith(["chromium"], "a card says in a word that its device is lost", async () => {
  const gateway = await start();
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  const node = new Node("porch", peer);
  await node.online();
  await node.hears(RUUVI, -67);
  const name = await deviceAt(gateway, ADDRESS);
  await using browser = await launch();
  const page = await browser.page("about:blank");
  // A device is silent for long before it counts as lost: the answer says so at once.
  await page.route("**/api/nodes", async (route) => {
    const answer = await (await route.fetch()).json() as NodesAnswer;
    for (const device of answer.devices) {
      Object.assign(device, { state: "lost", reason: "silent", since: Date.now() });
    }
    await route.fulfill({ json: answer });
  });
  await page.goto(gateway.url.href);
  const card = page.getByRole("listitem").filter({ hasText: name });
  await card.getByText("lost: silent").waitFor();
  await card.getByText("25.01").waitFor();
  assert.deepEqual(browser.problems, []);
});

testWith(["chromium"], "a light of Zigbee2MQTT gets a switch and a slider that work", async () => {
  const gateway = await start();
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await peer.subscribe("zigbee2mqtt/lamp/set");
  await peer.publish("zigbee2mqtt/bridge/state", { state: "online" }, { retain: true });
  await peer.publish("zigbee2mqtt/bridge/devices", [{
    ieee_address: "0x00158d0001dc126a",
    type: "Router",
    friendly_name: "lamp",
    supported: true,
    definition: {
      model: "LED1624G9",
      vendor: "IKEA",
      description: "a lamp",
      exposes: [{
        type: "light",
        features: [
          {
            type: "binary",
            name: "state",
            property: "state",
            access: 7,
            value_on: "ON",
            value_off: "OFF",
            value_toggle: "TOGGLE",
          },
          {
            type: "numeric",
            name: "brightness",
            property: "brightness",
            access: 7,
            value_min: 0,
            value_max: 254,
          },
        ],
      }],
    },
  }], { retain: true });
  await peer.publish("zigbee2mqtt/lamp", { state: "OFF", brightness: 120, linkquality: 92 });

  await using browser = await launch();
  const page = await browser.page(channel(gateway, "lamp"));
  const power = page.getByRole("switch", { name: "state" });
  const slider = page.getByRole("slider", { name: "brightness" });
  await slider.waitFor();
  assert.equal(await power.isChecked(), false);
  assert.equal(await slider.inputValue(), "120");
  await power.click();
  const sent = await peer.message(({ topic }) => topic === "zigbee2mqtt/lamp/set");
  assert.deepEqual(JSON.parse(sent.text), { state: "ON" });
  await peer.publish("zigbee2mqtt/lamp", { state: "ON", brightness: 120, linkquality: 92 });
  await page.locator('[data-stage="observed"]').first().waitFor();
  assert.equal(await power.isChecked(), true);
  assert.deepEqual(browser.problems, []);
});

testWith(["chromium"], "a request that fails is said, and what was there stays", async () => {
  const gateway = await start();
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await new Node("garden", peer).online();
  await using browser = await launch();
  const page = await browser.page(new URL("#/nodes", gateway.url));
  const row = page.getByRole("row", { name: /^garden/ });
  await row.waitFor();
  await page.route("**/api/nodes", (route) => route.fulfill({ status: 503, body: "{}" }));
  await page.getByText("Cannot load nodes and devices: status 503").waitFor();
  assert.equal(await row.isVisible(), true);
  await page.unroute("**/api/nodes");
  await page.getByText("Cannot load").waitFor({ state: "detached" });
  assert.equal(browser.problems.every((each) => each.includes("503")), true);
});

testWith(["chromium"], "nodes and devices are not cut off, narrow and wide", async () => {
  const gateway = await start();
  await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  const hearer = new Node("roof", peer);
  await hearer.online();
  await hearer.hears(RUUVI, -67);
  const device = await deviceAt(gateway, ADDRESS);
  await using browser = await launch();
  const dark = { width: 390, height: 844, colorScheme: "dark" } as const;
  const page = await browser.page(new URL("#/nodes", gateway.url), dark);
  const sideways = () =>
    page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return scrollWidth - clientWidth;
    });
  for (const options of [dark, { width: 1600, height: 1000 }]) {
    if (options !== dark) await browser.reshape(page, options);
    await page.goto(new URL("#/nodes", gateway.url).href);
    await page.getByText("−67 dBm").first().waitFor();
    assert.equal(await sideways(), 0, `nodes scroll sideways at ${options.width} px`);
    await page.goto(String(channel(gateway, device)));
    const panel = await openDevice(page);
    await panel.getByRole("row", { name: /^temperature/ }).waitFor();
    assert.equal(await sideways(), 0, `the device scrolls sideways at ${options.width} px`);
  }
  assert.deepEqual(browser.problems, []);
});

testWith(
  ["chromium"],
  "an admin forgets a device, and it comes back when it is heard",
  async () => {
    await using gateway = await GatewayProcess.start();
    await using peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
    const node = new Node("attic", peer);
    await node.hears(RUUVI, -60);
    const name = await deviceAt(gateway, ADDRESS);
    await using browser = await launch();
    const page = await browser.page(channel(gateway, name));
    const panel = await openDevice(page);
    await panel.getByRole("button", { name: "Forget this device" }).click();
    await panel.getByRole("button", { name: "Yes, forget it" }).click();
    await page.getByRole("heading", { name: "Nodes and devices" }).waitFor();
    const { devices } = await gateway.json("/api/nodes") as NodesAnswer;
    assert.deepEqual(devices, []);
    await node.hears(RUUVI, -60);
    assert.equal(await deviceAt(gateway, ADDRESS), name);
  },
);

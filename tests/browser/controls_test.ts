/** Controls in real Chromium: what they send, how far it came, whose hand is on them. */
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { seriousProblems } from "../support/axe.ts";
import { shape, TestBrowser } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import type { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { sharedGateway } from "../support/shared_gateway.ts";

const { testWith } = sideBySide(2);

const VIEWER = "a-token-of-the-viewer-here";
const CONFIG = `
command: { timeoutSeconds: 1 }
tokens:
  - { name: watcher, role: viewer, token: ${VIEWER} }
`;
const CONTROLS = {
  level: { platform: "number", min: 0, max: 100, step: 0.5, unit_of_measurement: "%" },
  offset: { platform: "number" },
  power: { platform: "switch", payload_on: "on", payload_off: "off" },
  mode: { platform: "select", options: ["eco", "boost"] },
  note: { platform: "text" },
  reset: { platform: "button", payload_press: "now" },
};

const launch = TestBrowser.shared();
const startGateway = sharedGateway({ config: CONFIG });

/** A device of its own that has every kind of control; the test decides what it answers. */
class Bench implements AsyncDisposable {
  answer: (name: string, text: string) => void = () => {};
  readonly commands: string[] = [];

  private constructor(
    readonly name: string,
    readonly gateway: GatewayProcess,
    readonly peer: MqttPeer,
    readonly browser: TestBrowser,
  ) {
    peer.client.on("message", (topic, payload) => {
      const name = topic.split("/")[2]!;
      this.commands.push(`${name} ${payload}`);
      this.answer(name, payload.toString());
    });
  }

  /** @param device the name of its channel */
  static async start(device: string): Promise<Bench> {
    const gateway = await startGateway();
    const peer = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
    const bench = new Bench(device, gateway, peer, await launch());
    await peer.subscribe(`devices/${device}/+/set`);
    const components = Object.entries(CONTROLS).map(([name, control]) => {
      const topic = `devices/${device}/${name}`;
      return [name, { ...control, state_topic: topic, command_topic: `${topic}/set` }];
    });
    await peer.publish(`homeassistant/device/${device}/config`, {
      components: Object.fromEntries(components),
    });
    await bench.say("level", 20);
    await bench.say("power", "off");
    await bench.say("mode", "eco");
    return bench;
  }

  async say(name: string, value: unknown) {
    await this.peer.publish(`devices/${this.name}/${name}`, value);
  }

  async open(options = {}, token?: string): Promise<Page> {
    const url = new URL(`#/channel/${this.name}`, this.gateway.url);
    if (token !== undefined) url.searchParams.set("token", token);
    const page = await this.browser.page(url, options);
    await page.getByRole("slider", { name: "level" }).waitFor();
    await page.getByText("device: 20 %").waitFor();
    return page;
  }

  async [Symbol.asyncDispose]() {
    await this.browser[Symbol.asyncDispose]();
    await this.peer[Symbol.asyncDispose]();
  }
}

/** The part of the page that belongs to one control. */
function control(page: Page, name: string): Locator {
  return page.locator(".control", { has: page.getByText(name, { exact: true }) });
}

async function reaches(page: Page, name: string, stage: string) {
  await control(page, name).locator(`[data-stage="${stage}"]`).waitFor();
}

/** Two frames of the page's screen. */
async function painted(page: Page) {
  await page.evaluate(() =>
    new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
  );
}

/** Puts the mouse down on a slider and moves it from one part of it to another. */
async function drag(page: Page, slider: Locator, from: number, to: number, steps = 10) {
  await slider.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await slider.boundingBox())!;
  const at = (part: number) => page.mouse.move(x + width * part, y + height / 2);
  await at(from);
  await page.mouse.down();
  for (let step = 1; step <= steps; step++) await at(from + (to - from) * step / steps);
  await painted(page);
}

testWith(
  ["chromium"],
  "each kind of control sends its value and shows how far it came",
  async () => {
    await using bench = await Bench.start("every-kind");
    const page = await bench.open();
    bench.answer = (name, text) => void bench.say(name, text);

    const exact = page.getByRole("spinbutton", { name: "level, exact value" });
    assert.equal(await exact.inputValue(), "20");
    await exact.fill("42.5");
    await exact.press("Enter");
    await reaches(page, "level", "observed");
    assert.equal(await page.getByRole("slider", { name: "level" }).inputValue(), "42.5");
    // Out of range, off the step, and thought better of.
    for (const wrong of ["101", "42.3", ""]) {
      await exact.fill(wrong);
      await exact.press("Enter");
    }
    await exact.fill("50");
    await exact.press("Escape");
    await exact.blur();
    assert.equal(await exact.inputValue(), "42.5");

    await page.getByRole("spinbutton", { name: "offset" }).fill("-3");
    await page.getByRole("spinbutton", { name: "offset" }).press("Enter");
    await reaches(page, "offset", "observed");
    await page.getByRole("switch", { name: "power" }).click();
    await reaches(page, "power", "observed");
    assert.equal(await page.getByRole("switch", { name: "power" }).isChecked(), true);
    await page.getByRole("combobox", { name: "mode" }).selectOption("boost");
    await reaches(page, "mode", "observed");
    await page.getByRole("textbox", { name: "note" }).fill("mind the gap");
    await control(page, "note").getByRole("button", { name: "Send" }).click();
    await reaches(page, "note", "observed");
    bench.answer = () => {};
    await page.getByRole("button", { name: "reset" }).click();
    await reaches(page, "reset", "delivered");
    await control(page, "reset").getByText("Failed: timeout: the device did not answer").waitFor();
    assert.deepEqual(bench.commands, [
      "level 42.5",
      "offset -3",
      "power on",
      "mode boost",
      "note mind the gap",
      "reset now",
    ]);
    assert.deepEqual(bench.browser.problems, []);
  },
);

testWith(["chromium"], "a page that opens sends nothing, and a viewer's cannot", async () => {
  await using bench = await Bench.start("untouched");
  const page = await bench.open();
  await page.reload();
  const watching = await bench.open({ width: 390, height: 844 }, VIEWER);
  await watching.getByText("This link is for watching only").waitFor();
  const section = watching.getByRole("region", { name: "Controls" });
  const all = section.locator("input, select, button");
  assert.equal(await all.count(), 9);
  for (const each of await all.all()) assert.equal(await each.isDisabled(), true);
  assert.match(
    await section.getByRole("group").getAttribute("aria-describedby") ?? "",
    /blocked/,
  );
  // It follows the device all the same.
  await bench.say("level", 33);
  await section.getByText("device: 33 %").waitFor();
  assert.equal(await section.getByRole("slider").inputValue(), "33");
  await page.getByText("device: 33 %").waitFor();
  assert.deepEqual(bench.commands, []);
  assert.deepEqual(bench.browser.problems, []);
});

testWith(
  ["chromium"],
  "after letting go a slider waits for the answer to its last command",
  async () => {
    await using bench = await Bench.start("let-go");
    const page = await bench.open();
    const slider = page.getByRole("slider", { name: "level" });
    await drag(page, slider, 0.3, 0.8);
    await page.mouse.up();
    const chosen = await slider.inputValue();
    const last = () => bench.commands.at(-1)!.split(" ")[1]!;
    await eventually("the last command", () => last() === chosen);
    await reaches(page, "level", "delivered");
    const first = bench.commands[0]!.split(" ")[1]!;
    assert.notEqual(first, chosen);
    // The device is at the first command still.
    await bench.say("level", Number(first));
    await page.getByText(`device: ${Number(first)} %`).waitFor();
    await reaches(page, "level", "observed");
    assert.equal(await slider.inputValue(), chosen, "it does not jump back");
    await bench.say("level", Number(chosen));
    await page.getByText(`device: ${Number(chosen)} %`).waitFor();
    assert.equal(await slider.inputValue(), chosen);
    // What is no answer to an earlier command is followed: the device limits it, say.
    await bench.say("level", 12.5);
    await page.getByText("device: 12.5 %").waitFor();
    assert.equal(await slider.inputValue(), "12.5");
    assert.deepEqual(bench.browser.problems, []);
  },
);

testWith(
  ["chromium"],
  "two browsers on one slider: who watches is told, who moves is not",
  async () => {
    await using bench = await Bench.start("two-hands");
    bench.answer = (name, text) => void bench.say(name, Number(text));
    const [mine, other] = [await bench.open(), await bench.open({ width: 390, height: 844 })];
    const said = (page: Page) => page.getByText("Someone else is moving this");
    const [here, there] = [mine, other].map((page) => page.getByRole("slider", { name: "level" }));
    await drag(mine, here!, 0.2, 0.6);
    await said(other).waitFor();
    assert.equal(await said(mine).isVisible(), false);
    const chosen = await here!.inputValue();
    await eventually("the other slider follows", async () => await there!.inputValue() === chosen);
    // The other one takes it: both know, and the finger here keeps it where it is.
    await drag(other, there!, 0.5, 0.9);
    await said(mine).waitFor();
    assert.equal(await here!.inputValue(), chosen);
    await mine.mouse.up();
    await other.mouse.up();
    const end = await there!.inputValue();
    await eventually("both are where the last hand left it", async () => {
      const both = [await here!.inputValue(), await there!.inputValue()];
      return both.every((value) => value === end);
    });
    await said(mine).waitFor({ state: "hidden" });
    await said(other).waitFor({ state: "hidden" });
    assert.deepEqual(bench.browser.problems, []);
  },
);

testWith(["chromium"], "controls are accessible and fit, in both themes and sizes", async () => {
  await using bench = await Bench.start("looked-at");
  const page = await bench.open();
  // The test of all views looks at the other two of light, dark, wide and narrow.
  for (
    const options of [
      { width: 1280, colorScheme: "dark" as const },
      { width: 360, height: 740 },
    ]
  ) {
    await shape(page, options);
    await page.getByText("device: 20 %").waitFor();
    const section = page.getByRole("region", { name: "Controls" });
    const wide = await section.evaluate((element) => element.scrollWidth - element.clientWidth);
    assert.equal(wide, 0, `${options.width} wide`);
    assert.deepEqual(await seriousProblems(page), []);
  }
  assert.deepEqual(bench.browser.problems, []);
});

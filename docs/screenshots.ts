/**
 * `deno task screenshots`: takes the README's pictures of the page, from a
 * gateway with the simulated nodes. Words behind it choose some of them by name.
 *
 * @module
 */
import type { Page } from "playwright-core";
import { TestBrowser } from "../tests/support/browser.ts";
import { GatewayProcess } from "../tests/support/gateway.ts";

/** Long enough for the chamber to cool to its setpoint and the plots to show it. */
const WARM_UP_MS = 75_000;
/** How long the delay view measures before its picture. */
const RUN_MS = 20_000;

interface Shot {
  file: string;
  view: string;
  width: number;
  height: number;
  dark?: true;
  /** A text that is there once the view has its data. */
  text: string;
  /** What to do before. */
  act?(page: Page): Promise<unknown>;
}

const CHAMBER = "#/channel/chamber?window=60000";

const shots: Shot[] = [
  { file: "channel-dark", view: CHAMBER, width: 1280, height: 760, dark: true, text: "setpoint" },
  { file: "channel-phone", view: CHAMBER, width: 390, height: 844, text: "setpoint" },
  {
    file: "channels",
    view: "#/",
    width: 1280,
    height: 700,
    text: "temperature",
    // Lines of the last minutes come behind the values.
    act: async (page) => await page.getByText(/^Last 5 min/).nth(11).waitFor(),
  },
  {
    file: "nodes",
    view: "#/nodes?device=bedroom",
    width: 1280,
    height: 900,
    text: "Nodes and devices",
    act: (page) =>
      page.getByRole("link", { name: /^fridge/ }).first().waitFor({ state: "attached" }),
  },
  {
    file: "delay",
    view: "#/delay?rate=20",
    width: 1280,
    height: 900,
    text: "Polling",
    act: async (page) => {
      await page.getByRole("button", { name: "Start" }).click();
      await page.waitForTimeout(RUN_MS);
    },
  },
  {
    file: "traces",
    view: "#/traces?source=recent&hop=radio,mqtt,ws&channel=bedroom",
    width: 1280,
    height: 1100,
    text: "Complete",
    act: async (page) => {
      await page.getByText(/^(LE LL|HCI_EVT)$/).last().click();
      await page.waitForTimeout(500);
    },
  },
];

await using gateway = await GatewayProcess.start({ args: ["--demo"] });
await using browser = await TestBrowser.launch();
await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS));
for (const { file, view, width, height, dark, text, act } of shots) {
  if (Deno.args.length > 0 && !Deno.args.includes(file)) continue;
  const page = await browser.page(new URL(view, gateway.url), {
    width,
    height,
    colorScheme: dark ? "dark" : "light",
  });
  await page.getByText(text).first().waitFor();
  await act?.(page);
  await page.waitForFunction(() => document.fonts.status === "loaded");
  await page.screenshot({ path: new URL(`${file}.png`, import.meta.url).pathname });
  await page.context().close();
}

/**
 * `deno task screenshots`: takes the README's pictures of the page, from a
 * gateway with the simulated nodes.
 *
 * @module
 */
import { TestBrowser } from "../tests/support/browser.ts";
import { GatewayProcess } from "../tests/support/gateway.ts";

/** Long enough for the chamber to cool to its setpoint and the plots to show it. */
const WARM_UP_MS = 75_000;

const shots = [
  { file: "channel-dark.png", view: "#/channel/chamber", width: 1280, height: 760, dark: true },
  { file: "channel-phone.png", view: "#/channel/chamber", width: 390, height: 844, dark: false },
  { file: "channels.png", view: "#/", width: 1280, height: 420, dark: false },
  { file: "nodes.png", view: "#/nodes", width: 1280, height: 900, dark: false },
];

await using gateway = await GatewayProcess.start({ args: ["--demo"] });
await using browser = await TestBrowser.launch();
await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS));
for (const { file, view, width, height, dark } of shots) {
  const page = await browser.page(new URL(view, gateway.url), {
    width,
    height,
    colorScheme: dark ? "dark" : "light",
  });
  await page.getByText(view === "#/nodes" ? "fridge" : "temperature").first().waitFor();
  await page.getByRole("button", { name: "1 min" }).click().catch(() => {});
  await page.waitForFunction(() => document.fonts.status === "loaded");
  await page.screenshot({ path: new URL(file, import.meta.url).pathname });
}

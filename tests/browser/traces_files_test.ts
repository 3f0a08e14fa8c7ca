/** Captures in the Traces view, and its frames in other programs. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { fileURLToPath } from "node:url";
import type { Locator, Page } from "playwright-core";
import { TestBrowser } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { sharedGateway } from "../support/shared_gateway.ts";

const { testWith } = sideBySide(2);

const SAMPLE = fileURLToPath(
  new URL("../../traces/samples/edgewire-chromium.pcapng", import.meta.url),
);

const launch = TestBrowser.shared();
/** For tests that leave no other frames to each other. */
const start = sharedGateway({ args: ["--trace-port", "0"] });

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

async function publishes(gateway: GatewayProcess): Promise<MqttPeer> {
  return await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
}

testWith(["chromium"], "a dropped capture is decoded with progress and filtered", async () => {
  const gateway = await start();
  await using browser = await launch();
  const page = await browser.page(traces(gateway));
  const bytes = [...await Deno.readFile(SAMPLE)];
  const transfer = await page.evaluateHandle((bytes) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(bytes)], "sample.pcapng"));
    return transfer;
  }, bytes);
  await page.dispatchEvent(".traces", "drop", { dataTransfer: transfer });
  await page.getByText("Complete").waitFor();
  assert.match(page.url(), /source=file/);
  await page.getByText("sample.pcapng", { exact: true }).waitFor();
  const total = Number(await page.locator(".frames").getAttribute("aria-rowcount")) - 1;
  assert.ok(total > 20, `${total}`);
  await page.getByText(new RegExp(`, ${total} frames`)).waitFor();

  const filter = page.getByLabel("Display filter");
  await filter.fill("websocket.opcode == 1");
  await filter.press("Enter");
  await rows(page, "WebSocket Text").first().waitFor();
  await eventually(
    "fewer rows",
    async () => Number(await page.locator(".frames").getAttribute("aria-rowcount")) - 1 < total,
  );
  await rows(page, "[MASKED]").first().click();
  const sources = page.getByRole("group", { name: "Bytes", exact: true }).getByRole("radio");
  assert.ok(await sources.count() >= 2, "the frame, and what was put together from it");
  await sources.last().check();
  await page.locator(".dump-hex span").first().click();
  assert.notEqual(await marked(page), "", "a field of that source");

  const commands = await page.locator(".commands .line").allTextContents();
  assert.deepEqual(commands, [
    "wireshark -r sample.pcapng -Y 'websocket.opcode == 1'",
    "tshark -r sample.pcapng -Y 'websocket.opcode == 1'",
    "deno task decode sample.pcapng --filter 'websocket.opcode == 1'",
  ]);
  assert.equal(await page.getByRole("link", { name: /^Flight recorder|^The next/ }).count(), 0);

  await page.locator("input[type=file]").setInputFiles({
    name: "cut.pcapng",
    mimeType: "",
    buffer: Buffer.from(bytes.slice(0, 9000)),
  });
  await page.getByText(/Read up to a problem: /).waitFor();
  await page.locator("input[type=file]").setInputFiles({
    name: "holiday.jpg",
    mimeType: "image/jpeg",
    buffer: Buffer.from("no capture at all"),
  });
  await page.getByText(/Failed: /).waitFor();
  assert.deepEqual(browser.problems.filter((problem) => !problem.includes("status of 422")), []);
});

testWith(
  ["chromium", "tshark", "curl"],
  "the commands to copy do what they say, and the links have the choice",
  async () => {
    const gateway = await start();
    await using peer = await publishes(gateway);
    await peer.publish("devices/desk/temperature", "21.5");
    await peer.publish("devices/shelf/temperature", "7.25");
    await using browser = await launch();
    const query = new URLSearchParams({
      source: "recent",
      channel: "desk",
      hop: "mqtt",
      filter: "mqtt.topic",
    });
    const page = await browser.page(traces(gateway, `?${query}`));
    await page.getByText("Complete").waitFor();
    const recent = page.getByRole("link", { name: /^Flight recorder/ });
    assert.equal(
      await recent.getAttribute("href"),
      "/traces/recent.pcapng?hop=mqtt&channel=desk",
    );
    await page.getByRole("spinbutton").fill("5");
    const live = page.getByRole("link", { name: "The next 5 s" });
    assert.match((await live.getAttribute("href"))!, /^\/traces\/live\.pcapng\?.*seconds=5$/);
    await page.getByText(/wireshark -k -i TCP@127\.0\.0\.1:\d+/).waitFor();
    const command = await page.getByText(/\| tshark -r -/).textContent();
    const { stdout } = await new Deno.Command("sh", { args: ["-c", command!] }).output();
    const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
    assert.equal(lines.length, Number(await page.locator(".frames-row").count()));
    assert.ok(lines.every((line) => line.includes("MQTT")), lines.join("\n"));
    assert.deepEqual(browser.problems, []);
  },
);

testWith(
  ["chromium", "curl"],
  "where a token is needed, the commands to copy have it, and then they work",
  async () => {
    const token = "admin-token-of-this-test";
    const config =
      `access: { openLoopback: false }\ntokens: [{ name: me, role: admin, token: ${token} }]\n`;
    await using gateway = await GatewayProcess.start({ config });
    await using browser = await launch();
    const url = traces(gateway);
    url.searchParams.set("token", token);
    const page = await browser.page(url);
    const command = (await page.getByText(/\| tshark -r -/).textContent())!.split(" |")[0]!;
    assert.match(command, /-H "Authorization: Bearer \$EDGEWIRE_TOKEN"/);
    const { code, stdout } = await new Deno.Command("sh", {
      args: ["-c", command.replace("curl ", "curl --fail ")],
      env: { EDGEWIRE_TOKEN: token },
    }).output();
    assert.equal(code, 0);
    assert.equal(stdout.slice(0, 4).toHex(), "0a0d0d0a", "a pcapng section header");
    assert.deepEqual(browser.problems, []);
  },
);

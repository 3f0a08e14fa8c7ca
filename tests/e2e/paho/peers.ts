/**
 * Two peers that are not ours, against any broker: a Python service on Paho's
 * Python client over TCP, and a page on Paho's JavaScript client over
 * WebSocket, in headless Chromium.
 *
 * @module
 */

import assert from "node:assert/strict";
// Makes sure that Deno has the package, whose file the page gets.
import "paho-mqtt";
import type { Page } from "playwright-core";
import type { TestBrowser } from "../../support/browser.ts";
import { TestProcess } from "../../support/process.ts";
import { PYTHON, type Tool } from "../../support/tools.ts";

/** Programs that {@linkcode checkPahoPeers} starts, for `testWith`. */
export const PAHO_TOOLS: Tool[] = ["python3-paho-mqtt", "chromium"];

/** Where the broker is. */
export interface PahoPeersOptions {
  browser: TestBrowser;
  /** MQTT port on 127.0.0.1, for the service. */
  tcpPort: number;
  /** MQTT over WebSocket, for the page, e.g. `ws://127.0.0.1:8080/mqtt`. */
  wsUrl: string;
  /** Server of the page, for a broker that has to know its origin beforehand. @default one of its own */
  server?: PahoPageServer;
}

/** What the peers did. */
export interface PahoPeersResult {
  /** Values of the label as the page got them. */
  labels: number[];
  /** Slider positions that the page published, and the service got, in order. */
  positions: number[];
  /** Movements of the slider that the page saw. */
  moves: number;
  /** Shortest time between two publishes of the page, ms. */
  shortestGap_ms: number;
}

/** A web server with the Paho page. `await using` stops it. */
export interface PahoPageServer extends AsyncDisposable {
  /** Its origin, e.g. `http://127.0.0.1:40001`: what the page sends as `Origin`. */
  origin: string;
}

const LABEL_TOPIC = "devices/foobar/label/changed";
const SLIDER_TOPIC = "devices/foobar/slider/changed";
const SHORTEST_GAP_MS = 100;
/** Length of the slider movement: longer than many gaps. */
const DRAG_MS = 1500;
/** Between two movements, as mice say them. */
const MOVE_MS = 12;
const LABELS = 3;
/** MQTT 3.1.1, table 2.1: PUBLISH, in the high four bits of a packet's first byte. */
const PUBLISH = 3;

/** What `page.js` notes. */
interface Seen {
  labels: [topic: string, payload: string][];
  published: [time_ms: number, value: number][];
  moves: number;
}

/** Serves the Paho page on a free loopback port. */
export function servePahoPage(): PahoPageServer {
  const files: Record<string, [URL, string]> = {
    "/page.html": [new URL("page.html", import.meta.url), "text/html"],
    "/page.js": [new URL("page.js", import.meta.url), "text/javascript"],
    "/paho-mqtt.js": [new URL(import.meta.resolve("paho-mqtt")), "text/javascript"],
  };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const file = files[new URL(request.url).pathname];
      if (!file) return new Response("Not found", { status: 404 });
      return new Response(await Deno.readTextFile(file[0]), {
        headers: { "content-type": `${file[1]}; charset=utf-8` },
      });
    },
  );
  return {
    origin: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/**
 * Runs both peers against a broker and checks that each gets what the other
 * says: labels arrive in the page, in order and without a hole; slider moves
 * arrive at the service, all that were published, in order, ending with the
 * slider's position; and the page publishes at most once per 100 ms.
 *
 * Takes about 6 s.
 *
 * @throws {Error} If one of these does not hold.
 */
export async function checkPahoPeers(options: PahoPeersOptions): Promise<PahoPeersResult> {
  await using ownServer = options.server ? null : servePahoPage();
  const { origin } = options.server ?? ownServer!;
  await using service = startService(options.tcpPort);
  await service.waitForLine(/"event": "subscribed"/);
  const page = await options.browser.page("about:blank");
  const publishes = countPublishes(page);
  await openPage(page, `${origin}/page.html?ws=${encodeURIComponent(options.wsUrl)}`);
  const labels = await checkLabels(page, service);
  const { seen, span_ms } = await dragSlider(page);
  const sent = seen.published.map(([, value]) => value);
  assert.deepEqual(await received(service, sent), sent, "positions at the service");
  assert.equal(publishes(), sent.length, "PUBLISH packets on the WebSocket");
  const shortestGap_ms = checkPace(seen, span_ms);
  await page.context().close();
  const status = await service.stop();
  assert.equal(status.code, 0, `the service failed:\n${service.output}`);
  return { labels, positions: sent, moves: seen.moves, shortestGap_ms };
}

function startService(tcpPort: number): TestProcess {
  const script = new URL("service.py", import.meta.url).pathname;
  return new TestProcess(PYTHON, { args: ["-I", script, "127.0.0.1", String(tcpPort)] });
}

/** Counts the PUBLISH packets that the page sends; Paho puts each packet in a frame of its own. */
function countPublishes(page: Page): () => number {
  let count = 0;
  page.on("websocket", (socket) =>
    socket.on("framesent", ({ payload }) => {
      if (typeof payload !== "string" && payload[0]! >> 4 === PUBLISH) count++;
    }));
  return () => count;
}

/** Opens the page and waits until it has subscribed. */
async function openPage(page: Page, url: string) {
  const errors: string[] = [];
  page.on("console", (message) => errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(error.message));
  page.setDefaultTimeout(10_000);
  await page.goto(url);
  const settled = () => document.querySelector("#state")!.textContent !== "connecting";
  await page.waitForFunction(settled).catch((error) => errors.push(error.message));
  const state = await page.locator("#state").textContent();
  assert.equal(state, "subscribed", errors.join("\n"));
}

/** Waits for some labels and compares them with what the service says it published. */
async function checkLabels(page: Page, service: TestProcess): Promise<number[]> {
  await page.waitForFunction((count) => seen.labels.length >= count, LABELS);
  const { labels } = await page.evaluate(() => seen);
  const values = labels.map(([topic, payload]) => {
    assert.equal(topic, LABEL_TOPIC);
    return JSON.parse(payload).value as number;
  });
  assert.deepEqual(values, values.map((_, index) => values[0]! + index), "labels in the page");
  await service.waitForLine(new RegExp(`"event": "published", "value": ${values.at(-1)}}`));
  assert.equal(await page.locator("#label").textContent(), String(values.at(-1)));
  return values;
}

/** Drags the slider from one end to the other, steadily, and waits until its end was published. */
async function dragSlider(page: Page): Promise<{ seen: Seen; span_ms: number }> {
  const box = (await page.locator("#slider").boundingBox())!;
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + 2, y);
  const start = performance.now();
  await page.mouse.down();
  for (let passed = 0; passed < DRAG_MS; passed = performance.now() - start) {
    await page.mouse.move(box.x + 2 + passed / DRAG_MS * (box.width - 4), y);
    await new Promise((resolve) => setTimeout(resolve, MOVE_MS));
  }
  await page.mouse.move(box.x + box.width - 2, y);
  await page.mouse.up();
  await page.waitForFunction(() => {
    const slider = document.querySelector<HTMLInputElement>("#slider")!;
    return seen.published.at(-1)?.[1] === slider.valueAsNumber;
  });
  return { seen: await page.evaluate(() => seen), span_ms: performance.now() - start };
}

/** Waits until the service got the last of `sent` and returns all that it got. */
async function received(service: TestProcess, sent: number[]): Promise<number[]> {
  await service.waitForLine(new RegExp(String.raw`"payload": "{\\"value\\":${sent.at(-1)}}"`));
  const messages = service.lines.map((line) => JSON.parse(line))
    .filter(({ event }) => event === "message");
  return messages.map(({ topic, payload }) => {
    assert.equal(topic, SLIDER_TOPIC);
    return JSON.parse(payload).value;
  });
}

/** Checks how often the page published: less often than the slider moved, where that was often. */
function checkPace(seen: Seen, span_ms: number): number {
  const times = seen.published.map(([time_ms]) => time_ms);
  const gaps = times.slice(1).map((time_ms, index) => time_ms - times[index]!);
  const shortest_ms = Math.min(...gaps);
  assert.ok(shortest_ms >= SHORTEST_GAP_MS, `published again after ${shortest_ms} ms`);
  assert.ok(times.length <= span_ms / SHORTEST_GAP_MS + 1, `${times.length} in ${span_ms} ms`);
  assert.ok(times.length >= 5, `published only ${times.length} times in ${span_ms} ms`);
  const often = seen.moves > 1.5 * span_ms / SHORTEST_GAP_MS;
  assert.ok(
    !often || seen.moves > times.length,
    `${seen.moves} moves, ${times.length} publishes in ${span_ms} ms`,
  );
  return shortest_ms;
}

/** In the page: what it noted. */
declare const seen: Seen;

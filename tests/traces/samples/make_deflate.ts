/**
 * Makes the samples of permessage-deflate (RFC 7692) with the `ws` package as server: Chromium and
 * `ws` as clients, each combination of the context takeover parameters, small windows, fragmented
 * messages, and what a client of `ws` may send besides.
 *
 * Run: `deno run -A tests/traces/samples/make_deflate.ts`
 *
 * @module
 */
import { createServer } from "node:http";
import { WebSocket as Client, WebSocketServer } from "ws";
import { TestBrowser } from "../../support/browser.ts";
import { pause, recordLoopback } from "./record_loopback.ts";

interface Parameters {
  serverNoContextTakeover?: boolean;
  clientNoContextTakeover?: boolean;
  serverMaxWindowBits?: number;
  clientMaxWindowBits?: number;
}

const COMBINATIONS: Record<string, Parameters> = {
  "none": {},
  "snct": { serverNoContextTakeover: true },
  "cnct": { clientNoContextTakeover: true },
  "both": { serverNoContextTakeover: true, clientNoContextTakeover: true },
  "windows": { serverMaxWindowBits: 9, clientMaxWindowBits: 10 },
};

/** Compresses well, and differs from message to message. */
function reading(index: number): string {
  return JSON.stringify({
    type: "data",
    channel: "hall",
    topic: "devices/sensor-7/temperature",
    seq: index,
    value: 20 + index / 10,
    unit: "C",
  });
}

/** Answers every message with one of its own, alternately in one frame and in three. */
function answering(parameters: Parameters) {
  const http = createServer((_request, response) => response.end("a page"));
  const server = new WebSocketServer({
    server: http,
    perMessageDeflate: { threshold: 0, ...parameters },
  });
  server.on("connection", (socket) => {
    let index = 0;
    socket.on("message", () => {
      if (index++ % 2 === 0) return socket.send(reading(index));
      for (const [part, fin] of [["first part, ", false], ["second, ", false], ["last", true]]) {
        socket.send(`${index}: ${part}`, { fin: fin as boolean });
      }
    });
  });
  return { http, server };
}

async function chromium(url: string) {
  await using browser = await TestBrowser.launch();
  const page = await browser.page(url.replace("ws:", "http:"));
  await page.evaluate(({ url, texts }) => {
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    let index = 0;
    const next = () => {
      if (index === texts.length) socket.close(1000, "done");
      else if (index % 3 === 2) socket.send(new TextEncoder().encode(texts[index++]!));
      else socket.send(texts[index++]!);
    };
    socket.onopen = next;
    socket.onmessage = next;
    return new Promise<void>((resolve) => socket.onclose = () => resolve());
  }, { url, texts: [1, 2, 3, 4, 5, 6].map(reading) });
}

/** A client that sends fragments with a ping between them, and empty messages. */
async function fragments(url: string) {
  const client = new Client(url, { perMessageDeflate: { threshold: 0 } });
  await new Promise((resolve) => client.once("open", resolve));
  let answers = 0;
  const all = new Promise<void>((resolve) =>
    client.on("message", () => ++answers === 4 && resolve())
  );
  client.send(reading(1));
  client.send(reading(2).slice(0, 40), { fin: false });
  client.ping("between");
  client.send(reading(2).slice(40), { fin: true });
  client.send("");
  client.send(reading(3).repeat(40), { compress: true });
  await all;
  client.send("not compressed", { compress: false });
  client.close(3001, "own code");
  await new Promise((resolve) => client.once("close", resolve));
}

if (import.meta.main) {
  for (const [name, parameters] of Object.entries(COMBINATIONS)) {
    const { http, server } = answering(parameters);
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const port = (http.address() as { port: number }).port;
    const url = `ws://127.0.0.1:${port}/`;
    await recordLoopback(`deflate-${name}-chromium`, { ports: [port] }, () => chromium(url));
    if (name === "none" || name === "snct") {
      await recordLoopback(`deflate-${name}-fragments`, { ports: [port] }, () => fragments(url));
    }
    server.close();
    http.closeAllConnections();
    http.close();
    await pause(50);
  }
  Deno.exit(0);
}

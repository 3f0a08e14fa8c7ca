/** WebSockets whose client breaks off during the handshake. */
import assert from "node:assert/strict";
import type { Broker } from "../../gateway/broker/broker.ts";
import { loadConfig } from "../../gateway/config/load.ts";
import { type AppParts, makeApp } from "../../gateway/http/app.ts";
import { watchHandshake } from "../../gateway/http/handshake.ts";
import type { Sessions } from "../../gateway/sessions/sessions.ts";
import { RecordingTaps } from "../broker/recording_taps.ts";
import { eventually } from "../support/eventually.ts";
import { handshake, reset } from "../support/resets.ts";

/** A server whose end waits for nobody: not for WebSockets that were reset, for which Deno does. */
class Server implements Disposable {
  readonly port: number;
  readonly #end = new AbortController();

  constructor(handler: Deno.ServeHandler<Deno.NetAddr>) {
    const { signal } = this.#end;
    const options = { hostname: "127.0.0.1", port: 0, onListen: () => {}, signal };
    this.port = Deno.serve(options, handler).addr.port;
  }

  [Symbol.dispose]() {
    this.#end.abort();
  }
}

Deno.test("a WebSocket that is reset during the handshake closes, once", async () => {
  const heard: string[] = [];
  const { promise, resolve } = Promise.withResolvers<CloseEvent>();
  using server = new Server((request, { completed }) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    watchHandshake(socket, completed, 50);
    socket.onopen = () => heard.push("open");
    socket.onclose = (event) => {
      heard.push("close");
      resolve(event);
    };
    return response;
  });
  await reset(server.port, handshake("/"));
  assert.equal((await promise).code, 1006);
  assert.deepEqual(heard, ["close"]);
});

Deno.test("one that opens is let alone, however long it takes", async () => {
  const heard: string[] = [];
  const early = Promise.withResolvers<void>();
  using server = new Server((request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    watchHandshake(socket, early.promise, 0);
    socket.onopen = () => heard.push("open");
    socket.onmessage = ({ data }) => socket.send(data);
    socket.onclose = ({ code }) => heard.push(`close ${code}`);
    return response;
  });
  const client = new WebSocket(`ws://127.0.0.1:${server.port}`);
  const answer = new Promise<MessageEvent>((resolve) => client.onmessage = resolve);
  client.onopen = () => client.send("still here");
  await eventually("the opening", () => heard.length > 0);
  early.resolve();
  assert.equal((await answer).data, "still here");
  client.close(4000);
  await eventually("its end", () => heard.length > 1);
  assert.deepEqual(heard, ["open", "close 4000"]);
});

Deno.test("one that opens when it was given up is closed, and nobody hears of it", async () => {
  const heard: string[] = [];
  using server = new Server(async (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    watchHandshake(socket, Promise.resolve(), 0);
    socket.onopen = () => heard.push("open");
    socket.onclose = ({ code }) => heard.push(`close ${code}`);
    await eventually("the end of patience", () => heard.length > 0);
    return response;
  });
  const client = new WebSocket(`ws://127.0.0.1:${server.port}`);
  await new Promise((resolve) => client.onclose = resolve);
  assert.equal(heard[0], "close 1006");
  assert.ok(!heard.includes("open"));
});

Deno.test("what hears of a WebSocket hears its end, though it never opens", async () => {
  const taps = new RecordingTaps();
  const config = await loadConfig([], () => undefined);
  const app = makeApp({
    config,
    taps,
    sessions: { refusal: () => "at most 0 clients" } as unknown as Sessions,
    broker: { serveWebSocket() {} } as unknown as Broker,
  } as unknown as AppParts);
  using server = new Server((request, info) => {
    const { hostname: peer, port: peerPort } = info.remoteAddr;
    const local = { host: "127.0.0.1", port: 80 };
    return app.fetch(request, { peer, peerPort, local, completed: () => info.completed });
  });
  await Promise.all(["/ws", "/mqtt"].map((path) => reset(server.port, handshake(path))));
  for (const protocol of ["session", "mqtt"]) {
    const tap = await taps.tap(({ facts }) => facts.protocol === protocol);
    assert.deepEqual(await tap.end(), [true, 1006, ""], protocol);
  }
});

/** Saying goodbye. */
import assert from "node:assert/strict";
import { Flow } from "../support/flow.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { RawWs } from "../support/raw_ws.ts";
import { WsPeer } from "../support/ws_peer.ts";

/** Reads and acknowledges until the end. @returns The code of the close frame. */
async function listen(raw: RawWs): Promise<number | undefined> {
  try {
    while (raw.closeCode === undefined && await raw.read() !== null) {
      await raw.send({ type: "received", bytes: raw.bytes });
    }
  } catch {
    // The socket ended before the close frame was read.
  }
  return raw.closeCode;
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`${signal} with 200 clients and data flowing: 1001 to all, exit 0 within 2 s`, async () => {
    await using gateway = await GatewayProcess.start();
    const { mqttPort } = gateway;
    await using _flow = await Flow.start({ mqttPort, rate: 500, topics: ["flow/x"] });
    await using browser = await WsPeer.open(gateway.ws("/ws"), { v1: false });
    await browser.next("channels", ({ added }) => added.includes("flow"));
    using sockets = new DisposableStack();
    const all = await Promise.all(
      Array.from(
        { length: 200 },
        (_, i) => RawWs.open(gateway.ws("/ws/flow"), { v1: i % 2 === 0 }),
      ),
    );
    for (const raw of all) sockets.use(raw);
    // One that reads nothing and will not answer the goodbye.
    using _deaf = await RawWs.open(gateway.ws("/ws/flow"));
    const codes = all.map(listen);
    const start = performance.now();
    gateway.process.kill(signal);
    const status = await gateway.process.status;
    const took = performance.now() - start;
    assert.equal(status.code, 0);
    assert.ok(took < 2000, `it took ${took} ms`);
    assert.equal((await browser.closed).code, 1001);
    assert.deepEqual(await Promise.all(codes), codes.map(() => 1001));
  });
}

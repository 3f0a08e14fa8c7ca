/** Saying goodbye. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { Flow } from "../support/flow.ts";
import { GatewayProcess } from "../support/gateway.ts";
import { RawWs } from "../support/raw_ws.ts";
import { WsPeer } from "../support/ws_peer.ts";

/**
 * Reads until the end, and says what it received if that is what it speaks: what another says behind
 * the close frame can cost it that frame.
 *
 * @returns The code of the close frame.
 */
async function listen(raw: RawWs, v1: boolean): Promise<number | undefined> {
  let hears = v1;
  try {
    while (raw.closeCode === undefined && await raw.read() !== null) {
      if (hears) hears = await acknowledge(raw);
    }
  } catch {
    // The socket ended before the close frame was read.
  }
  return raw.closeCode;
}

/** @returns Whether it could be written. */
function acknowledge(raw: RawWs): Promise<boolean> {
  const { bytes } = raw;
  // The other side may be gone; what it sent before is still to be read.
  return raw.send({ type: "received", bytes }).then(() => true, () => false);
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`${signal} with 200 clients and data flowing: 1001 to all, exit 0 within 2 s`, async () => {
    await using gateway = await GatewayProcess.start();
    const { mqttPort } = gateway;
    await using _flow = await Flow.start({ mqttPort, rate: 50, topics: ["flow/x"] });
    await using browser = await WsPeer.open(gateway.ws("/ws"), { v1: false });
    await browser.next("channels", ({ added }) => added.includes("flow"));
    using sockets = new DisposableStack();
    const isV1 = (i: number) => i % 2 === 0;
    const all = await Promise.all(
      Array.from({ length: 200 }, (_, i) => RawWs.open(gateway.ws("/ws/flow"), { v1: isV1(i) })),
    );
    for (const raw of all) sockets.use(raw);
    // One that reads nothing and will not answer the goodbye.
    using _deaf = await RawWs.open(gateway.ws("/ws/flow"));
    const codes = all.map((raw, i) => listen(raw, isV1(i)));
    const hear = ({ messages }: RawWs) => messages.some(({ type }) => type === "data");
    await eventually("data at all", () => all.every(hear));
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

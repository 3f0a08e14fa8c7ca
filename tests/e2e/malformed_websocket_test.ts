/** WebSocket frames that are none, on `/ws` and `/mqtt`: that connection ends, nobody else's. */
import assert from "node:assert/strict";
import { GatewayProcess } from "../support/gateway.ts";
import { MqttPeer } from "../support/mqtt_peer.ts";
import { RawWs } from "../support/raw_ws.ts";
import { WsPeer } from "../support/ws_peer.ts";

const MASK = [0, 0, 0, 0];
/** A frame's header that claims so many bytes. */
function claims(first: number, bytes: bigint): Uint8Array {
  const header = new Uint8Array(14);
  header[0] = first;
  header[1] = 0xff;
  new DataView(header.buffer).setBigUint64(2, bytes);
  return header;
}

const CASES: [string, Uint8Array][] = [
  ["a reserved bit", new Uint8Array([0xc1, 0x82, ...MASK, 0x7b, 0x7d])],
  ["a reserved opcode", new Uint8Array([0x83, 0x82, ...MASK, 0x7b, 0x7d])],
  ["a fragmented ping", new Uint8Array([0x09, 0x80, ...MASK])],
  ["a ping of 126 bytes", new Uint8Array([0x89, 0xfe, 0, 126, ...MASK, ...Array(126).fill(0)])],
  ["a continuation of nothing", new Uint8Array([0x80, 0x82, ...MASK, 0x7b, 0x7d])],
  ["text that is not UTF-8", new Uint8Array([0x81, 0x82, ...MASK, 0xc3, 0x28])],
  ["a close code of one byte", new Uint8Array([0x88, 0x81, ...MASK, 0x03])],
  ["a frame that claims 2^62 bytes", claims(0x82, 1n << 62n)],
  ["a frame that claims 65 MiB", claims(0x81, 65n << 20n)],
];

/** Small numbers that are the same in each run. */
function* noise(seed: number): Generator<number> {
  for (let state = seed;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state >>> 24;
  }
}

/** Reads until the other side has ended the connection. */
async function ended(raw: RawWs) {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("the connection is still open")), 5000);
  try {
    await Promise.race([
      raw.readUntil(() => raw.closeCode !== undefined).catch(() => {}),
      late.promise,
    ]);
  } finally {
    clearTimeout(timer);
  }
}

Deno.test("malformed WebSocket frames end their connection and disturb nobody", async (t) => {
  await using gateway = await GatewayProcess.start();
  await using mqtt = await MqttPeer.connect(`mqtt://127.0.0.1:${gateway.mqttPort}`);
  await mqtt.publish("devices/a/x", 0);
  await using bystander = await WsPeer.open(gateway.ws("/ws/a"));
  await bystander.next("presence");
  const before = await gateway.residentBytes();

  for (const path of ["/ws/a", "/mqtt"]) {
    for (const [what, bytes] of CASES) {
      await t.step(`${path}: ${what}`, async () => {
        using raw = await RawWs.open(gateway.ws(path), { v1: path !== "/mqtt" });
        await raw.write(bytes);
        await ended(raw);
      });
    }
  }

  await t.step("200 connections of noise", async () => {
    const bytes = noise(7);
    for (let i = 0; i < 200; i++) {
      using raw = await RawWs.open(gateway.ws(i % 2 === 0 ? "/ws/a" : "/mqtt"), {
        v1: i % 2 === 0,
      });
      const length = 1 + bytes.next().value! % 64;
      await raw.write(Uint8Array.from({ length }, () => bytes.next().value!));
    }
  });

  await t.step("a large frame that never ends takes no memory by its claim", async () => {
    using raw = await RawWs.open(gateway.ws("/ws/a"));
    await raw.write(claims(0x81, 60n << 20n));
    await raw.write(new Uint8Array(1000));
    await mqtt.publish("devices/a/x", 1);
    await bystander.next("data", ({ value }) => value === 1);
    const grown = (await gateway.residentBytes() - before) / (1 << 20);
    assert.ok(grown < 100, `grew by ${grown.toFixed()} MiB`);
  });

  await mqtt.publish("devices/a/x", 2);
  assert.equal((await bystander.next("data", ({ value }) => value === 2)).value, 2);
  assert.equal(bystander.socket.readyState, WebSocket.OPEN);
});

import assert from "node:assert/strict";
import process from "node:process";
import { once } from "node:events";
import { UpstreamStream } from "../../gateway/broker/upstream_stream.ts";
import { noTaps } from "../../gateway/taps.ts";
import { eventually } from "../support/eventually.ts";
import { Disk } from "./disk.ts";
import { RecordingTaps } from "./recording_taps.ts";

function listen() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  return Object.assign(listener, { port });
}

function open(url: string, taps = noTaps as RecordingTaps) {
  return new UpstreamStream({ url, taps, clientId: "c" });
}

Deno.test("UpstreamStream: what is written in one turn goes out in one write", async () => {
  using listener = listen();
  const taps = new RecordingTaps();
  const stream = open(`mqtt://127.0.0.1:${listener.port}`, taps);
  using conn = await listener.accept();
  for (const text of ["first ", "turn"]) {
    stream.cork();
    stream.write(text);
    process.nextTick(() => stream.uncork());
  }
  const tap = await taps.tap();
  await tap.until("sent", 10);
  stream.write("next");
  await tap.until("sent", 14);
  assert.deepEqual(
    tap.chunks.sent.map((chunk) => new TextDecoder().decode(chunk)),
    ["first turn", "next"],
  );
  const closed = once(stream, "close");
  stream.end();
  assert.equal(await conn.read(new Uint8Array(100)), 14);
  assert.equal(await conn.read(new Uint8Array(100)), null, "it says that no more comes");
  conn.close();
  stream.resume();
  await closed;
});

Deno.test("UpstreamStream: who ends it waits for the broker a second, not for ever", async () => {
  using listener = listen();
  const stream = open(`mqtt://127.0.0.1:${listener.port}`);
  using _conn = await listener.accept();
  stream.resume();
  stream.end();
  await once(stream, "close");
});

Deno.test("UpstreamStream: an acknowledgement that becomes due behind the end is left", async () => {
  using listener = listen();
  const disk = new Disk();
  const stream = new UpstreamStream({
    url: `mqtt://127.0.0.1:${listener.port}`,
    taps: noTaps,
    clientId: "c",
    durable: disk.durable,
  });
  using conn = await listener.accept();
  stream.write(Uint8Array.of(0x40, 2, 0, 1, 0xc0, 0));
  const buffer = new Uint8Array(100);
  assert.equal(await conn.read(buffer), 2, "PINGREQ alone");
  const closed = once(stream, "close");
  stream.end();
  assert.equal(await conn.read(buffer), null);
  disk.sync();
  stream.resume();
  await closed;
});

Deno.test("UpstreamStream reads no more than is taken", async () => {
  using listener = listen();
  const stream = open(`mqtt://127.0.0.1:${listener.port}`);
  const conn = await listener.accept();
  const total = 32 << 20;
  let written = 0;
  const sending = (async () => {
    const chunk = new Uint8Array(1 << 16);
    while (written < total) written += await conn.write(chunk);
    conn.close();
  })();
  let before = -1;
  await eventually("a standstill", async () => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const still = written > 0 && written === before;
    before = written;
    return still;
  });
  assert.ok(written < total);
  assert.ok(stream.readableLength < 256 << 10, `${stream.readableLength} bytes wait here`);
  let came = 0;
  stream.on("data", (chunk: Uint8Array) => came += chunk.length);
  await Promise.all([once(stream, "close"), sending]);
  assert.equal(came, written);
});

Deno.test("UpstreamStream: dialling is given up with the stream", async (t) => {
  for (const scheme of ["mqtts", "ws", "wss"]) {
    await t.step(`${scheme}: a peer that says nothing`, async () => {
      using listener = listen();
      const stream = open(`${scheme}://127.0.0.1:${listener.port}/mqtt`);
      stream.write("early");
      using conn = await listener.accept();
      const buffer = new Uint8Array(10_000);
      assert.ok(await conn.read(buffer), "its part of the handshake");
      stream.destroy();
      await once(stream, "close");
    });
  }
});

Deno.test("UpstreamStream: why there is no connection is said", async (t) => {
  for (const scheme of ["mqtt", "mqtts", "ws", "wss"]) {
    await t.step(scheme, async () => {
      const listener = listen();
      listener.close();
      const stream = open(`${scheme}://127.0.0.1:${listener.port}/mqtt`);
      const closed = once(stream, "close").catch(() => {});
      const [error] = await once(stream, "error").catch((error) => [error]);
      assert.match(error.message, /refused/);
      await closed;
    });
  }
});

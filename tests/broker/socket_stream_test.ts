import assert from "node:assert/strict";
import { once } from "node:events";
import { SocketStream } from "../../gateway/broker/socket_stream.ts";
import { noConnectionTap } from "../../gateway/taps.ts";
import { Disk } from "./disk.ts";

const LIMITS = { packetBytes: 1000, backlogBytes: 4000, clients: 10 };
/** PINGREQ: a whole packet. */
const PING = Uint8Array.of(0xc0, 0);

/** A socket whose peer takes what is sent when the test says so. */
class FakeStream extends SocketStream {
  taken = Promise.withResolvers<void>();
  released = Promise.withResolvers<void>();

  constructor() {
    super("test", null, LIMITS, noConnectionTap);
    this.on("error", () => {});
  }

  override _read() {}

  arrive(bytes: Uint8Array) {
    return this.receive(bytes);
  }

  protected override transmit() {
    return this.taken.promise;
  }

  protected override release() {
    this.released.resolve();
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

Deno.test("SocketStream hands out one chunk per turn, and CONNECT alone before its answer", async () => {
  const stream = new FakeStream();
  for (const byte of PING) {
    stream.arrive(Uint8Array.of(byte));
    assert.deepEqual([...stream.read()], [byte], "the first packet, in pieces");
    await turn();
  }
  stream.arrive(PING);
  await turn();
  assert.equal(stream.read(), null, "CONNECT was not answered");
  stream.answered();
  assert.deepEqual([...stream.read()], [...PING]);
  stream.arrive(PING);
  assert.equal(stream.read(), null, "a second chunk in one turn");
  await turn();
  assert.deepEqual([...stream.read()], [...PING]);
  stream.destroy();
});

Deno.test("SocketStream does not read from a peer that leaves answers unread", async () => {
  const stream = new FakeStream();
  stream.answered();
  while (stream.write(new Uint8Array(100)));
  stream.arrive(PING);
  await turn();
  assert.equal(stream.read(), null);
  const readable = once(stream, "readable");
  stream.read();
  stream.taken.resolve();
  await readable;
  await turn();
  assert.deepEqual([...stream.read()], [...PING]);
  stream.destroy();
});

Deno.test("SocketStream does not read from who goes on without waiting for acknowledgements", async () => {
  const stream = new FakeStream();
  const disk = new Disk();
  stream.holdAcks(disk.durable);
  stream.answered();
  stream.taken.resolve();
  const puback = Uint8Array.of(0x40, 2, 0, 1);
  for (let i = 0; i < 65_535; i++) stream.write(puback);
  stream.arrive(PING);
  await turn();
  assert.deepEqual([...stream.read()], [...PING], "each packet identifier is in use once");
  for (let i = 0; i < 2; i++) stream.write(puback);
  stream.arrive(PING);
  await turn();
  assert.equal(stream.read(), null);
  const readable = once(stream, "readable");
  disk.sync();
  await readable;
  await turn();
  assert.deepEqual([...stream.read()], [...PING]);
  stream.destroy();
});

Deno.test("SocketStream ends with a packet over the limit, without waiting for its bytes", async () => {
  const stream = new FakeStream();
  const error = once(stream, "error");
  assert.equal(stream.arrive(Uint8Array.of(0x30, 0xff, 0xff, 0x7f)), false);
  assert.match(String((await error)[0]), /the limit is 1000/);
  await stream.released.promise;
});

Deno.test("SocketStream sends an answer under way before it closes", async () => {
  const stream = new FakeStream();
  stream.write(PING);
  await turn();
  stream.destroy();
  let released = false;
  stream.released.promise.then(() => released = true);
  await turn();
  assert.equal(released, false);
  stream.taken.resolve();
  await stream.released.promise;
});

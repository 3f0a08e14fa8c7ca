/** The parts of the uplink by themselves. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import mqtt, { type IPublishPacket } from "mqtt-packet";
import { Backoff } from "../../gateway/backoff.ts";
import { ChannelBook } from "../../gateway/uplink/channel_book.ts";
import { DropBook } from "../../gateway/uplink/drop_book.ts";
import { isEcho, received, wayOf } from "../../gateway/uplink/incoming.ts";
import type { IncomingMessage } from "../../gateway/broker/broker.ts";
import type { Outbox, OutboxMessage } from "../../gateway/uplink/outbox.ts";
import { OutboxQueue } from "../../gateway/uplink/outbox_queue.ts";
import { OutboxTail } from "../../gateway/uplink/outbox_tail.ts";
import { PublishWriter } from "../../gateway/uplink/publish_writer.ts";
import { encodeEnvelope } from "../../gateway/uplink/stamp.ts";
import { decodeUpload, encodeUpload, UploadKind } from "../../gateway/uplink/upload.ts";
import { VersionChoice } from "../../gateway/uplink/version_choice.ts";

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

Deno.test("packets are those that mqtt-packet reads, whatever their size", () => {
  for (const version of [4, 5] as const) {
    for (const size of [0, 1, 100, 127, 128, 16_300, 16_500, 3 << 20]) {
      const writer = new PublishWriter();
      const payload = new Uint8Array(size).fill(7);
      const userProperties = version === 4 ? null : { "ew-n": "12", "ew-channel": "Küche" };
      const packet = { topic: "a/ü/€", packetId: 0x1234, dup: size === 1, payload, userProperties };
      const first = writer.write(packet);
      writer.write({ ...packet, packetId: 2, userProperties: version === 4 ? null : {} });
      const read: IPublishPacket[] = [];
      const parser = mqtt.parser({ protocolVersion: version } as never);
      parser.on("packet", (one) => read.push(one as IPublishPacket));
      const written = writer.take();
      parser.parse(Buffer.from(written));
      assert.equal(read.length, 2);
      const [one, two] = read;
      assert.equal(one!.topic, "a/ü/€");
      assert.equal(one!.messageId, 0x1234);
      assert.equal(one!.qos, 1);
      assert.equal(one!.dup, size === 1);
      assert.equal(one!.retain, false);
      assert.deepEqual(new Uint8Array(one!.payload as Uint8Array), payload);
      assert.deepEqual({ ...one!.properties?.userProperties }, userProperties ?? {});
      assert.equal(two!.messageId, 2);
      assert.ok(first < written.length);
      assert.equal(writer.length, 0);
    }
  }
});

Deno.test("a long list of properties has a longer length", () => {
  const writer = new PublishWriter();
  const userProperties = { "ew-channel": "x".repeat(40_000) };
  const payload = bytes("1");
  writer.write({ topic: "a", packetId: 1, dup: false, payload, userProperties });
  const parser = mqtt.parser({ protocolVersion: 5 } as never);
  let read: IPublishPacket | undefined;
  parser.on("packet", (one) => read = one as IPublishPacket);
  parser.parse(Buffer.from(writer.take()));
  assert.deepEqual({ ...read!.properties!.userProperties }, userProperties);
  assert.equal(String(read!.payload), "1");
});

Deno.test("a message in the outbox is the one that went in", () => {
  const upload = {
    kind: UploadKind.update,
    channel: "Küche",
    topic: "devices/Küche/Wert",
    seq: 2 ** 40,
    n: 17,
    via: "a,b",
    payload: Uint8Array.of(0, 255, 1),
  };
  const data = encodeUpload(upload);
  assert.deepEqual(decodeUpload(data), upload);
  assert.deepEqual(decodeUpload(encodeUpload({ ...upload, via: "", payload: bytes("") }))!.via, "");
  for (let length = 0; length < 24; length++) {
    assert.equal(decodeUpload(data.slice(0, length)), null);
  }
  assert.equal(decodeUpload(Uint8Array.of(9, ...data.slice(1))), null);
});

Deno.test("waits double up to the longest, each anywhere below its bound", () => {
  const most = new Backoff({ random: () => 1 });
  const bounds = Array.from({ length: 8 }, () => most.next());
  assert.deepEqual(bounds, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  most.reset();
  assert.equal(most.next(), 1000);
  assert.equal(new Backoff({ random: () => 0 }).next(), 100);
});

const END = { refusedVersion: false, silent: false, wasOpen: false };

Deno.test("MQTT 3.1.1 where 5 is refused in so many words", () => {
  const version = new VersionChoice();
  assert.equal(version.ended(5, { ...END, refusedVersion: true }), true);
  assert.equal(version.next, 4);
  assert.equal(version.opened(4), true);
  version.ended(4, { ...END, wasOpen: true });
  assert.equal(version.next, 4);
});

Deno.test("a line that breaks is no refusal; a door that closes for 5 alone is one", () => {
  const version = new VersionChoice();
  version.ended(5, { ...END, silent: true });
  assert.equal(version.next, 4);
  assert.equal(version.opened(4), false);
  assert.equal(version.next, 5);
  assert.equal(version.opened(5), true);

  version.ended(5, { ...END, silent: true });
  assert.equal(version.opened(4), false);
  assert.equal(version.ended(5, { ...END, silent: true }), true);
  assert.equal(version.next, 4);
  assert.equal(version.opened(4), true);
  // The next time 5 is tried first again.
  version.ended(4, { ...END, wasOpen: true });
  assert.equal(version.next, 5);

  version.ended(5, { ...END, silent: true });
  version.ended(4, { ...END, silent: true });
  assert.equal(version.next, 5);
});

Deno.test("the way of a message: our own, too long, and unknown ones go no further", () => {
  const stamp = { epoch: "A", channel: "c", seq: 1, n: 1, time: 1, via: ["A"] };
  const plain: IncomingMessage = {
    topic: "t",
    payload: bytes("7"),
    qos: 1,
    replayed: false,
    own: false,
  };
  assert.equal(received(plain), plain);
  assert.equal(wayOf(plain, "B"), "");
  assert.equal(wayOf(null, "B"), "");
  const enveloped = received({ ...plain, payload: encodeEnvelope(stamp, bytes("7")) });
  assert.deepEqual(enveloped.via, ["A"]);
  assert.equal(new TextDecoder().decode(enveloped.content), "7");
  assert.equal(wayOf(enveloped, "B"), "A");
  assert.equal(wayOf(enveloped, "A"), null);
  assert.equal(isEcho(enveloped, "A"), true);
  assert.equal(isEcho(enveloped, "B"), false);
  const userProperties = {
    "ew-epoch": "A",
    "ew-channel": "c",
    "ew-seq": "1",
    "ew-n": "1",
    "ew-time": "1",
    "ew-via": "1,2,3,4,5,6,7,8",
  };
  assert.equal(wayOf(received({ ...plain, userProperties }), "B"), null);
  const unknown = received({ ...plain, client: "edgewire-uplink-X" });
  assert.equal(wayOf(unknown, "B"), null);
  assert.equal(isEcho(unknown, "B"), false);
});

Deno.test("numbers of channels and what was dropped outlast a restart", () => {
  const kept = new Map<string, Uint8Array>();
  const put = (key: string, value: Uint8Array | null) => {
    if (value === null) kept.delete(key);
    else kept.set(key, value);
  };
  const book = new ChannelBook(put);
  const desk = book.of("desk lamp");
  assert.deepEqual([book.give(desk), book.give(desk), book.give(desk)], [1, 2, 3]);
  book.acknowledge(desk, 2, 77);
  book.save();
  const drops = new DropBook(put);
  drops.add(10, 20, "bytes", 10);
  drops.add(20, 21, "bytes", 1);
  drops.add(30, 31, "age", 1);
  drops.save();

  const again = new ChannelBook(put);
  const reasons = new DropBook(put);
  for (const [key, value] of kept) {
    if (!again.load(key, value)) assert.equal(reasons.load(key, value), true);
  }
  again.found("desk lamp", 5);
  const { given, sent, acknowledged, outbox } = again.of("desk lamp");
  assert.deepEqual({ given, sent, acknowledged, outbox }, {
    given: 5,
    sent: 2,
    acknowledged: 2,
    outbox: 77,
  });
  assert.deepEqual([...again.untold()].map(({ channel }) => channel), ["desk lamp"]);
  assert.equal(reasons.reason(5, 15), "bytes");
  assert.equal(reasons.reason(22, 40), "age");
  assert.equal(reasons.reason(40, 50), "disk");
  reasons.clear();
  reasons.save();
  assert.equal(kept.has("drops"), false);
});

/** A disk that does what it is told. */
class FakeDisk implements Outbox {
  readonly kept = "disk";
  failing = false;
  readonly atOpen = { first: 1, last: 0, messages: 0, bytes: 0, oldestTime: null };
  stored: OutboxMessage[] = [];
  reads = 0;
  commit = Promise.withResolvers<boolean>();

  send(n: number, time: number, data: Uint8Array) {
    if (!this.failing) this.stored.push({ n, time, data });
  }
  sent() {}
  read(from: number, size: number): Promise<OutboxMessage[]> {
    this.reads++;
    const rest = this.stored.filter(({ n }) => n >= from);
    return Promise.resolve(rest.slice(0, Math.max(1, Math.floor(size / 100))));
  }
  durable() {
    return this.failing ? null : this.commit.promise;
  }
  put() {}
  async *entries() {}
}

async function allOf(queue: OutboxQueue): Promise<number[]> {
  const numbers = [];
  while (!queue.isCaughtUp) {
    const message = queue.take();
    if (message === null) await new Promise((resolve) => setTimeout(resolve, 0));
    else numbers.push(message.n);
  }
  return numbers;
}

Deno.test("nothing is handed out before it is on disk; what is behind is read in pieces", async () => {
  const outbox = new FakeDisk();
  let ready = 0;
  const queue = new OutboxQueue({
    outbox,
    onReady: () => ready++,
    tailBytes: 5000,
    pageBytes: 1000,
    log: assert.fail,
  });
  for (let i = 0; i < 100; i++) queue.append(i, new Uint8Array(100));
  assert.equal(queue.take(), null);
  assert.equal(queue.messages, 100);
  assert.equal(queue.bytes, 10_000);
  outbox.commit.resolve(true);
  await outbox.commit.promise;
  assert.ok(ready > 0);
  assert.deepEqual(await allOf(queue), Array.from({ length: 100 }, (_, i) => i + 1));
  // The newest 43 are in memory.
  assert.ok(outbox.reads >= 5 && outbox.reads <= 7, `${outbox.reads} reads`);
});

Deno.test("the newest messages come out of their blocks as they went in, whatever their size", () => {
  const tail = new OutboxTail();
  const kept: OutboxMessage[] = [];
  for (let i = 0; i < 20_000; i++) {
    const n = i + 1000;
    const size = i % 997 === 0 ? 100_000 + i : i * 7919 % 700;
    const data = new Uint8Array(size).fill(i);
    tail.push(n, i + 0.5, data);
    kept.push({ n, time: i + 0.5, data });
    while (tail.bytes > 300_000 || i % 5000 === 4999 && kept.length > 0) {
      tail.shift();
      kept.shift();
    }
    assert.equal(tail.last - tail.first + 1, kept.length);
    for (const known of [kept[0], kept[kept.length >> 1], kept.at(-1)]) {
      if (known !== undefined) assert.deepEqual(tail.get(known.n), known);
    }
    assert.equal(tail.get(n + 1), null);
    assert.equal(tail.get(n - kept.length), null);
  }
  while (tail.bytes > 0) tail.shift();
  tail.shift();
  assert.equal(tail.get(tail.first), null);
});

Deno.test("while the disk fails memory is the only place, and is passed on at once", async () => {
  const outbox = new FakeDisk();
  outbox.commit.resolve(true);
  const queue = new OutboxQueue({
    outbox,
    onReady: () => {},
    tailBytes: 1000,
    memoryBytes: 10_000,
    log: assert.fail,
  });
  outbox.failing = true;
  for (let i = 0; i < 100; i++) queue.append(i, new Uint8Array(100));
  const numbers = await allOf(queue);
  // 116 bytes each: what did not fit is gone.
  assert.deepEqual(numbers, Array.from({ length: 86 }, (_, i) => i + 15));
  assert.equal(queue.holes, 1);
  assert.equal(queue.messages, 86);
});

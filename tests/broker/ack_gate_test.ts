import assert from "node:assert/strict";
import { AckGate } from "../../gateway/broker/ack_gate.ts";
import { encode, join, publishPacket } from "../support/raw_mqtt.ts";
import { Disk } from "./disk.ts";

const puback = (messageId: number) => encode({ cmd: "puback", messageId });
const pubrec = (messageId: number) => encode({ cmd: "pubrec", messageId });
const others = [
  encode({ cmd: "connack", returnCode: 0, sessionPresent: false }),
  encode({ cmd: "suback", messageId: 1, granted: [0] }),
  encode({ cmd: "pingresp" }),
  encode({ cmd: "pubrel", messageId: 1 }),
  encode({ cmd: "pubcomp", messageId: 1 }),
  publishPacket("a/b", "x".repeat(300), { qos: 1, messageId: 7 }),
  encode({ cmd: "unsuback", messageId: 1 }),
  encode({ cmd: "pingreq" }),
  encode({ cmd: "disconnect" }),
];
const NONE = new Uint8Array();

/** A gate, what went out of it, and how often it called. */
class Bench {
  readonly disk = new Disk();
  readonly out: Uint8Array[] = [];
  calls = 0;
  readonly gate = new AckGate(this.disk.durable, () => this.calls++);

  write(...packets: Uint8Array[]): Uint8Array {
    const out = this.gate.pass(join(...packets));
    this.out.push(out);
    return new Uint8Array(out);
  }
}

/** Lets what waits for a promise go on. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

Deno.test("AckGate holds PUBACK and PUBREC, nothing else", async () => {
  const bench = new Bench();
  const mixed = [puback(1), ...others.flatMap((other) => [other, pubrec(2)]), puback(3)];
  assert.deepEqual(bench.write(...mixed), join(...others));
  assert.equal(bench.calls, 0);
  bench.disk.sync();
  await turn();
  assert.equal(bench.calls, 1);
  assert.deepEqual(bench.write(), join(puback(1), ...others.map(() => pubrec(2)), puback(3)));
  assert.deepEqual(bench.write(), NONE);
});

Deno.test("AckGate does not ask where there is nothing to hold, nor hold where nothing waits", () => {
  let asked = 0;
  const gate = new AckGate(() => (asked++, null), () => assert.fail());
  const bytes = join(...others);
  assert.equal(gate.pass(bytes), bytes, "the very bytes");
  assert.equal(asked, 0);
  const acks = join(puback(1), ...others, pubrec(2));
  assert.equal(gate.pass(acks), acks);
  assert.equal(asked, 1, "once for all that go out together");
});

Deno.test("AckGate keeps the order of acknowledgements, whatever settles first", async () => {
  const bench = new Bench();
  bench.write(puback(1));
  const first = bench.disk.commit();
  bench.write(puback(2));
  const second = bench.disk.commit();
  bench.write(puback(3), puback(4));
  bench.disk.off = true;
  assert.deepEqual(bench.write(puback(5), others[2]!), others[2], "behind those that wait");
  second.resolve(true);
  await turn();
  assert.equal(bench.calls, 0);
  first.resolve(true);
  await turn();
  assert.equal(bench.calls, 1);
  assert.deepEqual(bench.write(others[2]!), join(puback(1), puback(2), others[2]!));
  bench.disk.commit().resolve(true);
  await turn();
  assert.deepEqual(bench.write(puback(6)), join(...[3, 4, 5, 6].map(puback)));
});

Deno.test("AckGate calls once until what it released is fetched", async () => {
  const bench = new Bench();
  const commits = [1, 2].map((id) => {
    bench.write(puback(id));
    return bench.disk.commit();
  });
  for (const { resolve } of commits) {
    resolve(true);
    await turn();
  }
  assert.equal(bench.calls, 1);
  assert.deepEqual(bench.write(), join(puback(1), puback(2)));
});

Deno.test("AckGate lets acknowledgements go when it is known that nothing will be stored", async () => {
  const bench = new Bench();
  bench.write(puback(1));
  bench.disk.commit().reject(new Error("the disk is full"));
  await turn();
  assert.deepEqual(bench.write(), puback(1));
});

Deno.test("AckGate: wherever the bytes are cut, whole packets go out", async () => {
  const packets = [puback(1), others[5]!, pubrec(2), puback(3), others[2]!];
  const stream = join(...packets);
  const length = join(others[5]!, others[2]!).length;
  for (let cut = 0; cut <= stream.length; cut++) {
    const bench = new Bench();
    bench.write(stream.slice(0, cut));
    bench.disk.sync();
    await turn();
    // What is released here must not come into the middle of a packet.
    bench.write();
    bench.write(stream.slice(cut));
    assert.equal(join(...bench.out).length, length + sumOfAcks(cut), `cut at ${cut}`);
    bench.disk.sync();
    await turn();
    bench.write();
    checkPackets(join(...bench.out), packets);
  }

  /** Those that were released after the first part. */
  function sumOfAcks(cut: number): number {
    let end = 0;
    let bytes = 0;
    for (const packet of packets) {
      end += packet.length;
      if (end <= cut && !others.includes(packet)) bytes += packet.length;
    }
    return bytes;
  }
});

/** The acknowledgements in their order and the others in theirs, each packet whole. */
function checkPackets(bytes: Uint8Array, packets: Uint8Array[]) {
  const isAck = (packet: Uint8Array) => !others.includes(packet as Uint8Array<ArrayBuffer>);
  const acks = packets.filter(isAck);
  const rest = packets.filter((packet) => !isAck(packet));
  const starts = (at: number, packet: Uint8Array | undefined) =>
    packet !== undefined && packet.every((byte, i) => bytes[at + i] === byte);
  for (let at = 0; at < bytes.length;) {
    const queue = [acks, rest].find(([next]) => starts(at, next));
    assert.ok(queue, `no packet at ${at} of ${bytes}`);
    at += queue.shift()!.length;
  }
  assert.equal(acks.length + rest.length, 0);
}

Deno.test("AckGate takes bytes one by one, in reused memory", async () => {
  const bench = new Bench();
  const packets = [puback(1), others[5]!, pubrec(2), others[2]!, puback(3)];
  const byte = new Uint8Array(1);
  for (const value of join(...packets)) {
    byte[0] = value;
    bench.out.push(bench.gate.pass(byte).slice());
  }
  bench.disk.sync();
  await turn();
  bench.write();
  checkPackets(join(...bench.out), packets);
});

Deno.test("AckGate is full when more waits than a peer has packet identifiers for", async () => {
  const bench = new Bench();
  const all = new Uint8Array(65_535 * 4);
  for (let id = 1; id <= 65_535; id++) all.set([0x40, 2, id >> 8, id & 0xff], (id - 1) * 4);
  bench.write(all);
  assert.equal(bench.gate.isFull, false);
  bench.write(puback(1), puback(2));
  assert.equal(bench.gate.isFull, true);
  bench.disk.sync();
  await turn();
  bench.write();
  assert.equal(bench.gate.isFull, false);
});

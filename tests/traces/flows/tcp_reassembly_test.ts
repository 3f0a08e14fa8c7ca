/** TCP data in sequence order: messages over segments, holes, repetitions, floods. */
import assert from "node:assert/strict";
import { CountedText, NetworkRun } from "../support/network_run.ts";
import { ACK, FIN, PSH, SYN } from "../support/packets.ts";
import { TcpScript } from "../support/tcp_script.ts";

/** Messages "a" to "z", one after the other: 7 bytes each. */
const STREAM = new TextEncoder().encode(
  "abcdefghijklmnopqrstuvwxyz".split("").map((letter) => `\x07${letter.repeat(6)}`).join(""),
);

class Talk {
  readonly protocol = new CountedText();
  readonly run = new NetworkRun(this.protocol);
  readonly script = new TcpScript([0xffff_ffc0, 77]);

  open(): this {
    this.run.frame(this.script.segment({ flags: SYN }));
    this.run.frame(this.script.segment({ side: 1, flags: SYN | ACK, acknowledgment: 1 }));
    this.run.frame(this.script.segment({ sequence: 1, acknowledgment: 1 }));
    return this;
  }

  /** The bytes from `start` to `end` of the stream. */
  send(start: number, end: number, flags = PSH | ACK): this {
    const segment = { sequence: 1 + start, acknowledgment: 1, flags };
    this.run.frame(this.script.segment({ ...segment, data: STREAM.subarray(start, end) }));
    return this;
  }

  acknowledge(length: number): this {
    const acknowledgment = 1 + length;
    this.run.frame(this.script.segment({ side: 1, sequence: 1, acknowledgment }));
    return this;
  }

  get messages(): string {
    return this.protocol.messages.map((text) => text.replace(/(.)\1+/, "$1")).join(" ");
  }
}

Deno.test("messages within a segment and over several", () => {
  const talk = new Talk().open().send(0, 7).send(7, 16).send(16, 18).send(18, 28);
  assert.equal(talk.messages, "4:a 5:b 7:c 7:d");
  assert.equal(talk.run.text("tcp.segment"), "5,6,7");
  assert.equal(talk.run.text("tcp.segment.count"), "3");
  assert.equal(talk.run.text("tcp.reassembled.length"), "7");
  assert.equal(talk.run.text("tcp.segment_data"), hex(18, 21));
});

Deno.test("segments out of order wait for the one that is missing", () => {
  const talk = new Talk().open().send(0, 5).send(10, 20).send(20, 28);
  assert.equal(talk.messages, "");
  assert.deepEqual(talk.run.problems, []);
  talk.send(5, 10);
  assert.equal(talk.messages, "7:a 7:b 7:c 7:d");
  assert.equal(talk.run.text("tcp.segment"), "4,7,5,6");
});

Deno.test("what was sent again is not decoded again", () => {
  const talk = new Talk().open().send(0, 14).send(0, 14).send(7, 21).send(14, 16).send(14, 28);
  assert.equal(talk.messages, "4:a 4:b 6:c 8:d");
  const waiting = new Talk().open().send(0, 5).send(0, 5).send(5, 7);
  assert.equal(waiting.messages, "6:a");
  assert.equal(waiting.run.text("tcp.segment"), "4,5,6");
  assert.equal(waiting.run.text("tcp.segment.overlap"), "1");
});

Deno.test("bytes that were acknowledged and not captured are given up", () => {
  const talk = new Talk().open().send(0, 7).send(14, 21).acknowledge(21);
  assert.equal(talk.messages, "4:a");
  talk.send(21, 28);
  assert.equal(talk.messages, "4:a 7:c 7:d");
  assert.deepEqual(talk.protocol.holes, [7]);
  assert.ok(talk.run.problems.some((text) => text.startsWith("bytes are missing")));
});

Deno.test("the rest of a message that a hole cut is passed over", () => {
  const talk = new Talk().open().send(0, 9).send(11, 21).acknowledge(21).send(21, 28);
  assert.equal(talk.messages, "4:a 7:c 7:d");
});

Deno.test("with one direction only, what waits is bounded", () => {
  const talk = new Talk();
  talk.send(0, 7);
  for (let i = 0; i < 200; i++) {
    const sequence = 1 + 1000 + i * 7;
    const data = STREAM.subarray(0, 7);
    talk.run.frame(talk.script.segment({ sequence, acknowledgment: 1, data }));
  }
  assert.equal(talk.protocol.messages.length, 201);
  assert.deepEqual(talk.protocol.holes, [993]);
  assert.equal(talk.run.budget.waiting, 0);
});

Deno.test("a cut segment costs the message that it cuts, no more", () => {
  const talk = new Talk().open();
  const segment = talk.script.segment({
    sequence: 1,
    acknowledgment: 1,
    data: STREAM.subarray(0, 14),
  });
  talk.run.frame(segment, { kept: segment.length - 4 });
  talk.send(14, 21);
  assert.ok(talk.messages.startsWith("4:a"));
  assert.ok(talk.messages.endsWith("5:c"));
});

Deno.test("a connection seen from the middle", () => {
  const talk = new Talk().send(70, 84).send(84, 91);
  assert.equal(talk.messages, "1:k 1:l 2:m");
});

Deno.test("the end is told once everything before it is there", () => {
  const ends: number[] = [];
  const talk = new Talk().open();
  Object.assign(talk.protocol, { end: () => ends.push(talk.run.d.frame) });
  talk.send(0, 7).send(14, 21, FIN | ACK);
  assert.deepEqual(ends, []);
  talk.send(7, 14).send(14, 21, FIN | ACK);
  assert.deepEqual(ends, [6]);
  assert.equal(talk.messages, "4:a 6:b 6:c");
});

Deno.test("many small segments out of order cost no more than their number", () => {
  const talk = new Talk().open();
  let bytes = 0;
  for (let round = 0; round < 20; round++) {
    for (let i = 25; i >= 0; i--) {
      const sequence = 1 + round * 182 + i * 7;
      const data = STREAM.subarray(i * 7, i * 7 + 7);
      talk.run.frame(talk.script.segment({ sequence, acknowledgment: 1, data }));
      bytes = Math.max(bytes, talk.run.budget.waiting);
    }
  }
  assert.equal(talk.protocol.messages.length, 520);
  assert.ok(bytes <= 182);
  assert.equal(talk.run.budget.waiting, 0);
});

function hex(start: number, end: number): string {
  return Array.from(STREAM.subarray(start, end), (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

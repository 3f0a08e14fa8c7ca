/** TLS on a stream, with the trace of RFC 8448: whole, split, cut, damaged, without keys. */
import assert from "node:assert/strict";
import { KeyLog } from "../../../traces/flows/key_log.ts";
import { Random } from "../support/random.ts";
import { CLIENT_RANDOM, DATA, KEY_LOG, TRACE } from "../support/rfc8448.ts";
import { type Chunk, replayTls, TlsReplay } from "../support/tls_replay.ts";

function keyLog(): KeyLog {
  const keys = new KeyLog();
  keys.add(KEY_LOG);
  return keys;
}

/** The same bytes, each chunk cut into pieces of `size`. */
function split(chunks: readonly Chunk[], size: number): Chunk[] {
  return chunks.flatMap(({ side, bytes }) =>
    Array.from(
      { length: Math.ceil(bytes.length / size) },
      (_, i) => ({ side, bytes: bytes.subarray(i * size, (i + 1) * size) }),
    )
  );
}

Deno.test("the trace of RFC 8448 is decrypted", () => {
  const replay = replayTls(TRACE, keyLog());
  const { text, problems, counter, tls, ended, conversation } = replay;
  assert.deepEqual(problems, []);
  assert.deepEqual(text, [DATA, DATA]);
  assert.deepEqual(replay.numbers("tls.handshake.type"), [1, 2, 8, 11, 15, 20, 20, 4]);
  assert.deepEqual(replay.numbers("tls.record.opaque_type"), [23, 23, 23, 23, 23, 23, 23]);
  assert.deepEqual(replay.numbers("tls.record.content_type"), [22, 22, 22, 22, 22, 23, 23, 21, 21]);
  assert.deepEqual(replay.numbers("tls.alert_message.desc"), [0, 0]);
  assert.deepEqual(ended, [0, 1]);
  assert.equal(tls.session.version, 0x0304);
  assert.equal(tls.session.suite, 0x1301);
  assert.equal(tls.session.serverName, "server");
  assert.equal(conversation.clientKnown, true);
  const bytes = TRACE.reduce((sum, chunk) => sum + chunk.bytes.length, 0);
  assert.deepEqual([counter.records, counter.bytes], [9, bytes]);
  assert.equal(counter.overhead, bytes - 2 * DATA.length);
});

for (const size of [1, 2, 3, 5, 7, 64, 100]) {
  Deno.test(`records in pieces of ${size} bytes give the same`, () => {
    const replay = replayTls(split(TRACE, size), keyLog());
    assert.deepEqual(replay.problems, []);
    assert.deepEqual(replay.text, [DATA, DATA]);
    assert.equal(replay.counter.records, 9);
    assert.deepEqual(replay.numbers("tls.handshake.type"), [1, 2, 8, 11, 15, 20, 20, 4]);
  });
}

Deno.test("without keys each side says once which line is missing", () => {
  const replay = replayTls(TRACE, new KeyLog());
  assert.deepEqual(replay.text, ["", ""]);
  assert.deepEqual(replay.numbers("tls.handshake.type"), [1, 2]);
  const line = (label: string) =>
    "not decrypted: no key; a key log (--keylog) with this line would give it " +
    `${label} ${CLIENT_RANDOM} ...`;
  assert.deepEqual(replay.problems, [
    `3: ${line("SERVER_HANDSHAKE_TRAFFIC_SECRET")}`,
    `4: ${line("CLIENT_HANDSHAKE_TRAFFIC_SECRET")}`,
  ]);
  assert.equal(replay.counter.records, 9);
});

Deno.test("a connection whose handshake is missing is named", () => {
  const replay = replayTls(TRACE.slice(5), keyLog());
  assert.deepEqual(replay.text, ["", ""]);
  assert.deepEqual(replay.problems, [
    "1: not decrypted: the handshake is not in the capture",
    "2: not decrypted: the handshake is not in the capture",
  ]);
});

Deno.test("a changed byte fails authentication; the records behind it are decrypted", () => {
  const bytes = TRACE[4]!.bytes.slice();
  bytes[100]! ^= 1;
  const replay = replayTls(TRACE.with(4, { side: 1, bytes }), keyLog());
  assert.deepEqual(replay.problems, ["5: record fails authentication"]);
  assert.deepEqual(replay.text, [DATA, DATA]);
});

Deno.test("records missing in the capture are counted for", () => {
  const replay = new TlsReplay(keyLog());
  TRACE.forEach((chunk, i) => i === 4 ? replay.lose(1, chunk.bytes.length) : replay.feed(chunk));
  assert.deepEqual(replay.problems, []);
  assert.deepEqual(replay.text, [DATA, DATA]);
});

Deno.test("a record cut by a hole is passed over to the next one", () => {
  const replay = new TlsReplay(keyLog());
  for (const [i, { side, bytes }] of TRACE.entries()) {
    if (i !== 4) replay.feed({ side, bytes });
    else {
      replay.feed({ side, bytes: bytes.subarray(0, 50) });
      replay.lose(side, 100);
      replay.feed({ side, bytes: bytes.subarray(150) });
    }
  }
  assert.deepEqual(replay.problems, []);
  assert.deepEqual(replay.text, [DATA, DATA]);
});

Deno.test("several records in one chunk, and messages over several records", () => {
  const hello = TRACE[0]!.bytes;
  // The ClientHello in records of 50 bytes at most (RFC 8446, 5.1).
  const pieces: number[] = [];
  for (let at = 5; at < hello.length; at += 50) {
    const part = hello.subarray(at, at + 50);
    pieces.push(22, 3, 1, 0, part.length, ...part);
  }
  const chunk = { side: 0, bytes: Uint8Array.from(pieces) } as const;
  const flight = Uint8Array.from([...TRACE[1]!.bytes, ...TRACE[2]!.bytes]);
  const rest = TRACE.slice(3);
  const replay = replayTls([chunk, { side: 1, bytes: flight }, ...rest], keyLog());
  assert.deepEqual(replay.problems, []);
  assert.deepEqual(replay.text, [DATA, DATA]);
  assert.deepEqual(replay.numbers("tls.handshake.fragment.count"), [4]);
});

Deno.test("every prefix of the trace is decoded as far as it goes", () => {
  for (let cut = 0; cut < TRACE.length; cut++) {
    const { side, bytes } = TRACE[cut]!;
    for (let length = 0; length < bytes.length; length++) {
      const last = { side, bytes: bytes.subarray(0, length) };
      const { problems, counter } = replayTls([...TRACE.slice(0, cut), last], keyLog());
      assert.deepEqual([problems, counter.records], [[], cut]);
    }
  }
});

Deno.test("records that the capture cut short are noted; the next are decrypted", () => {
  const { side, bytes } = TRACE[4]!;
  for (let length = 0; length < bytes.length; length++) {
    const replay = new TlsReplay(keyLog());
    for (const chunk of TRACE.slice(0, 4)) replay.feed(chunk);
    replay.feed({ side, bytes: bytes.subarray(0, length) }, bytes.length);
    for (const chunk of TRACE.slice(5)) replay.feed(chunk);
    assert.deepEqual(replay.text, [DATA, DATA]);
    assert.equal(replay.problems.length, length === 0 ? 0 : 1, replay.problems.join());
  }
});

Deno.test("damaged and random bytes end in problems, not in exceptions", () => {
  const random = new Random(5246);
  for (let round = 0; round < 3000; round++) {
    const chunks = TRACE.map(({ side, bytes }) => ({ side, bytes: bytes.slice() }));
    for (let n = random.below(6); n >= 0; n--) {
      const { bytes } = random.of(chunks);
      bytes[random.below(round % 2 === 0 ? bytes.length : Math.min(60, bytes.length))] = random
        .next();
    }
    if (round % 3 === 0) chunks.push({ side: 0, bytes: random.bytes(1 + random.below(300)) });
    if (round % 5 === 0) chunks.splice(random.below(chunks.length), 1);
    replayTls(round % 4 === 0 ? split(chunks, 1 + random.below(90)) : chunks, keyLog());
  }
});

Deno.test("handshake messages made of random bytes end in problems, not in exceptions", () => {
  const random = new Random(8446);
  for (let round = 0; round < 3000; round++) {
    const body = random.bytes(random.below(200));
    const type = random.of([1, 2, 4, 8, 11, 12, 13, 15, 16, 20, 22, 24, 25]);
    const message = [type, 0, 0, body.length, ...body];
    const bytes = Uint8Array.from([22, 3, random.below(5), 0, message.length, ...message]);
    const start = round % 2 === 0 ? TRACE.slice(0, random.below(3)) : [];
    replayTls([...start, { side: random.below(2) as 0 | 1, bytes }], keyLog());
  }
});

import assert from "node:assert/strict";
import { encodeEnvelope, type Stamp, userProperties } from "../../gateway/uplink/stamp.ts";
import { readCapture } from "../../gateway/verify/capture_input.ts";
import { Verification } from "../../gateway/verify/verification.ts";
import { openByteSource } from "../../traces/files/byte_source.ts";
import { encode } from "../support/raw_mqtt.ts";
import { BROKER, CaptureFile, Connection } from "../traces/replay/capture.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

function stamp(n: number): Stamp {
  return { epoch: "k3", channel: "desk", seq: n, n, time: 1_750_000_000_000, via: ["k3"] };
}

/** Publishes message `n` in an envelope. */
function send(connection: Connection, n: number, more: object = {}) {
  connection.publish("up/desk", encodeEnvelope(stamp(n), utf8("21.5")), {
    qos: 1,
    messageId: n,
    ...more,
  });
}

function receive(connection: Connection, n: number, more: object = {}) {
  connection.receive("up/desk", encodeEnvelope(stamp(n), utf8("21.5")), more);
}

async function read(file: CaptureFile, together = false) {
  const verification = new Verification();
  const source = await openByteSource(file.take());
  const options = { decodeAs: [], together };
  const { end, holes, cut } = await readCapture(
    source,
    verification,
    options,
    new AbortController().signal,
  );
  assert.equal(end.kind, "complete");
  const logs = Object.fromEntries(
    [...verification.views.values()].flatMap((view) =>
      [...view.logs()].map(({ first, last, missing, duplicates, resent, reordered }) =>
        [view.name, [first, last, missing, duplicates, resent, reordered]] as const
      )
    ),
  );
  return { verification, logs, holes, cut };
}

Deno.test("an upload over two connections: what is sent once more is resent", async () => {
  const file = new CaptureFile();
  const first = new Connection(file, 10);
  [1, 2, 3, 4].forEach((n) => send(first, n));
  first.breaks();
  const second = new Connection(file, 11);
  send(second, 3, { dup: true });
  send(second, 4, { dup: true });
  send(second, 6);
  const { logs, holes } = await read(file);
  assert.deepEqual(logs, { "sent to 192.0.2.1:1883": [1, 6, 1, 2, 2, 0] });
  assert.equal(holes, 0);
});

Deno.test("what brokers hand on is no duplicate of what was sent; each client has its own", async () => {
  const file = new CaptureFile();
  const uplink = new Connection(file, 10);
  const one = new Connection(file, 20);
  const other = new Connection(file, 21);
  receive(one, 9, { retain: true });
  for (let n = 1; n <= 4; n++) {
    send(uplink, n);
    receive(one, n);
    if (n !== 2) receive(other, n);
  }
  const { logs, verification } = await read(file);
  assert.deepEqual(logs, {
    "sent to 192.0.2.1:1883": [1, 4, 0, 0, 0, 0],
    "received by client-20": [1, 4, 0, 0, 0, 0],
    "received by client-21": [1, 4, 1, 0, 0, 0],
  });
  assert.equal(verification.retained, 1);
});

Deno.test("a message that is published retained counts", async () => {
  const file = new CaptureFile();
  const uplink = new Connection(file, 10);
  send(uplink, 1, { retain: true });
  const { logs, verification } = await read(file);
  assert.deepEqual(logs, { "sent to 192.0.2.1:1883": [1, 1, 0, 0, 0, 0] });
  assert.equal(verification.retained, 0);
});

Deno.test("two brokers are two logs, or one", async () => {
  const make = () => {
    const file = new CaptureFile();
    const first = new Connection(file, 10);
    [1, 2].forEach((n) => send(first, n));
    const second = new Connection(file, 11, {}, [192, 0, 2, 2]);
    [4, 5].forEach((n) => send(second, n));
    return file;
  };
  assert.deepEqual((await read(make())).logs, {
    "sent to 192.0.2.1:1883": [1, 2, 0, 0, 0, 0],
    "sent to 192.0.2.2:1883": [4, 5, 0, 0, 0, 0],
  });
  assert.deepEqual((await read(make(), true)).logs, { "sent to brokers": [1, 5, 1, 0, 0, 0] });
});

Deno.test("bytes that the capture lacks are said", async () => {
  const file = new CaptureFile();
  const uplink = new Connection(file, 10, {}, BROKER);
  send(uplink, 1);
  // The capture has not seen this one; the broker has.
  uplink.talk.send(0, encode({ cmd: "publish", topic: "a", payload: "x".repeat(100), qos: 0 }));
  const answer = encode({ cmd: "puback", messageId: 1 });
  file.packet(uplink.talk.send(1, answer));
  send(uplink, 3);
  file.packet(uplink.talk.send(1, encode({ cmd: "puback", messageId: 3 })));
  const { logs, holes } = await read(file);
  assert.deepEqual(logs, { "sent to 192.0.2.1:1883": [1, 3, 1, 0, 0, 0] });
  assert.equal(holes, 1);
});

Deno.test("user properties of MQTT 5, and topic aliases", async () => {
  const file = new CaptureFile();
  const uplink = new Connection(file, 10, {
    protocolVersion: 5,
    connack: encode({ cmd: "connack", reasonCode: 0, sessionPresent: false }, 5),
  } as object);
  const publish = (n: number, topic: string) =>
    file.packet(uplink.talk.send(
      0,
      encode({
        cmd: "publish",
        topic,
        payload: "21.5",
        qos: 1,
        messageId: n,
        dup: false,
        retain: false,
        properties: { topicAlias: 1, userProperties: userProperties(stamp(n)) },
      }, 5),
    ));
  publish(1, "up/desk");
  publish(2, "");
  publish(4, "");
  assert.deepEqual((await read(file)).logs, { "sent to 192.0.2.1:1883": [1, 4, 1, 0, 0, 0] });
});

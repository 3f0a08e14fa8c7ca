/** Small parts of a replay: comments, sets of ids, CONNECT. */
import assert from "node:assert/strict";
import { readConnect } from "../../../traces/replay/connect_packet.ts";
import { IdSet } from "../../../traces/replay/id_set.ts";
import { readTraceComment } from "../../../traces/replay/trace_comment.ts";
import { connectPacket, encode } from "../../support/raw_mqtt.ts";

Deno.test("comments: ids by hop and direction, over lines and options, each once", () => {
  const comments = [
    "a note of a person: edgewire is slow",
    "edgewire id=Ab12Cd-1 hop=mqtt dir=in channel=a seq=1\nedgewire id=Ab12Cd-1 hop=mqtt dir=in channel=b seq=4",
    "edgewire id=Ab12Cd-2 hop=mqtt dir=out\nedgewire id=Ab12Cd-3.0 hop=radio dir=in",
    "edgewire id=Ab12Cd-3.1 hop=radio dir=in node=attic late_us=250\nedgewire id=Ab12Cd-4 hop=ws dir=in",
  ];
  assert.deepEqual(readTraceComment(comments), {
    taken: ["Ab12Cd-1"],
    carriers: ["Ab12Cd-3"],
    late: 250,
  });
  assert.deepEqual(readTraceComment(["edgewire hop=ws dir=in"]), {
    taken: [],
    carriers: [],
    late: 0,
  });
  assert.equal(readTraceComment(["a note", "see edgewire id=1"]), undefined);
});

Deno.test("sets of ids: many, those of other runs, and what is no such id", () => {
  const set = new IdSet();
  const ids = [...Array(5000).keys()].map((n) => `Ab12Cd-${(n * 7).toString(36)}`);
  for (const id of [...ids, "-_12Cd-zzzzzz", "odd", "Ab12Cd-UP", "Ab12Cd-01"]) {
    assert.ok(set.add(id), id);
    assert.ok(!set.add(id) && set.has(id), id);
  }
  for (const id of ["Ab12Cd-2", "Xb12Cd-0", "other", "Ab12Cd-up", "Ab12Cd-1"]) {
    assert.ok(!set.has(id), id);
  }
  const part = new IdSet();
  part.add(ids[3]!);
  part.add(ids[4000]!);
  assert.ok(part.isSubsetOf(set) && !set.isSubsetOf(part));
  part.add("Ab12Cd-2");
  assert.ok(!part.isSubsetOf(set));
});

Deno.test("CONNECT: client id and will of MQTT 3.1.1 and 5", () => {
  const will = { topic: "lab/state", payload: "gone", qos: 2, retain: true };
  const expected = {
    topic: "lab/state",
    payload: new TextEncoder().encode("gone"),
    qos: 2,
    retain: true,
  };
  const read = (packet: Uint8Array) => {
    const { clientId, will } = readConnect(packet);
    return { clientId, will: will && { ...will, payload: Uint8Array.from(will.payload) } };
  };
  assert.deepEqual(read(connectPacket("a", { will })), { clientId: "a", will: expected });
  assert.deepEqual(read(connectPacket("a")), { clientId: "a", will: undefined });
  const five = encode({
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 5,
    clientId: "sensor",
    clean: true,
    keepalive: 5,
    properties: { sessionExpiryInterval: 9, userProperties: { a: "b".repeat(200) } },
    will: { ...will, properties: { willDelayInterval: 3 } },
    username: "u",
  }, 5);
  assert.deepEqual(read(five), { clientId: "sensor", will: expected });
  for (let length = 0; length < five.length; length++) readConnect(five.subarray(0, length));
});

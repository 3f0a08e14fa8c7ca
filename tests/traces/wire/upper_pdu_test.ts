/** Messages without lower layers (LINKTYPE 252). */
import assert from "node:assert/strict";
import { NetworkRun } from "../support/network_run.ts";
import { bytesOf, u16, u32 } from "../support/packets.ts";

const raw = { linkType: 252 };
const tag = (number: number, value: Uint8Array | readonly number[]) =>
  bytesOf(u16(number), u16(value.length), value);
const text = (value: string) => new TextEncoder().encode(value);
const ENDPOINTS = bytesOf(
  ...[tag(20, [10, 0, 0, 1]), tag(21, [10, 0, 0, 2]), tag(24, u32(2))],
  ...[tag(25, u32(5000)), tag(26, u32(1883))],
);

Deno.test("tags name the protocol and the endpoints", () => {
  const run = new NetworkRun();
  run.frame(bytesOf(tag(12, text("mqtt\0\0\0\0")), ENDPOINTS, tag(0, []), 1, 2, 3), raw);
  assert.equal(run.layers, "exported_pdu");
  assert.equal(run.text("exported_pdu.prot_name"), "mqtt");
  assert.equal(run.text("exported_pdu.tag"), "12,20,21,24,25,26,0");
  assert.equal(run.text("ip.addr"), "10.0.0.1,10.0.0.2");
  assert.equal(run.text("exported_pdu.dst_port"), "1883");
  assert.equal(run.text("exported_pdu.exported_pdu"), "010203");
  assert.equal(run.d.sourceColumn, "10.0.0.1");
  const [conversation] = [...run.network.conversations()];
  assert.equal(conversation!.portB, 1883);
  assert.equal(conversation!.traffic[0].payload, 3);
});

Deno.test("unknown, short and missing tags", () => {
  const run = new NetworkRun();
  run.frame(bytesOf(tag(99, text("xyz")), tag(20, [1]), tag(0, []), 1), raw);
  assert.equal(run.text("exported_pdu.unknown_tag.val"), "78797a");
  assert.deepEqual(run.problems.slice(0, 2), [
    "tag has a wrong length",
    "no tag says of which protocol the message is",
  ]);
  const whole = bytesOf(tag(12, text("mqtt")), ENDPOINTS, tag(0, []));
  for (let length = 0; length < whole.length; length++) {
    run.frame(whole.subarray(0, length), raw);
    assert.equal(run.text("_ws.malformed"), "_ws.malformed", `${length} bytes`);
  }
});

/** Fragments of IPv4 and IPv6 packets put together. */
import assert from "node:assert/strict";
import { NetworkRun } from "../support/network_run.ts";
import { bytesOf, ipv4, ipv6, PROTOCOL_UDP, u16, u32, udp } from "../support/packets.ts";

const V4 = { source: [192, 0, 2, 1], destination: [192, 0, 2, 2] };
const V6 = { source: new Array(16).fill(1), destination: new Array(16).fill(2) };
const raw = { linkType: 101 };
const PAYLOAD = Uint8Array.from({ length: 40 }, (_, i) => i);
const DATAGRAM = udp(V4, 1, 2, PAYLOAD);

function fragment(start: number, end: number, id = 1, contents = DATAGRAM): Uint8Array {
  const head = {
    ...V4,
    protocol: PROTOCOL_UDP,
    id,
    fragmentOffset: start,
    moreFragments: end < DATAGRAM.length,
  };
  return ipv4(head, contents.subarray(start, end));
}

Deno.test("the frame that completes a packet shows it, in whatever order they come", () => {
  for (const order of [[0, 1, 2], [2, 1, 0], [1, 0, 2]]) {
    const run = new NetworkRun();
    const pieces = [fragment(0, 16), fragment(16, 32), fragment(32, 48)];
    order.forEach((piece, at) => {
      run.frame(pieces[piece]!, raw);
      if (at < 2) assert.equal(run.layers, "raw:ip:data");
    });
    assert.equal(run.layers, "raw:ip:udp:data");
    assert.equal(run.text("ip.fragment.count"), "3");
    assert.equal(run.text("ip.fragment"), [0, 1, 2].map((i) => order.indexOf(i) + 1).join(","));
    assert.equal(run.text("ip.reassembled.length"), "48");
    assert.equal(run.text("data.len"), "40");
  }
});

Deno.test("packets of other identifications are kept apart", () => {
  const run = new NetworkRun();
  run.frame(fragment(0, 16, 1), raw).frame(fragment(0, 24, 2), raw).frame(fragment(16, 48, 1), raw);
  assert.equal(run.text("ip.fragment"), "1,3");
  run.frame(fragment(24, 48, 2), raw);
  assert.equal(run.text("ip.fragment"), "2,4");
});

Deno.test("overlaps are shown, and named when they differ", () => {
  const run = new NetworkRun();
  run.frame(fragment(0, 24), raw).frame(fragment(16, 48), raw);
  assert.equal(run.text("ip.fragment.overlap"), "1");
  assert.deepEqual(run.problems, ["fragments overlap"]);
  const other = DATAGRAM.map((byte) => byte ^ 1);
  run.frame(fragment(0, 24, 5), raw).frame(fragment(16, 48, 5, other), raw);
  assert.equal(run.text("ip.fragment.overlap.conflict"), "1");
  assert.equal(run.text("ip.fragment.error"), "4");
  assert.deepEqual(run.problems, ["fragments overlap and differ"]);
});

Deno.test("IPv6 fragments", () => {
  const run = new NetworkRun();
  const datagram = udp(V6, 1, 2, PAYLOAD);
  const piece = (start: number, end: number) =>
    ipv6(
      { ...V6, next: 44 },
      bytesOf(
        ...[PROTOCOL_UDP, 0, u16(start | (end < datagram.length ? 1 : 0)), u32(0xabc)],
        datagram.subarray(start, end),
      ),
    );
  run.frame(piece(24, 48), raw);
  assert.equal(run.layers, "raw:ipv6:ipv6.fraghdr:data");
  run.frame(piece(0, 24), raw);
  assert.equal(run.layers, "raw:ipv6:ipv6.fraghdr:udp:data");
  assert.equal(run.text("ipv6.fraghdr.ident"), "0x00000abc");
  assert.equal(run.text("ipv6.fragment"), "2,1");
});

Deno.test("first fragments without end are given up, the oldest first", () => {
  const run = new NetworkRun();
  for (let id = 0; id < 3000; id++) run.frame(fragment(0, 16, id), raw);
  assert.ok(run.problems.length > 0);
  run.frame(fragment(16, 48, 2999), raw);
  assert.equal(run.text("ip.fragment.count"), "2");
  run.frame(fragment(16, 48, 0), raw);
  assert.equal(run.text("ip.fragment.count"), "");
});

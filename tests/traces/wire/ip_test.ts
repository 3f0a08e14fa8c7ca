/** IPv4 and IPv6 headers, options and extension headers, ICMP, UDP. */
import assert from "node:assert/strict";
import { NetworkRun } from "../support/network_run.ts";
import { bytesOf, icmp, ipv4, ipv6, PROTOCOL_UDP, u16, u32, udp } from "../support/packets.ts";

const V4 = { source: [192, 0, 2, 1], destination: [192, 0, 2, 2] };
const V6 = {
  source: [0x20, 1, 0xd, 0xb8, ...new Array(11).fill(0), 1],
  destination: [0x20, 1, 0xd, 0xb8, ...new Array(11).fill(0), 2],
};
const raw = { linkType: 101 };

Deno.test("IPv4 header", () => {
  const run = new NetworkRun();
  const packet = ipv4(
    { ...V4, protocol: PROTOCOL_UDP, id: 0xbeef, ttl: 5, dontFragment: true },
    udp(V4, 1, 2, Uint8Array.of(9)),
  );
  run.frame(packet, raw);
  assert.equal(run.layers, "raw:ip:udp:data");
  assert.equal(run.text("ip.hdr_len"), "20");
  assert.equal(run.text("ip.len"), "29");
  assert.equal(run.text("ip.id"), "0xbeef");
  assert.equal(run.text("ip.flags"), "0x02");
  assert.equal(run.text("ip.flags.df"), "1");
  assert.equal(run.text("ip.ttl"), "5");
  assert.equal(run.text("ip.addr"), "192.0.2.1,192.0.2.2");
  assert.equal(run.text("udp.stream"), "0");
  assert.equal(run.text("udp.payload"), "09");
  assert.equal(run.d.sourceColumn, "192.0.2.1");
  assert.equal(run.d.infoColumn, "1 → 2 Len=1");
});

Deno.test("IPv4 options; a source route leads to its last address", () => {
  const run = new NetworkRun();
  const packet = ipv4({ ...V4, protocol: 59 }, new Uint8Array(12));
  packet[0] = 0x48;
  packet.set([0x83, 11, 4, 10, 0, 0, 1, 10, 0, 0, 2, 0], 20);
  run.frame(packet, raw);
  assert.equal(run.text("ip.opt.type"), "131,0");
  assert.equal(run.text("ip.src_rt"), "10.0.0.1,10.0.0.2");
  assert.equal(run.text("ip.cur_rt"), "192.0.2.2");
  assert.equal(run.d.destinationColumn, "10.0.0.2");
});

Deno.test("headers that contradict themselves are named", () => {
  const run = new NetworkRun();
  const packet = ipv4({ ...V4, protocol: 59 }, new Uint8Array(4));
  const changed = (at: number, value: number) => {
    const copy = packet.slice();
    copy[at] = value;
    return copy;
  };
  run.frame(changed(0, 0x44), raw);
  assert.deepEqual(run.problems, ["header length is less than 20 bytes"]);
  run.frame(changed(3, 10), raw);
  assert.deepEqual(run.problems, ["total length is less than the header"]);
  run.frame(changed(3, 200), raw);
  assert.deepEqual(run.problems, ["total length is more than the frame holds"]);
});

Deno.test("IPv6 with extension headers", () => {
  const run = new NetworkRun();
  const datagram = udp(V6, 7, 8, Uint8Array.of(1));
  const hops = bytesOf(60, 0, 5, 2, 0, 0, 1, 0);
  const options = bytesOf(43, 0, 1, 4, 0, 0, 0, 0);
  const routing = bytesOf(17, 0, 253, 0, 1, 2, 3, 4);
  run.frame(ipv6({ ...V6, next: 0 }, bytesOf(hops, options, routing, datagram)), raw);
  assert.equal(
    run.layers,
    "raw:ipv6:ipv6.hopopts:ipv6.dstopts:ipv6.routing:udp:data",
  );
  assert.equal(run.text("ipv6.src"), "2001:db8::1");
  assert.equal(run.text("ipv6.opt.router_alert"), "0");
  assert.equal(run.text("ipv6.opt.padn"), "<none>,00000000");
  assert.equal(run.text("ipv6.routing.unknown_data"), "01020304");
  assert.equal(run.text("udp.dstport"), "8");
});

Deno.test("ICMP: echo with a checked sum; an error quotes a packet", () => {
  const run = new NetworkRun();
  const echo = icmp(8, 0, bytesOf(u16(7), u16(3), 1, 2));
  run.frame(ipv4({ ...V4, protocol: 1 }, echo), raw);
  assert.equal(run.text("icmp.checksum.status"), "1");
  assert.equal(run.text("icmp.ident"), "7");
  assert.equal(run.text("icmp.seq_le"), "768");
  assert.equal(run.text("data.data"), "0102");
  echo[3]! ^= 1;
  run.frame(ipv4({ ...V4, protocol: 1 }, echo), raw);
  assert.equal(run.text("icmp.checksum.status"), "0");
  assert.deepEqual(run.problems, ["checksum is wrong"]);
  const quoted = ipv4({ ...V4, protocol: PROTOCOL_UDP }, udp(V4, 5, 6, new Uint8Array(50)));
  const error = icmp(3, 3, bytesOf(u32(0), quoted.subarray(0, 28)));
  run.frame(ipv4({ ...V4, protocol: 1 }, error), raw);
  assert.equal(run.layers, "raw:ip:icmp:ip:udp");
  assert.equal(run.text("udp.srcport"), "5");
  assert.equal(run.d.protocolColumn, "ICMP");
  assert.deepEqual(run.problems, []);
});

Deno.test("UDP: lengths are checked, a zero checksum is wrong in IPv6 only", () => {
  const run = new NetworkRun();
  const datagram = udp(V4, 1, 2, Uint8Array.of(1, 2));
  datagram[5] = 4;
  run.frame(ipv4({ ...V4, protocol: PROTOCOL_UDP }, datagram), raw);
  assert.deepEqual(run.problems, ["length is less than 8"]);
  datagram.set([0, 9, 0, 0], 4);
  run.frame(ipv4({ ...V4, protocol: PROTOCOL_UDP }, datagram), raw);
  assert.equal(run.text("udp.payload"), "01");
  assert.equal(run.text("udp.checksum.status"), "3");
  run.frame(ipv6({ ...V6, next: PROTOCOL_UDP }, datagram), raw);
  assert.deepEqual(run.problems, ["checksum is zero"]);
});

Deno.test("a cut packet shows what is there", () => {
  const run = new NetworkRun();
  const packet = ipv4({ ...V4, protocol: PROTOCOL_UDP }, udp(V4, 1, 2, new Uint8Array(30)));
  for (let kept = 0; kept < packet.length; kept++) {
    run.frame(packet, { ...raw, kept });
    if (kept >= 16 && kept < 20) assert.equal(run.text("ip.src"), "192.0.2.1");
    if (kept > 20 && kept < 28) {
      assert.equal(run.text("_ws.short"), "_ws.short", `${kept} bytes: ${run.layers}`);
    }
  }
});

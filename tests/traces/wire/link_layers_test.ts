/** Link layers below IP: Ethernet with its tags and trailers, LLC, cooked captures, loopback. */
import assert from "node:assert/strict";
import { NetworkRun } from "../support/network_run.ts";
import { bytesOf, ethernet, ipv4, PROTOCOL_UDP, u16, udp } from "../support/packets.ts";

const ADDRESSES = { source: [192, 0, 2, 1], destination: [192, 0, 2, 2] };
const DATAGRAM = udp(ADDRESSES, 4000, 5000, Uint8Array.of(1, 2, 3));
const PACKET = ipv4({ ...ADDRESSES, protocol: PROTOCOL_UDP }, DATAGRAM);

Deno.test("Ethernet II with padding and a frame check sequence", () => {
  const run = new NetworkRun();
  const padded = bytesOf(ethernet(0x0800, PACKET), new Uint8Array(60 - 14 - PACKET.length));
  run.frame(padded);
  assert.equal(run.layers, "eth:ethertype:ip:udp:data");
  assert.equal(run.text("eth.src"), "02:00:00:00:00:01");
  assert.equal(run.text("eth.dst"), "02:00:00:00:00:02");
  assert.equal(run.text("eth.addr"), "02:00:00:00:00:02,02:00:00:00:00:01");
  assert.equal(run.text("eth.type"), "0x0800");
  assert.equal(run.text("eth.padding"), "00".repeat(60 - 14 - PACKET.length));
  assert.equal(run.text("eth.fcs"), "");
  run.frame(bytesOf(padded, 0xde, 0xad, 0xbe, 0xef));
  assert.equal(run.text("eth.fcs"), "0xdeadbeef");
  assert.equal(run.text("data.data"), "010203");
});

Deno.test("VLAN tags in each other", () => {
  const run = new NetworkRun();
  const tags = bytesOf(u16(0x2064), u16(0x8100), u16(0x1002), u16(0x0800));
  run.frame(ethernet(0x8100, bytesOf(tags, PACKET)));
  assert.equal(run.layers, "eth:ethertype:vlan:ethertype:vlan:ethertype:ip:udp:data");
  assert.equal(run.text("vlan.id"), "100,2");
  assert.equal(run.text("vlan.priority"), "1,0");
  assert.equal(run.text("vlan.dei"), "0,1");
  assert.equal(run.text("vlan.etype"), "0x8100,0x0800");
  run.frame(ethernet(0x88a8, bytesOf(u16(7), u16(0x0800), PACKET)));
  assert.equal(run.layers, "eth:ethertype:ieee8021ad:ethertype:ip:udp:data");
  assert.equal(run.text("ieee8021ad.id"), "7");
});

Deno.test("tags without end are not followed", () => {
  const run = new NetworkRun();
  const tag = bytesOf(u16(1), u16(0x8100));
  run.frame(ethernet(0x8100, bytesOf(...Array.from({ length: 100 }, () => tag))));
  assert.deepEqual(run.problems, ["too many VLAN tags"]);
});

Deno.test("IEEE 802.3 with LLC and SNAP", () => {
  const run = new NetworkRun();
  const snap = bytesOf(0xaa, 0xaa, 3, 0, 0, 0, u16(0x0800), PACKET);
  const frame = ethernet(snap.length, bytesOf(snap, new Uint8Array(4)));
  run.frame(frame);
  assert.equal(run.layers, "eth:llc:ip:udp:data");
  assert.equal(run.text("eth.len"), String(snap.length));
  assert.equal(run.text("llc.type"), "0x0800");
  assert.equal(run.text("llc.dsap"), "0xaa");
});

Deno.test("Linux cooked captures of both versions", () => {
  const run = new NetworkRun();
  const sender = [2, 0, 0, 0, 0, 9, 0, 0];
  run.frame(bytesOf(u16(4), u16(1), u16(6), sender, u16(0x0800), PACKET), { linkType: 113 });
  assert.equal(run.layers, "sll:ethertype:ip:udp:data");
  assert.equal(run.text("sll.pkttype"), "4");
  assert.equal(run.text("sll.src.eth"), "02:00:00:00:00:09");
  assert.equal(run.text("sll.unused"), "0000");
  const second = bytesOf(u16(0x0800), u16(0), 0, 0, 0, 3, u16(1), 0, 6, sender, PACKET);
  run.frame(second, { linkType: 276 });
  assert.equal(run.layers, "sll:ethertype:ip:udp:data");
  assert.equal(run.text("sll.ifindex"), "3");
  assert.equal(run.text("sll.halen"), "6");
});

Deno.test("loopback families in both byte orders, raw IP", () => {
  const run = new NetworkRun();
  for (const family of [[2, 0, 0, 0], [0, 0, 0, 2]]) {
    run.frame(bytesOf(family, PACKET), { linkType: 0 });
    assert.equal(run.layers, "null:ip:udp:data");
    assert.equal(run.text("null.family"), "2");
  }
  run.frame(bytesOf(0, 0, 0, 2, PACKET), { linkType: 108 });
  assert.equal(run.layers, "null:ip:udp:data");
  for (const linkType of [12, 14, 101]) {
    assert.equal(run.frame(PACKET, { linkType }).layers, "raw:ip:udp:data");
  }
  assert.equal(run.frame(PACKET, { linkType: 228 }).layers, "ip:udp:data");
});

Deno.test("ARP requests, replies, announcements", () => {
  const run = new NetworkRun();
  const arp = (operation: number, sender: number[], target: number[]) =>
    ethernet(
      0x0806,
      bytesOf(
        ...[u16(1), u16(0x0800), 6, 4, u16(operation)],
        ...[2, 0, 0, 0, 0, 1, sender, new Uint8Array(6), target],
      ),
    );
  run.frame(arp(1, [10, 0, 0, 1], [10, 0, 0, 2]));
  assert.equal(run.layers, "eth:ethertype:arp");
  assert.equal(run.text("arp.src.proto_ipv4"), "10.0.0.1");
  assert.equal(run.text("arp.dst.proto_ipv4"), "10.0.0.2");
  assert.equal(run.d.infoColumn, "Who has 10.0.0.2? Tell 10.0.0.1");
  run.frame(arp(2, [10, 0, 0, 1], [10, 0, 0, 2]));
  assert.equal(run.d.infoColumn, "10.0.0.1 is at 02:00:00:00:00:01");
  run.frame(arp(1, [10, 0, 0, 1], [10, 0, 0, 1]));
  assert.equal(run.text("arp.isgratuitous"), "1");
  assert.equal(run.text("arp.isannouncement"), "1");
});

/**
 * Values as `tshark -T fields` prints them: the same value in a capture for tshark and in a tree
 * made by hand.
 *
 * @module
 */
import assert from "node:assert/strict";
import { PcapWriter } from "../../../traces/files/pcap_writer.ts";
import { Style } from "../../../traces/report/text_style.ts";
import { valueText } from "../../../traces/report/value.ts";
import type { Dissection } from "../../../traces/wire/dissection.ts";
import {
  define,
  eui64,
  float,
  hex16,
  hex64,
  ipv6,
  relativeTime,
  spacedBytes,
  string,
} from "../../../traces/wire/field.ts";
import { testWith } from "../../support/tools.ts";
import { headerIe, join, macFrame } from "../support/wpan_frames.ts";
import { treeOf } from "../support/tree_of.ts";

const F = define({
  "ipv6.src": ipv6("Source address"),
  "wpan.src64": eui64("Extended source"),
  "wpan.dst_pan": hex16("Destination PAN"),
  "wpan-tap.rss": float("RSS"),
  "wpan-tap.sof_ts": relativeTime("Start of frame"),
  "mqtt.topic": string("Topic"),
  "wpan.header_ie.vendor_specific.content": spacedBytes("Vendor content"),
  "wpan.aux_sec.key_source": hex64("Key Source"),
});

/** What tshark prints for one field of packets of a link type. */
async function tshark(linkType: number, packets: Uint8Array[], field: string): Promise<string[]> {
  const writer = new PcapWriter({ linkType });
  packets.forEach((packet, seconds) => writer.packet({ seconds, nanoseconds: 0 }, packet));
  const file = await Deno.makeTempFile({ suffix: ".pcap" });
  try {
    await Deno.writeFile(file, writer.take());
    const { stdout } = await new Deno.Command("tshark", {
      args: ["-n", "-r", file, "-T", "fields", "-e", field],
      stderr: "null",
    }).output();
    const lines = new TextDecoder().decode(stdout).split("\n");
    assert.equal(lines.pop(), "");
    assert.equal(lines.length, packets.length);
    return lines;
  } finally {
    await Deno.remove(file);
  }
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.fromHex(hex.replaceAll(" ", ""));
}

/** What we print for a field that `fill` writes. */
function ours(bytes: Uint8Array, fill: (d: Dissection) => void): string {
  return valueText(treeOf(bytes, fill), 0, Style.Fields);
}

testWith(["tshark"], "IPv6 addresses are shortened as Wireshark does", async () => {
  const addresses = [
    "00000000000000000000000000000000",
    "00000000000000000000000000000001",
    "00000000000000000000000012345678",
    "00000000000000000000ffff7f000001",
    "00000000000000000001000200030004",
    "20010db8000000000001000000000001",
    "20010db8000000010001000100010001",
    "fe80000000000000021122fffe334455",
    "ff020000000000000000000000000001",
    "20010000000000000000000000000000",
    "00010002000300040005000600070008",
    "00000002000300040005000600070000",
    "0000000000000000000000000000ffff",
    "00000000000000000000000100000000",
    "0064ff9b0000000000000000c0000201",
  ].map(bytesOf);
  const packets = addresses.map((address) => {
    const packet = new Uint8Array(40);
    packet[0] = 0x60;
    packet[6] = 59;
    packet[7] = 64;
    packet.set(address, 8);
    return packet;
  });
  assert.deepEqual(
    addresses.map((address) => ours(address, (d) => d.bytes(16, F["ipv6.src"]))),
    await tshark(229, packets, "ipv6.src"),
  );
});

testWith(["tshark"], "floating point numbers are printed with %g", async () => {
  const numbers = [0, -0, 1, -1, 0.5, -73.25, 1e-5, 123456, 1234567, 3.4e38, 1e-40, 0.1, 99999.95]
    .concat([999999.5, 1e6, 0.0001, 0.00012345678, NaN, Infinity, -Infinity, 100000, 16777216]);
  const packets = numbers.map((value) => {
    const packet = new Uint8Array(12 + 5);
    packet.set([0, 0, 12, 0, 1, 0, 4, 0]);
    new DataView(packet.buffer).setFloat32(8, value, true);
    packet.set([2, 0, 7], 12);
    return packet;
  });
  const numbersAsSent = packets.map((packet) => new DataView(packet.buffer).getFloat32(8, true));
  assert.deepEqual(
    numbersAsSent.map((value) => ours(new Uint8Array(), (d) => d.put(F["wpan-tap.rss"], value))),
    await tshark(283, packets, "wpan-tap.rss"),
  );
});

testWith(["tshark"], "text has its control characters escaped", async () => {
  const texts = [
    "61",
    "",
    "61 09 62 0a 63 0d 64 08 65 0c 66",
    "61 22 62 5c 63 27 64 2c 65",
    "61 07 0b 1b 7f 01 62",
    "61 00 62",
    "c3 a4 e2 82 ac f0 9f 98 80",
    "61 ff 62 c3 28 e2 82 41 f0 9f 98 42 c0 80 ed a0 80 f5 80 80 80",
    "c2 85 e2 80 a8 ef bb bf 61",
  ].map(bytesOf);
  const packets = texts.map((text) =>
    Uint8Array.from([
      ...bytesOf("00 0c 00 04 6d 71 74 74 00 00 00 00"),
      0x30,
      text.length + 2,
      0,
      text.length,
      ...text,
    ])
  );
  const expected = await tshark(252, packets, "mqtt.topic");
  const got = texts.map((text) => ours(text, (d) => d.text(text.length, F["mqtt.topic"])));
  assert.deepEqual(got, expected);
});

testWith(["tshark"], "extended addresses and hexadecimal numbers", async () => {
  const packet = bytesOf("41 c8 01 cd ab ff ff 88 77 66 55 44 33 22 11");
  const address = bytesOf("1122334455667788");
  assert.deepEqual(await tshark(230, [packet], "wpan.src64"), [
    ours(address, (d) => d.bytes(8, F["wpan.src64"])),
  ]);
  assert.deepEqual(await tshark(230, [packet], "wpan.dst_pan"), [
    ours(address, (d) => d.put(F["wpan.dst_pan"], 0xabcd)),
  ]);
});

testWith(["tshark"], "bytes with blanks between them", async () => {
  const frame = macFrame({
    type: 1,
    version: 2,
    headerIes: join(headerIe(0, Uint8Array.of(0xaa, 0xbb, 0xcc, 4, 5)), headerIe(0x7f)),
    payload: Uint8Array.of(7),
  });
  const field = "wpan.header_ie.vendor_specific.content";
  const tree = treeOf(new Uint8Array(0), (d) => d.putObject(F[field], Uint8Array.of(4, 5)));
  assert.deepEqual(await tshark(230, [frame], field), [valueText(tree, 0, Style.Fields)]);
});

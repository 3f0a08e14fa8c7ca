/**
 * Small files with everything in them, made by our writers.
 *
 * @module
 */
import { PcapWriter } from "../../../traces/files/pcap_writer.ts";
import { PcapngWriter } from "../../../traces/files/pcapng_writer.ts";

/** Bytes 0, 1, 2, ... */
export function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index & 0xff);
}

export function join(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export function text(value: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(value);
}

/** Every block and option, two sections. */
export function everyBlock(bigEndian = false): Uint8Array<ArrayBuffer> {
  const writer = new PcapngWriter({ bigEndian });
  const data = counting(61);
  writer.section({
    hardware: "Pi",
    os: "Linux",
    application: "edgewire",
    comment: ["first section", "more"],
    length: 1000n,
  });
  writer.interface({
    linkType: 147,
    snapLength: 65_535,
    name: "eth9",
    description: "the wire",
    hardware: "a card",
    os: "none",
    filter: "tcp port 1883",
    fcsLength: 32,
    comment: "an interface",
    options: [
      { code: 4, value: Uint8Array.of(10, 0, 0, 1, 255, 0, 0, 0) },
      { code: 5, value: Uint8Array.of(...new Array(16).fill(0xfe), 64) },
      { code: 6, value: Uint8Array.of(1, 2, 3, 4, 5, 6) },
      { code: 7, value: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
      { code: 8, value: { u64: 100_000_000n } },
      { code: 16, value: { u64: 1n } },
      { code: 17, value: { u64: 2n } },
      { code: 18, value: "Europe/Vienna" },
      { code: 2988, value: Uint8Array.of(0, 0, 0, 1, 0x61) },
      { code: 30_000, value: "unknown" },
    ],
  });
  writer.interface({ linkType: 148, description: "only described", resolution: "none" });
  writer.packet({ interface: 0, time: { seconds: 1_700_000_000, nanoseconds: 123_456_789 }, data });
  writer.packet({
    interface: 1,
    time: 1_700_000_000_123_456n,
    data: data.subarray(0, 5),
    length: 900,
    comment: ["one", "two with ümläut"],
    flags: 0x8000_0201,
    dropCount: 0x1_0000_0002n,
    packetId: 0xffff_ffff_ffff_fffen,
    options: [
      { code: 3, value: Uint8Array.of(1, 9, 9, 9, 9) },
      { code: 6, value: { u32: 3 } },
      { code: 7, value: Uint8Array.of(0, 1) },
      { code: 2989, value: Uint8Array.of(1, 2, 3, 4, 5) },
    ],
  });
  writer.simplePacket(data.subarray(0, 33));
  writer.names([
    { address: Uint8Array.of(10, 0, 0, 1), names: ["broker", "broker.local"] },
    { address: new Uint8Array(16).fill(0xfe), names: ["six"] },
    { address: Uint8Array.of(1, 2, 3, 4, 5, 6), names: ["mac"] },
  ], { comment: "names" });
  writer.secrets(0x544c534b, text("CLIENT_RANDOM 00 11\n"), { comment: "keys" });
  writer.custom(32_473, counting(9));
  writer.custom(32_473, counting(8), false);
  writer.block(9, text("__REALTIME_TIMESTAMP=1700000000654321\nMESSAGE=hello\n"));
  writer.block(9, text("MESSAGE=a journal entry without a time\n"));
  writer.block(0x7777, counting(10));
  writer.obsoletePacket({
    interface: 0,
    drops: 7,
    time: { seconds: 1_700_000_001, nanoseconds: 1 },
    data: data.subarray(0, 6),
    comment: "old",
  });
  writer.obsoletePacket({ interface: 1, drops: 0xffff, time: 5n, data: data.subarray(0, 4) });
  writer.statistics({
    interface: 0,
    time: { seconds: 1_700_000_002, nanoseconds: 500_000_000 },
    received: 10n,
    dropped: 1n,
    comment: "end",
    options: [{ code: 8, value: { u64: 9n } }],
  });
  writer.statistics({ interface: 9, time: 0n });
  writer.section({ minor: 2 });
  writer.interface({ linkType: 149, snapLength: 4 });
  writer.simplePacket(data.subarray(0, 4), 40);
  writer.packet({ interface: 0, time: { seconds: 3, nanoseconds: 0 }, data: new Uint8Array(0) });
  return writer.take();
}

/** A few packets in classic pcap. */
export function somePcap(
  options: { nanoseconds?: boolean; bigEndian?: boolean } = {},
): Uint8Array<ArrayBuffer> {
  const writer = new PcapWriter({ linkType: 147, ...options });
  for (let number = 0; number < 5; number++) {
    const time = { seconds: 1_700_000_000 + number, nanoseconds: 999_999_000 - number * 1000 };
    writer.packet(time, counting(number * 7), 100 + number);
  }
  return writer.take();
}

/**
 * Makes the samples of network behaviour that loopback does not show: lost, repeated and reordered
 * segments, zero windows, fragments, IPv6 with extension headers, VLANs, and each link type that
 * carries IP.
 *
 * Run: `deno run -A tests/traces/samples/make_network.ts`
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { PcapWriter } from "../../../traces/files/pcap_writer.ts";
import { publishPacket } from "../../support/raw_mqtt.ts";
import {
  ACK,
  bytesOf,
  ethernet,
  icmp,
  ipv4,
  ipv6,
  packet,
  PROTOCOL_UDP,
  PSH,
  RST,
  u16,
  u32,
  udp,
} from "../support/packets.ts";
import {
  A4,
  A6,
  B4,
  B6,
  CONNACK,
  CONNECT,
  conversation,
  reading,
  talk,
} from "./short_conversation.ts";
import { SAMPLES } from "./record_loopback.ts";

const START = 1_760_000_000;

/** Writes frames 10 ms apart; a number before a frame is a pause in ms instead. */
async function write(name: string, linkType: number, frames: (Uint8Array | number)[]) {
  const out = new PcapWriter({ linkType, nanoseconds: false });
  let ms = 0;
  for (const frame of frames) {
    if (typeof frame === "number") {
      ms += frame;
      continue;
    }
    ms += 10;
    const time = { seconds: START + Math.floor(ms / 1000), nanoseconds: ms % 1000 * 1_000_000 };
    out.packet(time, frame);
  }
  await Deno.writeFile(new URL(`${name}.pcap`, SAMPLES), out.take());
}

/** A long PUBLISH in four segments of 500 bytes and a rest. */
function inParts(): Uint8Array[] {
  const whole = publishPacket("devices/camera/picture", Buffer.alloc(2100, 7));
  return [0, 500, 1000, 1500, 2000].map((at) => whole.subarray(at, at + 500));
}

function troubles(): (Uint8Array | number)[] {
  const t = talk(50001);
  const frames: (Uint8Array | number)[] = [...t.open(), t.send(0, CONNECT), t.send(1, CONNACK)];
  frames.push(t.ack(0), t.send(0, reading(1)), t.ack(1));
  // The same bytes again, after a timeout.
  frames.push(400, t.segment(0, PSH | ACK, reading(1), { sequence: -reading(1).length }), t.ack(1));
  // A segment is missing; three duplicate acknowledgments bring it back.
  const [first, second, third, ...rest] = inParts();
  frames.push(t.send(0, first!), t.ack(1));
  const late = t.segment(0, PSH | ACK, second!);
  t.skip(0, second!.length);
  for (const part of [third!, ...rest]) {
    frames.push(t.segment(0, PSH | ACK, part), t.segment(1, ACK));
    t.skip(0, part.length);
  }
  frames.push(late);
  t.caughtUp(0);
  frames.push(t.ack(1), 2000);
  // Two segments in the wrong order.
  const early = t.segment(0, PSH | ACK, reading(2));
  t.skip(0, reading(2).length);
  frames.push(t.segment(0, PSH | ACK, reading(3)));
  t.skip(0, reading(3).length);
  frames.push(-9, early);
  t.caughtUp(0);
  frames.push(t.ack(1));
  // The server takes nothing for a while.
  frames.push(t.segment(1, ACK, undefined, { window: 0 }), 1000);
  frames.push(t.segment(0, ACK, bytesOf(0x30)), t.segment(1, ACK, undefined, { window: 0 }));
  frames.push(t.segment(1, ACK, undefined, { window: 502 }), 15_000);
  frames.push(t.segment(0, ACK, bytesOf(0), { sequence: -1 }), t.ack(1), 100);
  // Something was sent that the capture does not hold.
  t.skip(0, 300);
  t.caughtUp(0);
  frames.push(t.ack(1), t.send(0, reading(4)), t.ack(1), t.segment(1, RST | ACK));
  return frames;
}

function fragments(): Uint8Array[] {
  const addresses = { source: A4, destination: B4 };
  const datagram = udp(addresses, 40000, 40001, new Uint8Array(1400).map((_, i) => i));
  const piece = (start: number, end: number) =>
    ethernet(
      0x0800,
      ipv4({
        ...addresses,
        protocol: PROTOCOL_UDP,
        id: 77,
        fragmentOffset: start,
        moreFragments: end < datagram.length,
      }, datagram.subarray(start, end)),
    );
  const v6 = { source: A6, destination: B6 };
  const six = udp(v6, 40000, 40001, new Uint8Array(1000).fill(0x61));
  const piece6 = (start: number, end: number) => {
    const more = end < six.length ? 1 : 0;
    const head = bytesOf(PROTOCOL_UDP, 0, u16(start | more), u32(0x1234_5678));
    return ethernet(0x86dd, ipv6({ ...v6, next: 44 }, bytesOf(head, six.subarray(start, end))));
  };
  return [
    ...[piece(0, 600), piece(600, 1200), piece(1200, datagram.length)],
    // The last first, as some systems send them.
    ...[piece6(504, six.length), piece6(0, 504)],
  ];
}

/** Hop-by-hop options, routing and destination options before UDP (RFC 8200, 4). */
function extensionHeaders(): Uint8Array[] {
  const v6 = { source: A6, destination: B6 };
  const payload = udp(v6, 40000, 40001, bytesOf(1, 2, 3));
  const hop = bytesOf(60, 0, 5, 2, 0, 0, 1, 0);
  const destination = bytesOf(43, 0, 1, 4, 0, 0, 0, 0);
  const routing = bytesOf(PROTOCOL_UDP, 0, 0, 0, u32(0));
  const all = bytesOf(hop, destination, routing, payload);
  return [ethernet(0x86dd, ipv6({ ...v6, next: 0, flowLabel: 0x12345 }, all))];
}

const ETHERNET = 14;

/** Link layer headers in the place of Ethernet's. */
const LINKS: Record<string, [number, (type: number, side: number) => Uint8Array]> = {
  "null": [0, (type) => bytesOf(type === 0x0800 ? [2, 0, 0, 0] : [30, 0, 0, 0])],
  "loop": [108, (type) => bytesOf(type === 0x0800 ? [0, 0, 0, 2] : [0, 0, 0, 24])],
  "raw": [101, () => bytesOf()],
  "raw-dlt-12": [12, () => bytesOf()],
  "raw-dlt-14": [14, () => bytesOf()],
  "sll": [
    113,
    (type, side) =>
      bytesOf(u16(side === 0 ? 4 : 0), u16(1), u16(6), [2, 0, 0, 0, 0, 1, 0, 0], u16(type)),
  ],
  "sll2": [
    276,
    (type, side) =>
      bytesOf(u16(type), 0, 0, u32(3), u16(1), side === 0 ? 4 : 0, 6, [2, 0, 0, 0, 0, 1, 0, 0]),
  ],
  "vlan": [
    1,
    (type) => bytesOf([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1], u16(0x8100), u16(0xa064), u16(type)),
  ],
  "qinq": [1, (type) =>
    bytesOf(
      ...[[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1], u16(0x88a8), u16(7)],
      ...[u16(0x8100), u16(100), u16(type)],
    )],
};

if (import.meta.main) {
  await write("tcp-troubles", 1, troubles());
  await write("ip-fragments", 1, fragments());
  await write("ipv6-extension-headers", 1, extensionHeaders());
  for (const [name, [linkType, head]] of Object.entries(LINKS)) {
    const frames = [...conversation(false), ...conversation(true)].map((frame) => {
      const type = frame[12]! << 8 | frame[13]!;
      return bytesOf(head(type, frame[5] === 2 ? 0 : 1), frame.subarray(ETHERNET));
    });
    await write(`link-${name}`, linkType, frames);
  }
  const v4 = conversation(false).map((frame) => frame.subarray(ETHERNET));
  await write("link-ipv4", 228, v4);
  await write("link-ipv6", 229, conversation(true).map((frame) => frame.subarray(ETHERNET)));
  const addresses = { source: A4, destination: B4 };
  const echo = (type: number) => packet(addresses, 1, icmp(type, 0, bytesOf(u16(1), u16(9), 1, 2)));
  const quoted = conversation(false)[3]!.subarray(ETHERNET, ETHERNET + 28);
  const unreachable = packet(addresses, 1, icmp(3, 3, bytesOf(u32(0), quoted)));
  await write("icmp", 1, [echo(8), echo(0), unreachable]);
}

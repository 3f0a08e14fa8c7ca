/**
 * What goes between a host and its Bluetooth controller while it scans, connects and reads
 * (Bluetooth Core 6.0, Vol 4, Part E), in the forms that captures have.
 *
 * @module
 */
import * as ble from "../support/ble_frames.ts";
import { bytesOf, u16, u32 } from "../support/packets.ts";

const COMMAND = 1;
const EVENT = 4;
const SENSOR = ble.address("c0:53:00:5e:00:01");

/** One H4 packet; `sent` is from the host. */
export interface HciPacket {
  sent: boolean;
  bytes: Uint8Array;
}

function command(opcode: number, ...parameters: ble.Part[]): HciPacket {
  return { sent: true, bytes: ble.command(opcode, ...parameters) };
}

function event(code: number, ...parameters: ble.Part[]): HciPacket {
  return { sent: false, bytes: ble.event(code, ...parameters) };
}

function att(sent: boolean, boundary: number, ...parts: ble.Part[]): HciPacket {
  return { sent, bytes: ble.acl(0x0040, boundary, ble.l2capPdu(4, ...parts)) };
}

/** Command complete, status 0. */
function complete(opcode: number): HciPacket {
  return event(0x0e, 1, opcode & 255, opcode >> 8, 0);
}

const DATA = [2, 0x01, 0x06, 3, 0x03, 0x1a, 0x18, 5, 0xff, 0x99, 0x04, 1, 2];
/** Connectable and scannable, random address, LE 1M, SID none, power and RSSI, not periodic. */
const EXTENDED = [
  ...[0x13, 0x00, 1, ...SENSOR, 1, 0, 0xff, 127, 0xc8, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  ...[DATA.length, ...DATA],
];

export function hciSession(): HciPacket[] {
  return [
    command(0x0c03),
    complete(0x0c03),
    // Active scanning, interval and window 10 ms.
    command(0x200b, 1, 0x10, 0, 0x10, 0, 0, 0),
    complete(0x200b),
    command(0x200c, 1, 0),
    complete(0x200c),
    event(0x3e, 0x02, 1, 0, 1, SENSOR, DATA.length, DATA, 0xc8),
    event(0x3e, 0x0d, 1, EXTENDED),
    command(0x200c, 0, 0),
    complete(0x200c),
    command(
      ...[0x200d, 0x60, 0, 0x30, 0, 0, 1, SENSOR, 0, 0x18, 0, 0x28, 0, 0, 0, 0x2a, 0] as const,
      ...[0, 0, 0, 0] as const,
    ),
    event(0x0f, 0, 1, 0x0d, 0x20),
    event(0x3e, 0x01, 0, 0x40, 0, 0, 1, SENSOR, 0x18, 0, 0, 0, 0x2a, 0, 0),
    att(true, 0, 0x0a, 0x10, 0),
    event(0x13, 1, 0x40, 0, 1, 0),
    att(false, 2, 0x0b, 0x34, 0x08),
    command(0x0406, 0x40, 0, 0x13),
    event(0x0f, 0, 1, 0x06, 0x04),
    event(0x05, 0, 0x40, 0, 0x16),
  ];
}

/** LINKTYPE 201; the direction is 0 for sent, as Wireshark reads and writes it. */
export function withDirection({ sent, bytes }: HciPacket): Uint8Array {
  return bytesOf(u32(sent ? 0 : 1), bytes);
}

/** LINKTYPE 254: adapter 0, then what kind of packet it is. */
export function fromMonitor({ sent, bytes }: HciPacket): Uint8Array {
  const kind = bytes[0] === COMMAND ? 2 : bytes[0] === EVENT ? 3 : sent ? 4 : 5;
  return bytesOf(u16(0), u16(kind), bytes.subarray(1));
}

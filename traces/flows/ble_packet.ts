/**
 * What advertising and data packets of the Bluetooth LE link layer have in common (Core 6.0, Vol 6,
 * Part B, 2.1).
 *
 * @module
 */
import { CRC_LENGTH, CrcState, packetCrc } from "../wire/btle.ts";
import { crc24 } from "../wire/crc24.ts";
import { type Dissection, Failure } from "../wire/dissection.ts";
import { rule } from "../wire/problem.ts";
import type { RadioContext } from "../wire/radio_context.ts";

const BEYOND = rule(
  "btle",
  "error",
  "length of the PDU is beyond the frame",
  "Core 6.0, Vol 6, Part B, 2.1",
);
const BEHIND = rule(
  "btle",
  "note",
  "bytes behind the CRC do not belong to the packet",
  "Core 6.0, Vol 6, Part B, 2.1",
);

/** The part of a payload of `length` bytes that is there, with room for the CRC. */
export function fit(d: Dissection, length: number): number {
  const room = Math.max(0, d.limit - d.pos - CRC_LENGTH);
  if (length === room || d.failed !== 0) return length;
  if (length < room) d.problem(BEHIND, d.pos + length + CRC_LENGTH);
  else d.problem(BEYOND, d.pos, `${length} bytes announced, ${room} there`);
  return Math.min(length, room);
}

/** What the capture says of the CRC, or what the bytes from `start` to the CRC at `end` say. */
export function crcState(
  d: Dissection,
  radio: RadioContext,
  start: number,
  end: number,
  init: number,
): number {
  if (radio.crcChecked) return radio.crcValid ? CrcState.Right : CrcState.Wrong;
  if (init < 0 || radio.decrypted || end + CRC_LENGTH > d.end) return CrcState.Unknown;
  const { data } = d;
  const sent = data[end]! | data[end + 1]! << 8 | data[end + 2]! << 16;
  return crc24(data, start, end, init) === sent ? CrcState.Right : CrcState.Wrong;
}

/** Reads the CRC, also behind a payload that contradicts itself. */
export function packetEnd(d: Dissection, crc: number): void {
  const failed = d.failed;
  if (failed === Failure.Malformed) d.failed = Failure.None;
  packetCrc(d, crc);
  if (failed !== Failure.None) d.failed = failed;
}

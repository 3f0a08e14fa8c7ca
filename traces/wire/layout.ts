/**
 * Tables that say how parameters follow each other in a PDU, for protocols with many small PDUs
 * (link layer control, HCI commands and events). All numbers are little-endian.
 *
 * @module
 */
import { deviceAddress } from "./ble_address.ts";
import type { Dissection } from "./dissection.ts";

const Kind = { Number: 0, Signed: 1, Bytes: 2, Address: 3, Bits: 4, Rest: 5, Text: 6, Call: 7 };

/** One step of a layout. */
export interface Step {
  readonly kind: number;
  readonly field: number;
  /** Length in bytes, or the lowest bit of a bit field. */
  readonly size: number;
  /** 2 to the number of bits of a bit field. */
  readonly span: number;
  readonly call: ((d: Dissection) => void) | undefined;
}

export type Layout = readonly Step[];

function step(kind: number, field: number, size: number, span = 0): Step {
  return { kind, field, size, span, call: undefined };
}

export const u8 = (field: number): Step => step(Kind.Number, field, 1);
export const u16 = (field: number): Step => step(Kind.Number, field, 2);
export const u24 = (field: number): Step => step(Kind.Number, field, 3);
export const u32 = (field: number): Step => step(Kind.Number, field, 4);
export const u40 = (field: number): Step => step(Kind.Number, field, 5);
export const u64 = (field: number): Step => step(Kind.Number, field, 8);
export const i8 = (field: number): Step => step(Kind.Signed, field, 1);
export const address = (field: number): Step => step(Kind.Address, field, 6);
export const raw = (field: number, length: number): Step => step(Kind.Bytes, field, length);
/** UTF-8 text in a fixed number of bytes, filled up with zeros. */
export const text = (field: number, length: number): Step => step(Kind.Text, field, length);
/** All bytes that are left. */
export const rest = (field: number): Step => step(Kind.Rest, field, 0);
/** What a table can't say. */
export const call = (read: (d: Dissection) => void): Step => ({
  ...step(Kind.Call, 0, 0),
  call: read,
});

/**
 * Bits of the number read last (of its lowest 48 bits, when it is wider).
 *
 * @param mask contiguous bits
 */
export function bits(field: number, mask: number): Step {
  let low = 0;
  while (Math.floor(mask / 2 ** low) % 2 === 0) low++;
  return step(Kind.Bits, field, low, Math.floor(mask / 2 ** low) + 1);
}

/** Reads `layout` as far as the bytes reach. */
export function read(d: Dissection, layout: Layout): void {
  let number = 0;
  let at = d.pos;
  for (const { kind, field, size, span, call } of layout) {
    if (d.failed !== 0) return;
    if (kind !== Kind.Bits) at = d.pos;
    switch (kind) {
      case Kind.Number:
        number = size <= 6 ? d.uintle(size, field) : lowBits(d, size, field);
        break;
      case Kind.Signed:
        d.i8(field);
        break;
      case Kind.Bytes:
        d.bytes(size, field);
        break;
      case Kind.Address:
        deviceAddress(d, field);
        break;
      case Kind.Bits:
        d.put(field, Math.floor(number / 2 ** size) % span, at, d.pos - at);
        break;
      case Kind.Rest:
        d.bytes(d.limit - d.pos, field);
        break;
      case Kind.Text:
        paddedText(d, size, field);
        break;
      default:
        call!(d);
    }
  }
}

/** Reads a wide number; returns its lowest 48 bits. */
function lowBits(d: Dissection, size: number, field: number): number {
  const at = d.pos;
  d.uintle(size, field);
  if (d.failed !== 0) return 0;
  let number = 0;
  for (let i = 5; i >= 0; i--) number = number * 256 + d.data[at + i]!;
  return number;
}

/** Text in a fixed number of bytes, up to the first zero. */
export function paddedText(d: Dissection, size: number, field: number): void {
  const at = d.pos;
  d.skip(size);
  if (d.pos !== at + size || d.want[field] === 0) return;
  const zero = d.data.subarray(at, at + size).indexOf(0);
  d.putText(field, at, zero < 0 ? size : zero);
}

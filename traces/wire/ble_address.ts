/**
 * Bluetooth device addresses: six bytes, the least significant first (Core 6.0, Vol 6, Part B, 1.3).
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";

const ADDRESS_LENGTH = 6;

/** Reads a device address; the field shows it most significant byte first. */
export function deviceAddress(d: Dissection, field: number): void {
  d.reversed(ADDRESS_LENGTH, field);
}

/** The upper 16 bits of the address at `at`, as far as the bytes reach. */
export function addressHigh(data: Uint8Array, at: number): number {
  return data[at + 5]! << 8 | data[at + 4]!;
}

/** The lower 32 bits of the address at `at`, unsigned. */
export function addressLow(data: Uint8Array, at: number): number {
  return (data[at + 3]! << 24 | data[at + 2]! << 16 | data[at + 1]! << 8 | data[at]!) >>> 0;
}

/** An address from its halves, as `c0:01:02:03:04:05`. */
export function addressText(high: number, low: number): string {
  const digits = high.toString(16).padStart(4, "0") + low.toString(16).padStart(8, "0");
  return digits.match(/../g)!.join(":");
}

/** The six bytes of an address from its halves, most significant first. */
export function addressBytes(high: number, low: number): Uint8Array {
  return Uint8Array.of(high >> 8, high, low >>> 24, low >> 16, low >> 8, low);
}

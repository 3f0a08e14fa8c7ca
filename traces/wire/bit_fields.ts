/**
 * Fields that are bits of one number, as a table.
 *
 * @module
 */
import type { Dissection } from "./dissection.ts";

/** One of them; `mask` is contiguous and within 32 bits. */
export interface BitField {
  readonly field: number;
  readonly mask: number;
  readonly shift: number;
}

export function bitField(field: number, mask: number): BitField {
  return { field, mask, shift: 31 - Math.clz32(mask & -mask) };
}

/** Writes each wanted field of `fields`, shifted down, as read from `length` bytes at `at`. */
export function putBits(
  d: Dissection,
  fields: readonly BitField[],
  value: number,
  at: number,
  length: number,
): void {
  for (let i = 0; i < fields.length; i++) {
    const { field, mask, shift } = fields[i]!;
    if (d.want[field] !== 0) d.put(field, (value & mask) >>> shift, at, length);
  }
}

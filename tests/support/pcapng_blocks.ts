/**
 * Walks the blocks of a pcapng file (draft-ietf-opsawg-pcapng, section 3.1), little-endian.
 *
 * @module
 */
import assert from "node:assert/strict";

export const Block = {
  section: 0x0a0d0d0a,
  interface: 1,
  nameResolution: 4,
  statistics: 5,
  packet: 6,
} as const;

export interface Blocks {
  /** Type of each block, in order. */
  types: number[];
  /** Bytes behind the last whole block. */
  rest: number;
}

/** @throws If a block's two lengths differ: what is there is no pcapng. */
export function pcapngBlocks(bytes: Uint8Array): Blocks {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const types: number[] = [];
  let at = 0;
  while (at + 12 <= bytes.length) {
    const length = view.getUint32(at + 4, true);
    assert.ok(length >= 12 && length % 4 === 0, `block at ${at} of ${length} bytes`);
    if (at + length > bytes.length) break;
    assert.equal(view.getUint32(at + length - 4, true), length, `length at the end of ${at}`);
    types.push(view.getUint32(at, true));
    at += length;
  }
  return { types, rest: bytes.length - at };
}

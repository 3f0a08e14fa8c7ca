/**
 * Deflated bytes. What does not inflate is damage to the database as any other.
 *
 * @module
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";

/** Records are compressed from so many bytes on. Commits that are smaller fill a page less often. */
const PACKED_BYTES = 256;

/** Records as a commit writes them, quickly; `packed` 0: as they are. */
export function packedOf(records: Uint8Array): { packed: 0 | 1; data: Uint8Array } {
  if (records.length < PACKED_BYTES) return { packed: 0, data: records };
  return { packed: 1, data: pack(records, 1) };
}

/** What {@linkcode packedOf} gave. */
export function unpackedOf(packed: unknown, data: unknown): Uint8Array {
  return packed === 1 ? unpack(data) : data as Uint8Array;
}

export function joinBytes(parts: Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** @param level 1: fast; 9: small */
export function pack(bytes: Uint8Array, level: number): Uint8Array {
  return deflateRawSync(bytes, { level });
}

/** @throws {Error} as SQLite says that a database is damaged */
export function unpack(bytes: unknown): Uint8Array {
  try {
    return inflateRawSync(bytes as Uint8Array);
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`database disk image is malformed: ${message}`, { cause: error });
  }
}

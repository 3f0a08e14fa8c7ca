/**
 * Deflated bytes. What does not inflate is damage to the database as any other.
 *
 * @module
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";

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

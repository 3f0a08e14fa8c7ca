/**
 * IEEE 802.15.4 frames of a small network: data (plain, or secured at level 5), beacons, association
 * requests; with FCS. Clauses of the 2015 edition.
 *
 * @module
 */
import type { AesCcm } from "../../traces/wire/aes_ccm.ts";
import { wpanFcs16 } from "../../traces/wire/wpan_fcs.ts";
import { bigEndian, littleEndian } from "./beacons/beacon.ts";

/** Frame control field, 7.2.2. */
const Control = {
  Beacon: 0,
  Data: 1,
  Command: 3,
  Security: 0x0008,
  AckRequest: 0x0020,
  PanCompression: 0x0040,
  ToShort: 0x0800,
  Version2006: 0x1000,
  FromShort: 0x8000,
  FromExtended: 0xc000,
} as const;

/** Level 5 (encrypted, code of 32 bits), key by index with the default source (9.4.1). */
const SECURITY_CONTROL = 0x0d;
const LEVEL = 5;
const KEY_INDEX = 1;
/** Beacon order 8 and superframe order 8 (3.9 s), CAP to slot 15, PAN coordinator, association permitted. */
const SUPERFRAME = 0xcf88;
const ASSOCIATION_REQUEST = 0x01;
/** Battery powered, receiver off when idle; asks for a short address. */
const CAPABILITY = 0x80;
const NO_PAN = 0xffff;

/** Who sends: a short address, or an extended one of 64 bits. */
export type WpanSource = { readonly short: number } | { readonly extended: bigint };

function withFcs(bytes: number[]): Uint8Array {
  const frame = Uint8Array.from([...bytes, 0, 0]);
  const end = frame.length - 2;
  frame.set(littleEndian(wpanFcs16(frame, 0, end), 2), end);
  return frame;
}

/** An extended address, most significant byte first. */
export function extendedBytes(address: bigint): number[] {
  return [...bigEndian(Number(address >> 32n), 4), ...bigEndian(Number(address & 0xffffffffn), 4)];
}

/** Where a data frame goes and from whom. */
export interface WpanPath {
  pan: number;
  /** Short address. */
  to: number;
  from: WpanSource;
  /** Data sequence number, 8 bits. */
  sequence: number;
}

function dataHeader({ pan, to, from, sequence }: WpanPath, flags: number): number[] {
  const extended = "extended" in from;
  const control = Control.Data | Control.PanCompression | Control.ToShort | flags |
    (extended ? Control.FromExtended : Control.FromShort);
  const source = extended ? extendedBytes(from.extended).reverse() : littleEndian(from.short, 2);
  return [
    ...littleEndian(control, 2),
    sequence,
    ...littleEndian(pan, 2),
    ...littleEndian(to, 2),
    ...source,
  ];
}

/** A data frame in the open. */
export function dataFrame(path: WpanPath, payload: Uint8Array): Uint8Array {
  return withFcs([...dataHeader(path, 0), ...payload]);
}

/** A data frame secured at level 5 (9.3.2). @param counter frame counter, 32 bits */
export function securedDataFrame(
  path: WpanPath & { from: { readonly extended: bigint } },
  payload: Uint8Array,
  ccm: AesCcm,
  counter: number,
): Uint8Array {
  const header = [
    ...dataHeader(path, Control.Security | Control.Version2006),
    SECURITY_CONTROL,
    ...littleEndian(counter, 4),
    KEY_INDEX,
  ];
  const nonce = [...extendedBytes(path.from.extended), ...bigEndian(counter, 4), LEVEL];
  const sealed = ccm.seal(Uint8Array.from(nonce), Uint8Array.from(header), payload, 4);
  return withFcs([...header, ...sealed]);
}

/** A coordinator's beacon without payload (7.3.1). */
export function beaconFrame(pan: number, coordinator: number, sequence: number): Uint8Array {
  return withFcs([
    ...littleEndian(Control.Beacon | Control.FromShort, 2),
    sequence,
    ...littleEndian(pan, 2),
    ...littleEndian(coordinator, 2),
    ...littleEndian(SUPERFRAME, 2),
    // No guaranteed time slots, nothing pending.
    0,
    0,
  ]);
}

/** What a device sends that wants to join (7.5.2). */
export function associationRequest(
  pan: number,
  coordinator: number,
  address: bigint,
  sequence: number,
): Uint8Array {
  const control = Control.Command | Control.AckRequest | Control.ToShort | Control.FromExtended;
  return withFcs([
    ...littleEndian(control, 2),
    sequence,
    ...littleEndian(pan, 2),
    ...littleEndian(coordinator, 2),
    ...littleEndian(NO_PAN, 2),
    ...extendedBytes(address).reverse(),
    ASSOCIATION_REQUEST,
    CAPABILITY,
  ]);
}

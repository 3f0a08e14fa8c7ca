/**
 * Encoders of Bluetooth frames for tests and samples: link layer packets with right CRCs, in the
 * forms that captures have, and HCI packets (Bluetooth Core 6.0, Vol 6, Part B; Vol 4, Part E).
 *
 * @module
 */
import { ADVERTISING_INIT, crc24 } from "../../../traces/wire/crc24.ts";
import { bytesOf } from "./packets.ts";

export const ADVERTISING_ADDRESS = 0x8e89bed6;

/** Parts of frames: single bytes or rows of them. */
export type Part = number | readonly number[] | Uint8Array;

/** Little-endian, `size` bytes. */
export function le(value: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) & 255);
}

/** The bytes of an address as "c0:00:5e:00:53:01", in the order in which they are sent. */
export function address(text: string): number[] {
  return text.split(":").map((digits) => parseInt(digits, 16)).reverse();
}

/** An AD structure: length, type, data. */
export function ad(type: number, ...data: Part[]): number[] {
  const bytes = bytesOf(...data);
  return [bytes.length + 1, type, ...bytes];
}

/** @param head PDU type and the bits for ChSel, TxAdd and RxAdd */
export function advertisingPdu(head: number, ...payload: Part[]): Uint8Array {
  const bytes = bytesOf(...payload);
  return bytesOf(head, bytes.length, bytes);
}

/** @param head LLID, NESN, SN, MD, CP, as the first byte of the PDU */
export function dataPdu(head: number, ...payload: Part[]): Uint8Array {
  return advertisingPdu(head, ...payload);
}

/** Parts of a common extended advertising payload, all optional. */
export interface ExtendedParts {
  mode?: number;
  advertiser?: readonly number[];
  target?: readonly number[];
  cte?: number;
  dataInfo?: number;
  auxPointer?: readonly number[];
  syncInfo?: readonly number[];
  txPower?: number;
  acad?: readonly number[];
  data?: readonly number[];
}

/** An ADV_EXT_IND or one of the auxiliary PDUs. */
export function extendedPdu(head: number, parts: ExtendedParts): Uint8Array {
  const { advertiser, target, cte, dataInfo, auxPointer, syncInfo, txPower, acad } = parts;
  const fields = [
    advertiser,
    target,
    cte === undefined ? undefined : [cte],
    dataInfo === undefined ? undefined : le(dataInfo, 2),
    auxPointer,
    syncInfo,
    txPower === undefined ? undefined : [txPower & 255],
  ];
  let flags = 0;
  fields.forEach((field, bit) => flags |= field === undefined ? 0 : 1 << bit);
  const body = [...fields.flatMap((field) => field ?? []), ...acad ?? []];
  const header = flags === 0 && body.length === 0 ? [] : [flags, ...body];
  return advertisingPdu(head, header.length | (parts.mode ?? 0) << 6, header, parts.data ?? []);
}

/** The LLData of a CONNECT_IND with sensible timing. */
export function linkLayerData(accessAddress: number, crcInit: number): number[] {
  return [
    ...le(accessAddress, 4),
    ...le(crcInit, 3),
    2,
    ...le(3, 2),
    ...le(24, 2),
    ...le(0, 2),
    ...le(72, 2),
    ...[0xff, 0xff, 0xff, 0xff, 0x1f],
    0x2a,
  ];
}

/** The 18 bytes of a SyncInfo. */
export function syncInfo(accessAddress: number, crcInit: number): number[] {
  return [
    ...le(0x2123, 2),
    ...le(80, 2),
    ...[0xff, 0xff, 0xff, 0xff, 0x3f],
    ...le(accessAddress, 4),
    ...le(crcInit, 3),
    ...le(7, 2),
  ];
}

/**
 * Access address, PDU, CRC.
 *
 * @param wrong bits of the CRC to turn over
 * @param coding coding indicator, for LE Coded
 */
export function packet(
  pdu: Uint8Array,
  accessAddress: number = ADVERTISING_ADDRESS,
  crcInit: number = ADVERTISING_INIT,
  wrong = 0,
  coding: number[] = [],
): Uint8Array {
  const crc = crc24(pdu, 0, pdu.length, crcInit) ^ wrong;
  return bytesOf(le(accessAddress, 4), coding, pdu, le(crc, 3));
}

/**
 * A frame of LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR.
 *
 * @param rf RF channel, not index
 * @param flags as in the header; 0x0013 is dewhitened, signal and reference access address valid
 */
export function withRadio(rf: number, rssi: number, flags: number, air: Uint8Array): Uint8Array {
  return bytesOf(rf, rssi & 255, 0x80, 0, air.subarray(0, 4), le(flags, 2), air);
}

/**
 * A frame of LINKTYPE_NORDIC_BLE, protocol version 3.
 *
 * @param id 2 advertising, 6 data
 * @param flags 1 CRC right, 2 from the central or kind of auxiliary PDU, ...
 */
export function withNordic(
  id: number,
  flags: number,
  channel: number,
  rssi: number,
  time: number,
  air: Uint8Array,
): Uint8Array {
  const body = bytesOf(10, flags, channel, -rssi, le(9, 2), le(time, 4), air);
  return bytesOf(1, le(body.length, 2), 3, le(5, 2), id, body);
}

/** An HCI command as an H4 packet. */
export function command(opcode: number, ...parameters: Part[]): Uint8Array {
  const bytes = bytesOf(...parameters);
  return bytesOf(1, le(opcode, 2), bytes.length, bytes);
}

/** An HCI event as an H4 packet. */
export function event(code: number, ...parameters: Part[]): Uint8Array {
  const bytes = bytesOf(...parameters);
  return bytesOf(4, code, bytes.length, bytes);
}

/** An HCI ACL packet as an H4 packet. */
export function acl(handle: number, boundary: number, ...data: Part[]): Uint8Array {
  const bytes = bytesOf(...data);
  return bytesOf(2, le(handle | boundary << 12, 2), le(bytes.length, 2), bytes);
}

/** An L2CAP PDU. */
export function l2capPdu(channel: number, ...payload: Part[]): Uint8Array {
  const bytes = bytesOf(...payload);
  return bytesOf(le(bytes.length, 2), le(channel, 2), bytes);
}

/**
 * The radio envelope, version 1: how a bridge node hands on the frames that it heard, several in one
 * MQTT message on `edgewire/v1/<node>/radio`. Little-endian. Header, 16 bytes:
 *
 * | offset | size | field                                      |
 * | ------ | ---- | ------------------------------------------ |
 * | 0      | 2    | `45 57` ("EW")                             |
 * | 2      | 1    | version, 1                                 |
 * | 3      | 1    | record count                               |
 * | 4      | 4    | boot id, random at each boot               |
 * | 8      | 4    | batch number, from 0, modulo 2^32          |
 * | 12     | 4    | frames dropped by the node since it booted |
 *
 * Each record, 16 bytes and the frame:
 *
 * | offset | size | field                                                                  |
 * | ------ | ---- | ---------------------------------------------------------------------- |
 * | 0      | 2    | frame length, bytes                                                    |
 * | 2      | 2    | link type (pcap LINKTYPE: 187, 195, 230, 251)                          |
 * | 4      | 8    | time, microseconds                                                     |
 * | 12     | 1    | RSSI, signed, dBm; 127 unknown                                         |
 * | 13     | 1    | radio channel; 255 unknown                                             |
 * | 14     | 1    | flags, see `RadioFlag`                                                 |
 * | 15     | 1    | link quality (LQI); 255 unknown                                        |
 *
 * The C definition is equal; shared vectors keep it so.
 *
 * @module
 */

export const HEADER_BYTES = 16;
export const RECORD_BYTES = 16;
export const VERSION = 1;
export const UNKNOWN_RSSI = 127;
export const UNKNOWN_CHANNEL = 255;
export const UNKNOWN_LQI = 255;
/** A record count is one byte. */
export const MAX_RECORDS = 255;
/** Longest frame that a record can hold, bytes. */
export const MAX_FRAME_BYTES = 0xffff;

/** Link types that records may have (pcap LINKTYPE). */
export const RadioLink = {
  /** Bluetooth HCI H4 (an advertising report event, packet type first). */
  HciH4: 187,
  /** IEEE 802.15.4 with FCS. */
  WpanWithFcs: 195,
  /** IEEE 802.15.4 without FCS. */
  WpanNoFcs: 230,
  /** Bluetooth LE link layer: access address, PDU, CRC. */
  BleLinkLayer: 251,
} as const;

/** Bits of a record's flags. */
export const RadioFlag = {
  /** The time is Unix time; else since the node booted. */
  UnixTime: 1,
  /** FCS or CRC was checked. */
  Checked: 2,
  /** And it was wrong. */
  Wrong: 4,
  /** The frame is cut short. */
  Cut: 8,
} as const;

/** One frame as the node heard it. */
export interface RadioRecord {
  linkType: number;
  /** Microseconds since 1970 or since boot, see `RadioFlag.UnixTime`; exact up to 2^53. */
  time: number;
  /** dBm. */
  rssi: number;
  channel: number;
  flags: number;
  lqi: number;
  /** The frame is `data[start, end)`. */
  data: Uint8Array;
  start: number;
  end: number;
}

/** A record of which nothing is known. */
export function emptyRecord(): RadioRecord {
  return {
    linkType: 0,
    time: 0,
    rssi: UNKNOWN_RSSI,
    channel: UNKNOWN_CHANNEL,
    flags: 0,
    lqi: UNKNOWN_LQI,
    data: new Uint8Array(0),
    start: 0,
    end: 0,
  };
}

/** What a header says. */
export interface RadioHeader {
  records: number;
  boot: number;
  batch: number;
  dropped: number;
}

/** What is wrong with an envelope: what, at which byte. */
export interface EnvelopeProblem {
  readonly text: string;
  readonly offset: number;
}

/** Reads envelopes record by record. One object serves all. */
export class RadioEnvelope {
  readonly header: RadioHeader = { records: 0, boot: 0, batch: 0, dropped: 0 };
  /** The record that `next` read; good until it is called again. */
  readonly record: RadioRecord = emptyRecord();
  problem: EnvelopeProblem | null = null;
  #data: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #pos = 0;
  #left = 0;

  /** Begins an envelope. @returns false when it is none; `problem` says why */
  open(data: Uint8Array): boolean {
    this.problem = null;
    this.#left = 0;
    if (data.length < HEADER_BYTES) {
      return this.#fail(`header of ${HEADER_BYTES} bytes is cut short: ${data.length} bytes`, 0);
    }
    if (data[0] !== 0x45 || data[1] !== 0x57) return this.#fail('does not begin with "EW"', 0);
    if (data[2] !== VERSION) return this.#fail(`version ${data[2]}, not ${VERSION}`, 2);
    this.#data = data;
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const { header } = this;
    header.records = this.#left = data[3]!;
    header.boot = this.#view.getUint32(4, true);
    header.batch = this.#view.getUint32(8, true);
    header.dropped = this.#view.getUint32(12, true);
    this.#pos = HEADER_BYTES;
    return true;
  }

  /**
   * Reads the next record into `record`.
   *
   * @returns false at the end; `problem` says whether it was a proper one
   */
  next(): boolean {
    const data = this.#data;
    const at = this.#pos;
    if (this.#left === 0) {
      if (at < data.length && this.problem === null) {
        this.#fail(`${data.length - at} bytes behind the last record`, at);
      }
      return false;
    }
    if (at + RECORD_BYTES > data.length) {
      return this.#fail(`${this.#left} records are missing: the envelope is cut short`, at);
    }
    const length = this.#view.getUint16(at, true);
    const start = at + RECORD_BYTES;
    if (start + length > data.length) {
      return this.#fail(`a frame of ${length} bytes does not fit: ${data.length - start} left`, at);
    }
    const { record } = this;
    record.linkType = this.#view.getUint16(at + 2, true);
    record.time = this.#view.getUint32(at + 8, true) * 2 ** 32 + this.#view.getUint32(at + 4, true);
    record.rssi = this.#view.getInt8(at + 12);
    record.channel = data[at + 13]!;
    record.flags = data[at + 14]!;
    record.lqi = data[at + 15]!;
    record.data = data;
    record.start = start;
    record.end = start + length;
    this.#pos = start + length;
    this.#left--;
    return true;
  }

  #fail(text: string, offset: number): false {
    this.problem = { text, offset };
    this.#left = 0;
    this.#pos = this.#data.length;
    return false;
  }
}

/**
 * Writes an envelope.
 *
 * @throws {RangeError} when there are more than 255 records, or a frame is longer than 65,535 bytes
 */
export function encodeEnvelope(
  header: Omit<RadioHeader, "records">,
  records: readonly RadioRecord[],
): Uint8Array {
  if (records.length > MAX_RECORDS) {
    throw new RangeError(`make a radio envelope: ${records.length} records, not up to 255`);
  }
  let size = HEADER_BYTES;
  for (const { start, end } of records) {
    if (end - start > MAX_FRAME_BYTES) {
      throw new RangeError(`make a radio envelope: a frame of ${end - start} bytes`);
    }
    size += RECORD_BYTES + end - start;
  }
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes.set([0x45, 0x57, VERSION, records.length]);
  view.setUint32(4, header.boot, true);
  view.setUint32(8, header.batch, true);
  view.setUint32(12, header.dropped, true);
  let at = HEADER_BYTES;
  for (const record of records) {
    const length = record.end - record.start;
    view.setUint16(at, length, true);
    view.setUint16(at + 2, record.linkType, true);
    view.setUint32(at + 4, record.time % 2 ** 32, true);
    view.setUint32(at + 8, Math.floor(record.time / 2 ** 32), true);
    view.setInt8(at + 12, record.rssi);
    bytes[at + 13] = record.channel;
    bytes[at + 14] = record.flags;
    bytes[at + 15] = record.lqi;
    bytes.set(record.data.subarray(record.start, record.end), at + RECORD_BYTES);
    at += RECORD_BYTES + length;
  }
  return bytes;
}

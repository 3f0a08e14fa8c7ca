/**
 * How events lie in the ring that the gateway writes and a Worker reads: records one behind the
 * other in shared memory, each a multiple of 8 bytes, none across the end.
 *
 * Positions count bytes and never fall; a record at position `p` lies at
 * `p % capacity`. The control words count in units of 8 bytes, modulo 2^32.
 *
 * | offset | type | every record                                       |
 * | ------ | ---- | -------------------------------------------------- |
 * | 0      | u32  | size, bytes                                        |
 * | 4      | u8   | kind                                               |
 * | 5      | u8   | flags                                              |
 * | 6      | u16  | length of the id, bytes (0 where there is none)    |
 * | 8      | f64  | time, ms of the monotonic clock                    |
 * | 16     | u32  | subject: connection, node or topic                 |
 * | 20     | u32  | number, counted over all records but blobs         |
 * | 24     | f64  | a                                                  |
 * | 32     | f64  | b                                                  |
 * | 40     | u32  | c                                                  |
 * | 44     | u32  | d                                                  |
 * | 48     |      | id, then the rest of the contents                  |
 *
 * What a, b, c, d are stands with the kind.
 *
 * @module
 */

export const Kind = {
  /** Fills up to the end; size and kind alone. */
  Pad: 0,
  /** Text that others refer to. c: bytes. */
  Blob: 1,
  /** Bytes of a TCP connection, or a binary WebSocket message. a: offset in the stream; c: bytes; d: see `NO_BOUNDARY`. */
  Bytes: 2,
  /** A text message. a: offset in the stream; b: position of its blob; c: bytes. */
  Text: 3,
  /** A connection opened. */
  Open: 4,
  /** It ended. a: WebSocket code, 0 none; c: bytes of the reason. */
  Close: 5,
  /** A PUBLISH was taken in. a: QoS; c: bytes of the payload; d: UTF-16 code units of the topic. */
  Message: 6,
  /**
   * A radio frame. a: when its PUBLISH came in, monotonic ms; b: link type + 2^16 * (rssi + 128) + 2^24 * channel
   * + 2^32 * flags + 2^40 * lqi; c: bytes of the frame; d: index of the record.
   */
  Radio: 7,
  /** An update. a: seq; b: Unix ms; c: bytes of the value, d: bytes of the node's members before it. */
  Update: 8,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

export const Flag = {
  /** It went out; else it came in. */
  Out: 1,
  /** A WebSocket message of its own; else bytes of a TCP connection. */
  Message: 2,
  /** The other side began to close. */
  ByPeer: 4,
  /** The contents were too long and are not here; lengths are true. */
  Omitted: 8,
} as const;

/** Bytes before id and contents. */
export const HEADER_BYTES = 48;
/**
 * `d` of {@linkcode Kind.Bytes}: offset in the chunk of the first byte at which an MQTT control packet
 * begins; this: none does, or nobody knows.
 */
export const NO_BOUNDARY = 0xffff_ffff;

/**
 * Words of the control memory. `Records` counts as numbers do. `Fence` keeps what is before it before
 * what is behind it. `Told` is the newest subject of which readers were told, by a message that may
 * be under way yet.
 */
export const Control = { Head: 0, Tail: 1, Fence: 2, Records: 3, Told: 4, Words: 5 } as const;
export const UNIT_BYTES = 8;

/** Shared memory of a ring. */
export interface RingMemory {
  /** `Int32Array` of {@linkcode Control}. */
  control: SharedArrayBuffer;
  data: SharedArrayBuffer;
}

/** @param capacity bytes; a power of two, at least 4096 */
export function makeRingMemory(capacity: number): RingMemory {
  if (!Number.isInteger(Math.log2(capacity)) || capacity < 4096) {
    throw new RangeError(`a ring of ${capacity} bytes: expected a power of two, 4096 or more`);
  }
  return {
    control: new SharedArrayBuffer(Control.Words * 4),
    data: new SharedArrayBuffer(capacity),
  };
}

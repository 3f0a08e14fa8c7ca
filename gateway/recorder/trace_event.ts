/**
 * What a reader of the ring gets. Byte arrays are private copies.
 *
 * @module
 */

interface Happening {
  /** Ms of the monotonic clock. */
  time: number;
  /** Counts all records of the ring; wraps at 2^32. */
  number: number;
}

/** Bytes of a TCP connection, or a binary WebSocket message. */
export interface BytesEvent extends Happening {
  kind: "bytes";
  connection: number;
  out: boolean;
  /** A WebSocket message of its own. */
  message: boolean;
  /**
   * Of the first byte, counted over this direction while recording. With a WebSocket whole data
   * frames count, as they are on the wire: header, masking key (from the client) and payload; so the
   * next one's is `offset` + the length of this frame.
   */
  offset: number;
  /** Bytes of the payload. */
  length: number;
  /** `null`: too long to be kept. */
  data: Uint8Array | null;
  /** Offset in `data` of the first byte at which an MQTT control packet begins; -1 none or unknown. */
  boundary: number;
}

/** A text message of a WebSocket. */
export interface TextEvent extends Happening {
  kind: "text";
  connection: number;
  out: boolean;
  /** As of {@linkcode BytesEvent.offset}. */
  offset: number;
  length: number;
  /** UTF-8; shared by all that sent the same text. `null`: not there any more, or too long. */
  data: Uint8Array | null;
}

export interface OpenEvent extends Happening {
  kind: "open";
  connection: number;
}

export interface CloseEvent extends Happening {
  kind: "close";
  connection: number;
  byPeer: boolean;
  /**
   * WebSocket close code; 1005: a close frame without a code; 0: no close frame (the connection broke
   * off, or is no WebSocket).
   */
  code: number;
  reason: string;
  /** Code of the other side's close frame: another one where both closed at the same time. */
  answer: number;
}

/** A PUBLISH was taken in, see `Taps.message`. Its time is that of the bytes before it. */
export interface MessageEvent extends Happening {
  kind: "message";
  /** 0: the gateway's own. */
  connection: number;
  /** "": nobody took it. */
  id: string;
  qos: number;
  topicLength: number;
  payloadLength: number;
}

/** A radio frame; its time is when it was on the air. */
export interface RadioEvent extends Happening {
  kind: "radio";
  node: number;
  /** Of the PUBLISH; that of the record is `<id>.<index>`. */
  id: string;
  index: number;
  arrival: number;
  linkType: number;
  rssi: number;
  channel: number;
  flags: number;
  lqi: number;
  data: Uint8Array;
}

/** An update of a room. */
export interface UpdateEvent extends Happening {
  kind: "update";
  topic: number;
  id: string;
  seq: number;
  /** Its `time`, Unix ms. */
  unix: number;
  /** Members that name a node: `,"node":"attic"`, or "". */
  node: string;
  /** The value as JSON text; `null`: too long. */
  json: string | null;
}

export type TraceEvent =
  | BytesEvent
  | TextEvent
  | OpenEvent
  | CloseEvent
  | MessageEvent
  | RadioEvent
  | UpdateEvent;

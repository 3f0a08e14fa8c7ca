/**
 * WebSocket frames as a load generator needs them (RFC 6455 section 5):
 * small masked ones to send, and a walk over received ones that copies
 * nothing and looks only at headers.
 *
 * @module
 */

export const OPCODE = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/**
 * A client's frame. The masking key is zero: a valid mask (section 5.3) that
 * leaves the bytes as they are.
 *
 * @param payload At most 65,535 bytes.
 */
export function clientFrame(opcode: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const long = payload.length > 125;
  const start = long ? 8 : 6;
  const frame = new Uint8Array(start + payload.length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (long ? 126 : payload.length);
  if (long) {
    frame[2] = payload.length >> 8;
    frame[3] = payload.length & 255;
  }
  frame.set(payload, start);
  return frame;
}

/** Takes one frame: its opcode, and where its payload is in the bytes walked. */
export type FrameTaker = (opcode: number, start: number, end: number) => void;

/**
 * Walks over the whole frames of a server in `bytes[0, end)`.
 *
 * @param take Called for each whole frame, in order.
 * @returns Where the first frame starts that is not whole; `end` when all are.
 */
export function walkFrames(bytes: Uint8Array, end: number, take: FrameTaker): number {
  let at = 0;
  while (end - at >= 2) {
    let length = bytes[at + 1]! & 127;
    let head = 2;
    if (length === 126) {
      if (end - at < 4) break;
      length = bytes[at + 2]! << 8 | bytes[at + 3]!;
      head = 4;
    } else if (length === 127) {
      if (end - at < 10) break;
      length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + 6);
      head = 10;
    }
    const start = at + head;
    if (end - start < length) break;
    take(bytes[at]! & 15, start, start + length);
    at = start + length;
  }
  return at;
}

/** Finds stamps in frames by their distance, which hardly changes from one to the next. */
export class StampScanner {
  #first = 0;
  #stride = 1;
  #marker: number;

  /** @param marker The byte that starts a stamp and occurs nowhere else. */
  constructor(marker: number) {
    this.#marker = marker;
  }

  /**
   * The first marker in `bytes[start, end)`.
   *
   * @returns Its offset, or -1.
   */
  first(bytes: Uint8Array, start: number, end: number): number {
    const guess = start + this.#first;
    if (guess < end && bytes[guess] === this.#marker) return guess;
    const found = this.#search(bytes, start, end);
    if (found >= 0) this.#first = found - start;
    return found;
  }

  /**
   * The marker after the one at `previous`.
   *
   * @returns Its offset, or -1.
   */
  next(bytes: Uint8Array, previous: number, end: number): number {
    const guess = previous + this.#stride;
    if (guess < end && bytes[guess] === this.#marker) return guess;
    const found = this.#search(bytes, previous + 1, end);
    if (found >= 0) this.#stride = found - previous;
    return found;
  }

  #search(bytes: Uint8Array, start: number, end: number): number {
    for (let at = start; at < end; at++) {
      if (bytes[at] === this.#marker) return at;
    }
    return -1;
  }
}

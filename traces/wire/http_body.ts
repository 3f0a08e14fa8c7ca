/**
 * How long the body behind an HTTP/1.1 head is (RFC 9112, 6 and 7.1), without writing fields.
 *
 * @module
 */

/** What of a head decides about the body. */
export class BodyFraming {
  isRequest = false;
  /** 0 for requests. */
  status = 0;
  /** -1: not given, or not a number. */
  contentLength = -1;
  chunked = false;
  /** There is a transfer encoding. */
  encoded = false;
  /** There is a content type that says more than "bytes". */
  typed = false;
}

/** The content type that a body without one has (RFC 9110, 8.3). */
const BYTES = "application/octet-stream";

/** Whether a content type says more than "bytes". */
export function isTyped(contentType: string): boolean {
  return !contentType.trimStart().toLowerCase().startsWith(BYTES);
}

const LF = 0x0a;

/** Reads the head `data[at, end)`. */
export function readFraming(data: Uint8Array, at: number, end: number, out: BodyFraming): void {
  out.contentLength = -1;
  out.chunked = false;
  out.encoded = false;
  out.typed = false;
  out.isRequest = !startsWith(data, at, end, "http/");
  out.status = out.isRequest ? 0 : statusOf(data, at, end);
  while (at < end) {
    const first = data[at]! | 0x20;
    if (first === 0x63 && startsWith(data, at, end, "content-length:")) {
      out.contentLength = decimal(data, at + 15, end);
    } else if (first === 0x63 && startsWith(data, at, end, "content-type:")) {
      let value = at + 13;
      while (value < end && (data[value] === 0x20 || data[value] === 0x09)) value++;
      out.typed = !startsWith(data, value, end, BYTES);
    } else if (first === 0x74 && startsWith(data, at, end, "transfer-encoding:")) {
      out.encoded = true;
      out.chunked = endsChunked(data, at + 18, end);
    }
    while (at < end && data[at] !== LF) at++;
    at++;
  }
}

/** `text` is in lower case. */
function startsWith(data: Uint8Array, at: number, end: number, text: string): boolean {
  if (at + text.length > end) return false;
  for (let i = 0; i < text.length; i++) {
    const byte = data[at + i]!;
    const lower = byte > 0x40 && byte < 0x5b ? byte | 0x20 : byte;
    if (lower !== text.charCodeAt(i)) return false;
  }
  return true;
}

function statusOf(data: Uint8Array, at: number, end: number): number {
  while (at < end && data[at] !== 0x20 && data[at] !== LF) at++;
  let status = 0;
  for (let i = 1; i <= 3; i++) {
    const digit = (data[at + i] ?? 0) - 0x30;
    if (at + i >= end || digit < 0 || digit > 9) return 0;
    status = status * 10 + digit;
  }
  return status;
}

function decimal(data: Uint8Array, at: number, end: number): number {
  while (at < end && (data[at] === 0x20 || data[at] === 0x09)) at++;
  let value = 0;
  let digits = 0;
  for (; at < end; at++) {
    const digit = data[at]! - 0x30;
    if (digit < 0 || digit > 9) break;
    if (++digits > 15) return -1;
    value = value * 10 + digit;
  }
  const behind = data[at] ?? LF;
  const ends = behind === 0x20 || behind === 0x09 || behind === 0x0d || behind === LF;
  return digits > 0 && ends ? value : -1;
}

/** Whether the last coding is "chunked" (RFC 9112, 6.3). */
function endsChunked(data: Uint8Array, at: number, end: number): boolean {
  let stop = at;
  while (stop < end && data[stop] !== LF) stop++;
  while (stop > at && data[stop - 1]! <= 0x20) stop--;
  return stop - 7 >= at && startsWith(data, stop - 7, stop, "chunked");
}

const State = { Size: 0, Extension: 1, Data: 2, DataEnd: 3, Line: 4, Trailer: 5 };

/** Finds the end of a chunked body in pieces as they come (RFC 9112, 7.1). */
export class ChunkScanner {
  /** The end was found. */
  done = false;
  /** A size could not be read; the body counts as ended there. */
  broken = false;
  /** Bytes of the body without the framing. */
  content = 0;
  #state = State.Size;
  #size = 0;
  #digits = 0;

  /** @returns how many bytes of `data[at, end)` belong to the body when it ends there, or -1 */
  scan(data: Uint8Array, at: number, end: number): number {
    let i = at;
    while (i < end && !this.done) {
      if (this.#state === State.Data) {
        const there = Math.min(this.#size, end - i);
        this.#size -= there;
        this.content += there;
        i += there;
        if (this.#size === 0) this.#state = State.DataEnd;
      } else if (!this.#take(data[i]!)) {
        break;
      } else {
        i++;
      }
    }
    return this.done ? i - at : -1;
  }

  /** @returns false when the byte is not of the body any more */
  #take(byte: number): boolean {
    switch (this.#state) {
      case State.Size: {
        const digit = hexDigit(byte);
        if (digit >= 0 && this.#digits < 12) {
          this.#size = this.#size * 16 + digit;
          this.#digits++;
          return true;
        }
        if (this.#digits === 0 || digit >= 0) {
          this.broken = this.done = true;
          return false;
        }
        if (byte === LF) this.#beginData();
        else this.#state = State.Extension;
        return true;
      }
      case State.Extension:
        if (byte === LF) this.#beginData();
        return true;
      case State.DataEnd:
        if (byte === LF) {
          this.#state = State.Size;
          this.#size = 0;
          this.#digits = 0;
        }
        return true;
      case State.Line:
        // The start of a trailer line: an empty one ends the body.
        if (byte === LF) this.done = true;
        else if (byte !== 0x0d) this.#state = State.Trailer;
        return true;
      default:
        if (byte === LF) this.#state = State.Line;
        return true;
    }
  }

  #beginData(): void {
    this.#state = this.#size === 0 ? State.Line : State.Data;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/**
 * The handshake messages of one side of a TLS connection, put together from records (RFC 8446, 5.1:
 * a record may hold several messages, or part of one).
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import { conclude } from "../wire/failure.ts";
import { define, frameNumber, none, uint32 } from "../wire/field.ts";
import { rule } from "../wire/problem.ts";
import { decodeHandshake, MESSAGE_HEADER, nameHandshake } from "../wire/tls_handshake.ts";
import { addInfo } from "../wire/tls_record.ts";
import type { TlsSession } from "../wire/tls_session.ts";
import { Message, MESSAGE_NAMES } from "../wire/tls_values.ts";

const F = define({
  "tls.handshake.fragments": none("Reassembled Handshake Fragments"),
  "tls.handshake.fragment": frameNumber("Handshake Fragment"),
  "tls.handshake.fragment.count": uint32("Handshake Fragment count"),
});

/** Longest message put together; certificate chains are far shorter. */
const MAX_MESSAGE = 256 * 1024;
/** Contributing frames that are remembered per message. */
const MAX_PARTS = 256;
/** A record this long or longer whose first message makes no sense is taken as encrypted. */
const MIN_ENCRYPTED = 16;
const MAX_PLAUSIBLE = 0x10000;

const TOO_LONG = rule("tls", "note", "handshake message is too long to be put together");

/** Told of each message once it is decoded. */
export type MessageListener = (d: Dissection, type: number) => void;

export class TlsMessages {
  readonly #session: TlsSession;
  readonly #listener: MessageListener;
  #waiting: Uint8Array | undefined = undefined;
  #length = 0;
  #frames: number[] = [];

  constructor(session: TlsSession, listener: MessageListener) {
    this.#session = session;
    this.#listener = listener;
  }

  /** The handshake content of one record, to the end of the layer. */
  read(d: Dissection): void {
    if (this.#length > 0) {
      if (!this.#continue(d)) return;
    } else if (looksEncrypted(d)) {
      nameHandshake(d, d.end - d.pos);
      addInfo(d, "Encrypted Handshake Message");
      return;
    }
    while (d.pos < d.end) {
      const start = d.pos;
      if (!d.has(MESSAGE_HEADER) || d.end - start < lengthAt(d.data, start)) {
        // What the capture cut off cannot be waited for.
        if (d.limit > d.end) return this.#decode(d);
        nameHandshake(d, d.end - start);
        if (d.columns) addInfo(d, `[${nameOf(d.data[start]!)} Fragment]`);
        this.#keep(d, d.end - start);
        return;
      }
      this.#decode(d);
    }
  }

  /** Bytes are missing: a message that waits is lost. */
  drop(): void {
    this.#waiting = undefined;
    this.#length = 0;
    this.#frames = [];
  }

  /** Adds to the message that waits; true when it was completed and read. */
  #continue(d: Dissection): boolean {
    let need = MESSAGE_HEADER;
    if (this.#length < need && !this.#take(d, need)) return false;
    need = lengthAt(this.#waiting!, 0);
    if (need > MAX_MESSAGE) {
      d.problem(TOO_LONG);
      this.drop();
      d.pos = d.end;
      return false;
    }
    if (this.#length < need && !this.#take(d, need)) return false;
    const data = this.#waiting!;
    const frames = this.#frames;
    this.drop();
    if (!d.enter("Reassembled TLS Handshake", data, 0, need)) return false;
    putFragments(d, frames);
    this.#decode(d);
    d.leave();
    return true;
  }

  /** Takes bytes until `need` are there; false when the record has too few. */
  #take(d: Dissection, need: number): boolean {
    const taken = Math.min(need - this.#length, d.end - d.pos);
    nameHandshake(d, taken);
    this.#keep(d, taken);
    return this.#length >= need;
  }

  #keep(d: Dissection, length: number): void {
    const size = this.#length + length;
    if (this.#waiting === undefined || size > this.#waiting.length) {
      const bigger = new Uint8Array(Math.max(1024, 2 * size));
      if (this.#waiting !== undefined) bigger.set(this.#waiting.subarray(0, this.#length));
      this.#waiting = bigger;
    }
    this.#waiting.set(d.data.subarray(d.pos, d.pos + length), this.#length);
    if (this.#frames.length < MAX_PARTS) this.#frames.push(d.frame);
    this.#length = size;
    d.pos += length;
  }

  #decode(d: Dissection): void {
    const depth = d.depth;
    const type = decodeHandshake(d, this.#session);
    const whole = d.failed === 0;
    if (!whole) conclude(d);
    d.depth = depth;
    if (d.columns) {
      const retry = type === Message.ServerHello && this.#session.retry;
      addInfo(d, nameOf(retry ? Message.HelloRetryRequest : type));
    }
    if (whole) this.#listener(d, type);
  }
}

/** Bytes of the message at `at`, header included, which must be there. */
function lengthAt(data: Uint8Array, at: number): number {
  return MESSAGE_HEADER + (data[at + 1]! << 16 | data[at + 2]! << 8 | data[at + 3]!);
}

function looksEncrypted(d: Dissection): boolean {
  const length = d.limit - d.pos;
  if (length < MIN_ENCRYPTED || !d.has(MESSAGE_HEADER)) return false;
  return !MESSAGE_NAMES.has(d.data[d.pos]!) || lengthAt(d.data, d.pos) >= MAX_PLAUSIBLE;
}

function nameOf(type: number): string {
  return MESSAGE_NAMES.get(type) ?? "Unknown Handshake Message";
}

function putFragments(d: Dissection, frames: readonly number[]): void {
  if (d.want[F["tls.handshake.fragments"]] === 0 && d.want[F["tls.handshake.fragment"]] === 0) {
    d.put(F["tls.handshake.fragment.count"], frames.length, d.pos, 0);
    return;
  }
  d.putNone(F["tls.handshake.fragments"], d.pos, d.end - d.pos);
  d.push();
  for (const frame of frames) d.put(F["tls.handshake.fragment"], frame, d.pos, 0);
  d.put(F["tls.handshake.fragment.count"], frames.length, d.pos, 0);
  d.pop();
}

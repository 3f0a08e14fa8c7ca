/**
 * IP packets with one TCP segment, written into a buffer that is used again (RFC 791, 3.1; RFC 8200,
 * 3 and 8.1; RFC 9293, 3.1 and 3.2; RFC 7323, 2.2; RFC 2018, 2).
 *
 * @module
 */
import type { AddressPair } from "./addresses.ts";

const TCP = 6;
const HOP_LIMIT = 64;
const DO_NOT_FRAGMENT = 0x4000;
const TCP_BYTES = 20;
const SYN = 2;
/** With the scale of 14 this window is nearly 1 GiB. */
const WINDOW = 0xffff;
const WINDOW_SCALE = 14;
/** What a loopback interface of 65,535 bytes takes, less the headers. */
const MSS_IPV4 = 65_495;
const MSS_IPV6 = 65_475;

/** Whether numbers in memory begin with their least significant byte. */
const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
/** So many 16-bit words add up to less than 2^31. */
const WORDS_AT_ONCE = 0x7fff;

/** A packet is used before the next one is made: all connections share the memory. */
let shared = new Uint8Array(0);

function sharedBytes(length: number): Uint8Array {
  if (shared.length < length) shared = new Uint8Array(length);
  return shared;
}

/** Writes the packets of both directions of one connection. */
export class PacketBuffer {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #words: Uint16Array;
  readonly #client: Uint8Array;
  readonly #server: Uint8Array;
  readonly #clientPort: number;
  readonly #serverPort: number;
  /** Length of the IP header. */
  readonly #tcp: number;
  /** Identifications of the client's and server's next packet. */
  #clientId = 1;
  #serverId = 1;

  /** @param payload longest payload, bytes */
  constructor(addresses: AddressPair, clientPort: number, serverPort: number, payload: number) {
    this.#client = addresses.client;
    this.#server = addresses.server;
    this.#clientPort = clientPort;
    this.#serverPort = serverPort;
    this.#tcp = addresses.client.length === 4 ? 20 : 40;
    // SYN options are shorter than any payload; one more byte makes whole words.
    this.#bytes = sharedBytes((this.#tcp + TCP_BYTES + payload + 2) & ~1);
    this.#view = new DataView(this.#bytes.buffer);
    this.#words = new Uint16Array(this.#bytes.buffer);
  }

  /** Of IP and TCP without options, bytes. */
  get headerBytes(): number {
    return this.#tcp + TCP_BYTES;
  }

  /**
   * Writes a packet.
   *
   * @param acknowledgment -1: none, the field is 0
   * @param flags SYN brings its options
   * @param parts where the payload comes from: `length` bytes, `start` bytes behind the beginning
   * @returns a view, good until this is called again
   */
  packet(
    fromClient: boolean,
    sequence: number,
    acknowledgment: number,
    flags: number,
    parts: readonly Uint8Array[],
    start: number,
    length: number,
  ): Uint8Array {
    const view = this.#view;
    const at = this.#tcp;
    const options = (flags & SYN) === 0 ? 0 : this.#synOptions(at + TCP_BYTES);
    const payload = at + TCP_BYTES + options;
    copy(parts, start, length, this.#bytes, payload);
    const end = payload + length;
    view.setUint16(at, fromClient ? this.#clientPort : this.#serverPort);
    view.setUint16(at + 2, fromClient ? this.#serverPort : this.#clientPort);
    view.setUint32(at + 4, sequence);
    view.setUint32(at + 8, acknowledgment < 0 ? 0 : acknowledgment);
    view.setUint16(at + 12, (TCP_BYTES + options) << 10 | flags);
    view.setUint16(at + 14, WINDOW);
    view.setUint32(at + 16, 0);
    this.#ip(fromClient, end);
    const pseudo = this.#pseudoHeader();
    view.setUint16(at + 16, ~fold(pseudo + (end - at) + this.#sum(at, end)));
    return this.#bytes.subarray(0, end);
  }

  /** @returns their length, a multiple of 4 */
  #synOptions(at: number): number {
    const mss = this.#tcp === 20 ? MSS_IPV4 : MSS_IPV6;
    this.#bytes.set([2, 4, mss >> 8, mss & 255, 1, 3, 3, WINDOW_SCALE, 1, 1, 4, 2], at);
    return 12;
  }

  #ip(fromClient: boolean, end: number): void {
    const view = this.#view;
    const source = fromClient ? this.#client : this.#server;
    const destination = fromClient ? this.#server : this.#client;
    if (this.#tcp === 40) {
      view.setUint32(0, 0x6000_0000);
      view.setUint16(4, end - 40);
      view.setUint16(6, TCP << 8 | HOP_LIMIT);
      this.#bytes.set(source, 8);
      this.#bytes.set(destination, 24);
      return;
    }
    const id = fromClient ? this.#clientId++ : this.#serverId++;
    view.setUint16(0, 0x4500);
    view.setUint16(2, end);
    view.setUint16(4, id);
    view.setUint16(6, DO_NOT_FRAGMENT);
    view.setUint16(8, HOP_LIMIT << 8 | TCP);
    view.setUint16(10, 0);
    this.#bytes.set(source, 12);
    this.#bytes.set(destination, 16);
    view.setUint16(10, ~fold(this.#sum(0, 20)));
  }

  /** Sum of the addresses and the protocol; the length of the segment is not in it. */
  #pseudoHeader(): number {
    return TCP + (this.#tcp === 40 ? this.#sum(8, 40) : this.#sum(12, 20));
  }

  /** Sum of the bytes from an even offset on, as big-endian words, folded to 16 bits. */
  #sum(start: number, end: number): number {
    const words = this.#words;
    if ((end & 1) === 1) this.#bytes[end] = 0;
    const last = (end + 1) >> 1;
    let sum = 0;
    for (let word = start >> 1; word < last;) {
      const stop = Math.min(last, word + WORDS_AT_ONCE);
      while (word < stop) sum = sum + words[word++]! | 0;
      sum = fold(sum);
    }
    return LITTLE_ENDIAN ? (sum & 0xff) << 8 | sum >> 8 : sum;
  }
}

/** @param sum less than 2^31 */
function fold(sum: number): number {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

/** Copies `length` bytes of the parts from `start` on. */
function copy(
  parts: readonly Uint8Array[],
  start: number,
  length: number,
  to: Uint8Array,
  at: number,
): void {
  for (let index = 0; length > 0; index++) {
    const part = parts[index]!;
    if (start >= part.length) {
      start -= part.length;
      continue;
    }
    const step = Math.min(length, part.length - start);
    to.set(start === 0 && step === part.length ? part : part.subarray(start, start + step), at);
    at += step;
    length -= step;
    start = 0;
  }
}

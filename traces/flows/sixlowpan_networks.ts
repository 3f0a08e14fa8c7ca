/**
 * 6LoWPAN over IEEE 802.15.4 (RFC 4944, RFC 6282, RFC 8931): compressed headers, their contexts, and
 * datagrams put together from fragments. What comes out is IPv6.
 *
 * @module
 */
import { decodeData } from "../wire/data.ts";
import type { Dissection } from "../wire/dissection.ts";
import { define, frameNumber, hex8, none, uint32 } from "../wire/field.ts";
import { Ipv6Builder } from "../wire/ipv6_builder.ts";
import { rule } from "../wire/problem.ts";
import { sameBytes } from "../wire/same_bytes.ts";
import {
  decodeBroadcast,
  decodeFragmentHeader,
  decodeMesh,
  decodePage,
  decodeRecoverableAck,
  decodeRecoverableHeader,
  type FragmentHeader,
  identifiersOf,
  startSixlowpan,
} from "../wire/sixlowpan.ts";
import { decodeHc1 } from "../wire/sixlowpan_hc1.ts";
import type { SixlowpanContext } from "../wire/sixlowpan_address.ts";
import { decodeIphc } from "../wire/sixlowpan_iphc.ts";
import { WPAN_BROADCAST, type WpanFrame } from "../wire/wpan_frame.ts";
import { type Datagram, Fragments } from "./fragments.ts";

/** A context given beforehand; it holds in every PAN. */
export interface GivenContext {
  /** 0 to 15. */
  readonly id: number;
  /** 16 bytes. */
  readonly prefix: Uint8Array;
  /** In bits, 0 to 128. */
  readonly length: number;
}

const F = define({
  "6lowpan.pattern": hex8("Pattern"),
  "6lowpan.fragments": none("Message fragments"),
  "6lowpan.fragment": frameNumber("Message fragment"),
  "6lowpan.fragment.count": uint32("Message fragment count"),
  "6lowpan.reassembled.length": uint32("Reassembled 6LoWPAN length"),
});

const UNKNOWN = rule("6lowpan", "error", "dispatch value is not known", "RFC 4944, 5.1");
const OVERLAP = rule("6lowpan", "warning", "fragment was received before", "RFC 4944, 5.3");
const BEYOND = rule("6lowpan", "error", "fragment goes beyond its datagram", "RFC 4944, 5.3");

const MOST_CONTEXTS = 4096;

export class SixlowpanNetworks {
  readonly #ipv6: (d: Dissection) => void;
  readonly #contexts = new Map<number, SixlowpanContext>();
  readonly #fragments = new Fragments();
  readonly #out = new Ipv6Builder();
  readonly #link = { source: new Uint8Array(8), destination: new Uint8Array(8) };
  readonly #header: FragmentHeader = { size: 0, tag: 0, offset: 0, length: 0, first: false };
  readonly #contextOf = (id: number): SixlowpanContext | undefined =>
    this.#contexts.get(this.#pan << 4 | id) ?? this.#contexts.get(WPAN_BROADCAST << 4 | id);
  #pan = WPAN_BROADCAST;
  /** Several interfaces may hear the same fragments. */
  #interface = 0;
  #authenticated = false;

  /** @param ipv6 decodes the IPv6 packet that the dissection then stands at */
  constructor(ipv6: (d: Dissection) => void, contexts: readonly GivenContext[]) {
    this.#ipv6 = ipv6;
    for (const { id, prefix, length } of contexts) {
      this.#keep(WPAN_BROADCAST, id, prefix, length, 0);
    }
  }

  /** Notes a context that a router advertised in the network of the frame being decoded (RFC 6775, 4.2). */
  learn(id: number, prefix: Uint8Array, length: number, frame: number): void {
    this.#keep(this.#pan, id, prefix, length, frame);
  }

  #keep(pan: number, id: number, prefix: Uint8Array, length: number, frame: number): void {
    const key = pan << 4 | id & 0xf;
    if (length > 128 || this.#contexts.size >= MOST_CONTEXTS && !this.#contexts.has(key)) return;
    const masked = new Uint8Array(16);
    for (let i = 0; i < length; i++) {
      masked[i >>> 3] = masked[i >>> 3]! | prefix[i >>> 3]! & 0x80 >>> (i & 7);
    }
    const known = this.#contexts.get(key);
    if (known?.length === length && sameBytes(known.prefix, 0, masked, 0, 16)) return;
    this.#contexts.set(key, { prefix: masked, length, frame });
  }

  decode(d: Dissection, frame: WpanFrame): void {
    this.#pan = frame.sourcePan;
    this.#interface = frame.interfaceId;
    this.#authenticated = frame.authenticated;
    startSixlowpan(d);
    identifiersOf(frame, this.#link);
    if (d.peek() >>> 6 === 2) decodeMesh(d, this.#link);
    if (d.peek() === 0x50) decodeBroadcast(d);
    if (d.failed === 0) this.#dispatch(d);
  }

  #dispatch(d: Dissection): void {
    const dispatch = d.peek();
    if (dispatch >>> 1 === 0x74) return this.#recoverable(d);
    if (dispatch >>> 1 === 0x75) return decodeRecoverableAck(d);
    if (dispatch >>> 3 === 0x18 || dispatch >>> 3 === 0x1c) return this.#fragment(d);
    if (dispatch >>> 4 === 0xf) decodePage(d);
    if (d.failed === 0) this.#packet(d);
  }

  /** A whole packet, compressed or not. */
  #packet(d: Dissection): void {
    const dispatch = d.peek();
    if (dispatch === 0x41) {
      d.u8(F["6lowpan.pattern"]);
      return this.#ipv6(d);
    }
    if (!this.#rebuild(d, -1)) return;
    const { length, reported } = this.#out;
    const at = d.reserve(length);
    d.arena.set(this.#out.bytes.subarray(0, length), at);
    const name = dispatch === 0x42 ? "Decompressed 6LoWPAN HC1" : "Decompressed 6LoWPAN IPHC";
    if (!d.enter(name, d.arena, at, length)) return;
    if (reported > length) d.limit = d.pos + reported;
    this.#ipv6(d);
    d.leave();
  }

  /** Decompresses into `#out`; `size` is that of the datagram, or below 0. */
  #rebuild(d: Dissection, size: number): boolean {
    const out = this.#out;
    const dispatch = d.peek();
    out.clear();
    if (dispatch === 0x42) {
      out.reported = decodeHc1(d, out, this.#link, size);
    } else if (dispatch >>> 5 === 3) {
      out.reported = decodeIphc(d, out, this.#link, this.#contextOf, size);
    } else {
      this.#unknown(d);
      return false;
    }
    return d.failed === 0 && out.reported >= 0;
  }

  #unknown(d: Dissection): void {
    d.problem(UNKNOWN, d.pos);
    d.u8(F["6lowpan.pattern"]);
    if (d.failed === 0) decodeData(d);
  }

  #fragment(d: Dissection): void {
    const header = this.#header;
    this.#out.clear();
    decodeFragmentHeader(d, header);
    if (d.failed !== 0) return;
    const key = this.#key();
    const datagram = this.#fragments.datagram(key);
    datagram.total = header.size;
    let fresh: boolean;
    if (!header.first) {
      fresh = this.#add(d, datagram, header.offset, d.data, d.pos, d.end);
    } else if (d.peek() === 0x41) {
      d.u8(F["6lowpan.pattern"]);
      fresh = this.#add(d, datagram, 0, d.data, d.pos, d.end);
    } else {
      if (!this.#rebuild(d, header.size)) return;
      fresh = this.#add(d, datagram, 0, this.#out.bytes, 0, this.#out.length);
    }
    if (fresh && datagram.isWhole) {
      this.#fragments.forget(key);
      this.#enter(d, datagram, false);
    } else if (header.first && this.#out.length > 0) {
      this.#showRebuilt(d);
    } else {
      decodeData(d);
    }
  }

  /** The decompressed first fragment, as data. */
  #showRebuilt(d: Dissection): void {
    const { length, bytes } = this.#out;
    const at = d.reserve(length);
    d.arena.set(bytes.subarray(0, length), at);
    if (!d.enter("Decompressed 6LoWPAN IPHC", d.arena, at, length)) return;
    decodeData(d);
    d.leave();
  }

  #recoverable(d: Dissection): void {
    const header = this.#header;
    decodeRecoverableHeader(d, header);
    if (d.failed !== 0) return;
    const key = this.#key();
    const datagram = this.#fragments.datagram(key);
    if (header.first) datagram.total = header.size;
    d.cutTo(header.length);
    if (header.first) this.#showHeaders(d);
    if (d.failed !== 0) return;
    const fresh = this.#add(d, datagram, header.offset, d.data, d.pos, d.end);
    if (!fresh || !datagram.isWhole) return decodeData(d);
    this.#fragments.forget(key);
    this.#enter(d, datagram, true);
  }

  /** Fields of the compressed headers, which the first fragment holds. */
  #showHeaders(d: Dissection): void {
    const at = d.pos;
    if (d.peek() === 0x41) d.u8(F["6lowpan.pattern"]);
    else this.#rebuild(d, d.limit - at);
    if (d.failed === 0) d.pos = at;
  }

  #add(
    d: Dissection,
    datagram: Datagram,
    offset: number,
    data: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    if (datagram.total >= 0 && offset + end - start > datagram.total) {
      d.problem(BEYOND, d.pos);
      return false;
    }
    if (datagram.add(offset, data, start, end, d.frame)) return true;
    d.problem(OVERLAP, d.pos);
    return false;
  }

  #enter(d: Dissection, datagram: Datagram, compressed: boolean): void {
    const { total: size, parts } = datagram;
    d.putNone(F["6lowpan.fragments"]);
    d.push();
    for (const part of parts) d.put(F["6lowpan.fragment"], part.frame, d.pos, 0);
    d.put(F["6lowpan.fragment.count"], parts.length, d.pos, 0);
    d.put(F["6lowpan.reassembled.length"], size, d.pos, 0);
    d.pop();
    const at = d.reserve(size);
    datagram.writeBytes(d.arena, at);
    if (!d.enter("Reassembled 6LoWPAN", d.arena, at, size)) return;
    if (compressed) this.#dispatch(d);
    else this.#ipv6(d);
    d.leave();
  }

  /**
   * Who sends what to whom: names a datagram among those under way. Fragments that anybody may have
   * sent are not joined to those of a sender that is sure.
   */
  #key(): string {
    const { source, destination } = this.#link;
    const { tag } = this.#header;
    const sure = this.#authenticated ? 1 : 0;
    return String.fromCharCode(this.#interface, this.#pan, tag, sure, ...source, ...destination);
  }
}

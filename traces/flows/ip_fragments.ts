/**
 * Puts fragmented IP packets together (RFC 791, 3.2; RFC 8200, 4.5). The whole is shown in the frame
 * that completes it; fragments that come after begin a new one.
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import {
  boolean,
  bytes,
  define,
  type FieldShape,
  frameNumber,
  none,
  uint32,
} from "../wire/field.ts";
import { rule } from "../wire/problem.ts";
import { sameBytes } from "../wire/same_bytes.ts";
import type { Endpoints } from "./endpoints.ts";

const SHAPES = {
  fragment: frameNumber("Fragment in frame"),
  overlap: boolean("Overlaps"),
  conflict: boolean("Overlaps with other contents"),
  tails: boolean("More than one last fragment"),
  long: boolean("Goes beyond the end"),
  error: frameNumber("Wrong fragment in frame"),
  count: uint32("Fragments"),
  length: uint32("Reassembled length", { unit: " bytes" }),
  data: bytes("Reassembled data"),
} satisfies Record<string, FieldShape>;

type FragmentFields = Readonly<Record<keyof typeof SHAPES | "fragments", number>>;

function fieldsOf(prefix: string, fragments: FieldShape): FragmentFields {
  const part = prefix === "ip" ? "ip.fragment" : "ipv6.fragment";
  const ids = define({
    [`${prefix}.fragments`]: fragments,
    [part]: SHAPES.fragment,
    [`${part}.overlap`]: SHAPES.overlap,
    [`${part}.overlap.conflict`]: SHAPES.conflict,
    [`${part}.multipletails`]: SHAPES.tails,
    [`${part}.toolongfragment`]: SHAPES.long,
    [`${part}.error`]: SHAPES.error,
    [`${part}.count`]: SHAPES.count,
    // Only a second pass could tell; as in tshark with one pass it stays empty.
    [prefix === "ip" ? "ip.reassembled_in" : "ipv6.reassembled.in"]: frameNumber("In frame"),
    [`${prefix}.reassembled.length`]: SHAPES.length,
    [`${prefix}.reassembled.data`]: SHAPES.data,
  });
  return {
    fragments: ids[`${prefix}.fragments`]!,
    fragment: ids[part]!,
    overlap: ids[`${part}.overlap`]!,
    conflict: ids[`${part}.overlap.conflict`]!,
    tails: ids[`${part}.multipletails`]!,
    long: ids[`${part}.toolongfragment`]!,
    error: ids[`${part}.error`]!,
    count: ids[`${part}.count`]!,
    length: ids[`${prefix}.reassembled.length`]!,
    data: ids[`${prefix}.reassembled.data`]!,
  };
}

const V4 = fieldsOf("ip", bytes("Fragments"));
const V6 = fieldsOf("ipv6", none("Fragments"));

const OVERLAP = rule("ip", "warning", "fragments overlap", "RFC 791, 3.2; RFC 5722, 4");
const CONFLICT = rule("ip", "error", "fragments overlap and differ", "RFC 5722, 4");
const BEYOND = rule("ip", "error", "fragment goes beyond the last one", "RFC 791, 3.2");
const CROWDED = rule("ip", "note", "too many fragments wait; the packet begun first is given up");

/** Packets that may be incomplete at once, and bytes and fragments in all of them. */
const MAX_PACKETS = 1024;
const MAX_BYTES = 16 * 1024 * 1024;
/** Fragments of one packet: as many as 65535 bytes in pieces of 8. */
const MAX_FRAGMENTS = 8192;

interface Fragment {
  readonly frame: number;
  readonly offset: number;
  readonly data: Uint8Array;
  tails: boolean;
}

class Packet {
  readonly fragments: Fragment[] = [];
  bytes = 0;
  /** Known from the last fragment, else -1. */
  length = -1;

  add(fragment: Fragment, last: boolean): void {
    if (last) {
      const end = fragment.offset + fragment.data.length;
      if (this.length < 0) this.length = end;
      else if (this.length !== end) fragment.tails = true;
    }
    const { fragments } = this;
    let at = fragments.length;
    while (at > 0 && fragments[at - 1]!.offset > fragment.offset) at--;
    fragments.splice(at, 0, fragment);
    this.bytes += fragment.data.length;
  }

  get complete(): boolean {
    if (this.length < 0 || this.bytes < this.length) return false;
    let end = 0;
    for (const { offset, data } of this.fragments) {
      if (offset <= end) end = Math.max(end, offset + data.length);
    }
    return end >= this.length;
  }
}

export class IpFragments {
  readonly #packets = new Map<string, Packet>();
  #bytes = 0;

  /**
   * Takes the fragment from `d.pos` to `d.end`. When it completes a packet, that is entered as the
   * current source, and its fields are written.
   *
   * @param key what else tells packets of the same addresses apart
   * @returns true when a packet was entered: `d.leave()` when done
   */
  add(
    d: Dissection,
    e: Endpoints,
    key: number,
    protocol: number,
    offset: number,
    more: boolean,
  ): boolean {
    const name =
      `${e.s0},${e.s1},${e.s2},${e.s3},${e.d0},${e.d1},${e.d2},${e.d3},${key},${protocol}`;
    this.#makeRoom(d);
    let packet = this.#packets.get(name);
    if (packet === undefined) this.#packets.set(name, packet = new Packet());
    const data = d.data.slice(d.pos, d.end);
    packet.add({ frame: d.frame, offset, data, tails: false }, !more);
    this.#bytes += data.length;
    if (!packet.complete) {
      if (packet.fragments.length >= MAX_FRAGMENTS) this.#forget(name, packet);
      return false;
    }
    this.#forget(name, packet);
    return enterPacket(d, packet, e.v6 ? V6 : V4, e.v6 ? "Reassembled IPv6" : "Reassembled IPv4");
  }

  #makeRoom(d: Dissection): void {
    while (this.#packets.size > MAX_PACKETS || this.#bytes > MAX_BYTES) {
      const oldest = this.#packets.entries().next();
      if (oldest.done) return;
      d.problem(CROWDED);
      this.#forget(oldest.value[0], oldest.value[1]);
    }
  }

  #forget(name: string, packet: Packet): void {
    this.#packets.delete(name);
    this.#bytes -= packet.bytes;
  }
}

/** What is wrong with one fragment. */
interface Flaws {
  overlap: boolean;
  conflict: boolean;
  long: boolean;
}

function enterPacket(d: Dissection, packet: Packet, f: FragmentFields, name: string): boolean {
  const { length, fragments } = packet;
  const whole = new Uint8Array(length);
  const flaws = fragments.map((fragment) => (
    { fragment, overlap: false, conflict: false, long: false }
  ));
  let filled = 0;
  for (const flaw of flaws) {
    const { offset, data } = flaw.fragment;
    const end = Math.min(length, offset + data.length);
    flaw.long = offset + data.length > length;
    if (offset < filled) {
      flaw.overlap = data.length > 0;
      const known = Math.min(filled, end);
      flaw.conflict = !sameBytes(whole, offset, data, 0, known - offset);
    }
    if (end > filled) {
      whole.set(data.subarray(filled - offset, end - offset), filled);
      filled = end;
    }
    report(d, flaw);
  }
  if (!d.enter(name, whole, 0, length)) return false;
  const { depth } = d;
  d.depth = 1;
  if (f === V4) d.putBytes(f.fragments, 0, length);
  else d.putNone(f.fragments, 0, length);
  d.push();
  for (const flaw of flaws) putFragment(d, f, flaw.fragment, flaw);
  d.put(f.count, fragments.length, 0, 0);
  d.put(f.length, length, 0, 0);
  d.putBytes(f.data, 0, length);
  d.depth = depth;
  return true;
}

function report(d: Dissection, flaws: Flaws): void {
  if (flaws.conflict) d.problem(CONFLICT);
  else if (flaws.overlap) d.problem(OVERLAP);
  if (flaws.long) d.problem(BEYOND);
}

function putFragment(d: Dissection, f: FragmentFields, fragment: Fragment, flaws: Flaws): void {
  const wrong = flaws.conflict || fragment.tails || flaws.long;
  d.put(wrong ? f.error : f.fragment, fragment.frame, fragment.offset, fragment.data.length);
  d.push();
  if (flaws.overlap) d.put(f.overlap, 1, 0, 0);
  if (flaws.conflict) d.put(f.conflict, 1, 0, 0);
  if (fragment.tails) d.put(f.tails, 1, 0, 0);
  if (flaws.long) d.put(f.long, 1, 0, 0);
  d.pop();
}

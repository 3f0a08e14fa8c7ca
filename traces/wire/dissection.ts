/**
 * One frame being decoded: a bounds-checked cursor over bytes, and the fields and problems found.
 *
 * All byte reads of decoders go through it. A read beyond the end gives 0, writes no field, and
 * marks the dissection as failed; every later read of that layer fails too, so a decoder may read on
 * and look at `failed` where it matters. Nothing here throws on input.
 *
 * One object serves all frames. A field that nobody wants costs one array access.
 *
 * @module
 */
import { allFields, fieldOf } from "./field.ts";
import type { Problem, Rule } from "./problem.ts";
import { Kind, Tree } from "./tree.ts";

/** Why reading stopped. */
export const Failure = {
  None: 0,
  /** The capture holds fewer bytes than the frame had (Wireshark: `_ws.short`). */
  Cut: 1,
  /** The bytes say they are longer than they are (Wireshark: `_ws.malformed`). */
  Malformed: 2,
} as const;

/** Bytes that entries of the tree point into: the frame, or something made from it. */
export interface Source {
  /** "Frame", "Reassembled TCP", "Unmasked data", ... */
  name: string;
  data: Uint8Array;
  /** The part of `data` that belongs to the source. */
  start: number;
  end: number;
}

/** Sources inside sources deeper than this are not entered. */
const MAX_NESTING = 32;
const MAX_LAYERS = 255;
const MAX_PROBLEMS = 1000;
const UNKNOWN = 0;
const WANTED = 1;
const UNWANTED = 2;
const EMPTY = new Uint8Array(0);
const ARENA = 64 * 1024;

export class Dissection {
  /** Bytes being read. */
  data: Uint8Array = EMPTY;
  /** Next byte to read. */
  pos = 0;
  /** End of what the capture holds of the current layer. */
  end = 0;
  /** End of the current layer as it was on the wire; `limit >= end`. */
  limit = 0;
  /** One of `Failure`. */
  failed = 0;
  /** Index of the source being read. */
  source = 0;
  /** Nesting of the next entry in the tree. */
  depth = 0;
  /** Number of the frame, from 1. */
  frame = 0;
  /** Time of the frame, in seconds since 1970 (a double: good to some 200 ns). */
  time = 0;
  /** The same, exact: whole seconds and nanoseconds; set together with `time`. */
  seconds = 0;
  nanoseconds = 0;

  /** Time that the capture begins at: its first frame's, in seconds and nanoseconds. */
  firstSeconds = 0;
  firstNanoseconds = 0;

  readonly tree: Tree = new Tree();
  /** By field id: 1 when somebody wants it. */
  readonly want: Uint8Array;
  /** Whether the columns of the text report (source, destination, protocol, info) are wanted. */
  columns = false;
  /** Column texts; empty where no layer said anything. */
  sourceColumn = "";
  destinationColumn = "";
  protocolColumn = "";
  infoColumn = "";

  /** Protocol ids in the order entered (`frame.protocols`). */
  readonly layers: Uint16Array = new Uint16Array(MAX_LAYERS);
  layerCount = 0;

  readonly problems: Problem[] = [];
  /** Problems beyond what one frame may have. */
  problemsDropped = 0;

  readonly sources: Source[] = [{ name: "Frame", data: EMPTY, start: 0, end: 0 }];
  sourceCount = 1;
  /** Room for bytes made from the frame; good until the next frame. */
  arena: Uint8Array = new Uint8Array(ARENA);
  arenaUsed = 0;

  readonly #saved: { data: Uint8Array; pos: number; end: number; limit: number; source: number }[];
  #nesting = 0;
  readonly #ends = new Int32Array(2 * 256);
  /** By protocol: whether any of its fields is wanted. */
  readonly #wanted: Uint8Array;
  #narrowed = 0;

  /** @param fieldCount number of registered fields, ids included */
  constructor(fieldCount: number) {
    this.want = new Uint8Array(fieldCount);
    this.#wanted = new Uint8Array(fieldCount);
    this.#saved = Array.from(
      { length: MAX_NESTING },
      () => ({ data: EMPTY, pos: 0, end: 0, limit: 0, source: 0 }),
    );
  }

  /**
   * Begins a frame: `data[start, start + captured)`, `length` bytes on the wire.
   */
  begin(data: Uint8Array, start: number, captured: number, length: number): void {
    this.data = data;
    this.pos = start;
    this.end = start + captured;
    this.limit = start + (length > captured ? length : captured);
    this.failed = 0;
    this.source = 0;
    this.depth = 0;
    this.tree.clear();
    this.layerCount = 0;
    if (this.problems.length > 0) this.problems.length = 0;
    this.problemsDropped = 0;
    this.sourceCount = 1;
    const frame = this.sources[0]!;
    frame.data = data;
    frame.start = start;
    frame.end = this.end;
    this.arenaUsed = 0;
    this.#nesting = 0;
    this.#narrowed = 0;
    if (this.columns) {
      this.sourceColumn = "";
      this.destinationColumn = "";
      this.protocolColumn = "";
      this.infoColumn = "";
    }
  }

  /** Bytes left to read in the current layer. */
  get left(): number {
    return this.end - this.pos;
  }

  /**
   * Whether somebody wants a field of a protocol: the protocol itself, or one whose name begins with
   * its name and a dot. Found out when first asked; wants are marked before the first frame.
   */
  wants(protocol: number): boolean {
    const known = this.#wanted[protocol];
    return known === WANTED || known === UNKNOWN && this.#learnWanted(protocol);
  }

  #learnWanted(protocol: number): boolean {
    const { want } = this;
    const prefix = `${fieldOf(protocol).name}.`;
    const wanted = want[protocol] !== 0 ||
      allFields().some(({ id, name }) => want[id] !== 0 && name.startsWith(prefix));
    this.#wanted[protocol] = wanted ? WANTED : UNWANTED;
    return wanted;
  }

  // --- layers -------------------------------------------------------------------------------

  /**
   * Enters a protocol: names it in `frame.protocols` and puts it at the top of the tree, spanning
   * what is left (see `lengthOf`). Fields that follow are its children.
   *
   * @returns the entry's index, or -1 when it is not in the tree
   */
  layer(protocol: number): number {
    if (this.layerCount < MAX_LAYERS) this.layers[this.layerCount++] = protocol;
    this.depth = 1;
    if (this.want[protocol] === 0) return -1;
    return this.tree.add(protocol, Kind.None, 0, this.source, this.pos, this.end - this.pos);
  }

  /** Sets how many bytes an entry spans; `entry` may be -1. */
  lengthOf(entry: number, length: number): void {
    if (entry >= 0) this.tree.length[entry] = length;
  }

  /** Enters a subtree of the entry written last. */
  push(): void {
    if (this.depth < 254) this.depth++;
  }

  pop(): void {
    if (this.depth > 0) this.depth--;
  }

  /**
   * Limits reading to the next `length` bytes of the layer (a length field inside the data).
   * If the layer has fewer, what there is; going beyond is then a failure as usual.
   */
  narrow(length: number): void {
    const at = this.#narrowed;
    if (at + 2 > this.#ends.length) return this.#tooDeep();
    this.#ends[at] = this.end;
    this.#ends[at + 1] = this.limit;
    this.#narrowed = at + 2;
    const limit = this.pos + length;
    if (limit < this.limit) {
      this.limit = limit;
      if (limit < this.end) this.end = limit;
    }
  }

  /** Ends the last `narrow`: goes to its end and reads on in the layer around it. */
  widen(): void {
    if (this.#narrowed === 0) return;
    this.#narrowed -= 2;
    this.pos = this.end;
    this.end = this.#ends[this.#narrowed]!;
    this.limit = this.#ends[this.#narrowed + 1]!;
  }

  /** Cuts the layer to `length` bytes from here (padding behind it is not part of it). */
  cutTo(length: number): void {
    const limit = this.pos + length;
    if (limit >= this.limit) return;
    this.limit = limit;
    if (limit < this.end) this.end = limit;
  }

  #tooDeep(): void {
    this.failed = Failure.Malformed;
    this.pos = this.end;
  }

  // --- sources ------------------------------------------------------------------------------

  /**
   * Room for `length` bytes of `arena`, until the next frame. May replace `arena`; sources made
   * before keep theirs.
   *
   * @returns the offset in `arena`
   */
  reserve(length: number): number {
    if (this.arenaUsed + length > this.arena.length) {
      this.arena = new Uint8Array(Math.max(ARENA, length * 2));
      this.arenaUsed = 0;
    }
    const at = this.arenaUsed;
    this.arenaUsed = at + length;
    return at;
  }

  /**
   * Reads on in other bytes, `data[start, start + length)`, until `leave`. They must stay as they
   * are until the next frame.
   *
   * @returns false when sources are nested too deep; nothing is entered then
   */
  enter(name: string, data: Uint8Array, start: number, length: number): boolean {
    if (this.#nesting === MAX_NESTING) return false;
    const saved = this.#saved[this.#nesting++]!;
    saved.data = this.data;
    saved.pos = this.pos;
    saved.end = this.end;
    saved.limit = this.limit;
    saved.source = this.source;
    let made = this.sources[this.sourceCount];
    if (made === undefined) this.sources.push(made = { name, data, start, end: 0 });
    made.name = name;
    made.data = data;
    made.start = start;
    made.end = start + length;
    this.source = this.sourceCount++;
    this.data = data;
    this.pos = start;
    this.end = this.limit = start + length;
    return true;
  }

  /** Back to where `enter` was called. */
  leave(): void {
    const saved = this.#saved[--this.#nesting]!;
    this.data = saved.data;
    this.pos = saved.pos;
    this.end = saved.end;
    this.limit = saved.limit;
    this.source = saved.source;
    saved.data = EMPTY;
  }

  // --- problems -----------------------------------------------------------------------------

  /** Notes that a rule is broken at `offset` of the bytes being read. */
  problem(rule: Rule, offset: number = this.pos, detail?: string): void {
    if (this.problems.length >= MAX_PROBLEMS) {
      this.problemsDropped++;
      return;
    }
    const source = this.source;
    const start = this.sources[source]!.start;
    this.problems.push({ rule, frame: this.frame, offset: offset - start, source, detail });
  }

  #short(length: number): 0 {
    if (this.failed === 0) {
      this.failed = this.pos + length <= this.limit ? Failure.Cut : Failure.Malformed;
    }
    this.pos = this.end;
    return 0;
  }

  // --- reading ------------------------------------------------------------------------------

  /** Whether `length` more bytes can be read. */
  has(length: number): boolean {
    return this.pos + length <= this.end;
  }

  /** The byte `ahead` of the cursor, or -1 behind the end. Never fails. */
  peek(ahead = 0): number {
    const at = this.pos + ahead;
    return at < this.end ? this.data[at]! : -1;
  }

  /** The big-endian 16-bit number `ahead` of the cursor, or -1 behind the end. Never fails. */
  peek16(ahead = 0): number {
    const at = this.pos + ahead;
    return at + 2 <= this.end ? this.data[at]! << 8 | this.data[at + 1]! : -1;
  }

  skip(length: number): void {
    if (this.pos + length > this.end) this.#short(length);
    else this.pos += length;
  }

  u8(field = 0): number {
    const at = this.pos;
    if (at + 1 > this.end) return this.#short(1);
    this.pos = at + 1;
    const value = this.data[at]!;
    if (this.want[field] !== 0) this.put(field, value, at, 1);
    return value;
  }

  i8(field = 0): number {
    const at = this.pos;
    if (at + 1 > this.end) return this.#short(1);
    this.pos = at + 1;
    const value = this.data[at]! << 24 >> 24;
    if (this.want[field] !== 0) this.put(field, value, at, 1);
    return value;
  }

  u16(field = 0): number {
    const at = this.pos;
    if (at + 2 > this.end) return this.#short(2);
    this.pos = at + 2;
    const data = this.data;
    const value = data[at]! << 8 | data[at + 1]!;
    if (this.want[field] !== 0) this.put(field, value, at, 2);
    return value;
  }

  u16le(field = 0): number {
    const at = this.pos;
    if (at + 2 > this.end) return this.#short(2);
    this.pos = at + 2;
    const data = this.data;
    const value = data[at + 1]! << 8 | data[at]!;
    if (this.want[field] !== 0) this.put(field, value, at, 2);
    return value;
  }

  u24(field = 0): number {
    const at = this.pos;
    if (at + 3 > this.end) return this.#short(3);
    this.pos = at + 3;
    const data = this.data;
    const value = data[at]! << 16 | data[at + 1]! << 8 | data[at + 2]!;
    if (this.want[field] !== 0) this.put(field, value, at, 3);
    return value;
  }

  u24le(field = 0): number {
    const at = this.pos;
    if (at + 3 > this.end) return this.#short(3);
    this.pos = at + 3;
    const data = this.data;
    const value = data[at + 2]! << 16 | data[at + 1]! << 8 | data[at]!;
    if (this.want[field] !== 0) this.put(field, value, at, 3);
    return value;
  }

  u32(field = 0): number {
    const at = this.pos;
    if (at + 4 > this.end) return this.#short(4);
    this.pos = at + 4;
    const data = this.data;
    const value = (data[at]! << 24 | data[at + 1]! << 16 | data[at + 2]! << 8 | data[at + 3]!) >>>
      0;
    if (this.want[field] !== 0) this.put(field, value, at, 4);
    return value;
  }

  u32le(field = 0): number {
    const at = this.pos;
    if (at + 4 > this.end) return this.#short(4);
    this.pos = at + 4;
    const data = this.data;
    const value = (data[at + 3]! << 24 | data[at + 2]! << 16 | data[at + 1]! << 8 | data[at]!) >>>
      0;
    if (this.want[field] !== 0) this.put(field, value, at, 4);
    return value;
  }

  /**
   * A number of `size` bytes (1 to 8). Beyond 2^53 the returned number is rounded; the field keeps
   * every digit.
   */
  uint(size: number, field = 0): number {
    return this.#wide(size, field, false);
  }

  /** As `uint`, little-endian. */
  uintle(size: number, field = 0): number {
    return this.#wide(size, field, true);
  }

  #wide(size: number, field: number, little: boolean): number {
    const at = this.pos;
    if (at + size > this.end) return this.#short(size);
    this.pos = at + size;
    let value = 0;
    for (let i = 0; i < size; i++) {
      value = value * 256 + this.data[little ? at + size - 1 - i : at + i]!;
    }
    if (this.want[field] === 0) return value;
    if (value <= Number.MAX_SAFE_INTEGER) {
      this.put(field, value, at, size);
    } else {
      let exact = 0n;
      for (let i = 0; i < size; i++) {
        exact = exact << 8n | BigInt(this.data[little ? at + size - 1 - i : at + i]!);
      }
      this.putObject(field, exact, at, size);
    }
    return value;
  }

  /** `length` bytes as a field shown by its type (bytes, ether, ipv4, ipv6, eui64, guid). */
  bytes(length: number, field = 0): void {
    const at = this.pos;
    if (at + length > this.end) {
      this.#short(length);
      return;
    }
    this.pos = at + length;
    if (this.want[field] !== 0) this.putBytes(field, at, length);
  }

  /** As `bytes`, shown last byte first. */
  reversed(length: number, field: number): void {
    const at = this.pos;
    if (at + length > this.end) {
      this.#short(length);
      return;
    }
    this.pos = at + length;
    if (this.want[field] !== 0) this.putReversed(field, at, length);
  }

  /** `length` bytes of UTF-8 text as a field. */
  text(length: number, field = 0): void {
    const at = this.pos;
    if (at + length > this.end) {
      this.#short(length);
      return;
    }
    this.pos = at + length;
    if (this.want[field] !== 0) this.putText(field, at, length);
  }

  // --- writing fields -----------------------------------------------------------------------

  /** A number read from `length` bytes at `at`; also for single bits of them, shifted down. */
  put(field: number, value: number, at: number = this.pos, length = 0): void {
    if (this.want[field] === 0) return;
    const tree = this.tree;
    const index = tree.add(field, Kind.Number, this.depth, this.source, at, length);
    if (index >= 0) tree.num[index] = value;
  }

  /** A flag: 1 when `value` has the bit of `mask`, else 0. */
  putFlag(field: number, value: number, mask: number, at: number, length: number): void {
    if (this.want[field] !== 0) this.put(field, (value & mask) !== 0 ? 1 : 0, at, length);
  }

  /** A field without value, at `at`. */
  putNone(field: number, at: number = this.pos, length = 0): number {
    if (this.want[field] === 0) return -1;
    return this.tree.add(field, Kind.None, this.depth, this.source, at, length);
  }

  /** Bytes of the source being read, shown by the field's type. */
  putBytes(field: number, at: number, length: number): void {
    if (this.want[field] === 0) return;
    this.tree.add(field, Kind.Bytes, this.depth, this.source, at, length);
  }

  /** As `putBytes`, shown last byte first. */
  putReversed(field: number, at: number, length: number): void {
    if (this.want[field] === 0) return;
    this.tree.add(field, Kind.Reversed, this.depth, this.source, at, length);
  }

  /** UTF-8 text of the source being read. */
  putText(field: number, at: number, length: number): void {
    if (this.want[field] === 0) return;
    this.tree.add(field, Kind.Text, this.depth, this.source, at, length);
  }

  /** A time, exact: seconds and nanoseconds of the same sign (since 1970, or a difference). */
  putTime(
    field: number,
    seconds: number,
    nanoseconds: number,
    at: number = this.pos,
    length = 0,
  ): void {
    if (this.want[field] === 0) return;
    const tree = this.tree;
    const index = tree.add(field, Kind.Time, this.depth, this.source, at, length);
    if (index < 0) return;
    tree.num[index] = seconds;
    tree.nanos[index] = nanoseconds;
  }

  /** A value that stands nowhere in the bytes as it is: text, a wide number, other bytes. */
  putObject(
    field: number,
    value: string | bigint | Uint8Array,
    at: number = this.pos,
    length = 0,
  ): void {
    if (this.want[field] === 0) return;
    const tree = this.tree;
    const index = tree.add(field, Kind.Object, this.depth, this.source, at, length);
    if (index >= 0) tree.setObject(index, value);
  }
}

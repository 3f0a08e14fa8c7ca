/**
 * The decoded fields of one frame, as columns of numbers, reused from frame to frame. Bytes are not
 * copied: an entry says which source, offset and length it was read from, and formatting comes later.
 *
 * @module
 */

/** What an entry's value is. */
export const Kind = {
  /** Present, without a value (FT_NONE, protocols). */
  None: 0,
  /** A number in `num`. */
  Number: 1,
  /** The bytes in the source; the field's type says how to show them. */
  Bytes: 2,
  /** UTF-8 text in the source. */
  Text: 3,
  /** A string, bigint or Uint8Array in `obj`. */
  Object: 4,
  /** A time: whole seconds in `num`, nanoseconds in `nanos`, both of the same sign or zero. */
  Time: 5,
  /** The names of the frame's layers, joined by ":"; known when the frame is done. */
  Layers: 6,
  /** As `Bytes`, the last byte first: what is sent low byte first and shown as an address. */
  Reversed: 7,
} as const;

/** Entries kept per frame; what is beyond is counted, not kept. A power of two. */
const MAX_ENTRIES = 1 << 19;
const KEPT_OBJECTS = 256;

export class Tree {
  /** Number of entries. */
  count = 0;
  /** Entries left out because of `MAX_ENTRIES`. */
  dropped = 0;
  id = new Int32Array(512);
  kind = new Uint8Array(512);
  /** Nesting: 0 is a protocol at the top. */
  depth = new Uint8Array(512);
  /** Index into the frame's sources. */
  source = new Int32Array(512);
  offset = new Int32Array(512);
  length = new Int32Array(512);
  num = new Float64Array(512);
  nanos = new Int32Array(512);
  /** Values of `Kind.Object` entries, by entry; see `setObject`. */
  readonly obj: unknown[] = [];
  /** Behind the last entry with an object. */
  #objects = 0;

  clear(): void {
    this.count = 0;
    this.dropped = 0;
    if (this.#objects === 0) return;
    // An array that stays long is not made anew for each frame.
    if (this.#objects > KEPT_OBJECTS) this.obj.length = 0;
    else this.obj.fill(undefined, 0, this.#objects);
    this.#objects = 0;
  }

  setObject(entry: number, value: unknown): void {
    for (let index = this.obj.length; index < entry; index++) this.obj.push(undefined);
    this.obj[entry] = value;
    this.#objects = entry + 1;
  }

  /** Appends an entry and returns its index, -1 when the frame has too many. */
  add(id: number, kind: number, depth: number, source: number, at: number, length: number): number {
    const index = this.count;
    if (index === this.id.length && !this.#grow()) {
      this.dropped++;
      return -1;
    }
    this.count = index + 1;
    this.id[index] = id;
    this.kind[index] = kind;
    this.depth[index] = depth;
    this.source[index] = source;
    this.offset[index] = at;
    this.length[index] = length;
    return index;
  }

  /** Takes out the entry at `index`; those behind it move up. */
  remove(index: number): void {
    const { count } = this;
    for (
      const column of [
        ...[this.id, this.kind, this.depth, this.source],
        ...[this.offset, this.length, this.num, this.nanos],
      ]
    ) column.copyWithin(index, index + 1, count);
    if (this.obj.length > index) this.obj.splice(index, 1);
    this.count = count - 1;
  }

  #grow(): boolean {
    const size = this.id.length * 2;
    if (size > MAX_ENTRIES) return false;
    const bigger = <T extends Int32Array | Uint8Array | Float64Array>(made: T, old: T): T => {
      made.set(old);
      return made;
    };
    this.id = bigger(new Int32Array(size), this.id);
    this.kind = bigger(new Uint8Array(size), this.kind);
    this.depth = bigger(new Uint8Array(size), this.depth);
    this.source = bigger(new Int32Array(size), this.source);
    this.offset = bigger(new Int32Array(size), this.offset);
    this.length = bigger(new Int32Array(size), this.length);
    this.num = bigger(new Float64Array(size), this.num);
    this.nanos = bigger(new Int32Array(size), this.nanos);
    return true;
  }
}

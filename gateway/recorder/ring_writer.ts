/**
 * Writes events into the ring, over the oldest. Never waits, makes no garbage.
 *
 * @module
 */
import { Control, Flag, HEADER_BYTES, Kind, type RingMemory, UNIT_BYTES } from "./ring_layout.ts";

/** A record may take this part of the ring at most; contents of longer ones are left out. */
const LARGEST_SHARE = 1 / 8;
/**
 * The oldest records are given up so much before their place is needed, and as much more at a time:
 * a reader sees that before they are written over.
 */
const AHEAD_SHARE = 1 / 64;

const FEW_BYTES = 64;

const encoder = new TextEncoder();

export class RingWriter {
  readonly memory: RingMemory;
  readonly capacity: number;
  /** Records written so far, blobs not counted. */
  records = 0;
  /** Position behind the newest record. */
  head: number;
  /** Position of the oldest record. */
  tail: number;
  /** Position of the record that was begun last. */
  begun: number;
  readonly #control: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #doubles: Float64Array;
  readonly #ahead: number;
  readonly #largest: number;
  /** Where `head` and `tail` lie in the memory: `capacity` is a power of two. */
  #headIndex = 0;
  #tailIndex = 0;
  /** Where the record that is being written has its next contents. */
  #at = 0;

  /** @param start position of the first record, a multiple of 8 */
  constructor(memory: RingMemory, start = 0) {
    this.memory = memory;
    this.capacity = memory.data.byteLength;
    this.#control = new Int32Array(memory.control);
    this.#bytes = new Uint8Array(memory.data);
    this.#words = new Uint32Array(memory.data);
    this.#doubles = new Float64Array(memory.data);
    this.#ahead = this.capacity * AHEAD_SHARE;
    this.#largest = this.capacity * LARGEST_SHARE;
    this.head = this.tail = this.begun = start;
    this.#headIndex = this.#tailIndex = start % this.capacity;
    for (const word of [Control.Head, Control.Tail]) {
      Atomics.store(this.#control, word, start / UNIT_BYTES | 0);
    }
  }

  /**
   * Begins a record; id and contents follow, then {@linkcode end}.
   *
   * @param contents bytes, at most
   * @returns whether there is room for the contents; else nothing may be added but the id
   */
  begin(
    kind: Kind,
    flags: number,
    time: number,
    subject: number,
    id: string,
    contents: number,
    a: number,
    b: number,
    c: number,
    d: number,
  ): boolean {
    const fits = HEADER_BYTES + id.length + contents <= this.#largest;
    const size = (HEADER_BYTES + id.length + (fits ? contents : 0) + 7) & ~7;
    const index = this.#reserve(size);
    this.begun = this.head;
    const word = index >> 2;
    const words = this.#words;
    words[word] = size;
    words[word + 1] = kind | (fits ? flags : flags | Flag.Omitted) << 8 | id.length << 16;
    words[word + 4] = subject;
    words[word + 5] = kind === Kind.Blob ? 0 : this.records++;
    const double = index >> 3;
    const doubles = this.#doubles;
    doubles[double + 1] = time;
    doubles[double + 3] = a;
    doubles[double + 4] = b;
    words[word + 10] = c;
    words[word + 11] = d;
    this.#at = index + HEADER_BYTES;
    this.head += size;
    this.#headIndex = index + size;
    this.ascii(id);
    return fits;
  }

  /** Adds bytes to the contents. */
  add(bytes: Uint8Array, start = 0, end = bytes.length) {
    const length = end - start;
    const to = this.#bytes;
    const at = this.#at;
    this.#at += length;
    // A call takes longer than a few bytes.
    if (length <= FEW_BYTES) { for (let i = 0; i < length; i++) to[at + i] = bytes[start + i]!; }
    else to.set(length === bytes.length ? bytes : bytes.subarray(start, end), at);
  }

  /** Adds ASCII text. */
  ascii(text: string) {
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
    this.#at = at;
  }

  /** Adds text as UTF-8. @param length bytes of it */
  text(text: string, length: number) {
    encoder.encodeInto(text, this.#bytes.subarray(this.#at, this.#at + length));
    this.#at += length;
  }

  /** Ends the record: readers see it. */
  end() {
    const control = this.#control;
    control[Control.Records] = this.records;
    Atomics.store(control, Control.Head, this.head / UNIT_BYTES | 0);
  }

  /** Readers were told of all subjects up to this one. */
  told(subject: number) {
    Atomics.store(this.#control, Control.Told, subject);
  }

  /** Whether what was written at a position is still there. */
  holds(position: number): boolean {
    return position >= this.tail;
  }

  /** Makes room for a record at `head`. @returns its index */
  #reserve(size: number): number {
    const { capacity } = this;
    const index = this.#headIndex;
    const left = capacity - index;
    if (size <= left) {
      this.#giveUp(this.head + size);
      return index;
    }
    this.#giveUp(this.head + left + size);
    this.#words[index >> 2] = left;
    this.#words[(index >> 2) + 1] = Kind.Pad;
    this.head += left;
    return 0;
  }

  /** Gives up the oldest, so that the ring may reach to `head` and further. */
  #giveUp(head: number) {
    const { capacity } = this;
    const least = head + this.#ahead - capacity;
    if (this.tail >= least) return;
    const until = least + this.#ahead;
    // What is being written may be the oldest that is left.
    const words = this.#words;
    const last = capacity - 1;
    let { tail } = this;
    let index = this.#tailIndex;
    while (tail < until && tail < this.head) {
      const size = words[index >> 2]!;
      tail += size;
      index = (index + size) & last;
    }
    this.tail = tail;
    this.#tailIndex = index;
    Atomics.store(this.#control, Control.Tail, this.tail / UNIT_BYTES | 0);
    Atomics.add(this.#control, Control.Fence, 1);
  }
}

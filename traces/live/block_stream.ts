/**
 * Cuts a stream of pcapng into whole blocks without decoding them
 * (draft-ietf-opsawg-pcapng, sections 3.1 and 4.1), in either byte order.
 *
 * @module
 */

/** Block types that have to do with packets. */
export const SECTION_HEADER = 0x0a0d0d0a;
export const INTERFACE_DESCRIPTION = 1;
export const OBSOLETE_PACKET = 2;
export const SIMPLE_PACKET = 3;
export const INTERFACE_STATISTICS = 5;
export const ENHANCED_PACKET = 6;

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
/** Type, length, and of a section header the byte-order magic: what tells a block's length. */
const HEADER = 12;
/** Type and both lengths. */
const SMALLEST = 12;
/** Longest block that is believed, bytes: more than any gateway writes. */
const LONGEST = 16 * 1024 * 1024;
const FIRST_CAPACITY = 64 * 1024;

/** One block: `bytes[start]` to `bytes[start + length - 1]`. One object is used for all of them. */
export class Block {
  type = 0;
  bytes = new Uint8Array(0);
  view = new DataView(this.bytes.buffer);
  start = 0;
  length = 0;
  /** Byte order of the section. */
  littleEndian = true;

  /** @param offset From the block's start, in bytes. */
  u32(offset: number): number {
    return this.view.getUint32(this.start + offset, this.littleEndian);
  }

  u16(offset: number): number {
    return this.view.getUint16(this.start + offset, this.littleEndian);
  }

  /**
   * Finds an option.
   *
   * @param from Where options begin, bytes from the block's start.
   * @param code Of the option.
   * @param size Bytes that its value has.
   * @returns Offset of the value from the block's start; 0 if there is no such option.
   */
  option(from: number, code: number, size: number): number {
    const end = this.length - 4;
    for (let at = from; at + 4 <= end;) {
      const found = this.u16(at);
      const length = this.u16(at + 2);
      if (found === code && length === size && at + 4 + size <= end) return at + 4;
      if (found === 0) return 0;
      at += 4 + length + (-length & 3);
    }
    return 0;
  }
}

/** Bytes in, whole blocks out. */
export class BlockStream {
  readonly #onBlock: (block: Block) => void;
  readonly #block = new Block();
  /** The beginning of a block whose rest has not come yet. */
  #partial = new Uint8Array(FIRST_CAPACITY);
  #partialView = new DataView(this.#partial.buffer);
  #partialLength = 0;
  #offset = 0;
  #begun = false;
  #littleEndian = true;
  #problem: string | undefined;

  /** @param onBlock Told of each whole block, in order; the block is good only during the call. */
  constructor(onBlock: (block: Block) => void) {
    this.#onBlock = onBlock;
  }

  /** Bytes of a block that began and has not ended. */
  get pending(): number {
    return this.#partialLength;
  }

  /** What is wrong with the stream, and where: it is not pcapng, or damaged. No more is read then. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /**
   * Takes the next bytes. Look at `problem` afterwards.
   *
   * @returns Pieces that hold nothing but whole blocks, in order: views of the given bytes, or copies.
   */
  push(given: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
    const runs: Uint8Array<ArrayBuffer>[] = [];
    // Node's buffers are Uint8Arrays whose slice() does not copy.
    const chunk = new Uint8Array(given.buffer, given.byteOffset, given.length);
    if (this.#problem !== undefined) return runs;
    const from = this.#partialLength === 0 ? 0 : this.#complete(chunk, runs);
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = from;
    for (;;) {
      const length = this.#lengthAt(view, at, chunk.length - at);
      if (length === 0 || at + length > chunk.length) break;
      if (!this.#tell(chunk, view, at, length)) break;
      at += length;
    }
    if (at > from) runs.push(chunk.subarray(from, at));
    this.#keep(chunk.subarray(at));
    return runs;
  }

  /** Completes the block that has begun. @returns How much of the chunk that took. */
  #complete(chunk: Uint8Array, runs: Uint8Array<ArrayBuffer>[]): number {
    let used = 0;
    const take = (wanted: number) => {
      const piece = chunk.subarray(used, used + Math.max(0, wanted - this.#partialLength));
      this.#keep(piece);
      used += piece.length;
      return this.#partialLength >= wanted;
    };
    if (!take(HEADER)) return used;
    const length = this.#lengthAt(this.#partialView, 0, this.#partialLength);
    if (length === 0 || !take(length)) return used;
    if (!this.#tell(this.#partial, this.#partialView, 0, length)) return used;
    runs.push(this.#partial.slice(0, length));
    this.#partialLength = 0;
    return used;
  }

  #keep(piece: Uint8Array) {
    const length = this.#partialLength + piece.length;
    if (length > this.#partial.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#partial.length));
      grown.set(this.#partial.subarray(0, this.#partialLength));
      this.#partial = grown;
      this.#partialView = new DataView(grown.buffer);
    }
    this.#partial.set(piece, this.#partialLength);
    this.#partialLength = length;
  }

  /** Length of the block at `at`; 0 when too few bytes are there to tell, or it can't be one. */
  #lengthAt(view: DataView, at: number, available: number): number {
    if (available < HEADER) return 0;
    if (view.getUint32(at) === SECTION_HEADER) this.#readByteOrder(view, at);
    else if (!this.#begun) this.#fail("it does not begin as pcapng does");
    if (this.#problem !== undefined) return 0;
    const length = view.getUint32(at + 4, this.#littleEndian);
    if (length < SMALLEST || length > LONGEST || (length & 3) !== 0) {
      this.#fail(`a block claims ${length} bytes`);
      return 0;
    }
    return length;
  }

  #readByteOrder(view: DataView, at: number) {
    if (view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC) this.#littleEndian = true;
    else if (view.getUint32(at + 8) === BYTE_ORDER_MAGIC) this.#littleEndian = false;
    else this.#fail("a section header has no byte order");
    this.#begun = true;
  }

  /** Hands a block out. @returns Whether it is one. */
  #tell(
    bytes: Uint8Array<ArrayBuffer>,
    view: DataView<ArrayBuffer>,
    at: number,
    length: number,
  ): boolean {
    const block = this.#block;
    if (view.getUint32(at + length - 4, this.#littleEndian) !== length) {
      this.#fail("a block's two lengths differ");
      return false;
    }
    block.type = view.getUint32(at, this.#littleEndian);
    block.bytes = bytes;
    block.view = view;
    block.start = at;
    block.length = length;
    block.littleEndian = this.#littleEndian;
    this.#onBlock(block);
    this.#offset += length;
    return true;
  }

  #fail(what: string) {
    this.#problem = `${what} (at byte ${this.#offset} of the stream)`;
  }
}

/**
 * PDUs of Bluetooth that arrive in pieces, until they are complete.
 *
 * @module
 */

/** Greatest L2CAP PDU, header included, in bytes (Core 6.0, Vol 3, Part A, 3.1). */
export const MAX_L2CAP = 65_539;
/** PDUs under way at once. */
const MAX_OPEN = 256;

const EMPTY = new Uint8Array(0);

/** Bytes that arrive in pieces. Grows with what arrives, not with what was announced. */
export class Pieces {
  data = EMPTY;
  length = 0;
  #givenUp = false;
  readonly #limit: number;

  /** @param limit bytes; pieces that go beyond are refused */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Begins anew, without bytes. */
  begin(): void {
    this.length = 0;
    this.#givenUp = false;
  }

  /** @returns false when there would be too many bytes; nothing is added then */
  add(data: Uint8Array, start: number, end: number): boolean {
    const length = this.length + end - start;
    if (length > this.#limit || this.#givenUp) return false;
    if (length > this.data.length) {
      const bigger = new Uint8Array(Math.min(this.#limit, Math.max(256, length * 2)));
      bigger.set(this.data.subarray(0, this.length));
      this.data = bigger;
    }
    this.data.set(data.subarray(start, end), this.length);
    this.length = length;
    return true;
  }

  /** Lets its bytes go, and takes no more until `begin`. */
  giveUp(): void {
    this.data = EMPTY;
    this.length = 0;
    this.#givenUp = true;
  }
}

/** Bounds how many PDUs are under way: beyond 256 the one begun first is given up. */
export class OpenPieces {
  readonly #open = new Set<Pieces>();

  /** `pieces` begins a PDU. */
  begin(pieces: Pieces): void {
    const open = this.#open;
    open.delete(pieces);
    open.add(pieces);
    pieces.begin();
    if (open.size <= MAX_OPEN) return;
    for (const oldest of open) {
      oldest.giveUp();
      open.delete(oldest);
      return;
    }
  }
}

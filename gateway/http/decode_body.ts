/**
 * The body of a decode as its worker has it: piece by piece, and where that is wanted a second time.
 *
 * @module
 */
import type { ByteSource } from "../../traces/files/byte_source.ts";
import type { BodyEnd } from "./decode_messages.ts";
import { DecodeSpool } from "./decode_spool.ts";

type Piece = Uint8Array<ArrayBuffer>;

/** Bytes kept in memory; what is more goes into a file. */
const KEPT_IN_MEMORY = 64 << 20;

/** What to do with pieces. */
export interface DecodeBodyParts {
  /** What it is, in messages. */
  readonly name: string;
  /** Bytes in all; undefined when nobody says. */
  readonly size: number | undefined;
  /** Whether it is kept, for `again`. */
  readonly kept: boolean;
  /** A piece was used up. */
  readonly onUsed: () => void;
}

/** Bytes that come in pieces. */
abstract class PieceSource implements ByteSource {
  readonly noun = "the capture";
  readonly live: boolean;
  position = 0;
  readonly failure = undefined;
  #piece: Piece | undefined;
  /** Bytes of it that were read. */
  #read = 0;

  constructor(readonly name: string, readonly size: number | undefined) {
    this.live = size === undefined;
  }

  async read(into: Uint8Array): Promise<number> {
    const piece = this.#piece ??= await this.next();
    if (piece === undefined) return 0;
    const part = piece.subarray(this.#read, this.#read + into.length);
    into.set(part);
    this.#read += part.length;
    this.position += part.length;
    if (this.#read === piece.length) {
      this.#piece = undefined;
      this.#read = 0;
      await this.used(piece);
    }
    return part.length;
  }

  close(): void {}

  /** What was read of a piece that is not used up. */
  protected begun(): Piece | undefined {
    return this.#piece?.slice(0, this.#read);
  }

  /** The next piece, which is not empty; undefined at the end. */
  protected abstract next(): Promise<Piece | undefined>;

  /**
   * A piece was used up.
   *
   * @throws If it is to be kept and cannot be, as on a full disk.
   */
  protected abstract used(piece: Piece): Promise<void>;
}

/** Is given pieces, and read. */
export class DecodeBody extends PieceSource {
  ended: BodyEnd | undefined;
  readonly #pieces: Piece[] = [];
  #wake: (() => void) | undefined;
  readonly #kept: DecodeSpool | undefined;
  readonly #onUsed: () => void;

  constructor({ name, size, kept, onUsed }: DecodeBodyParts) {
    super(name, size);
    this.#kept = kept ? new DecodeSpool(KEPT_IN_MEMORY, "grow") : undefined;
    this.#onUsed = onUsed;
  }

  take(message: Piece | BodyEnd): void {
    if (message instanceof Uint8Array) this.#pieces.push(message);
    else this.ended = message;
    this.#wake?.();
  }

  /** What was read, from its beginning. Once, and only of a body that is kept. */
  again(): ByteSource {
    this.#kept!.end();
    // What is left of a capture that is cut or corrupt is not read again either.
    return new KeptBody(this.name, this.position, this.#kept!, this.begun());
  }

  /** What is kept is not wanted any more. */
  forget(): void {
    this.#kept?.close();
  }

  protected override async next(): Promise<Piece | undefined> {
    while (this.#pieces.length === 0 && this.ended === undefined) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return this.#pieces.shift();
  }

  protected override async used(piece: Piece): Promise<void> {
    await this.#kept?.push(piece);
    this.#onUsed();
  }
}

/** A body once more. */
class KeptBody extends PieceSource {
  readonly #kept: DecodeSpool;
  #last: Piece | undefined;

  /** @param last What comes behind that which is kept. */
  constructor(name: string, size: number, kept: DecodeSpool, last: Piece | undefined) {
    super(name, size);
    this.#kept = kept;
    this.#last = last;
  }

  protected override async next(): Promise<Piece | undefined> {
    const piece = await this.#kept.take();
    if (piece !== undefined) return piece;
    const last = this.#last;
    this.#last = undefined;
    return last;
  }

  protected override used(): Promise<void> {
    return Promise.resolve();
  }
}

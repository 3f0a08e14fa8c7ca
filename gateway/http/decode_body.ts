/**
 * The body of a decode as its worker has it: piece by piece, and where that is wanted a second time.
 *
 * @module
 */
import type { ByteSource } from "../../traces/files/byte_source.ts";
import type { BodyEnd } from "./decode_messages.ts";

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

/** Is given pieces, and read. */
export class DecodeBody implements ByteSource {
  readonly name: string;
  readonly noun = "the capture";
  readonly size: number | undefined;
  readonly live: boolean;
  position = 0;
  readonly failure = undefined;
  ended: BodyEnd | undefined;
  #pieces: Uint8Array<ArrayBuffer>[] = [];
  /** Pieces that were read, where they are kept. */
  #kept: Uint8Array<ArrayBuffer>[] = [];
  /** Bytes of the first piece that were read. */
  #read = 0;
  #wake: (() => void) | undefined;
  readonly #parts: DecodeBodyParts;

  constructor(parts: DecodeBodyParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.size = parts.size;
    this.live = parts.size === undefined;
  }

  take(message: Uint8Array<ArrayBuffer> | BodyEnd): void {
    if (message instanceof Uint8Array) this.#pieces.push(message);
    else this.ended = message;
    this.#wake?.();
  }

  async read(into: Uint8Array): Promise<number> {
    while (this.#pieces.length === 0) {
      if (this.ended !== undefined) return 0;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const piece = this.#pieces[0]!;
    const part = piece.subarray(this.#read, this.#read + into.length);
    into.set(part);
    this.#read += part.length;
    this.position += part.length;
    if (this.#read === piece.length) {
      this.#pieces.shift();
      this.#read = 0;
      if (this.#parts.kept) this.#kept.push(piece);
      this.#parts.onUsed();
    }
    return part.length;
  }

  close(): void {}

  /** What was read, from its beginning; it is let go as it is read again. Once. */
  again(): DecodeBody {
    const { name } = this;
    const body = new DecodeBody({ name, size: this.position, kept: false, onUsed: () => {} });
    // What is left of a capture that is cut or corrupt is not read again either.
    body.#pieces = this.#kept;
    if (this.#read > 0) body.#pieces.push(this.#pieces[0]!.slice(0, this.#read));
    this.#kept = [];
    this.#pieces = [];
    body.ended = { tooLarge: undefined };
    return body;
  }
}

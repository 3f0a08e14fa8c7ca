/**
 * Follows a TLS key log (draft-ietf-tls-keylogfile) as another process writes it.
 *
 * @module
 */

/** Largest piece handed out, bytes: secrets blocks have to stay well below what pipes take. */
const PIECE = 16 * 1024;
/** What is no longer a line of a key log, bytes. */
const LONGEST_LINE = 4096;
/** Label, client random, secret: nothing else of the file is passed on. */
const LINE = /^[A-Z0-9_]+ [0-9a-f]{64} [0-9a-f]+$/i;

/** Gives the lines that are added from now on. */
export class KeyLogFollower {
  readonly #path: string;
  #position: number;
  #rest = "";

  /** @param path File that need not exist yet. */
  constructor(path: string) {
    this.#path = path;
    this.#position = this.#size();
  }

  /** What has been added since the last time, whole lines, in pieces of at most 16 KiB. */
  next(): Uint8Array<ArrayBuffer>[] {
    const size = this.#size();
    // It was begun anew.
    if (size < this.#position) this.#position = 0;
    if (size === this.#position) return [];
    const lines = (this.#rest + this.#read()).split(/\r?\n/);
    this.#rest = lines.pop()!.slice(0, LONGEST_LINE);
    return pieces(lines.filter((line) => LINE.test(line)));
  }

  #size(): number {
    try {
      return Deno.statSync(this.#path).size;
    } catch {
      return 0;
    }
  }

  #read(): string {
    try {
      using file = Deno.openSync(this.#path);
      file.seekSync(this.#position, Deno.SeekMode.Start);
      const bytes = new Uint8Array(1024 * 1024);
      const count = file.readSync(bytes) ?? 0;
      this.#position += count;
      return new TextDecoder().decode(bytes.subarray(0, count));
    } catch {
      // Gone or locked for the moment.
      return "";
    }
  }
}

function pieces(lines: readonly string[]): Uint8Array<ArrayBuffer>[] {
  const out: Uint8Array<ArrayBuffer>[] = [];
  let text = "";
  for (const line of lines) {
    if (text.length + line.length > PIECE) {
      out.push(new TextEncoder().encode(text));
      text = "";
    }
    text += `${line}\n`;
  }
  if (text !== "") out.push(new TextEncoder().encode(text));
  return out;
}

/**
 * A classic pcap file written frame by frame, for captures of many gigabytes.
 *
 * @module
 */

const BUFFER = 4 * 1024 * 1024;
/** Frames are this far apart, in microseconds. */
const APART_US = 20;
const START_S = 1_760_000_000;

export class CaptureFile implements Disposable {
  /** Frames written. */
  frames = 0;
  /** Bytes written, those in the buffer included. */
  bytes = 0;
  readonly #file: Deno.FsFile;
  readonly #buffer = new Uint8Array(BUFFER);
  readonly #view = new DataView(this.#buffer.buffer);
  #used = 0;

  constructor(path: string, linkType: number) {
    this.#file = Deno.openSync(path, { write: true, create: true, truncate: true });
    const header = [0xa1b2c3d4, 4 << 16 | 2, 0, 0, 262_144, linkType];
    for (const word of header) {
      this.#view.setUint32(this.#used, word, true);
      this.#used += 4;
    }
    this.bytes = this.#used;
  }

  /** Writes `frame[0, length)`. */
  write(frame: Uint8Array, length = frame.length) {
    if (this.#used + 16 + length > BUFFER) this.flush();
    const view = this.#view;
    const at = this.#used;
    const us = this.frames * APART_US;
    view.setUint32(at, START_S + Math.floor(us / 1e6), true);
    view.setUint32(at + 4, us % 1e6, true);
    view.setUint32(at + 8, length, true);
    view.setUint32(at + 12, length, true);
    this.#buffer.set(length === frame.length ? frame : frame.subarray(0, length), at + 16);
    this.#used = at + 16 + length;
    this.frames++;
    this.bytes += 16 + length;
  }

  flush() {
    for (let at = 0; at < this.#used;) {
      at += this.#file.writeSync(this.#buffer.subarray(at, this.#used));
    }
    this.#used = 0;
  }

  [Symbol.dispose]() {
    this.flush();
    this.#file.close();
  }
}

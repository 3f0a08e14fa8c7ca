/**
 * What protocols add to the payload: header bytes per request, per frame, per message.
 *
 * @module
 */

/** One row of the overhead table. */
export class Overhead {
  /** Requests, frames, packets or records. */
  count = 0;
  /** Bytes of headers and framing. */
  header = 0;
  /** Least and greatest header of one. */
  least = 0;
  greatest = 0;
  /** Bytes carried. */
  payload = 0;

  add(header: number, payload: number): void {
    if (this.count === 0 || header < this.least) this.least = header;
    if (header > this.greatest) this.greatest = header;
    this.count++;
    this.header += header;
    this.payload += payload;
  }

  /** Mean header bytes of one; 0 when there is none. */
  get mean(): number {
    return this.count === 0 ? 0 : this.header / this.count;
  }
}

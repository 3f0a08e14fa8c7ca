/**
 * Which frames gave the bytes of a PDU.
 *
 * @module
 */

/** Contributing frames that are remembered per PDU. */
const MAX_PARTS = 4096;

export class PduParts {
  readonly frames: number[] = [];
  readonly offsets: number[] = [];
  readonly lengths: number[] = [];

  /** Adds a part, in the order of offsets. */
  add(frame: number, offset: number, length: number): void {
    const { frames, offsets, lengths } = this;
    if (frames.length >= MAX_PARTS) return;
    let at = frames.length;
    while (at > 0 && offsets[at - 1]! > offset) at--;
    if (at === frames.length) {
      frames.push(frame);
      offsets.push(offset);
      lengths.push(length);
      return;
    }
    frames.splice(at, 0, frame);
    offsets.splice(at, 0, offset);
    lengths.splice(at, 0, length);
  }

  /** The parts of what is left after the first `used` bytes. */
  behind(used: number): PduParts {
    const rest = new PduParts();
    for (let i = 0; i < this.frames.length; i++) {
      const end = this.offsets[i]! + this.lengths[i]!;
      if (end <= used) continue;
      const offset = Math.max(0, this.offsets[i]! - used);
      rest.add(this.frames[i]!, offset, end - used - offset);
    }
    return rest;
  }
}

/**
 * Which batches of a node came, by their numbers: those that never came, those that came twice.
 *
 * @module
 */

/** Batches behind the newest whose arrival is remembered; a resend comes within that. */
const WINDOW = 32;
/** A number so far behind, or ahead, is no late or lost batch: the node counts anew. */
const RESTART = 1 << 20;
const MODULUS = 2 ** 32;
/** Boot id, newest number, and which of the window came; little-endian. */
const BYTES = 12;

export type BatchVerdict = "first" | "next" | "repeated" | "rebooted";

export class Batches {
  /** Numbers that have not come so far. */
  missed = 0;
  /** Numbers that came after they had been counted as missed. */
  late = 0;
  repeated = 0;
  reboots = 0;
  boot = -1;
  #newest = -1;
  /** Bit i: the batch `newest - i` came. */
  #seen = 0;
  /** Bit i: the batch `newest - i` is counted as missed. */
  #absent = 0;
  /** Nothing has come since {@linkcode restore}. */
  #restored = false;

  /** Takes note of a batch. Repeated ones are not to be read again. */
  take(boot: number, batch: number): BatchVerdict {
    if (boot !== this.boot) return this.#restart(boot, batch);
    let ahead = batch - this.#newest;
    if (ahead < -MODULUS / 2) ahead += MODULUS;
    else if (ahead > MODULUS / 2) ahead -= MODULUS;
    if (ahead > RESTART || ahead < -RESTART) return this.#restart(boot, batch);
    if (ahead > 0) {
      this.#goTo(batch, ahead);
      return "next";
    }
    const bit = -ahead < WINDOW ? 1 << -ahead : 0;
    if (bit === 0 || (this.#seen & bit) !== 0) {
      this.repeated++;
      return "repeated";
    }
    this.#seen |= bit;
    // One from before the first that we saw was never missed.
    if ((this.#absent & bit) !== 0) {
      this.#absent &= ~bit;
      this.missed--;
      this.late++;
    }
    return "next";
  }

  #goTo(batch: number, ahead: number) {
    const near = ahead < WINDOW;
    this.#seen = near ? this.#seen << ahead | 1 : 1;
    this.#newest = batch;
    if (this.#restored) {
      // Those between were sent when nobody listened.
      this.#restored = false;
      return;
    }
    this.missed += ahead - 1;
    // Those between this one and the newest before it.
    this.#absent = near ? this.#absent << ahead | (1 << ahead) - 2 : ~1;
  }

  /** What {@linkcode restore} needs to know repeated ones. */
  bytes(): Uint8Array {
    const bytes = new Uint8Array(BYTES);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, this.boot, true);
    view.setUint32(4, this.#newest, true);
    view.setInt32(8, this.#seen, true);
    return bytes;
  }

  /** Goes on where another run's {@linkcode bytes} were taken; before the first `take`. */
  restore(bytes: Uint8Array) {
    if (bytes.length !== BYTES) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    this.boot = view.getUint32(0, true);
    this.#newest = view.getUint32(4, true);
    this.#seen = view.getInt32(8, true);
    this.#restored = true;
  }

  #restart(boot: number, batch: number): BatchVerdict {
    const first = this.boot < 0;
    if (!first) this.reboots++;
    this.boot = boot;
    this.#newest = batch;
    this.#seen = 1;
    this.#absent = 0;
    this.#restored = false;
    // Batches before the first that we saw were sent when nobody listened.
    return first ? "first" : "rebooted";
  }
}

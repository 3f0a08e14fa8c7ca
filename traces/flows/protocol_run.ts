/**
 * Wireshark names a protocol in `frame.protocols` once for each run of bytes handed to it, however
 * many PDUs they hold. A run is here: a source within a frame.
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";

export class ProtocolRun {
  #frame = 0;
  #source = -1;

  /** Whether a run begins with the PDU at the cursor. */
  begins(d: Dissection): boolean {
    if (this.#frame === d.frame && this.#source === d.source) return false;
    this.#frame = d.frame;
    this.#source = d.source;
    return true;
  }

  /** The next PDU begins a run in any case. */
  renew(): void {
    this.#frame = 0;
  }
}

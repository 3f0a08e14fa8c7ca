/**
 * Where a frame shows TLS: once for each run of records, as Wireshark does, however many they are.
 *
 * @module
 */
import type { Dissection } from "../wire/dissection.ts";
import { TLS } from "../wire/tls_record.ts";
import { Kind } from "../wire/tree.ts";

export class TlsLayer {
  /** Of the layer entered last: its frame and source, its entry, and how many layers there were. */
  #frame = -1;
  #source = 0;
  #entry = -1;
  #layers = 0;

  /** Before a record: enters the layer if need be, else goes back to it. */
  enter(d: Dissection): void {
    if (this.#frame !== d.frame || this.#source !== d.source) {
      this.#frame = d.frame;
      this.#source = d.source;
      this.#entry = d.layer(TLS);
      this.#layers = d.layerCount;
      return;
    }
    d.depth = 1;
    if (this.isLast(d) && this.#entry < d.tree.count) return;
    // What came in between has a layer of its own; the next record does not belong there.
    this.#layers = d.layerCount;
    if (d.want[TLS] === 0) return;
    this.#entry = d.tree.add(TLS, Kind.None, 0, d.source, d.pos, d.end - d.pos);
  }

  /** Whether no other layer was entered since. */
  isLast(d: Dissection): boolean {
    return this.#layers === d.layerCount;
  }
}

/**
 * What acknowledgements wait for, as the test says.
 *
 * @module
 */
import type { Durable } from "../../gateway/broker/ack_gate.ts";

export class Disk {
  /** Whether there is nothing to wait for. */
  off = false;
  /** How often it was asked. */
  asked = 0;
  #next = Promise.withResolvers<boolean>();

  readonly durable: Durable = () => {
    this.asked++;
    return this.off ? null : this.#next.promise;
  };

  /** Begins a commit: who asks later waits for the next one. */
  commit(): PromiseWithResolvers<boolean> {
    const present = this.#next;
    this.#next = Promise.withResolvers();
    return present;
  }

  /** A commit that succeeds. */
  sync() {
    this.commit().resolve(true);
  }
}

/**
 * Has aedes publish a message of QoS 1 before it acknowledges it, as it does with QoS 2: then all
 * that the message left in memory and in what waits for the disk, copies for clients that are away
 * and the retained one, came before PUBACK, and PUBACK waits for a commit that has them.
 *
 * By itself aedes acknowledges first, and what it does later may miss the commit.
 *
 * @module
 */
import type { Aedes, Client } from "aedes";

type Done = (error: Error | null) => void;
type Publish = (
  packet: object,
  client: Client | null | Done,
  done?: (error?: Error | null) => void,
) => void;

/** Takes the place of `publish` of a broker. */
export class PublishFirst {
  readonly #publish: Publish;
  /** Those that aedes has still to acknowledge. */
  readonly #published = new WeakSet<object>();

  constructor(aedes: Aedes) {
    this.#publish = (aedes.publish as Publish).bind(aedes);
    const publish: Publish = (packet, client, done) => {
      if (this.#published.delete(packet)) (done ?? client as Done)(null);
      else this.#publish(packet, client, done);
    };
    aedes.publish = publish as Aedes["publish"];
  }

  /**
   * Publishes what aedes is about to acknowledge.
   *
   * @param done Called when it may do so, or with what went wrong.
   */
  publish(client: Client, packet: object, done: Done) {
    this.#publish(packet, client, (error) => {
      if (!error) this.#published.add(packet);
      done(error ?? null);
    });
  }
}

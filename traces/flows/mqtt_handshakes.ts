/**
 * What one side of an MQTT conversation sent and waits to be acknowledged.
 *
 * @module
 */

/** Exchanges remembered per side; the oldest is dropped beyond. */
const MOST = 8192;

/** Which acknowledgement is due. */
export const Await = { PubAck: 1, PubRec: 2, PubComp: 3, SubAck: 4, UnsubAck: 5 } as const;

/** One exchange. */
export interface Exchange {
  /** One of `Await`. */
  awaits: number;
  /** Seconds since 1970 of the packet that began it, and its frame. */
  time: number;
  frame: number;
  /** Topic filters of a SUBSCRIBE or UNSUBSCRIBE. */
  filters: number;
}

export class Handshakes {
  #open: Map<number, Exchange> | undefined = undefined;
  /** PUBLISH packets that are not acknowledged. */
  publishes = 0;
  /** An exchange was dropped because there were too many. */
  forgot = false;

  get(packetId: number): Exchange | undefined {
    return this.#open?.get(packetId);
  }

  begin(packetId: number, awaits: number, time: number, frame: number, filters: number): void {
    const open = this.#open ??= new Map();
    const old = open.get(packetId);
    if (old !== undefined) {
      this.#forget(packetId, old);
    } else if (open.size >= MOST) {
      this.forgot = true;
      for (const [oldest, exchange] of open) {
        this.#forget(oldest, exchange);
        break;
      }
    }
    open.set(packetId, { awaits, time, frame, filters });
    if (awaits <= Await.PubComp) this.publishes++;
  }

  end(packetId: number): void {
    const exchange = this.#open?.get(packetId);
    if (exchange !== undefined) this.#forget(packetId, exchange);
  }

  clear(): void {
    this.#open = undefined;
    this.publishes = 0;
    this.forgot = false;
  }

  #forget(packetId: number, exchange: Exchange): void {
    this.#open?.delete(packetId);
    if (exchange.awaits <= Await.PubComp) this.publishes--;
  }
}

/**
 * Parts of aedes that its types leave out.
 *
 * @module
 */
import type { Aedes, Client } from "aedes";
import mqtt from "mqtt-packet";
import type { Emitter, SubscriptionStore } from "./hearers.ts";
import type { Store } from "./session_store.ts";
import type { SocketStream } from "./socket_stream.ts";

export interface AedesInsides {
  persistence: Store & SubscriptionStore;
  mq: Emitter & { emit(packet: unknown, done?: () => void): void };
  /** Connected clients by id. */
  clients: Record<string, Client | undefined>;
}

/** What it keeps of a client. */
export interface ClientInsides {
  /** The last will, while it stands; it is published as this very object. */
  will: object | null;
  /** Whether it said DISCONNECT. */
  _disconnected: boolean;
}

/** Has aedes's packet writer make each number anew: its 65,536 ready ones take 14 MB. */
export function withoutNumberCache() {
  mqtt.writeToStream.cacheNumbers = false;
}

export function partsOf(aedes: Aedes): AedesInsides {
  return aedes as unknown as AedesInsides;
}

export function insidesOf(client: Client): ClientInsides {
  return client as unknown as ClientInsides;
}

/** The stream that the client was made with. */
export function streamOf(client: Client): SocketStream {
  return client.conn as unknown as SocketStream;
}

/**
 * What is being handed to those who subscribe. A client whose subscriptions overlap gets it once.
 *
 * aedes lets go of a packet whose number is below that of one which the client got. But numbers are
 * given before packets of QoS 1 take a longer way inside: one of QoS 0 overtakes them, and then they
 * were lost. So a client is told apart here, packet by packet.
 */
export class Delivery {
  /** Number of the packet that is being handed out. */
  #counter = 0;

  /** Publishers do not wait for those who subscribe; who is too slow misses messages. */
  decouple({ mq }: AedesInsides) {
    const emit = mq.emit.bind(mq);
    mq.emit = (packet, done) => {
      const before = this.#counter;
      this.#counter = (packet as { brokerCounter?: number }).brokerCounter ?? 0;
      emit(packet);
      this.#counter = before;
      done?.();
    };
  }

  /** Lets a client forget what it got before the packet that is being handed out. */
  watch(client: Client, aedes: Aedes) {
    let got = -1;
    const numbers = Object.defineProperty({}, aedes.id, {
      get: () => got === this.#counter ? got : this.#counter - 1,
      set: (counter: number) => got = counter,
    });
    Object.defineProperty(client, "duplicates", { value: numbers });
  }
}

/**
 * Parts of aedes that its types leave out.
 *
 * @module
 */
import type { Aedes, Client } from "aedes";
import mqtt from "mqtt-packet";
import type { Emitter, SubscriptionStore } from "./hearers.ts";
import type { SocketStream } from "./socket_stream.ts";

export interface AedesInsides {
  persistence: SubscriptionStore;
  mq: Emitter & { emit(packet: unknown, done?: () => void): void };
  /** Connected clients by id. */
  clients: Record<string, Client | undefined>;
}

/** What it keeps of a client. */
export interface ClientInsides {
  /** The last will, while it stands; it is published as this very object. */
  will: object | null;
  /** Sends a message, at the QoS that it has; the callback says that the next may be sent. */
  deliverQoS(packet: object, done: () => void): void;
  /** Whether it said DISCONNECT. */
  _disconnected: boolean;
}

/** Has aedes's packet writer make each number anew: its 65,536 ready ones take 14 MB. */
export function withoutNumberCache() {
  mqtt.writeToStream.cacheNumbers = false;
}

const LAST_PACKET_ID = 65_535;

/**
 * Has a client give no packet identifier that is taken. By itself aedes begins anywhere with each
 * connection, and then the acknowledgement of a retained message may be taken for that of one that
 * waits: it would be lost.
 */
export function avoidIdentifiers(client: Client, isTaken: (messageId: number) => boolean) {
  let next = (client as unknown as { _nextId: number })._nextId;
  const free = () => {
    for (let i = 0; i < LAST_PACKET_ID && isTaken(next); i++) next = next % LAST_PACKET_ID + 1;
    return next;
  };
  Object.defineProperty(client, "_nextId", { get: free, set: (id: number) => next = id });
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

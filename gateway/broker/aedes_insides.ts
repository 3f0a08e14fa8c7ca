/**
 * Parts of aedes that its types leave out.
 *
 * @module
 */
import type { Aedes, Client } from "aedes";
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

/** Publishers do not wait for those who subscribe; who is too slow misses messages. */
export function decouple({ mq }: AedesInsides) {
  const emit = mq.emit.bind(mq);
  mq.emit = (packet, done) => {
    emit(packet);
    done?.();
  };
}

/**
 * Where messages come from and go to: what the embedded and the external
 * broker have in common.
 *
 * @module
 */
import type { Identity } from "../access/tokens.ts";

/** One MQTT PUBLISH, as it came in. */
export interface IncomingMessage {
  topic: string;
  payload: Uint8Array;
  qos: 0 | 1 | 2;
  /** A retained message that the broker repeats, not one that happens now. */
  replayed: boolean;
  /** The gateway itself published it. */
  own: boolean;
}

/**
 * Takes in a message. When it returns the message is taken in, and the broker
 * may acknowledge it.
 */
export type MessageSink = (message: IncomingMessage) => void;

export interface BrokerState {
  connected: boolean;
  /** What is wrong, where something is. */
  reason?: string;
}

export class PublishError extends Error {
  override name = "PublishError";
}

/** A WebSocket that asked for the subprotocol `mqtt`, and who is behind it. */
export interface MqttWebSocket {
  socket: WebSocket;
  /** Address of the client, for messages. */
  peer: string;
  /** Known from the HTTP request; else the MQTT password must be a token. */
  identity: Identity | null;
}

/** Both kinds of broker, to the rest of the gateway. */
export interface Broker {
  readonly state: BrokerState;
  /**
   * Publishes with QoS 1.
   *
   * @returns When the broker acknowledged it.
   * @throws {PublishError} if the broker is away or refuses.
   */
  publish(topic: string, payload: Uint8Array, options?: { retain?: boolean }): Promise<void>;
  /** Serves an MQTT client that came by WebSocket; the broker closes it. */
  serveWebSocket(client: MqttWebSocket): void;
  /** Ends every connection properly. */
  close(): Promise<void>;
}

/** What the brokers count; `/metrics` shows it. */
export interface BrokerCounters {
  /** Messages not passed on to a slow MQTT client (QoS 0), or not kept for one that is away. */
  droppedForSlowClients: number;
  /** Clients closed because too many bytes waited for or from them. */
  closedForBacklog: number;
  /** Connections closed because there were too many. */
  tooMany: number;
  /** Publishes and subscriptions that the role does not allow. */
  refused: number;
}
